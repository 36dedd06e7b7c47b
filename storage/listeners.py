"""The table `listeners`: a row a person, on which everything that is theirs hangs."""

import hashlib
import time
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import ErasedMeanwhile
from storage.database import Database
from storage.schema import erasures, listeners, settings

SALT = "erasure-salt"  # under which the settings keep it


@dataclass(frozen=True, slots=True)
class Began:
    """How things stood when work for a person began: when that person was erased last, None: never."""

    erased_at: int | None

    def erased_since(self, at: int) -> bool:
        """Whether the person was erased at or after a time, in seconds since 1970."""
        return self.erased_at is not None and self.erased_at >= at


async def began(database: Database, listener_id: int) -> Began:
    """What to note before work that takes long; whatever keeps its outcome hands it to `ensure`."""
    async with database.reading() as connection:
        return await _standing(connection, listener_id)


async def ensure(connection: AsyncConnection, listener_id: int, since: Began) -> None:
    """Have a row for this person, before the outcome of work is kept.

    Raises:
        ErasedMeanwhile: the person was erased after the work `began`, so its outcome must not be kept.

    """
    # Not whether there is a row: the person may have come back, and this would still be from before.
    if since != await _standing(connection, listener_id):
        raise ErasedMeanwhile
    await ensure_now(connection, listener_id)


async def ensure_now(connection: AsyncConnection, listener_id: int) -> None:
    """Have a row for this person, whose click is written the moment it comes: nothing was read or made before."""
    statement = insert(listeners).values(id=listener_id, created_at=int(time.time()))
    await connection.execute(statement.on_conflict_do_nothing())


async def _standing(connection: AsyncConnection, listener_id: int) -> Began:
    salt = await connection.scalar(select(settings.c.value).where(settings.c.key == SALT))
    if salt is None:  # nobody was ever erased
        return Began(None)
    return Began(await connection.scalar(select(erasures.c.at).where(erasures.c.digest == digest(salt, listener_id))))


def digest(salt: str, listener_id: int) -> str:
    """Whom an erasure is of, for whoever has the salt."""
    return hashlib.sha256(f"{salt}:{listener_id}".encode()).hexdigest()
