"""Which track a description means: the table `tracks`, one row an identity.

The strongest thing that a description names is the identity: a Spotify id, else an ISRC, else artist and title. Which
ids and names belong together is a claim, and holds for whoever made it: two descriptions of one contributor are joined
by an ISRC or a name that both have, whatever other members say. So nobody can give an id to what another one named,
and a recording that was uploaded is joined with nothing. What is said of a track stands in `storage/values.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import delete, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.names import name_key
from bot.domain.tracks import TrackSource
from storage import values
from storage.ids import last_id
from storage.rows import FILE, UNSIGNED, in_parts
from storage.schema import playlist_tracks, playlists, predictions, ratings, track_values, tracks, verdicts
from storage.schema_spotify import feature_misses
from storage.seen import on_list_of
from storage.unused import drop_unused


class Known:
    """The stored tracks that descriptions of one contributor may mean."""

    def __init__(self) -> None:
        self.by_id: dict[str, int] = {}
        self.by_isrc: dict[str, int] = {}  # identities
        self.by_name: dict[str, int] = {}  # identities
        self.own_isrc: dict[str, int] = {}  # as the contributor, or a service, says
        self.own_name: dict[str, int] = {}  # as the contributor says, or a service of what the contributor lists
        self.own_recording: dict[str, int] = {}
        self.own: set[int] = set()  # known by an ISRC or a name alone, and named by the contributor
        self.others: set[int] = set()  # known by an ISRC or a name alone, and named by somebody else

    def find(self, source: TrackSource) -> int | None:
        """The track that a description means."""
        if source.recording:
            return self.own_recording.get(source.recording)
        if source.spotify_id:
            return self.by_id.get(source.spotify_id) or self.own_isrc.get(source.isrc or "")
        if source.isrc:
            return self.by_isrc.get(source.isrc) or self.own_isrc.get(source.isrc)
        name = name_key(source.artist, source.title)
        return self.own_name.get(name) or self.by_name.get(name)

    def weaker(self, source: TrackSource) -> int | None:
        """A track that the contributor named before, of which the description knows more: an id, or an ISRC."""
        if source.recording or not (source.spotify_id or source.isrc):
            return None
        found = self.by_isrc.get(source.isrc or "") if source.spotify_id else None
        if found not in self.own:
            found = self.by_name.get(name_key(source.artist, source.title))
        return found if found in self.own else None

    def make(self, track_id: int, source: TrackSource) -> None:
        """Know a track by a new identity."""
        name = name_key(source.artist, source.title)
        if source.spotify_id:
            self.by_id[source.spotify_id] = track_id
        elif source.isrc:
            self.by_isrc[source.isrc] = track_id
        elif not source.recording:
            self.by_name[name] = track_id

    def add(self, track_id: int, source: TrackSource) -> None:
        """Know what the contributor has just said of a track."""
        if source.recording:
            self.own_recording[source.recording] = track_id
            return
        name = name_key(source.artist, source.title)
        if source.isrc:
            self.own_isrc.setdefault(source.isrc, track_id)
        if not values.is_stand_in(source):
            self.own_name.setdefault(name, track_id)
        if not source.spotify_id:
            self.own.add(track_id)


def identity(source: TrackSource) -> dict[str, str | None]:
    """The columns of `tracks` that a description's strongest word fills."""
    strongest: dict[str, str | None] = dict.fromkeys(("spotify_id", "isrc", "name_key"))
    if source.spotify_id:
        strongest["spotify_id"] = source.spotify_id
    elif source.isrc:
        strongest["isrc"] = source.isrc
    elif not source.recording:
        strongest["name_key"] = name_key(source.artist, source.title)
    return strongest


@dataclass(frozen=True, slots=True)
class Stored:
    """The tracks of a list of descriptions, in its order, and which earlier ones turned out to be which of them."""

    ids: list[int]
    joined: Mapping[int, int]

    def now(self, ids: Iterable[int]) -> list[int]:
        """Ids that were stored before, as they are now."""
        return [self.joined.get(track_id, track_id) for track_id in ids]


