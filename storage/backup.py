"""Backups of the database file: made while members click, checked, and put back without anybody who was erased."""

import asyncio
import io
import shutil
import sqlite3
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from bot.domain.errors import (
    BadBackup,
    BadDatabase,
    BadSeal,
    NewerDatabase,
    NoBackup,
    NotSealed,
    StorageBusy,
    Unwritable,
    WrongKey,
)
from bot.safe.keys import Keyring
from bot.safe.private import create, written
from bot.safe.sealed import FRAME, SealedReader, SealedWriter, is_sealed
from bot.safe.sealed import SUFFIX as SEALED
from bot.safe.zstd import zstd
from storage.accounts import SALT, Accounts
from storage.check import LOOK, NEVER, check, go_on, require_our_schema
from storage.database import Database, code_of, empty_log
from storage.ids import counters, raise_counters
from storage.leftovers import alone, remove_leftovers

if TYPE_CHECKING:
    from _typeshed import SupportsRead

SUFFIX = ".db.zst"
LEVEL: dict[int, int] = {zstd.CompressionParameter.compression_level: 1, zstd.CompressionParameter.checksum_flag: 1}
MAGIC = b"SQLite format 3\0"
HEADER = struct.Struct(">16sH10xI")  # of SQLite's file format: magic, bytes a page (1: 65,536), pages
PART = 4096  # pages that are copied between two looks at whether to stop


@dataclass(frozen=True, slots=True)
class Backup:
    """A checked copy.

    Attributes:
        rows: how many rows each table holds.

    """

    file: Path
    rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back.

    Attributes:
        erased: people who were erased again on the way; None: who was erased since is not known.
        told_by: the newer backup that knew them, where the database itself is missing or unreadable.
        saved_as: a backup of the database that stood there, or that file itself where it is damaged.

    """

    rows: dict[str, int]
    erased: int | None
    told_by: Path | None
    saved_as: Path | None


def backup(
    database: Path,
    folder: Path,
    keep: int | None = None,
    keys: Keyring | None = None,
    stop: threading.Event = NEVER,
) -> Backup:
    """Copy the database as it is at one moment, check the copy, compress it; readable by its owner alone.

    `keep` removes all but so many of the newest backups in the folder; `keys` seal it; `stop`, once set, ends it. The
    copy, which is not sealed, stands beside the database until it is compressed.

    Raises:
        NoBackup: there is no database to copy.
        BadDatabase: it is damaged; nothing is left of the copy, and older backups stay.
        StorageBusy: the disk beside the database is full or failing, or another program locks the database.
        Stopped: before it was made; nothing is left.

    """
    if not database.is_file():
        raise NoBackup(path=str(database))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with alone(database.parent, stop):
        remove_leftovers(database.parent, folder)
        seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)  # of one reading, so that names sort by age
        name = time.strftime("earmark-%Y%m%d-%H%M%S", time.gmtime(seconds)) + f"-{nanoseconds:09d}"
        copy, file = database.with_name(f".{name}.copy"), folder / f"{name}{SUFFIX}{SEALED if keys else ''}"
        try:
            _copy(database, copy, stop)
            empty_log(database)  # what was erased while the copy was made still stands there
            rows = _pack(copy, file, keys, stop)
        except BadBackup:
            raise BadDatabase(path=str(database)) from None
        finally:
            _remove(copy)
    if keep:
        # Whatever a wrong clock dated later than the newest goes first.
        found = sorted(backups(folder), key=lambda one: (one.name <= file.name, one.name))
        for old in found[:-keep]:
            old.unlink()
    return Backup(file, rows)


def _copy(database: Path, copy: Path, stop: threading.Event) -> None:
    """Copy what stands in the database at one moment, whatever is written meanwhile."""
    create(copy)
    try:
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
            target.execute("PRAGMA synchronous = OFF")  # it is thrown away at the end
            # One reading transaction around all parts: else every write of another connection between two of them
            # would begin the copy anew. Readers keep nobody waiting (WAL).
            source.execute("BEGIN")
            source.execute("SELECT 1 FROM sqlite_master").fetchone()
            source.backup(target, pages=PART, progress=lambda *_: go_on(stop))
    except sqlite3.OperationalError as problem:
        raise StorageBusy(code=code_of(problem)) from problem
    except sqlite3.DatabaseError:
        raise BadDatabase(path=str(database)) from None


def backups(folder: Path) -> list[Path]:
    """The backups in a folder, sealed or not, oldest first."""
    found = (file for suffix in (SUFFIX, SUFFIX + SEALED) for file in folder.glob(f"earmark-*{suffix}"))
    return sorted(found, key=lambda file: file.name)


async def restore(file: Path, database: Path, keys: Keyring | None = None, *, unsealed: bool = False) -> Restored:
    """Put a backup in the database's place; the program must not be running on it.

    The backup is unpacked beside it, checked, brought to the newest shape, and everybody who was erased since is
    erased from it; only then does it take the place of the database, of which a backup is made beside the other.
    Where there are keys, only a sealed file is taken, for nobody else can have made it; `unsealed` trusts any.

    Raises:
        NoBackup: there is no such file.
        BadBackup: it is no backup of ours, or damaged; the database stays as it is.
        WrongKey: it is sealed, and `keys` do not open it.
        NotSealed: it is not, and there are keys.
        Unwritable: it would not fit on the disk.
        NewerDatabase: a later version of this program made it.

    """
    copy = database.with_name(f".{database.name}.restoring")
    try:
        await asyncio.to_thread(_unpack, file, copy, keys, unsealed)
        known, told_by = await asyncio.to_thread(_erasures, database), None
        if known is None:
            known, told_by = await asyncio.to_thread(_told_by_newer, file, database, keys, unsealed)
        erased = await _renew(copy, known, await asyncio.to_thread(_counters, database))
        rows = await asyncio.to_thread(check, copy)
        saved_as = await asyncio.to_thread(_exchange, copy, database, file.parent, keys)
    finally:
        _remove(copy)
    return Restored(rows, erased, told_by, saved_as)


async def _renew(copy: Path, known: tuple[str, dict[str, int]] | None, replaced: dict[str, int]) -> int | None:
    """Bring a copy to the newest shape, erase who was erased since, and let no id be used again."""
    restored = await Database.open(copy)
    try:
        erased = await Accounts(restored).replay(*known) if known else None
    finally:
        await restored.close()
    with closing(sqlite3.connect(copy)) as connection, connection:
        raise_counters(connection, replaced)
    return erased


def _counters(database: Path) -> dict[str, int]:
    if not database.is_file():
        return {}
    with closing(sqlite3.connect(database)) as connection:
        return counters(connection)


def _erasures(database: Path) -> tuple[str, dict[str, int]] | None:
    """Who was erased so far, read from a database that may be damaged; None: it cannot be read."""
    if not database.is_file():
        return None
    try:
        with closing(sqlite3.connect(database)) as connection:
            salt = connection.execute("SELECT value FROM settings WHERE key = ?", (SALT,)).fetchone()
            erased = dict(connection.execute("SELECT digest, at FROM erasures"))
    except sqlite3.DatabaseError:
        return None
    return (salt[0], erased) if salt else ("", {})


def _told_by_newer(
    file: Path, database: Path, keys: Keyring | None, unsealed: bool
) -> tuple[tuple[str, dict[str, int]] | None, Path | None]:
    """Who was erased so far by the newest backup beside an older one, and which that is; None where there is none."""
    copy = database.with_name(f".{database.name}.restoring-list")
    for newer in reversed([one for one in backups(file.parent) if one.name > file.name]):
        try:
            _unpack(newer, copy, keys, unsealed)
            return _erasures(copy), newer
        except (BadBackup, WrongKey, NotSealed, NewerDatabase, Unwritable):
            continue  # the next one may be sound
        finally:
            _remove(copy)
    return None, None


def _unpack(file: Path, copy: Path, keys: Keyring | None, unsealed: bool) -> None:
    if not file.is_file():
        raise NoBackup(path=str(file))
    copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _remove(copy)
    create(copy)
    try:
        with file.open("rb") as raw:
            if keys and not unsealed and not is_sealed(raw):
                raise NotSealed(path=str(file))
            with zstd.open(_opened(raw, keys)) as packed, copy.open("wb") as target:
                _write_database(packed, target, copy)
        require_our_schema(copy)  # before anything evaluates what the schema says
        check(copy)
    except (zstd.ZstdError, EOFError, BadSeal, BadBackup):
        raise BadBackup(path=str(file)) from None


def _write_database(packed: "SupportsRead[bytes]", target: IO[bytes], copy: Path) -> None:
    """Unpack as many bytes as the database's header announces, where the disk has room for them."""
    head = packed.read(HEADER.size)
    if len(head) < HEADER.size:
        raise BadBackup(path=str(copy))
    magic, page_bytes, pages = HEADER.unpack(head)
    left = (page_bytes if page_bytes > 1 else 65_536) * pages
    if magic != MAGIC or left < HEADER.size:
        raise BadBackup(path=str(copy))
    if left > shutil.disk_usage(copy.parent).free:
        raise Unwritable(path=str(copy.parent), reason=f"the backup needs {left / 1e6:,.0f} MB")
    part = head
    while part:
        left -= len(part)
        if left < 0:
            raise BadBackup(path=str(copy))
        target.write(part)
        part = packed.read(FRAME)


