"""What is known of how tracks sound, by source: what is missing, what was fetched, and what nobody knew."""

import json
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import exists, func, or_, select
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.tracks import Coverage
from storage.database import Database
from storage.rows import in_parts
from storage.schema import playlist_tracks, track_features, tracks
from storage.schema_spotify import feature_misses

KEPT = 180 * 86_400  # seconds after which what was fetched is fetched again
MISSED = 14 * 86_400  # seconds after which what was unknown is asked again
AHEAD = 3600  # seconds by which a time may lie ahead; what a wrong clock dated later is asked again
NAMED = 5  # titles that are told of what stayed unknown


@dataclass(frozen=True, slots=True)
class Lacking:
    """A track of which no sound is known, with what it can be asked by."""

    track_id: int
    title: str
    artist: str
    spotify_id: str | None
    isrc: str | None


@dataclass(frozen=True, slots=True)
class Nameless:
    """A track without a Spotify id, whose sound nobody knows."""

    track_id: int
    title: str
    artist: str


class Features:
    """The table `track_features` where services fill it, and `feature_misses`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lacking(
        self, source: str, *, playlist_id: int | None = None, track_id: int | None = None
    ) -> list[Lacking]:
        """The tracks whose sound is unknown, or was fetched long ago, and that `source` was not asked for lately."""
        now = int(time.time())
        values = track_features.c.features
        known = exists().where(
            track_features.c.track_id == tracks.c.id,
            or_(func.json_extract(values, "$.energy").is_not(None), func.json_extract(values, "$.tempo").is_not(None)),
            or_(track_features.c.source != source, track_features.c.fetched_at.between(now - KEPT, now + AHEAD)),
        )
        missed = exists().where(
            feature_misses.c.track_id == tracks.c.id,
            feature_misses.c.source == source,
            feature_misses.c.at.between(now - MISSED, now + AHEAD),
        )
        columns = (tracks.c.id, tracks.c.title, tracks.c.artist, tracks.c.spotify_id, tracks.c.isrc)
        query = select(*columns).where(~known, ~missed)
        if playlist_id is not None:
            query = query.join(playlist_tracks, playlist_tracks.c.track_id == tracks.c.id)
            query = query.where(playlist_tracks.c.playlist_id == playlist_id).order_by(playlist_tracks.c.position)
        if track_id is not None:
            query = query.where(tracks.c.id == track_id)
        async with self._database.reading() as connection:
            return [Lacking(*row) for row in await connection.execute(query)]

    async def nameless(self, playlist_id: int) -> list[Nameless]:
        """The tracks of a playlist of which only names are known."""
        known = exists().where(track_features.c.track_id == tracks.c.id)
        query = (
            select(tracks.c.id, tracks.c.title, tracks.c.artist)
            .join(playlist_tracks, playlist_tracks.c.track_id == tracks.c.id)
            .where(playlist_tracks.c.playlist_id == playlist_id, tracks.c.spotify_id.is_(None), ~known)
            .order_by(playlist_tracks.c.position)
        )
        async with self._database.reading() as connection:
            return [Nameless(*row) for row in await connection.execute(query)]

    async def keep(self, source: str, found: Mapping[int, Mapping[str, float]], missing: Collection[int] = ()) -> None:
        """Store what a source knew, and that it did not know the rest."""
        now = int(time.time())
        rows = [
            {
                "track_id": i,
                "source": source,
                "contributor_id": None,
                "features": json.dumps(dict(v)),
                "fetched_at": now,
            }
            for i, v in found.items()
        ]
        unknown = [{"track_id": track_id, "source": source, "at": now} for track_id in missing]
        features, misses = upsert(track_features), upsert(feature_misses)
        new = {name: features.excluded[name] for name in ("features", "fetched_at")}
        async with self._database.transaction() as connection:
            there = set(await self._still(connection, [*found, *missing]))
            rows = [row for row in rows if row["track_id"] in there]
            unknown = [row for row in unknown if row["track_id"] in there]
            if rows:
                await connection.execute(
                    features.on_conflict_do_update(index_elements=["track_id", "source"], set_=new), rows
                )
            if unknown:
                again = misses.on_conflict_do_update(
                    index_elements=["track_id", "source"], set_={"at": misses.excluded.at}
                )
                await connection.execute(again, unknown)

    async def _still(self, connection: AsyncConnection, ids: Sequence[int]) -> list[int]:
        """Those that were not erased meanwhile."""
        found: list[int] = []
        for part in in_parts(ids):
            found += (await connection.scalars(select(tracks.c.id).where(tracks.c.id.in_(part)))).all()
        return found

    async def coverage(self, playlist_id: int) -> Coverage:
        """How many tracks of a playlist are known, by the source that counts first, and some that are not."""
        first = (
            select(func.min(track_features.c.source)).where(track_features.c.track_id == tracks.c.id).scalar_subquery()
        )
        query = (
            select(tracks.c.title, tracks.c.artist, first.label("source"))
            .join(playlist_tracks, playlist_tracks.c.track_id == tracks.c.id)
            .where(playlist_tracks.c.playlist_id == playlist_id)
            .order_by(playlist_tracks.c.position)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        by_source: dict[str, int] = {}
        for row in rows:
            if row.source:
                by_source[row.source] = by_source.get(row.source, 0) + 1
        unknown = [row.title for row in rows if not row.source]
        return Coverage(len(rows), by_source, len(unknown), tuple(unknown[:NAMED]))
