"""Whether a copy of the database is whole: SQLite's own checks, and how many rows each table holds."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.domain.errors import BadBackup
from storage.migrate import migrate, refuse_newer

NEVER = threading.Event()
LOOK = 0.1  # seconds between looks at whether to stop
MAPPED = 1 << 40  # bytes: as much as SQLite was built for, 2 GB as a rule
# The values of a column that leads an index and stand nowhere in the other table: one look a value, where
# foreign_key_check takes one a row. That the index holds the rows' values is integrity_check's affair.
DANGLING = """
    WITH RECURSIVE named (one) AS (
        SELECT min("{column}") FROM "{table}"
        UNION ALL
        SELECT (SELECT min("{column}") FROM "{table}" WHERE "{column}" > named.one) FROM named WHERE one IS NOT NULL
    )
    SELECT one FROM named WHERE one IS NOT NULL AND one NOT IN (SELECT "{key}" FROM "{parent}")
"""
LEADING = """
    SELECT first.name FROM pragma_index_list(?) AS found, pragma_index_info(found.name) AS first
    WHERE first.seqno = 0 AND NOT found.partial
    UNION SELECT name FROM pragma_table_info(?) WHERE pk = 1 AND type = 'INTEGER'
"""


class Stopped(Exception):
    """Somebody wants this to end; nothing was made."""


def go_on(stop: threading.Event) -> None:
    """Raise Stopped where it is time to end."""
    if stop.is_set():
        raise Stopped


def check(database: Path, stop: threading.Event = NEVER) -> dict[str, int]:
    """Count the rows of a copy, table by table; raise BadBackup where SQLite finds it damaged, Stopped when told to."""
    try:
        tables = _asked(database, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        names = [name for (name,) in tables if not name.startswith("sqlite_")]
        # Each table with its indexes: all that integrity_check of the whole looks at but for pages that nothing uses,
        # and several can be at it at a time.
        whole = [f'PRAGMA integrity_check("{name}")' for name in ("sqlite_schema", *names)]
        dangling = [sql for name in names for sql in _references(database, name)]
        counts = [f'SELECT count(*) FROM "{name}"' for name in names]  # noqa: S608 - names from the file's own list
        answers = _ask(database, [*whole, *dangling, *counts], stop)
    except sqlite3.DatabaseError:
        go_on(stop)
        raise BadBackup(path=str(database)) from None
    sound = all(answers[sql] == [("ok",)] for sql in whole) and not any(answers[sql] for sql in dangling)
    if not sound or "listeners" not in names:
        raise BadBackup(path=str(database))
    return {name: answers[sql][0][0] for name, sql in zip(names, counts, strict=True)}


def require_our_schema(database: Path) -> None:
    """Compare a file's schema with what this program's migrations make of an empty one.

    Raises:
        BadBackup: it has other tables, columns, indexes, triggers or views, or says no version.
        NewerDatabase: its version is none that this program knows.

    """
    try:
        versions = _asked(database, "SELECT version_num FROM alembic_version")
        found = _schema(database)
    except sqlite3.DatabaseError:
        raise BadBackup(path=str(database)) from None
    revision = versions[0][0] if len(versions) == 1 else None
    if not isinstance(revision, str) or not revision.isdecimal():
        raise BadBackup(path=str(database))
    with TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.db"
        refuse_newer(database)
        migrate(empty, to=revision)
        if found != _schema(empty):
            raise BadBackup(path=str(database))


def _schema(database: Path) -> set[tuple[str, str, str]]:
    """What a database consists of: kinds, names and statements, however these are spaced and quoted."""
    rows = _asked(
        database, "SELECT type, name, coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!'"
    )
    return {(kind, name, "".join(sql.replace('"', "").split())) for kind, name, sql in rows}


def _references(database: Path, table: str) -> Iterator[str]:
    """What finds the rows of a table that point nowhere."""
    leading = {name for (name,) in _asked(database, LEADING, table, table)}
    keys = _asked(database, 'SELECT "from", "table", "to", seq FROM pragma_foreign_key_list(?)', table)
    if any(column not in leading or key is None or place for column, _, key, place in keys):
        yield f'PRAGMA foreign_key_check("{table}")'
        return
    for column, parent, key, _ in keys:
        yield DANGLING.format(table=table, column=column, parent=parent, key=key)


def _ask(database: Path, questions: Sequence[str], stop: threading.Event) -> dict[str, list[tuple[Any, ...]]]:
    """Ask several questions at a time, each on a connection of its own; what is under way ends when it is told to."""
    asked: list[sqlite3.Connection] = []
    with ThreadPoolExecutor(3, "check-tables") as pool:
        answers = {sql: pool.submit(_asked, database, sql, connections=asked) for sql in questions}
        while wait(answers.values(), LOOK).not_done:
            if stop.is_set():
                for answer in answers.values():
                    answer.cancel()
                for connection in tuple(asked):
                    with suppress(sqlite3.ProgrammingError):  # closed a moment ago
                        connection.interrupt()
    go_on(stop)
    return {sql: answer.result() for sql, answer in answers.items()}


def _asked(
    database: Path, sql: str, *values: str, connections: list[sqlite3.Connection] | None = None
) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        if connections is not None:
            connections.append(connection)
        # Rows are looked up in their indexes in no order, so pages of a large file are read again and again.
        connection.execute(f"PRAGMA mmap_size = {MAPPED}")
        connection.execute("PRAGMA cache_size = -64000")
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            if connections is not None:
                connections.remove(connection)
