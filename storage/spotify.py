"""The tables of Spotify: members' sealed permissions, and where playlists were read from."""

import time
from dataclasses import dataclass

from sqlalchemy import delete, exists, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from storage.accounts import NAMING
from storage.database import Database
from storage.listeners import Began, began, ensure
from storage.rows import in_parts
from storage.schema import playlist_tracks, playlists, tracks
from storage.schema_spotify import playlist_origins, spotify_accounts


@dataclass(frozen=True, slots=True)
class Stored:
    """A playlist that was read from Spotify before."""

    playlist_id: int
    name: str
    version: str


class SpotifyAccounts:
    """Keeps what opens members' accounts; it never sees it open."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, listener_id: int) -> bytes | None:
        async with self._database.reading() as connection:
            mine = spotify_accounts.c.listener_id == listener_id
            return await connection.scalar(select(spotify_accounts.c.sealed).where(mine))

    async def all(self) -> dict[int, bytes]:
        async with self._database.reading() as connection:
            rows = await connection.execute(select(spotify_accounts.c.listener_id, spotify_accounts.c.sealed))
            return {row.listener_id: row.sealed for row in rows}

    async def began(self, listener_id: int) -> Began:
        """What to note before a permission is asked for, and to hand to `put`."""
        return await began(self._database, listener_id)

    async def put(self, listener_id: int, sealed: bytes, since: Began) -> None:
        """Keep a new permission in place of an older one; raises ErasedMeanwhile."""
        row = upsert(spotify_accounts).values(listener_id=listener_id, sealed=sealed, connected_at=int(time.time()))
        new = {name: row.excluded[name] for name in ("sealed", "connected_at")}
        async with self._database.transaction() as connection:
            await ensure(connection, listener_id, since)
            await connection.execute(row.on_conflict_do_update(index_elements=["listener_id"], set_=new))

    async def replace(self, listener_id: int, old: bytes, new: bytes) -> bool:
        """Put a renewed permission in the place of the one it was made of; False: that is no longer there."""
        same = (spotify_accounts.c.listener_id == listener_id) & (spotify_accounts.c.sealed == old)
        async with self._database.transaction() as connection:
            done = await connection.execute(update(spotify_accounts).where(same).values(sealed=new))
        return done.rowcount == 1

    async def drop(self, listener_id: int) -> None:
        """Forget a permission that no longer holds."""
        mine = spotify_accounts.c.listener_id == listener_id
        async with self._database.transaction() as connection:
            await connection.execute(delete(spotify_accounts).where(mine))
        await self._database.truncate_log(patience=0)  # nobody asked for it, so nobody waits

    async def disconnect(self, listener_id: int) -> int | None:
        """Forget the permission, and the playlists that came through it, with tracks that nobody else has.

        Returns:
            How many playlists went; None: no account was connected and nothing had come through one.

        """
        mine = spotify_accounts.c.listener_id == listener_id
        through = select(playlists.c.id).where(
            playlists.c.owner_id == listener_id,
            exists().where(playlist_origins.c.playlist_id == playlists.c.id, playlist_origins.c.through_account == 1),
        )
        async with self._database.transaction() as connection:
            gone = await connection.execute(delete(spotify_accounts).where(mine))
            ids = (await connection.scalars(through)).all()
            on_them = select(playlist_tracks.c.track_id).where(playlist_tracks.c.playlist_id.in_(ids))
            candidates = (await connection.scalars(on_them)).all()
            await connection.execute(delete(playlists).where(playlists.c.id.in_(ids)))
            unused = [~exists(select(1).where(column == tracks.c.id)) for column in NAMING]
            for part in in_parts(candidates):
                await connection.execute(delete(tracks).where(tracks.c.id.in_(part), *unused))
        await self._database.truncate_log()
        return len(ids) if gone.rowcount or ids else None

    async def read_before(self, owner_id: int, link: str) -> Stored | None:
        """The owner's playlist that was read from this link."""
        query = (
            select(playlists.c.id, playlists.c.name, playlist_origins.c.version)
            .join(playlist_origins, playlist_origins.c.playlist_id == playlists.c.id)
            .where(playlists.c.owner_id == owner_id, playlist_origins.c.link == link)
            .order_by(playlists.c.id)
        )
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
        return Stored(row.id, row.name, row.version) if row else None
