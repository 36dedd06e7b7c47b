"""The tables `tracks` and `track_features`: what members' files say of tracks, one row a recording."""

import json
import time
from collections.abc import Mapping, Sequence

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import TrackSource
from storage.identity import name_key
from storage.rows import in_parts
from storage.schema import track_features, tracks


class Known:
    """The stored tracks that a list of descriptions may mean, found by id, ISRC or name."""

    def __init__(self) -> None:
        self.by_id: dict[str, int] = {}
        self.by_isrc: dict[str, int] = {}
        self.by_name: dict[str, list[tuple[int, str | None]]] = {}
        self.ids: dict[int, tuple[str | None, str | None]] = {}

    def add(self, track_id: int, name: str, spotify_id: str | None, isrc: str | None) -> None:
        if spotify_id:
            self.by_id[spotify_id] = track_id
        if isrc:
            self.by_isrc[isrc] = track_id
        self.by_name.setdefault(name, []).append((track_id, spotify_id))
        before = self.ids.get(track_id, (None, None))
        self.ids[track_id] = (before[0] or spotify_id, before[1] or isrc)

    def find(self, source: TrackSource) -> int | None:
        """The track that a description means; a name alone decides only where no id contradicts it."""
        if source.spotify_id and source.spotify_id in self.by_id:
            return self.by_id[source.spotify_id]
        if source.isrc and source.isrc in self.by_isrc:
            return self.by_isrc[source.isrc]
        for track_id, spotify_id in self.by_name.get(name_key(source.artist, source.title), []):
            if not (source.spotify_id and spotify_id):
                return track_id
        return None


async def store(connection: AsyncConnection, sources: Sequence[TrackSource], contributor_id: int) -> list[int]:
    """Find or make the track of each description, and keep its features; ids in the order of `sources`."""
    known = await _known(connection, sources)
    next_id = (await connection.scalar(select(func.coalesce(func.max(tracks.c.id), 0)))) or 0
    ids: list[int] = []
    new: list[dict[str, object]] = []
    adopted: list[tuple[int, TrackSource]] = []
    for source in sources:
        track_id = known.find(source)
        if track_id is None:
            next_id += 1
            track_id = next_id
            new.append({"id": track_id, **_values(source)})
        else:
            spotify_id, isrc = known.ids[track_id]
            if (source.spotify_id and not spotify_id) or (source.isrc and not isrc):
                adopted.append((track_id, source))
        known.add(track_id, name_key(source.artist, source.title), source.spotify_id, source.isrc)
        ids.append(track_id)
    if new:
        await connection.execute(insert(tracks), new)
    await _adopt(connection, adopted)
    await _features(connection, dict(zip(ids, (source.features for source in sources), strict=True)), contributor_id)
    return ids


def _values(source: TrackSource) -> dict[str, object]:
    return {
        "name_key": name_key(source.artist, source.title),
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
    columns = (tracks.c.id, tracks.c.name_key, tracks.c.spotify_id, tracks.c.isrc)
    wanted = (
        (tracks.c.spotify_id, {source.spotify_id for source in sources if source.spotify_id}),
        (tracks.c.isrc, {source.isrc for source in sources if source.isrc}),
        (tracks.c.name_key, {name_key(source.artist, source.title) for source in sources}),
    )
    seen: set[int] = set()
    for column, values in wanted:
        for part in in_parts(values):
            for row in await connection.execute(select(*columns).where(column.in_(part))):
                if row.id not in seen:
                    seen.add(row.id)
                    known.add(*row)
    return known


async def _adopt(connection: AsyncConnection, adopted: Sequence[tuple[int, TrackSource]]) -> None:
    """Let a track that was known by name alone learn the ids that a fuller file says."""
    for track_id, source in adopted:
        gains = {"spotify_id": source.spotify_id, "isrc": source.isrc, "url": source.url}
        filled = {name: func.coalesce(tracks.c[name], value) for name, value in gains.items() if value}
        await connection.execute(update(tracks).where(tracks.c.id == track_id).values(**filled))


async def _features(
    connection: AsyncConnection, features: Mapping[int, Mapping[str, float]], contributor_id: int
) -> None:
    """Keep what a file says: its own contributor may change it, anybody else's file only fills what is unknown."""
    features = {track_id: values for track_id, values in features.items() if values}
    stored: dict[int, tuple[int | None, dict[str, float]]] = {}
    of_file = track_features.c.source == "file"
    columns = (track_features.c.track_id, track_features.c.contributor_id, track_features.c.features)
    for part in in_parts(features):
        for row in await connection.execute(select(*columns).where(of_file, track_features.c.track_id.in_(part))):
            stored[row.track_id] = (row.contributor_id, json.loads(row.features))
    rows: list[dict[str, object]] = []
    for track_id, values in features.items():
        owner, before = stored.get(track_id, (contributor_id, {}))
        after = {**before, **values} if owner == contributor_id else {**values, **before}
        if after != before:
            row = {"track_id": track_id, "source": "file", "contributor_id": owner, "features": json.dumps(after)}
            rows.append({**row, "fetched_at": int(time.time())})
    if rows:
        statement = upsert(track_features)
        changed = {name: statement.excluded[name] for name in ("features", "fetched_at")}
        await connection.execute(
            statement.on_conflict_do_update(index_elements=["track_id", "source"], set_=changed), rows
        )
