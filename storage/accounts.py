"""Everything about one person: counted, read, erased. New tables take part by themselves, by their foreign keys."""

import secrets
import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, case, delete, exists, func, or_, select, union, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import values
from storage.database import Database
from storage.listeners import SALT, digest
from storage.schema import erasures, listeners, settings, track_values
from storage.schema_sessions import session_members, sessions
from storage.schema_spotify import metadata  # with all tables in it
from storage.unused import NAMING, drop_unused

UNNAMED = "Session"  # what its host had called it is erased


def belongings() -> list[Table]:
    """Every table whose rows go when their person goes: those that cascade to `listeners`, however far."""
    return [table for table in metadata.sorted_tables if table is listeners or _cascades(table)]


def _cascades(table: Table) -> bool:
    return any(
        parent is listeners or (parent is not table and _cascades(parent))
        for parent in (key.column.table for key in table.foreign_keys if key.ondelete == "CASCADE")
    )


def _owned(table: Table, listener_id: int) -> ColumnElement[bool]:
    """The condition under which a row is this person's."""
    if table is listeners:
        return listeners.c.id == listener_id
    keys = [key for key in table.foreign_keys if key.ondelete == "CASCADE"]
    # A row that names its person is that person's; one that names none is its parent's.
    direct = [key.parent == listener_id for key in keys if key.column.table is listeners]
    inherited = [
        # Not EXISTS, for which SQLite reads the whole table.
        key.parent.in_(select(key.column).where(_owned(key.column.table, listener_id)))
        for key in keys
        if _cascades(key.column.table)
    ]
    return or_(*(direct or inherited))


class Accounts:
    """Shows, hands out and erases what is stored about a person."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def since(self, listener_id: int) -> int | None:
        """When the person was first seen, in seconds since 1970; None: nothing is stored."""
        async with self._database.reading() as connection:
            return await connection.scalar(select(listeners.c.created_at).where(listeners.c.id == listener_id))

    async def counts(self, listener_id: int) -> dict[str, int]:
        """How many rows of each table are the person's; tables with none are left out."""
        async with self._database.reading() as connection:
            found = {
                table.name: await connection.scalar(
                    select(func.count()).select_from(table).where(_owned(table, listener_id))
                )
                for table in belongings()
            }
        return {name: number for name, number in found.items() if number}

    async def rows(self, listener_id: int) -> dict[str, list[dict[str, Any]]]:
        """Every row that is the person's, by table, read at one moment; binary columns are left out."""
        async with self._database.reading() as connection:
            return {
                table.name: [dict(row) for row in (await connection.execute(_texts(table, listener_id))).mappings()]
                for table in belongings()
            }

    async def erase(self, listener_id: int) -> Mapping[str, int]:
        """Erase a person in one transaction, overwriting what stood in the file; returns how many rows went, by table.

        Whoever has nothing stored is erased all the same, so that no older backup brings them back.
        """
        counts = await self.counts(listener_id)
        async with self._database.transaction() as connection:
            seen = await connection.scalar(select(listeners.c.created_at).where(listeners.c.id == listener_id)) or 0
            now = max(int(time.time()), seen)  # the clock may have been ahead when the person was first seen
            noted = insert(erasures).values(digest=digest(await _salt(connection), listener_id), at=now)
            # Never the same twice: work that is under way sees by it that its person was erased.
            later = func.max(noted.excluded.at, erasures.c.at + 1)
            await connection.execute(noted.on_conflict_do_update(index_elements=["digest"], set_={"at": later}))
            await _erase(connection, listener_id)
        await self._database.truncate_log()
        return counts

    @property
    def settled(self) -> bool:
        """Whether all that was erased is gone from the files, too; a long reader keeps it in the write-ahead log."""
        return self._database.settled

    async def replay(self, salt: str, erased: Mapping[str, int]) -> int:
        """Erase again who was erased after this database was saved; returns how many people that were.

        Whoever came back after the erasure stays.
        """
        async with self._database.transaction() as connection:
            people = (await connection.execute(select(listeners.c.id, listeners.c.created_at))).all()
            own = await _known(connection, salt)

            def is_gone(listener_id: int, created_at: int) -> bool:
                who = digest(salt, listener_id)
                # What is here in spite of an erasure that this database knows came after it, whatever the clock said.
                return erased.get(who, -1) >= created_at and erased[who] > own.get(who, -1)

            gone = [row.id for row in people if is_gone(row.id, row.created_at)]
            for listener_id in gone:
                await _erase(connection, listener_id)
            if erased:
                await _keep(connection, salt, erased)
        await self._database.truncate_log()
        return len(gone)

    async def erased(self) -> tuple[str, dict[str, int]]:
        """The salt and the digests of everybody erased so far, with their times: what `replay` takes."""
        async with self._database.transaction() as connection:
            salt = await _salt(connection)
            found = await connection.execute(select(erasures.c.digest, erasures.c.at))
            return salt, {row.digest: row.at for row in found}


