"""The tables of Spotify: members' sealed permissions, and where playlists were read from."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import Disconnected
from storage.accounts import NAMING
from storage.database import Database
from storage.listeners import Began, began, ensure
from storage.rows import in_parts
from storage.schema import playlist_tracks, playlists, tracks
from storage.schema_spotify import half_read_lists, playlist_origins, spotify_accounts

HALF_READ_KEPT = 3 * 86_400  # seconds; a day's quota has returned by then, and somebody has been there to go on
HALF_READ_LISTS = 4  # of one member


@dataclass(frozen=True, slots=True)
class Permission:
    """A member's permission, and which of that member's it is."""

    sealed: bytes = field(repr=False)
    generation: int


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

    async def get(self, listener_id: int) -> Permission | None:
        mine = spotify_accounts.c.listener_id == listener_id
        query = select(spotify_accounts.c.sealed, spotify_accounts.c.generation).where(mine)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
        return Permission(row.sealed, row.generation) if row else None

    async def all(self) -> dict[int, bytes]:
        async with self._database.reading() as connection:
            rows = await connection.execute(select(spotify_accounts.c.listener_id, spotify_accounts.c.sealed))
            return {row.listener_id: row.sealed for row in rows}

    async def began(self, listener_id: int) -> Began:
        """What to note before a permission is asked for, and to hand to `put`."""
        return await began(self._database, listener_id)

    async def put(
        self,
        listener_id: int,
        sealed: bytes,
        since: Began,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """Keep a new permission in place of an older one.

        Raises:
            ErasedMeanwhile: the member was erased since.
            Disconnected: it is no longer `wanted`, as is seen in the transaction that would store it.

        """
        values = {"sealed": sealed, "connected_at": int(time.time()), "generation": secrets.randbits(62)}
        row = upsert(spotify_accounts).values(listener_id=listener_id, **values)
        new = {name: row.excluded[name] for name in values}
        async with self._database.transaction() as connection:
            await ensure(connection, listener_id, since)
            if not wanted():
                raise Disconnected
            await connection.execute(row.on_conflict_do_update(index_elements=["listener_id"], set_=new))

    async def replace(self, listener_id: int, old: bytes, new: bytes) -> bool:
        """Put a renewed permission in the place of the one it was made of; False: that is no longer there."""
        same = (spotify_accounts.c.listener_id == listener_id) & (spotify_accounts.c.sealed == old)
        async with self._database.transaction() as connection:
            done = await connection.execute(update(spotify_accounts).where(same).values(sealed=new))
        return done.rowcount == 1

    async def renew(self, listener_id: int, generation: int, sealed: bytes) -> bool:
        """Keep what was renewed of a permission; False: the member ended it, or gave another."""
        async with self._database.transaction() as connection:
            done = await connection.execute(
                update(spotify_accounts).where(_this(listener_id, generation)).values(sealed=sealed)
            )
        return done.rowcount == 1

    async def drop(self, listener_id: int, generation: int) -> None:
        """Forget a permission that no longer holds, and none that was given since."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(spotify_accounts).where(_this(listener_id, generation)))
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
            half = (half_read_lists.c.owner_id == listener_id) & (half_read_lists.c.through_account == 1)
            await connection.execute(delete(half_read_lists).where(half))
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

    async def half_read(self, owner_id: int, link: str) -> tuple[str, str]:
        """The version and the pages of a list that was read in part; both empty where there is none."""
        here = (half_read_lists.c.owner_id == owner_id) & (half_read_lists.c.link == link)
        fresh = half_read_lists.c.read_at.between(int(time.time()) - HALF_READ_KEPT, int(time.time()) + 3600)
        query = select(half_read_lists.c.version, half_read_lists.c.pages).where(here, fresh)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
        return (row.version, row.pages) if row else ("", "{}")

    async def keep_half_read(
        self, owner_id: int, link: str, half: tuple[str, str], permission: int | None, since: Began
    ) -> None:
        """Keep a version and pages in place of older ones; of a member's lists the latest few.

        Raises:
            ErasedMeanwhile, Disconnected: nothing is kept.

        """
        now = int(time.time())
        values = {"version": half[0], "pages": half[1], "through_account": int(permission is not None), "read_at": now}
        row = upsert(half_read_lists).values(owner_id=owner_id, link=link, **values)
        new = {name: row.excluded[name] for name in values}
        mine = half_read_lists.c.owner_id == owner_id
        latest = select(half_read_lists.c.link).where(mine).order_by(half_read_lists.c.read_at.desc())
        async with self._database.transaction() as connection:
            await ensure(connection, owner_id, since)
            await require_permission(connection, owner_id, permission)
            await connection.execute(row.on_conflict_do_update(index_elements=["owner_id", "link"], set_=new))
            await connection.execute(
                delete(half_read_lists).where(mine, half_read_lists.c.link.not_in(latest.limit(HALF_READ_LISTS)))
            )
            await connection.execute(delete(half_read_lists).where(half_read_lists.c.read_at < now - HALF_READ_KEPT))

    async def drop_half_read(self, owner_id: int, link: str) -> None:
        here = (half_read_lists.c.owner_id == owner_id) & (half_read_lists.c.link == link)
        async with self._database.transaction() as connection:
            await connection.execute(delete(half_read_lists).where(here))


async def require_permission(connection: AsyncConnection, listener_id: int, generation: int | None) -> None:
    """Raise Disconnected unless the permission through which something came is there still; None: it came through none.

    To be asked in the transaction that stores what came.
    """
    if generation is None:
        return
    if not await connection.scalar(select(exists().where(_this(listener_id, generation)))):
        raise Disconnected


def _this(listener_id: int, generation: int) -> ColumnElement[bool]:
    return (spotify_accounts.c.listener_id == listener_id) & (spotify_accounts.c.generation == generation)
