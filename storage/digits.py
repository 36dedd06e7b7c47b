"""The table `digit_reactions`: which digits members have put under messages, as far as the bot has heard."""

import time
from collections.abc import Collection

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.listeners import Began, ensure
from storage.schema import digit_reactions

KEPT = 7 * 24 * 3600  # seconds; what is older is not caught up after a time away either


class Digits:
    """Remembers digits, so that one that is taken back leaves the one before it, and new ones can be told apart."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(
        self, who: int, message_id: int, stars: Collection[int], since: Began, *, unclear: bool = False
    ) -> None:
        """Note digits; `unclear`: nobody can say in which order they came. Raises ErasedMeanwhile."""
        async with self._database.transaction(lists=False) as connection:
            await ensure(connection, who, since)
            await put(connection, who, message_id, stars, unclear=unclear)

    async def drop(self, who: int, message_id: int, stars: int) -> tuple[bool, int | None]:
        """Forget a digit that was taken back; whether it was known, and the newest of those that are left."""
        async with self._database.transaction(lists=False) as connection:
            return await drop(connection, who, message_id, stars)

    async def under(self, message_id: int) -> dict[int, list[int]]:
        """The digits under a message by member, in the order in which they came."""
        query = select(digit_reactions.c.listener_id, digit_reactions.c.stars)
        query = query.where(digit_reactions.c.message_id == message_id).order_by(digit_reactions.c.at)
        found: dict[int, list[int]] = {}
        async with self._database.reading() as connection:
            for row in await connection.execute(query):
                found.setdefault(row.listener_id, []).append(row.stars)
        return found

    async def told(self, who: int) -> None:
        """Note that the member knows of all digits that are not clear."""
        theirs = (digit_reactions.c.listener_id == who) & (digit_reactions.c.unclear == 1)
        async with self._database.transaction(lists=False) as connection:
            await connection.execute(update(digit_reactions).where(theirs).values(unclear=0))

    async def forget_old(self) -> None:
        """Remove what is older than KEPT."""
        old = digit_reactions.c.at < time.time_ns() - KEPT * 1_000_000_000
        async with self._database.transaction(lists=False) as connection:
            await connection.execute(delete(digit_reactions).where(old))


async def put(
    connection: AsyncConnection, who: int, message_id: int, stars: Collection[int], *, unclear: bool = False
) -> None:
    now = time.time_ns()
    rows = [
        {"message_id": message_id, "listener_id": who, "stars": digit, "at": now, "unclear": int(unclear)}
        for digit in stars
    ]
    if rows:
        await connection.execute(insert(digit_reactions).prefix_with("OR REPLACE"), rows)


async def drop(connection: AsyncConnection, who: int, message_id: int, stars: int) -> tuple[bool, int | None]:
    theirs = (digit_reactions.c.listener_id == who) & (digit_reactions.c.message_id == message_id)
    known = await connection.execute(delete(digit_reactions).where(theirs, digit_reactions.c.stars == stars))
    newest = select(digit_reactions.c.stars, func.max(digit_reactions.c.at)).where(theirs)
    return known.rowcount > 0, await connection.scalar(newest)