async def _erase(connection: AsyncConnection, listener_id: int) -> None:
    """Delete the person's rows, and the tracks that nobody else has."""
    theirs = union(
        *(select(column).where(_owned(column.table, listener_id)) for column in NAMING if _cascades(column.table))
    )
    candidates = (await connection.scalars(theirs)).all()
    said = select(track_values.c.track_id).where(track_values.c.contributor_id == listener_id)
    named = (await connection.scalars(said)).all()
    await _forget_sessions(connection, listener_id)
    await connection.execute(delete(listeners).where(listeners.c.id == listener_id))
    await drop_unused(connection, {*candidates, *named})
    await values.settle(connection, named, erased=True)


async def _forget_sessions(connection: AsyncConnection, listener_id: int) -> None:
    """Delete the sessions of nobody else, and take the words that the person typed out of the others.

    A season's name stays with the group, whose table has it.
    """
    theirs = select(session_members.c.session_id).where(session_members.c.listener_id == listener_id)
    other = session_members.alias()
    others = exists(select(1).where(other.c.session_id == sessions.c.id, other.c.listener_id != listener_id))
    await connection.execute(delete(sessions).where(sessions.c.id.in_(theirs), ~others))
    words = func.json_replace(sessions.c.settings, "$.name", UNNAMED)
    themed = func.json_extract(sessions.c.settings, "$.theme").is_not(None)
    words = case((themed, func.json_replace(words, "$.theme", UNNAMED)), else_=words)
    await connection.execute(update(sessions).where(sessions.c.author_id == listener_id).values(settings=words))


async def _salt(connection: AsyncConnection) -> str:
    """The secret that makes digests useless to whoever has only them; made at the first need."""
    made = insert(settings).values(key=SALT, value=secrets.token_hex(16)).on_conflict_do_nothing()
    await connection.execute(made)
    return (await connection.execute(select(settings.c.value).where(settings.c.key == SALT))).scalar_one()


async def _keep(connection: AsyncConnection, salt: str, erased: Mapping[str, int]) -> None:
    """Take over the salt and the list, so that the next restored backup erases them too."""
    kept = insert(settings).values(key=SALT, value=salt)
    await connection.execute(kept.on_conflict_do_update(index_elements=["key"], set_={"value": salt}))
    rows = [{"digest": digest, "at": at} for digest, at in erased.items()]
    noted = insert(erasures)
    later = func.max(noted.excluded.at, erasures.c.at)
    await connection.execute(noted.on_conflict_do_update(index_elements=["digest"], set_={"at": later}), rows)


async def _known(connection: AsyncConnection, salt: str) -> dict[str, int]:
    """Whose erasures a database knows itself, where it makes digests with the same salt."""
    if await connection.scalar(select(settings.c.value).where(settings.c.key == SALT)) != salt:
        return {}
    return {row.digest: row.at for row in await connection.execute(select(erasures.c.digest, erasures.c.at))}


def _texts(table: Table, listener_id: int) -> Select[Any]:
    columns = [column for column in table.columns if column.type.python_type is not bytes]
    return select(*columns).where(_owned(table, listener_id))
