"""Backups of the database file: made while members click, checked, and put back without anybody who was erased."""

import asyncio
import io
import shutil
import sqlite3
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from bot.errors import BadBackup, BadSeal, NoBackup, WrongKey
from bot.keys import Keyring
from bot.private import create, written
from bot.sealed import FRAME, SealedReader, SealedWriter, is_sealed
from bot.sealed import SUFFIX as SEALED
from bot.zstd import zstd
from storage.accounts import SALT, Accounts
from storage.database import Database

SUFFIX = ".db.zst"
LEVEL: dict[int, int] = {zstd.CompressionParameter.compression_level: 3, zstd.CompressionParameter.checksum_flag: 1}


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
        erased: people who were erased again on the way; None: the database that knew them is missing or unreadable.
        saved_as: a backup of the database that stood there, or that file itself where it is damaged.

    """

    rows: dict[str, int]
    erased: int | None
    saved_as: Path | None


def backup(database: Path, folder: Path, keep: int | None = None, keys: Keyring | None = None) -> Backup:
    """Copy the database as it is at one moment, check the copy, compress it; readable by its owner alone.

    `keep` removes all but so many of the newest backups in the folder; `keys` seal it. The copy itself, which stands
    in the folder until it is compressed, is not sealed.

    Raises:
        NoBackup: there is no database to copy.
        BadBackup: the copy is damaged; nothing is left of it, and older backups stay.

    """
    if not database.is_file():
        raise NoBackup(path=str(database))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = time.strftime("earmark-%Y%m%d-%H%M%S", time.gmtime()) + f"-{time.time_ns() % 1_000_000_000:09d}"
    copy, file = folder / f".{name}.copy", folder / f"{name}{SUFFIX}{SEALED if keys else ''}"
    try:
        create(copy)
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
            # All at once: between parts, every write of another connection would begin the copy anew. Readers
            # keep nobody waiting (WAL).
            source.backup(target)
        with ThreadPoolExecutor(1, "check-backup") as meanwhile:
            rows = _compress(copy, file, keys, meanwhile.submit(check, copy))
    finally:
        copy.unlink(missing_ok=True)
    if keep:
        # Whatever a wrong clock dated later than the newest goes first.
        found = sorted(backups(folder), key=lambda one: (one.name <= file.name, one.name))
        for old in found[:-keep]:
            old.unlink()
    return Backup(file, rows)


def backups(folder: Path) -> list[Path]:
    """The backups in a folder, sealed or not, oldest first."""
    found = (file for suffix in (SUFFIX, SUFFIX + SEALED) for file in folder.glob(f"earmark-*{suffix}"))
    return sorted(found, key=lambda file: file.name)


def check(database: Path) -> dict[str, int]:
    """Count the rows of a copy, table by table; raise BadBackup where SQLite finds it damaged."""
    try:
        tables = _asked(database, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        names = [name for (name,) in tables if not name.startswith("sqlite_")]
        # Each table with its indexes: all that integrity_check of the whole looks at but for pages that nothing uses,
        # and two can be at it at a time.
        checks = [f'PRAGMA integrity_check("{name}")' for name in ("sqlite_schema", *names)]
        with ThreadPoolExecutor(2, "check-tables") as pool:
            dangling = pool.submit(_asked, database, "PRAGMA foreign_key_check")
            verdicts = list(pool.map(lambda sql: _asked(database, sql), checks))
            sound = all(verdict == [("ok",)] for verdict in verdicts) and not dangling.result()
        rows = {name: _asked(database, f'SELECT count(*) FROM "{name}"')[0][0] for name in names}  # noqa: S608 - names from the file's own list
    except sqlite3.DatabaseError:
        raise BadBackup(path=str(database)) from None
    if not sound or "listeners" not in rows:
        raise BadBackup(path=str(database))
    return rows


def _asked(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA cache_size = -64000")
        return connection.execute(sql).fetchall()


async def restore(file: Path, database: Path, keys: Keyring | None = None) -> Restored:
    """Put a backup in the database's place; the program must not be running on it.

    The backup is unpacked beside it, checked, brought to the newest shape, and everybody who was erased since is
    erased from it; only then does it take the place of the database, of which a backup is made beside the other.

    Raises:
        NoBackup: there is no such file.
        BadBackup: it is no backup of ours, or damaged; the database stays as it is.
        WrongKey: it is sealed, and `keys` do not open it.
        NewerDatabase: a later version of this program made it.

    """
    copy = database.with_name(f".{database.name}.restoring")
    try:
        await asyncio.to_thread(_unpack, file, copy, keys)
        known = await asyncio.to_thread(_erasures, database)
        erased = await _erase_again(copy, *known) if known else None
        rows = await asyncio.to_thread(check, copy)
        saved_as = await asyncio.to_thread(_exchange, copy, database, file.parent, keys)
    finally:
        _remove(copy)
    return Restored(rows, erased, saved_as)


async def _erase_again(copy: Path, salt: str, erased: dict[str, int]) -> int:
    restored = await Database.open(copy)
    try:
        return await Accounts(restored).replay(salt, erased)
    finally:
        await restored.close()


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


def _unpack(file: Path, copy: Path, keys: Keyring | None) -> None:
    if not file.is_file():
        raise NoBackup(path=str(file))
    copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _remove(copy)
    create(copy)
    try:
        with file.open("rb") as raw, zstd.open(_opened(raw, keys)) as packed, copy.open("wb") as target:
            shutil.copyfileobj(packed, target, FRAME)
        check(copy)
    except (zstd.ZstdError, EOFError, BadSeal, BadBackup):
        raise BadBackup(path=str(file)) from None


def _opened(raw: IO[bytes], keys: Keyring | None) -> IO[bytes]:
    if not is_sealed(raw):
        return raw
    if keys is None:
        raise WrongKey
    return io.BufferedReader(SealedReader(raw, keys), FRAME)


def _compress(copy: Path, file: Path, keys: Keyring | None, checking: Future[dict[str, int]]) -> dict[str, int]:
    """Write the compressed file so that it is whole and what it holds was checked, or is not there."""
    with (
        written(file) as raw,
        copy.open("rb") as source,
        SealedWriter(raw, keys) if keys else nullcontext(raw) as target,
        zstd.ZstdFile(target, "wb", options=LEVEL) as packed,
    ):
        shutil.copyfileobj(source, packed, FRAME)
        return checking.result()


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
