"""What the bot says about sound: uploads, and what is heard in them."""

from bot.domain.tracks import AudioAnalysis, Track
from bot.flow.upload import Uploaded
from cogs.ui.text import bare, count, fit, plain, song, song_bare
from cogs.ui.text_errors import error

KEYS = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
NO_FILES = "Nothing was sent. Choose up to ten audio files: WAV, FLAC, OGG or MP3."


def listening(files: int) -> str:
    return f"Listening to {count(files, 'file')} …"


def heard_line(track: Track, analysis: AudioAnalysis) -> str:
    """One track, and what can be told from its sound."""
    minutes, seconds = divmod(round(analysis.duration_ms / 1000), 60)
    facts = [f"{minutes}:{seconds:02}"]
    if analysis.tempo is not None:
        facts.append(f"{analysis.tempo:.0f} bpm")
    if analysis.key is not None:
        facts.append(f"{KEYS[analysis.key]} {'major' if analysis.mode else 'minor'}")
    facts.append(f"{analysis.loudness:.0f} LUFS".replace("-", "−"))
    return f"- **{plain(track.title)}** · {' · '.join(facts)}"


def lend(track: Track) -> str:
    return bare(f"Use the sound for {song_bare(track)}", 80)


def lent(track: Track) -> str:
    return f"For you, {song(track)} now sounds as your recording does. Nobody else's changes."


def uploaded(outcome: Uploaded) -> str:
    """Say what came of the files, each that failed in its own words."""
    lines: list[str] = []
    if outcome.linked is not None:
        files = len(outcome.heard) + len(outcome.failed)
        playlist = outcome.linked.playlist
        lines += [
            (
                f"Heard {len(outcome.heard)} of {count(files, 'file')}. **{plain(playlist.name)}** has "
                f"{count(playlist.tracks, 'track')} now."
            ),
            *(heard_line(track, analysis) for track, analysis in outcome.heard),
        ]
    lines += [f"- {error(problem)}" for problem in outcome.failed]
    if outcome.twins:
        lines += [
            "",
            "Tracks on your lists are called the same. Where it is the same music, a click takes the sound over:",
        ]
    if outcome.linked is not None:
        lines += [
            "",
            "Now rate: `/rate start`. Let others hear them, half a minute each: `/playlist share`.",
        ]
    return fit(lines)
