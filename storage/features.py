"""What is known of how tracks sound, by source: what is missing, what was fetched, and what nobody knew."""

import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import case, exists, func, literal, or_, select
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.tracks import Coverage
from storage import values
from storage.database import Database
from storage.playlist_rows import sounds
from storage.rows import FILE, UNSIGNED, believed, in_parts, rank, select_tracks, track
from storage.schema import playlist_tracks, playlists, track_values, tracks
from storage.schema_spotify import feature_misses

KEPT = 180 * 86_400  # seconds after which what was fetched is fetched again
MISSED = 14 * 86_400  # seconds after which what was unknown is asked again
AHEAD = 3600  # seconds by which a time may lie ahead; what a wrong clock dated later is asked again
NAMED = 5  # titles that are told of what stayed unknown


@dataclass(frozen=True, slots=True)
class Lacking:
    """A track of which no sound is known, with what it can be asked by."""

    track_id: int
    spotify_id: str | None
    isrc: str | None  # the track's own, or a service's word
    claimed_isrc: str | None  # the listener's word: what it leads to is the listener's, too


@dataclass(frozen=True, slots=True)
class Nameless:
    """A track without a Spotify id, whose sound nobody knows."""

    track_id: int
    title: str
    artist: str


class Features:
    """The table `track_values` where services fill it, and `feature_misses`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lacking(
        self, source: str, listener_id: int, *, playlist_id: int | None = None, track_id: int | None = None
    ) -> list[Lacking]:
        """The tracks whose sound a listener does not know, or that was fetched long ago, and not asked for lately.

        What other members' files say does not count: services come before them.
        """
        now = int(time.time())
        row, of_it = track_values.c, track_values.c.track_id == tracks.c.id
        own, service = (
            row.contributor_id == listener_id,
            row.contributor_id.is_(None) & row.source.not_in((FILE, UNSIGNED)),
        )
        heard = or_(*(func.json_extract(row.features, f"$.{name}").is_not(None) for name in ("energy", "tempo")))
        fresh = or_(row.source != source, row.at.between(now - KEPT, now + AHEAD))
        known = [exists().where(of_it, who, heard, fresh) for who in (own, service)]
        missed = exists().where(
            feature_misses.c.track_id == tracks.c.id,
            feature_misses.c.source == source,
            feature_misses.c.at.between(now - MISSED, now + AHEAD),
        )
        # Where only the listener says what it is called there, the miss is the listener's, too.
        own_miss = exists().where(of_it, own, row.source == source, row.at.between(now - MISSED, now + AHEAD))
        codes = [select(func.min(row.isrc)).where(of_it, who).scalar_subquery() for who in (service, own)]
        isrc = func.coalesce(tracks.c.isrc, codes[0])
        query = select(tracks.c.id, tracks.c.spotify_id, isrc, codes[1]).where(
            ~or_(*known), ~missed | codes[1].is_not(None), ~own_miss
        )
        if playlist_id is not None:
            query = query.join(playlist_tracks, playlist_tracks.c.track_id == tracks.c.id)
            query = query.where(playlist_tracks.c.playlist_id == playlist_id).order_by(playlist_tracks.c.position)
        if track_id is not None:
            query = query.where(tracks.c.id == track_id)
        async with self._database.reading() as connection:
            return [Lacking(*found) for found in await connection.execute(query)]

    async def nameless(self, playlist_id: int) -> list[Nameless]:
        """The tracks of a playlist of which its owner said only names."""
        named, row = tracks.c.isrc.is_not(None) | tracks.c.name_key.is_not(None), track_values.c
        own = (row.track_id == tracks.c.id) & (row.contributor_id == playlists.c.owner_id) & (row.source == FILE)
        artist = func.coalesce(func.json_extract(row.facts, "$.artist"), "")
        query = (
            select(tracks.c.id, func.json_extract(row.facts, "$.title"), artist)
            .join(playlist_tracks, playlist_tracks.c.track_id == tracks.c.id)
            .join(playlists, playlists.c.id == playlist_tracks.c.playlist_id)
            .join(track_values, own)
            .where(playlist_tracks.c.playlist_id == playlist_id, named, row.name_key.is_not(None))
            .where(~sounds(tracks.c.id, playlists.c.owner_id))
            .order_by(playlist_tracks.c.position)
        )
        async with self._database.reading() as connection:
            return [Nameless(*found) for found in await connection.execute(query)]

    async def keep(
        self,
        source: str,
        found: Mapping[int, Mapping[str, float]],
        missing: Collection[int] = (),
        contributor_id: int | None = None,
    ) -> None:
        """Store what a source knew, and that it did not know the rest.

        Where it was asked by what a contributor alone says, its answers are that contributor's, what it did not know
        too; else it was asked by the tracks' own ids.
        """
        async with self._database.transaction() as connection:
            there = set(await self._still(connection, [*found, *missing]))
            kept = {track_id: features for track_id, features in found.items() if track_id in there}
            await values.measured(connection, source, kept, contributor_id)
            unknown = [{"track_id": i, "source": source, "at": int(time.time())} for i in missing if i in there]
            if unknown:
                misses = upsert(feature_misses)
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
        """How many tracks of a playlist its owner knows, by the source that counts first, and some that are not."""
        async with self._database.reading() as connection:
            listed = select(playlists.c.owner_id).where(playlists.c.id == playlist_id)
            owner = literal(await connection.scalar(listed) or 0)
        first = (
            select(case((track_values.c.source == UNSIGNED, FILE), else_=track_values.c.source))
            .where(track_values.c.id.in_(believed(owner)), track_values.c.features.is_not(None))
            .order_by(rank(owner), track_values.c.source)
            .limit(1)
            .correlate_except(track_values)
            .scalar_subquery()
        )
        query = (
            select(first.label("source"), tracks.c.id)
            .join(playlist_tracks, playlist_tracks.c.track_id == tracks.c.id)
            .where(playlist_tracks.c.playlist_id == playlist_id)
            .order_by(playlist_tracks.c.position)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
            unknown = [row.id for row in rows if not row.source]
            listed = (playlist_tracks.c.playlist_id == playlist_id) & playlist_tracks.c.track_id.in_(unknown[:NAMED])
            named = select_tracks(owner).join(playlist_tracks, playlist_tracks.c.track_id == tracks.c.id)
            found = await connection.execute(named.where(listed).order_by(playlist_tracks.c.position))
            titles = tuple(track(row).title for row in found)
        by_source = Counter(row.source for row in rows if row.source)
        return Coverage(len(rows), dict(by_source), len(unknown), titles)
