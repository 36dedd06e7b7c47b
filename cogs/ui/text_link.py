"""What the bot says of what was linked."""

from collections.abc import Sequence

from bot.domain.tracks import Coverage, LinkedPlaylist, Playlist
from bot.flow.match import Doubtful, Matched
from bot.i18n import N_, _, format_number, format_percent, ngettext
from cogs.ui.text import CATALOGUE, bare, fit, plain

SOURCES = {"file": N_("the file"), "audio": N_("audio")}
NAMES = {"reccobeats": "ReccoBeats", "spotify": "Spotify"}


def linked(outcomes: Sequence[LinkedPlaylist], matches: Sequence[Matched] = ()) -> str:
    if any(outcome.playlist.with_features for outcome in outcomes):
        after = _("Now rate a few of them: `/rate start`.")
    else:
        after = _("To learn your taste I need such a file, or choose *{catalogue}* in `/playlist link`.").format(
            catalogue=_(CATALOGUE)
        )
    return fit([*map(_linked_one, outcomes), *map(_matched, matches), "", after])


def _linked_one(outcome: LinkedPlaylist) -> str:
    playlist = outcome.playlist
    said = coverage(outcome.coverage) if outcome.coverage is not None else ""
    if outcome.unchanged:
        same = ngettext(
            "**{playlist}** has not changed since: {tracks} track.",
            "**{playlist}** has not changed since: {tracks} tracks.",
            playlist.tracks,
        ).format(playlist=plain(playlist.name), tracks=format_number(playlist.tracks))
        return f"{same} {said}".rstrip()
    lines = [_how_many(outcome)]
    if outcome.namesake is not None:
        lines.append(
            _(
                "You have a list called **{playlist}** already, with other songs, so both are kept. "
                "Is this one to take its place? Then press the button below."
            ).format(playlist=plain(outcome.namesake.name))
        )
    if without := _without(outcome):
        lines.append(_("Left out: {what}.").format(what=", ".join(without)))
    if said:
        lines.append(said)
    if not playlist.with_features:
        lines.append(
            _(
                "You can rate these, but I can't learn from them or predict them: nothing says how they sound. "
                "A file exported with audio features (Exportify's, for example) does."
            )
        )
    return "\n".join(lines)


def _how_many(outcome: LinkedPlaylist) -> str:
    playlist = outcome.playlist
    if outcome.relinked:
        said = ngettext(
            "Updated **{playlist}**: {tracks} track, features for {features}.",
            "Updated **{playlist}**: {tracks} tracks, features for {features}.",
            playlist.tracks,
        )
    else:
        said = ngettext(
            "Linked **{playlist}**: {tracks} track, features for {features}.",
            "Linked **{playlist}**: {tracks} tracks, features for {features}.",
            playlist.tracks,
        )
    return said.format(
        playlist=plain(playlist.name),
        tracks=format_number(playlist.tracks),
        features=format_number(playlist.with_features),
    )


def _without(outcome: LinkedPlaylist) -> list[str]:
    """What of a list was not taken, as no song that others could have."""
    rows, values = outcome.skipped, outcome.bad_cells
    return _counted(
        (outcome.duplicates, ngettext("{number} duplicate", "{number} duplicates", outcome.duplicates)),
        (rows, ngettext("{number} row without a track", "{number} rows without a track", rows)),
        (values, ngettext("{number} value out of range", "{number} values out of range", values)),
        (outcome.local, ngettext("{number} local file", "{number} local files", outcome.local)),
        (outcome.episodes, ngettext("{number} episode", "{number} episodes", outcome.episodes)),
        (outcome.gone, ngettext("{number} no longer on Spotify", "{number} no longer on Spotify", outcome.gone)),
    )


def _counted(*each: tuple[int, str]) -> list[str]:
    return [words.format(number=format_number(number)) for number, words in each if number]


def _matched(found: Matched) -> str:
    doubtful = len(found.doubtful)
    parts = _counted(
        (found.sure, ngettext("{number} found", "{number} found", found.sure)),
        (doubtful, ngettext("{number} doubtful, below", "{number} doubtful, below", doubtful)),
        (found.unknown, ngettext("{number} not there", "{number} not there", found.unknown)),
        (
            found.left,
            ngettext("{number} not looked for this time", "{number} not looked for this time", found.left),
        ),
    )
    said = _("Names looked for on Spotify: {results}.").format(results=", ".join(parts))
    return said + " " + _("Link it again later, and I go on with the rest.") if found.left else said


def replace_it(namesake: Playlist) -> str:
    return bare(_("Replace {playlist}").format(playlist=namesake.name), 80)


def replaced(playlist: Playlist) -> str:
    return ngettext(
        "**{playlist}** now holds the new list: {tracks} track. Your ratings stay.",
        "**{playlist}** now holds the new list: {tracks} tracks. Your ratings stay.",
        playlist.tracks,
    ).format(playlist=plain(playlist.name), tracks=format_number(playlist.tracks))


def which() -> str:
    return _("Which of these did you mean?")


def candidate(doubt: Doubtful) -> str:
    return f"{doubt.candidate.artist} - {doubt.candidate.title}"


def asked(doubt: Doubtful) -> str:
    return _("{share} for: {asked}").format(share=format_percent(doubt.certainty), asked=doubt.asked)


def matching(done: int, total: int) -> str:
    return _("Looking for names on Spotify: {done} of {total} …").format(
        done=format_number(done), total=format_number(total)
    )


def confirmed(tracks: int, known: int) -> str:
    taken = ngettext("Taken over: {tracks} track.", "Taken over: {tracks} tracks.", tracks)
    sound = ngettext("Now I know how {known} more sounds.", "Now I know how {known} more sound.", known)
    return f"{taken} {sound}".format(tracks=format_number(tracks), known=format_number(known))


def coverage(known: Coverage) -> str:
    """From where it is known how tracks sound; empty where a file alone says all that can be said."""
    if set(known.by_source) <= {"file"} and not known.unanswered and not (known.unknown and known.by_source):
        return ""
    sources = ", ".join(
        _("{number} from {source}").format(number=format_number(number), source=_source(source))
        for source, number in known.by_source.items()
    )
    said = _("Features for {known} of {tracks}: {sources}.") if sources else _("Features for {known} of {tracks}.")
    lines = [
        said.format(
            known=format_number(known.tracks - known.unknown), tracks=format_number(known.tracks), sources=sources
        )
    ]
    if known.unknown:
        titles = ", ".join(plain(title, 40) for title in known.titles)
        titles += " …" if known.unknown > len(known.titles) else ""
        lines.append(
            ngettext("{number} unknown ({titles}).", "{number} unknown ({titles}).", known.unknown).format(
                number=format_number(known.unknown), titles=titles
            )
        )
    if known.unanswered:
        lines.append(_("ReccoBeats is not answering right now; link it again later for the rest."))
    return " ".join(lines)


def _source(source: str) -> str:
    return _(SOURCES[source]) if source in SOURCES else NAMES.get(source, source)
