"""The SQLite file: opened, migrated, locked, and read and written through engines of their own."""

import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from bot.errors import FolderInUse
from storage.migrate import migrate

BUSY_TIMEOUT_MS = 1500  # Discord waits 3 s for an answer
READERS = 4


class Database:
    """One SQLite file; writes queue for one connection, reads never wait for them (WAL)."""

    def __init__(self, writer: AsyncEngine, reader: AsyncEngine) -> None:
        self._writer = writer
        self._reader = reader

    @classmethod
    async def open(cls, path: Path) -> "Database":
        """Create or migrate the file, readable by its owner alone, and open it.

        Raises:
            NewerDatabase: the file was written by a later version of this program.

        """
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600, exist_ok=True)
        migrate(path)
        return cls(_engine(path, size=1, begin="BEGIN IMMEDIATE"), _engine(path, size=READERS, begin="BEGIN"))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Write: all of it or nothing; on disk when the block has ended."""
        async with self._writer.begin() as connection:
            yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Read one consistent state, whatever is being written meanwhile."""
        async with self._reader.begin() as connection:
            yield connection

    async def close(self) -> None:
        await self._reader.dispose()
        await self._writer.dispose()


def _engine(path: Path, *, size: int, begin: str) -> AsyncEngine:
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path}",
        poolclass=AsyncAdaptedQueuePool,
        pool_size=size,
        max_overflow=0,
        pool_timeout=30,
    )

    # The driver would begin transactions late; this recipe of SQLAlchemy's documentation lets us say when and how.
    @event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: Any, _: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


class FolderLock:
    """Keeps a second instance off a data folder; the operating system lets go when the process ends, however."""

    def __init__(self) -> None:
        self._file: int | None = None

    def acquire(self, folder: Path) -> None:
        """Take the folder; raise FolderInUse where another process holds it."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            raise FolderInUse(folder=str(folder)) from None
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


