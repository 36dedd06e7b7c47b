"""The table `listeners`: a row a person, on which everything that is theirs hangs."""

import time

from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import listeners


async def ensure(connection: AsyncConnection, listener_id: int) -> None:
    """Have a row for this person."""
    statement = insert(listeners).values(id=listener_id, created_at=int(time.time()))
    await connection.execute(statement.on_conflict_do_nothing())
