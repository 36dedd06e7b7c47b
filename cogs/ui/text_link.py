"""What the bot says of what was linked."""

from collections.abc import Sequence

from bot.domain.tracks import Coverage, LinkedPlaylist, Playlist
from bot.flow.match import Doubtful, Matched
from cogs.ui.text import CATALOGUE, bare, count, fit, plain

SOURCES = {"file": "the file", "audio": "audio", "reccobeats": "ReccoBeats", "spotify": "Spotify"}


def linked(outcomes: Sequence[LinkedPlaylist], matches: Sequence[Matched] = ()) -> str:
    if any(outcome.playlist.with_features for outcome in outcomes):
        after = "Now rate a few of them: `/rate start`."
    else:
        after = f"To learn your taste I need such a file, or choose *{CATALOGUE}* in `/playlist link`."
    return fit([*map(_linked_one, outcomes), *map(_matched, matches), "", after])


def _linked_one(outcome: LinkedPlaylist) -> str:
    playlist = outcome.playlist
    if outcome.unchanged:
        return f"**{plain(playlist.name)}** has not changed since: {count(playlist.tracks, 'track')}.{_also(outcome)}"
    lines = [
        (
            f"{'Updated' if outcome.relinked else 'Linked'} **{plain(playlist.name)}**: "
            f"{count(playlist.tracks, 'track')}, features for {playlist.with_features:,}."
        )
    ]
    if outcome.namesake is not None:
        lines.append(
            f"You have a list called **{plain(outcome.namesake.name)}** already, with other songs, so both are kept. "
            "Is this one to take its place? Then press the button below."
        )
    without = [
        count(outcome.duplicates, "duplicate") if outcome.duplicates else "",
        f"{count(outcome.skipped, 'row')} without a track" if outcome.skipped else "",
        f"{count(outcome.bad_cells, 'value')} out of range" if outcome.bad_cells else "",
        *_without(outcome),
    ]
    if any(without):
        lines.append(f"Left out: {', '.join(filter(None, without))}.")
    if outcome.coverage is not None and (said := coverage(outcome.coverage)):
        lines.append(said)
    if not playlist.with_features:
        lines.append(
            "You can rate these, but I cannot learn from them or predict them: nothing says how they sound. "
            "A file exported with audio features (Exportify's, for example) does."
        )
    return "\n".join(lines)


def _matched(found: Matched) -> str:
    parts = [
        f"{found.sure:,} found" if found.sure else "",
        f"{len(found.doubtful):,} doubtful, below" if found.doubtful else "",
        f"{found.unknown:,} not there" if found.unknown else "",
        f"{found.left:,} not looked for this time" if found.left else "",
    ]
    more = " Link it again later, and I go on with the rest." if found.left else ""
    return f"Names looked for on Spotify: {', '.join(filter(None, parts))}.{more}"


def replace_it(namesake: Playlist) -> str:
    return bare(f"Replace {namesake.name}", 80)


def replaced(playlist: Playlist) -> str:
    return f"**{plain(playlist.name)}** now holds the new list: {count(playlist.tracks, 'track')}. Your ratings stay."


WHICH = "Which of these did you mean?"


def candidate(doubt: Doubtful) -> str:
    return f"{doubt.candidate.artist} - {doubt.candidate.title}"


def asked(doubt: Doubtful) -> str:
    return f"{round(100 * doubt.certainty):d} % for: {doubt.asked}"


def matching(done: int, total: int) -> str:
    return f"Looking for names on Spotify: {done:,} of {total:,} …"


def confirmed(tracks: int, known: int) -> str:
    return f"Taken over: {count(tracks, 'track')}; now I know how {known:,} more sound{'s' if known == 1 else ''}."


def _also(outcome: LinkedPlaylist) -> str:
    said = coverage(outcome.coverage) if outcome.coverage is not None else ""
    return f" {said}" if said else ""


def coverage(known: Coverage) -> str:
    """From where it is known how tracks sound; empty where a file alone says all that can be said."""
    if set(known.by_source) <= {"file"} and not known.unanswered and not (known.unknown and known.by_source):
        return ""
    parts = [f"{number:,} from {SOURCES.get(source, source)}" for source, number in known.by_source.items()]
    line = f"Features for {known.tracks - known.unknown:,} of {known.tracks:,}"
    line += f": {', '.join(parts)}" if parts else ""
    if known.unknown:
        named = ", ".join(plain(title, 40) for title in known.titles)
        line += f"; {known.unknown:,} unknown ({named}{' …' if known.unknown > len(known.titles) else ''})"
    if known.unanswered:
        line += ". ReccoBeats does not answer just now; link it again later for the rest"
    return f"{line}."


def _without(linked: LinkedPlaylist) -> list[str]:
    """What of a list on Spotify is no song that others could have."""
    return [
        count(linked.local, "local file") if linked.local else "",
        count(linked.episodes, "episode") if linked.episodes else "",
        f"{linked.gone:,} no longer on Spotify" if linked.gone else "",
    ]
