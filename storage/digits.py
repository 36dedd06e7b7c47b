"""The table `digit_reactions`: which digits members have put under messages, as far as the bot has heard."""

import time
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.listeners import Began, ensure
from storage.schema import digit_reactions

KEPT_DAYS = 90


@dataclass(frozen=True, slots=True)
class Dropped:
    """A digit that was taken back.

    Attributes:
        known: whether the bot had heard of it.
        left: the newest of the member's digits that still stand there; None where there is none, or several came at
            one time.
        decides: of several that came at one time, `left` is now the only one.
        at: when the digit came, in nanoseconds since 1970; 0 where it was not known.

    """

    known: bool
    left: int | None
    decides: bool
    at: int


class Digits:
    """Remembers digits, so that one that is taken back leaves the one before it, and new ones can be told apart."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, who: int, message_id: int, stars: Collection[int], since: Began, at: int | None = None) -> None:
        """Note digits that came `at` (nanoseconds since 1970, else now), several in an order that nobody knows.

        Raises:
            ErasedMeanwhile: nothing is noted.

        """
        async with self._database.transaction(lists=False) as connection:
            await ensure(connection, who, since)
            await put(connection, who, message_id, stars, at)

    async def drop(self, who: int, message_id: int, stars: int) -> Dropped:
        """Forget a digit that was taken back."""
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
        """Note that the member knows which digits are not clear."""
        theirs = (digit_reactions.c.listener_id == who) & (digit_reactions.c.unclear == 1)
        async with self._database.transaction(lists=False) as connection:
            await connection.execute(digit_reactions.update().where(theirs).values(unclear=0))

    async def forget_old(self) -> None:
        """Remove what is older than KEPT_DAYS."""
        old = digit_reactions.c.at < time.time_ns() - KEPT_DAYS * 24 * 3600 * 1_000_000_000
        async with self._database.transaction(lists=False) as connection:
            await connection.execute(delete(digit_reactions).where(old))


async def put(
    connection: AsyncConnection, who: int, message_id: int, stars: Collection[int], at: int | None = None
) -> None:
    """Note digits within a transaction, as `Digits.put`."""
    row = {"message_id": message_id, "listener_id": who, "at": at or time.time_ns(), "unclear": int(len(stars) > 1)}
    if stars:
        rows = [{**row, "stars": digit} for digit in stars]
        await connection.execute(insert(digit_reactions).prefix_with("OR REPLACE"), rows)


async def drop(connection: AsyncConnection, who: int, message_id: int, stars: int) -> Dropped:
    """Forget a digit within a transaction, as `Digits.drop`."""
    theirs = (digit_reactions.c.listener_id == who) & (digit_reactions.c.message_id == message_id)
    gone = delete(digit_reactions).where(theirs, digit_reactions.c.stars == stars).returning(digit_reactions.c.at)
    at = await connection.scalar(gone)
    standing = select(digit_reactions.c.stars, digit_reactions.c.at).where(theirs)
    rows = (await connection.execute(standing.order_by(digit_reactions.c.at.desc()).limit(2))).all()
    clear = bool(rows) and (len(rows) == 1 or rows[0].at > rows[1].at)
    return Dropped(at is not None, rows[0].stars if clear else None, clear and rows[0].at == at, at or 0)
