"""What the bot says about sound: uploads, and what is heard in them."""

from bot.domain.tracks import KEYS, AudioAnalysis, Track
from bot.flow.upload import Uploaded
from bot.i18n import _, format_number, ngettext
from cogs.ui.text import bare, fit, plain, song, song_bare
from cogs.ui.text_errors import error
from cogs.ui.text_sounds import length, tempo


def no_files() -> str:
    return _("Nothing was sent. Choose up to ten audio files: WAV, FLAC, OGG or MP3.")


def listening(files: int) -> str:
    return ngettext("Listening to {files} file …", "Listening to {files} files …", files).format(
        files=format_number(files)
    )


def heard_line(track: Track, analysis: AudioAnalysis) -> str:
    """One track, and what can be told from its sound."""
    facts = [length(round(analysis.duration_ms, -3))]
    if analysis.tempo is not None:
        facts.append(tempo(analysis.tempo))
    if analysis.key is not None:
        facts.append((_("{key} major") if analysis.mode else _("{key} minor")).format(key=KEYS[analysis.key]))
    loudness = format_number(analysis.loudness).replace("-", "−")
    facts.append(_("{loudness} LUFS").format(loudness=loudness))
    return f"- **{plain(track.title)}** · {' · '.join(facts)}"


def lend(track: Track) -> str:
    return bare(_("Use the sound for {track}").format(track=song_bare(track)), 80)


def lent(track: Track) -> str:
    return _("For you, {track} now sounds as your recording does. Nobody else's changes.").format(track=song(track))


def uploaded(outcome: Uploaded) -> str:
    """Say what came of the files, each that failed in its own words."""
    lines: list[str] = []
    if outcome.linked is not None:
        files, playlist = len(outcome.heard) + len(outcome.failed), outcome.linked.playlist
        heard = ngettext("Heard {heard} of {files} file.", "Heard {heard} of {files} files.", files)
        now = ngettext(
            "**{playlist}** has {tracks} track now.", "**{playlist}** has {tracks} tracks now.", playlist.tracks
        )
        heard = heard.format(heard=format_number(len(outcome.heard)), files=format_number(files))
        now = now.format(playlist=plain(playlist.name), tracks=format_number(playlist.tracks))
        lines += [f"{heard} {now}", *(heard_line(track, analysis) for track, analysis in outcome.heard)]
    lines += [f"- {error(problem)}" for problem in outcome.failed]
    if outcome.twins:
        lines += [
            "",
            _("Tracks on your lists are called the same. Where it is the same music, a click takes the sound over:"),
        ]
    if outcome.linked is not None:
        lines += [
            "",
            _("Now rate: `/rate start`. Let others hear them, half a minute each: `/playlist share`."),
        ]
    return fit(lines)
