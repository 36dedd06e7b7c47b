"""The SQLite file: opened, migrated, locked, and read and written through engines of their own."""

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from sqlalchemy import URL, Executable, event
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from bot.errors import FolderInUse, FolderUnusable, StorageBusy
from bot.metrics import Metrics
from storage.migrate import migrate

# What a program cannot help, and may pass: anything else is a fault of ours.
NOBODYS_FAULT = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
BUSY_TIMEOUT_MS = 1500  # Discord waits 3 s for an answer
READERS = 4


class Statement:
    """A reading statement with named parameters, compiled once: for what every click runs."""

    def __init__(self, query: Executable) -> None:
        compiled: Any = cast("Any", query).compile(dialect=SQLiteDialect_aiosqlite())
        self.sql = str(compiled)
        self._names = tuple(compiled.positiontup or ())
        self._constants = {name: value for name, value in compiled.params.items() if value is not None}

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        """The parameters in the order of the statement's question marks."""
        return [given[name] if name in given else self._constants[name] for name in self._names]


class Database:
    """One SQLite file; writes queue for one connection, reads never wait for them (WAL).

    Attributes:
        writable: the last write did not fail; whoever wants to know whether the next one will has to try.

    """

    def __init__(self, writer: AsyncEngine, reader: AsyncEngine, metrics: Metrics | None = None) -> None:
        self.writable = True
        self._time = (metrics or Metrics()).database
        self._writer = writer
        self._reader = reader
        self._direct: AsyncConnection | None = None
        self._connecting = asyncio.Lock()

    @classmethod
    async def open(cls, path: Path, metrics: Metrics | None = None) -> "Database":
        """Create or migrate the file, readable by its owner alone, and open it.

        Raises:
            NewerDatabase: the file was written by a later version of this program.

        """
        await asyncio.to_thread(_prepare, path)
        writer, reader = _engine(path, size=1, begin="BEGIN IMMEDIATE"), _engine(path, size=READERS, begin="BEGIN")
        return cls(writer, reader, metrics)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncConnection]:
        """Write: all of it or nothing; on disk when the block has ended.

        Raises:
            StorageBusy: the file is locked by another program, or its disk is full or failing; nothing was written.

        """
        try:
            with self._time.timed(kind="write"):
                async with self._writer.begin() as connection:
                    yield connection
            self.writable = True
        except (OperationalError, sqlite3.OperationalError) as error:
            self.writable = False
            # What goes to the driver directly is not wrapped by SQLAlchemy.
            cause = error.orig if isinstance(error, OperationalError) else error
            code: int = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # without the extended part
            if code not in NOBODYS_FAULT:
                raise
            raise StorageBusy(code=code) from error

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncConnection]:
        """Read one consistent state, whatever is being written meanwhile."""
        with self._time.timed(kind="read"):
            async with self._reader.begin() as connection:
                yield connection

    async def fetch(self, statement: Statement, **values: Any) -> list[Any]:
        """Run one reading statement in one hop to the driver's thread, where SQLAlchemy's way takes a dozen."""
        if self._direct is None:
            async with self._connecting:  # several may come first
                self._direct = self._direct or await self._reader.connect()
        driver: Any = (await self._direct.get_raw_connection()).driver_connection
        with self._time.timed(kind="fetch"):
            return await driver.execute_fetchall(statement.sql, statement.values(values))

    async def truncate_log(self) -> None:
        """Empty the write-ahead log, in which rows stand that were changed or erased since."""
        async with self._writer.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            await driver.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")

    async def close(self) -> None:
        if self._direct is not None:
            await self._direct.close()
        await self._reader.dispose()
        await self._writer.dispose()


async def fetch_within(connection: AsyncConnection, statement: Statement, **values: Any) -> list[Any]:
    """Run one reading statement inside a transaction, in one hop to the driver's thread."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    return list(await driver.execute_fetchall(statement.sql, statement.values(values)))


async def run_many(connection: AsyncConnection, sql: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run a writing statement with `:named` parameters once a row, all in one hop to the driver's thread."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await driver.executemany(sql, rows)


def _engine(path: Path, *, size: int, begin: str) -> AsyncEngine:
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),  # a path may hold what means something in a URL
        poolclass=AsyncAdaptedQueuePool,
        pool_size=size,
        max_overflow=0,
        pool_timeout=30,
        hide_parameters=True,  # an error's text may come into the log
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
        connection.connection.dbapi_connection.run_async(lambda driver: driver.execute(begin))

    return engine


def _prepare(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600, exist_ok=True)
    migrate(path)


class FolderLock:
    """Keeps a second instance off a data folder; the operating system lets go when the process ends, however."""

    def __init__(self) -> None:
        self._file: int | None = None

    def acquire(self, folder: Path) -> None:
        """Take the folder; raise FolderInUse where another process holds it, FolderUnusable where it is none."""
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            raise FolderUnusable(folder=str(folder)) from None
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