async def store(connection: AsyncConnection, sources: Sequence[TrackSource], contributor_id: int) -> Stored:
    """Find or make the track of each description, and keep what it says."""
    known = await _known(connection, sources, contributor_id)
    next_id = await last_id(connection, "tracks")
    described: list[tuple[int, TrackSource]] = []
    new: dict[int, dict[str, Any]] = {}
    changed: dict[int, dict[str, Any]] = {}  # by track, its new identity
    joined: dict[int, int] = {}
    for source in sources:
        track_id, weaker = known.find(source), known.weaker(source)
        if track_id is None and weaker is not None and weaker not in known.others:
            track_id = weaker
            (new if weaker in new else changed)[weaker] = {"id": weaker, **identity(source)}
            known.make(weaker, source)
        elif track_id is None:
            track_id = next_id = next_id + 1
            new[track_id] = {"id": track_id, **identity(source)}
            known.make(track_id, source)
        if weaker is not None:
            known.own.discard(weaker)
            joined |= {weaker: track_id} if weaker != track_id else {}
        known.add(track_id, source)
        described.append((track_id, source))
    await _write(connection, new, changed)
    # A service's word belongs to its own id: one that only an ISRC leads to says nothing of another id.
    kept = [(i, one) for i, one in described if not one.by_service or known.by_id.get(one.spotify_id or "", i) == i]
    await values.put(connection, kept, contributor_id)
    for weaker, track_id in joined.items():
        await _join(connection, weaker, track_id, contributor_id)
    for weaker, track_id in joined.items():
        joined[weaker] = joined.get(track_id, track_id)
    stored = Stored([track_id for track_id, _ in described], joined)
    return replace(stored, ids=stored.now(stored.ids))


async def _write(
    connection: AsyncConnection, new: Mapping[int, Mapping[str, Any]], changed: Mapping[int, Mapping[str, Any]]
) -> None:
    if new:
        await connection.execute(insert(tracks), [*new.values()])
    for track_id, columns in changed.items():
        await connection.execute(update(tracks).where(tracks.c.id == track_id).values(**columns))
        # What services said was of the identity before.
        await connection.execute(
            delete(track_values).where(track_values.c.track_id == track_id, track_values.c.contributor_id.is_(None))
        )
        await connection.execute(delete(feature_misses).where(feature_misses.c.track_id == track_id))


async def _known(connection: AsyncConnection, sources: Sequence[TrackSource], contributor_id: int) -> Known:
    known = Known()
    named = [source for source in sources if not source.recording]
    names = {name_key(source.artist, source.title) for source in named}
    codes = {source.isrc for source in named if source.isrc}
    for part in in_parts({source.spotify_id for source in named if source.spotify_id}):
        query = select(tracks.c.spotify_id, tracks.c.id).where(tracks.c.spotify_id.in_(part))
        known.by_id.update((row.spotify_id, row.id) for row in await connection.execute(query))
    for column, among, found in ((tracks.c.isrc, codes, known.by_isrc), (tracks.c.name_key, names, known.by_name)):
        for part in in_parts(among):
            query = _weak(contributor_id).add_columns(column.label("key")).where(column.in_(part)).order_by(tracks.c.id)
            for row in await connection.execute(query):
                found.setdefault(row.key, row.id)
                known.own.update([row.id] if row.own else [])
                known.others.update([row.id] if row.others else [])
    bare = [source for source in named if not (source.spotify_id or source.isrc)]
    alone = {name_key(source.artist, source.title) for source in bare}
    await _claims(connection, known, alone, codes, contributor_id)
    if len(named) < len(sources):
        recording = func.json_extract(track_values.c.facts, "$.recording")
        mine = (track_values.c.contributor_id == contributor_id) & recording.is_not(None)
        rows = await connection.execute(select(recording.label("key"), track_values.c.track_id).where(mine))
        known.own_recording = {row.key: row.track_id for row in rows}
    return known


