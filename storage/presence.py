"""Who is still in the servers with which they share: what they share there counts for a day after each look."""

import time
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, func, select, union, update

from storage.database import Database
from storage.schema import playlist_shares, playlists, sharing

DAY = 24 * 3600  # seconds


def seen_lately(shared: Table) -> ColumnElement[bool]:
    """Whether a row of `sharing` or `playlist_shares` counts: its member was in that server within a day."""
    return shared.c.seen_at > func.unixepoch() - DAY


def shared_with(guild_id: Any) -> ColumnElement[bool]:
    """Whether a row of `playlist_shares` lets a server see the playlist."""
    return (playlist_shares.c.guild_id == guild_id) & seen_lately(playlist_shares)


class Presence:
    """When each member who shares with a server was last seen in it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, age: float, limit: int) -> list[tuple[int, int]]:
        """The (server, member) to look for again, those first whose last look is longest ago, older than `age` s."""
        lists = select(playlist_shares.c.guild_id, playlists.c.owner_id, playlist_shares.c.seen_at)
        lists = lists.join(playlists, playlists.c.id == playlist_shares.c.playlist_id)
        tastes = select(sharing.c.guild_id, sharing.c.listener_id, sharing.c.seen_at).where(sharing.c.guild_id != 0)
        every = union(lists, tastes).subquery()
        who = (every.c.guild_id, every.c.owner_id)
        oldest = func.min(every.c.seen_at)
        query = select(*who).group_by(*who).having(oldest <= int(time.time() - age)).order_by(oldest).limit(limit)
        async with self._database.reading() as connection:
            return [(guild_id, member) for guild_id, member in await connection.execute(query)]

    async def seen(self, guild_id: int, listener_id: int) -> None:
        """Let what a member shares with a server count for another day."""
        async with self._database.transaction(lists=False) as connection:
            for table, theirs in _shared(guild_id, listener_id):
                await connection.execute(update(table).where(theirs).values(seen_at=int(time.time())))

    async def left(self, guild_id: int, listener_id: int) -> None:
        """End what a member shares with a server."""
        async with self._database.transaction() as connection:
            for table, theirs in _shared(guild_id, listener_id):
                await connection.execute(delete(table).where(theirs))

    async def only(self, guild_ids: Collection[int]) -> None:
        """End what is shared with any other server: the bot is in these alone."""
        async with self._database.transaction() as connection:
            for table in (playlist_shares, sharing):
                elsewhere = table.c.guild_id.not_in([0, *guild_ids])
                await connection.execute(delete(table).where(elsewhere))


def _shared(guild_id: int, listener_id: int) -> list[tuple[Table, ColumnElement[bool]]]:
    lists = select(playlists.c.id).where(playlists.c.owner_id == listener_id)
    return [
        (playlist_shares, (playlist_shares.c.guild_id == guild_id) & playlist_shares.c.playlist_id.in_(lists)),
        (sharing, (sharing.c.guild_id == guild_id) & (sharing.c.listener_id == listener_id)),
    ]
