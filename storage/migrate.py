"""Brings a database to the newest shape, with Alembic, on a connection of its own.

Foreign keys are off before BEGIN: Alembic's batch mode re-creates a table, and dropping the old one would cascade into
its child rows. `foreign_key_check` makes sure at the end that nothing dangles.
"""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event, text
from sqlalchemy.pool import NullPool

SCRIPTS = Path(__file__).parent / "migrations"


class MigrationFailed(Exception):
    """A migration would leave rows that point nowhere; nothing was changed."""


def migrate(path: Path, scripts: Path = SCRIPTS, to: str = "head") -> None:
    """Upgrade the file; a database that is up to date costs one query.

    Raises:
        NewerDatabase: a later version of this program wrote the file.
        MigrationFailed: rows would be left that point nowhere.

    """
    if to == "head" and _revision(path) == _newest(scripts):
        return
    from alembic.config import Config  # noqa: PLC0415 - only when there is work to do

    refuse_newer(path, scripts)
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    engine = create_engine(URL.create("sqlite", database=str(path)), poolclass=NullPool)
    event.listen(engine, "connect", _foreign_keys_off)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            _upgrade(connection, config, to)
    finally:
        engine.dispose()


def _upgrade(connection: Connection, config: Any, to: str) -> None:
    from alembic import command  # noqa: PLC0415

    config.attributes["connection"] = connection
    command.upgrade(config, to)
    dangling = connection.execute(text("PRAGMA foreign_key_check")).all()
    if dangling:
        raise MigrationFailed(f"{len(dangling)} rows point nowhere, the first in {dangling[0][0]}")


def _foreign_keys_off(connection: Any, _: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA foreign_keys=OFF")
    cursor.execute("PRAGMA secure_delete=ON")  # what a migration removes is gone from the file, too
    cursor.close()


def _newest(scripts: Path) -> str:
    """The newest revision by file name: they are numbered."""
    return max(_known(scripts))


def _known(scripts: Path) -> set[str]:
    return {file.name.split("_")[0] for file in (scripts / "versions").glob("[0-9]*.py")}


def _revision(path: Path) -> str | None:
    connection = sqlite3.connect(path)
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError:
        return None
    else:
        return row[0] if row else None
    finally:
        connection.close()


def refuse_newer(path: Path, scripts: Path = SCRIPTS) -> None:
    """Raise NewerDatabase where a later version of this program wrote the file."""
    from bot.domain.errors import NewerDatabase  # noqa: PLC0415

    revision = _revision(path)
    if revision is not None and revision not in _known(scripts):
        raise NewerDatabase(path=str(path), revision=revision)