def _weak(contributor_id: int) -> Any:
    """Tracks, and whether the contributor or anybody else named them; by ranges, for many may have."""
    said = track_values.c.contributor_id

    def any_row(condition: Any) -> Any:
        return exists().where(track_values.c.track_id == tracks.c.id, condition)

    others = or_(any_row(said > contributor_id), any_row(said < contributor_id))
    return select(tracks.c.id, any_row(said == contributor_id).label("own"), others.label("others"))


async def _claims(
    connection: AsyncConnection, known: Known, names: Iterable[str], codes: Iterable[str], contributor_id: int
) -> None:
    """Read which ids and names belong together in the contributor's words, and in services'."""
    row, said = track_values.c, track_values.c.contributor_id
    listed = on_list_of(contributor_id, row.track_id)
    services = said.is_(None) & row.source.not_in((FILE, UNSIGNED))
    # What somebody else's words would join is left apart, also where several agree.
    for key, who, among, found in (
        (row.isrc, said == contributor_id, codes, known.own_isrc),
        (row.isrc, services, codes, known.own_isrc),
        (row.name_key, said == contributor_id, names, known.own_name),
        (row.name_key, services & listed, names, known.own_name),
    ):
        recordings = func.json_extract(row.facts, "$.recording").is_not(None)
        for part in in_parts(among):
            query = select(key, func.min(row.track_id)).where(who, key.in_(part), ~recordings).group_by(key)
            for claimed, track_id in await connection.execute(query):
                found.setdefault(claimed, track_id)


async def identify(connection: AsyncConnection, track_id: int, source: TrackSource, owner_id: int) -> bool:
    """Take the owner's word for the id of a track known by an ISRC or a name alone; says whether it was one.

    Where others named the track, too, or the id is another track's, what is the owner's moves there, and nobody else's.
    """
    known = tracks.c.isrc.is_not(None) | tracks.c.name_key.is_not(None)
    stored = (await connection.execute(_weak(owner_id).where(tracks.c.id == track_id, known))).one_or_none()
    if stored is None:
        return False
    there = await connection.scalar(select(tracks.c.id).where(tracks.c.spotify_id == source.spotify_id))
    target = there
    if there is None:
        target = track_id if not stored.others else await last_id(connection, "tracks") + 1
        assert target is not None
        columns = {target: {"id": target, **identity(source)}}
        await _write(connection, {} if target == track_id else columns, columns if target == track_id else {})
    assert target is not None
    await values.put(connection, [(target, source)], owner_id)
    if target != track_id:
        await _join(connection, track_id, target, owner_id)
    return True


async def _join(connection: AsyncConnection, track_id: int, other: int, owner_id: int) -> None:
    """Let one track stand for another in all that is the owner's."""
    own = select(playlists.c.id).where(playlists.c.owner_id == owner_id)
    for table, mine in (
        (playlist_tracks, playlist_tracks.c.playlist_id.in_(own)),
        (ratings, ratings.c.listener_id == owner_id),
        (predictions, predictions.c.listener_id == owner_id),
        (verdicts, verdicts.c.listener_id == owner_id),
        (track_values, track_values.c.contributor_id == owner_id),
    ):
        which = mine & (table.c.track_id == track_id)
        # What the other one has already stays as it is: then this row is one too many.
        await connection.execute(update(table).where(which).values(track_id=other).prefix_with("OR IGNORE"))
        await connection.execute(delete(table).where(which))
    await drop_unused(connection, [track_id])
    await values.settle(connection, [track_id, other])


async def lend(connection: AsyncConnection, owner_id: int, recording_id: int, track_id: int) -> bool:
    """Let the sound of the owner's recording be that of another track on the owner's lists, for the owner."""
    listed = on_list_of(owner_id, track_id)
    own = (track_values.c.track_id == recording_id) & (track_values.c.contributor_id == owner_id)
    heard = select(track_values.c.features).where(own, track_values.c.source == values.AUDIO, listed)
    features = await connection.scalar(heard)
    if features is not None:
        await values.lend(connection, track_id, owner_id, features)
    return features is not None
