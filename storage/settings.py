"""The table `settings`: the operator's state."""

import time

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from storage.database import Database
from storage.schema import settings


class Settings:
    """Remembers a few texts by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ping(self) -> None:
        """Read something from the file, and write where the last write failed; raises what a broken one raises."""
        await self.get("ping")
        if not self._database.writable:
            await self.set("ping", str(time.time_ns()))  # the same once more would not reach the disk

    async def get(self, key: str) -> str | None:
        async with self._database.reading() as connection:
            return await connection.scalar(select(settings.c.value).where(settings.c.key == key))

    async def set(self, key: str, value: str) -> None:
        statement = insert(settings).values(key=key, value=value)
        async with self._database.transaction(lists=False) as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))
