"""The table `studies`: which are under way."""

import time

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from storage.database import Database
from storage.listeners import Began, began, ensure
from storage.schema import studies


class Studies:
    """Notes the beginning and the end of each study, so that an interruption is not passed over in silence."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def began(self, listener_id: int) -> Began:
        """What to note before the ratings are read, and to hand to `begin`."""
        return await began(self._database, listener_id)

    async def begin(self, listener_id: int, since: Began | None = None) -> None:
        """Note that a study is under way; raises ErasedMeanwhile."""
        async with self._database.transaction(lists=False) as connection:
            await ensure(connection, listener_id, since)
            row = insert(studies).values(listener_id=listener_id, begun_at=int(time.time()))
            await connection.execute(row.on_conflict_do_nothing())

    async def end(self, listener_id: int) -> None:
        async with self._database.transaction(lists=False) as connection:
            await connection.execute(delete(studies).where(studies.c.listener_id == listener_id))

    async def interrupted(self) -> list[int]:
        """Whose studies had begun and not ended when this program started; they are told only once."""
        async with self._database.transaction(lists=False) as connection:
            found = list(await connection.scalars(select(studies.c.listener_id)))
            await connection.execute(delete(studies))
        return found