def _opened(raw: IO[bytes], keys: Keyring | None) -> IO[bytes]:
    if not is_sealed(raw):
        return raw
    if keys is None:
        raise WrongKey
    return io.BufferedReader(SealedReader(raw, keys), FRAME)


def _pack(copy: Path, file: Path, keys: Keyring | None, stop: threading.Event) -> dict[str, int]:
    """Compress the copy while it is checked; the file is whole and what it holds was checked, or it is not there."""
    end = threading.Event()
    with ThreadPoolExecutor(1, "check-backup") as meanwhile:
        checking = meanwhile.submit(check, copy, end)
        try:
            with written(file) as raw:
                _compress(copy, raw, keys, stop)
                while wait((checking,), LOOK).not_done:
                    go_on(stop)
                return checking.result()
        except BaseException:
            end.set()
            raise


def _compress(copy: Path, raw: IO[bytes], keys: Keyring | None, stop: threading.Event) -> None:
    with (
        copy.open("rb") as source,
        SealedWriter(raw, keys) if keys else nullcontext(raw) as target,
        zstd.ZstdFile(target, "wb", options=LEVEL) as packed,
    ):
        while part := source.read(FRAME):
            go_on(stop)
            packed.write(part)


def _exchange(copy: Path, database: Path, folder: Path, keys: Keyring | None) -> Path | None:
    saved_as = None
    if database.is_file():
        try:
            saved_as = backup(database, folder, keys=keys).file
        except BadBackup:
            saved_as = database.with_name(f"{database.name}.damaged")
            create(saved_as)
            shutil.copyfile(database, saved_as)
    # What is left of a damaged file's log must not be taken for the copy's; a sound file's is empty by now.
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    copy.replace(database)
    return saved_as


def _remove(database: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
