"""The tables `tracks` and `track_features`: what members' files say of tracks, one row a recording."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.names import name_key, search_key
from bot.domain.tracks import TrackSource
from storage.ids import last_id
from storage.rows import in_parts
from storage.schema import playlist_tracks, playlists, ratings, track_features, tracks


class Known:
    """The stored tracks that a list of descriptions may mean, found by id, ISRC or name, each in one step."""

    def __init__(self) -> None:
        self.ids: dict[int, tuple[str | None, str | None]] = {}
        self._by_id: dict[str, int] = {}
        self._by_isrc: dict[str, int] = {}
        self._by_name: dict[str, int] = {}
        self._without_id: dict[str, int] = {}  # by name, those first seen without a Spotify id
        self.unnamed: set[int] = set()  # known by a link alone: their title is a stand-in

    def add(self, track_id: int, source: TrackSource) -> None:
        """Know a track, or know more of it."""
        name = name_key(source.artist, source.title)
        first = track_id not in self.ids
        before = self.ids.get(track_id, (None, None))
        spotify_id, isrc = before[0] or source.spotify_id, before[1] or source.isrc
        self.ids[track_id] = (spotify_id, isrc)
        if source.spotify_id:
            self._by_id[source.spotify_id] = track_id
        if source.isrc:
            self._by_isrc[source.isrc] = track_id
        self._by_name.setdefault(name, track_id)
        if spotify_id is None:
            self._without_id.setdefault(name, track_id)
        if not is_stand_in(source):
            self.unnamed.discard(track_id)
        elif first:
            self.unnamed.add(track_id)

    def find(self, source: TrackSource) -> int | None:
        """The track that a description means; a name alone decides only where no id contradicts it."""
        if source.spotify_id and source.spotify_id in self._by_id:
            return self._by_id[source.spotify_id]
        if source.isrc and source.isrc in self._by_isrc:
            return self._by_isrc[source.isrc]
        name = name_key(source.artist, source.title)
        if not source.spotify_id:
            return self._by_name.get(name)
        known_by_name = self._without_id.get(name)
        return known_by_name if known_by_name is not None and self.ids[known_by_name][0] is None else None


def is_stand_in(source: TrackSource) -> bool:
    """Whether a title only repeats the id, as importers write where a link is all there is."""
    return source.spotify_id is not None and source.title == f"Track {source.spotify_id}"


async def store(connection: AsyncConnection, sources: Sequence[TrackSource], contributor_id: int) -> list[int]:
    """Find or make the track of each description, and keep its features; ids in the order of `sources`."""
    known = await _known(connection, sources)
    next_id = await last_id(connection, "tracks")
    ids: list[int] = []
    new: list[dict[str, object]] = []
    adopted: list[tuple[int, TrackSource, bool]] = []
    for source in sources:
        track_id = known.find(source)
        if track_id is None:
            next_id += 1
            track_id = next_id
            new.append({"id": track_id, **_values(source)})
        else:
            spotify_id, isrc = known.ids[track_id]
            names = track_id in known.unnamed and not is_stand_in(source)
            if names or (source.spotify_id and not spotify_id) or (source.isrc and not isrc):
                adopted.append((track_id, source, names))
        known.add(track_id, source)
        ids.append(track_id)
    if new:
        await connection.execute(insert(tracks), new)
    await _adopt(connection, adopted)
    for measured_by in sorted({source.measured_by for source in sources}):
        values = {
            i: source.features for i, source in zip(ids, sources, strict=True) if source.measured_by == measured_by
        }
        await _features(connection, values, contributor_id, measured_by)
    return ids


def _values(source: TrackSource) -> dict[str, object]:
    return {
        "name_key": name_key(source.artist, source.title),
        "search_key": search_key(source.artist, source.title),
        "title": source.title,
        "artist": source.artist,
        "album": source.album,
        "spotify_id": source.spotify_id,
        "isrc": source.isrc,
        "url": source.url,
        "artwork_url": source.artwork_url,
        "duration_ms": source.duration_ms,
    }


async def _known(connection: AsyncConnection, sources: Sequence[TrackSource]) -> Known:
    known = Known()
    columns = (tracks.c.id, tracks.c.title, tracks.c.artist, tracks.c.spotify_id, tracks.c.isrc)
    wanted = (
        (tracks.c.spotify_id, {source.spotify_id for source in sources if source.spotify_id}),
        (tracks.c.isrc, {source.isrc for source in sources if source.isrc}),
        (tracks.c.name_key, {name_key(source.artist, source.title) for source in sources}),
    )
    seen: set[int] = set()
    for column, values in wanted:
        for part in in_parts(values):
            query = select(*columns).where(column.in_(part))
            if column is tracks.c.name_key:
                # Of thousands that are called alike only these can be meant by a name.
                first = select(func.min(tracks.c.id)).where(column.in_(part)).group_by(column)
                query = query.where(or_(tracks.c.spotify_id.is_(None), tracks.c.id.in_(first))).order_by(tracks.c.id)
            for row in await connection.execute(query):
                if row.id not in seen:
                    seen.add(row.id)
                    stored = TrackSource(row.title, row.artist, spotify_id=row.spotify_id, isrc=row.isrc)
                    known.add(row.id, stored)
    return known


async def _adopt(connection: AsyncConnection, adopted: Sequence[tuple[int, TrackSource, bool]]) -> None:
    """Let a track known by name alone learn its ids, and one known by a link alone its names."""
    for track_id, source, names in adopted:
        gains = {"spotify_id": source.spotify_id, "isrc": source.isrc, "url": source.url}
        filled: dict[str, Any] = {name: func.coalesce(tracks.c[name], value) for name, value in gains.items() if value}
        if names:
            filled |= {name: _values(source)[name] for name in ("name_key", "search_key", "title", "artist", "album")}
        await connection.execute(update(tracks).where(tracks.c.id == track_id).values(**filled))


async def _features(
    connection: AsyncConnection, features: Mapping[int, Mapping[str, float]], contributor_id: int, measured_by: str
) -> None:
    """Keep what files or analyses say: its own contributor may change it, anybody else only fills what is unknown."""
    features = {track_id: values for track_id, values in features.items() if values}
    stored: dict[int, tuple[int | None, dict[str, float]]] = {}
    of_source = track_features.c.source == measured_by
    columns = (track_features.c.track_id, track_features.c.contributor_id, track_features.c.features)
    for part in in_parts(features):
        for row in await connection.execute(select(*columns).where(of_source, track_features.c.track_id.in_(part))):
            stored[row.track_id] = (row.contributor_id, json.loads(row.features))
    rows: list[dict[str, object]] = []
    for track_id, values in features.items():
        owner, before = stored.get(track_id, (contributor_id, {}))
        after = {**before, **values} if owner == contributor_id else {**values, **before}
        if after != before:
            row = {"track_id": track_id, "source": measured_by, "contributor_id": owner, "features": json.dumps(after)}
            rows.append({**row, "fetched_at": int(time.time())})
    if rows:
        statement = upsert(track_features)
        changed = {name: statement.excluded[name] for name in ("features", "fetched_at")}
        await connection.execute(
            statement.on_conflict_do_update(index_elements=["track_id", "source"], set_=changed), rows
        )


async def identify(connection: AsyncConnection, track_id: int, source: TrackSource, owner_id: int) -> bool:
    """Give a track its ids; where another track has them, move the owner's playlists and rating to that one."""
    of_id, of_isrc = tracks.c.spotify_id == source.spotify_id, tracks.c.isrc == (source.isrc or "")
    there = select(tracks.c.id).where(tracks.c.id != track_id, of_id | of_isrc).order_by(~of_id, tracks.c.id)
    other = await connection.scalar(there)
    if other is None:
        gains = {"spotify_id": source.spotify_id, "isrc": source.isrc, "url": source.url}
        gains |= {"artwork_url": source.artwork_url, "duration_ms": source.duration_ms}
        unnamed = (tracks.c.id == track_id) & tracks.c.spotify_id.is_(None)
        await connection.execute(update(tracks).where(unnamed).values(**{k: v for k, v in gains.items() if v}))
        return True
    own = select(playlists.c.id).where(playlists.c.owner_id == owner_id)
    places = (playlist_tracks.c.track_id == track_id) & playlist_tracks.c.playlist_id.in_(own)
    stars = (ratings.c.track_id == track_id) & (ratings.c.listener_id == owner_id)
    for table, which in ((playlist_tracks, places), (ratings, stars)):
        # What the other one has already stays as it is: then this row is one too many.
        await connection.execute(update(table).where(which).values(track_id=other).prefix_with("OR IGNORE"))
        await connection.execute(delete(table).where(which))
    return True
