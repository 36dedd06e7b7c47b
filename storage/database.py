"""The SQLite file: opened, migrated, and read and written through engines of their own."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, cast

from sqlalchemy import URL, Executable, event
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from bot.domain.errors import BadDatabase, DatabaseClosed, DatabaseGone, StorageBusy
from bot.safe.private import tighten
from bot.telemetry.metrics import Metrics
from storage.migrate import migrate

log = logging.getLogger(__name__)

# What a program cannot help, and may pass: anything else is a fault of ours.
NOBODYS_FAULT = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
BUSY_TIMEOUT_MS = 1500  # Discord waits 3 s for an answer
READERS = 4
# Emptying the write-ahead log: how long somebody waits for it, how long one attempt keeps members' writes waiting, and
# the seconds between attempts, first and in the background; all in seconds.
PATIENCE, HOLD, PAUSE, LATER = 10.0, 0.1, 0.2, 1.0
GRACE = 5.0  # seconds in which what is at work may end before the file is closed


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
        lists_version: grows with every write that may change which tracks there are, who sees them, or what is known
            of them; what another program writes is not counted.

    """

    def __init__(self, path: Path, writer: AsyncEngine, reader: AsyncEngine, metrics: Metrics | None = None) -> None:
        self.writable = True
        self.lists_version = 0
        self._path = path
        self._identity = _identity(path)
        self._gone = False
        self._time = (metrics or Metrics()).database
        self._writer = writer
        self._reader = reader
        self._direct: AsyncConnection | None = None
        self._connecting = asyncio.Lock()
        self._emptying: asyncio.Task[None] | None = None
        self._closed = False
        self._in_use = 0
        self._free = asyncio.Event()
        self._free.set()

    @classmethod
    async def open(cls, path: Path, metrics: Metrics | None = None) -> "Database":
        """Create or migrate the file, readable by its owner alone, and open it.

        Raises:
            NewerDatabase: the file was written by a later version of this program.
            BadDatabase: the file is damaged, or no database.

        """
        await asyncio.to_thread(_prepare, path)
        writer, reader = _engine(path, size=1, begin="BEGIN IMMEDIATE"), _engine(path, size=READERS, begin="BEGIN")
        return cls(path, writer, reader, metrics)

    @asynccontextmanager
    async def transaction(self, *, lists: bool = True) -> AsyncGenerator[AsyncConnection]:
        """Write: all of it or nothing; on disk when the block has ended.

        `lists=False` promises that it changes no track, no list, nor what is known of tracks.

        Raises:
            StorageBusy: the file is locked by another program, or its disk is full or failing; nothing was written.
            DatabaseClosed: the program is ending.
            DatabaseGone: the file was deleted or replaced.

        """
        try:
            with self._at_work("write"):
                async with self._writer.begin() as connection:
                    yield connection
            self.writable = True
            self.lists_version += lists
        except (OperationalError, sqlite3.OperationalError) as error:
            self.writable = False
            if code_of(error) not in NOBODYS_FAULT:
                raise
            raise StorageBusy(code=code_of(error)) from error

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncConnection]:
        """Read one consistent state, whatever is being written meanwhile."""
        with self._at_work("read"):
            async with self._reader.begin() as connection:
                yield connection

    async def fetch(self, statement: Statement, **values: Any) -> list[Any]:
        """Run one reading statement in one hop to the driver's thread, where SQLAlchemy's way takes a dozen."""
        with self._at_work("fetch"):
            if self._direct is None:
                async with self._connecting:  # several may come first
                    self._direct = self._direct or await self._reader.connect()
            driver: Any = (await self._direct.get_raw_connection()).driver_connection
            return await driver.execute_fetchall(statement.sql, statement.values(values))

    async def truncate_log(self, patience: float = PATIENCE) -> bool:
        """Empty the write-ahead log, in which rows stand that were changed or erased since.

        Whoever reads for long, as a backup does, keeps it from being emptied: False then, and it is tried on in the
        background until it is done.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience
        while not await asyncio.to_thread(empty_log, self._path):
            if loop.time() >= deadline:
                if self.settled:
                    self._emptying = asyncio.create_task(self._go_on_emptying(), name="empty-log")
                return False
            await asyncio.sleep(PAUSE)
        return True

    @property
    def settled(self) -> bool:
        """Whether nothing that was erased can still stand in the write-ahead log."""
        return self._emptying is None or self._emptying.done()

    async def _go_on_emptying(self) -> None:
        while not await asyncio.to_thread(empty_log, self._path):  # noqa: ASYNC110 - nothing says when a reader ends
            await asyncio.sleep(LATER)

    def _require_file(self) -> None:
        """Raise DatabaseGone where the open file is no longer the one at the path: what is written to it is lost."""
        gone = _identity(self._path) != self._identity
        if gone and not self._gone:
            log.error("%s was moved, deleted or replaced while it is in use: nothing is saved any more", self._path)
        self._gone = gone
        if gone:
            raise DatabaseGone(path=str(self._path))

    @contextmanager
    def _at_work(self, kind: str) -> Generator[None]:
        """Time what is done, and keep the file open for it."""
        if self._closed:
            raise DatabaseClosed
        self._require_file()
        self._in_use += 1
        self._free.clear()
        try:
            with self._time.labels(kind).time():
                yield
        finally:
            self._in_use -= 1
            if not self._in_use:
                self._free.set()

    async def close(self) -> None:
        """Let what is at work end, and close; a connection given back later would stay open."""
        self._closed = True
        with suppress(TimeoutError):
            await asyncio.wait_for(self._free.wait(), GRACE)
        if self._emptying is not None:
            self._emptying.cancel()
            with suppress(asyncio.CancelledError):
                await self._emptying
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


def code_of(error: DBAPIError | sqlite3.Error) -> int:
    """SQLite's code without the extended part; what goes to the driver directly is not wrapped by SQLAlchemy."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlite_errorcode", 0) & 0xFF


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file stands at a path; an open file's number is given to no other."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


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
    for suffix in ("", "-wal", "-shm"):
        tighten(path.with_name(path.name + suffix))
    try:
        migrate(path)
    except (DatabaseError, sqlite3.DatabaseError) as error:
        if code_of(error) not in DAMAGED:
            raise
        raise BadDatabase(path=str(path)) from None
    empty_log(path)  # a process that was killed may have left it with rows of somebody erased


def empty_log(path: Path) -> bool:
    """Try once to empty the write-ahead log; False: somebody reads from it, or it cannot be done now."""
    try:
        # "rw" makes no new file where there is none.
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", timeout=HOLD, uri=True)) as connection:
            (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.DatabaseError:  # a full disk, say
        return False
    return not busy
