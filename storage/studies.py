"""The table `studies`: which are under way, and the report of each member's last."""

import base64
import json
import time
from collections.abc import Collection, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.sqlite import insert

from storage.database import Database
from storage.listeners import Began, began, ensure
from storage.schema import studies

File = tuple[str, bytes, str | None]  # name, content, words for whoever cannot see a picture


class Studies:
    """Notes the beginning and the end of each study, so that an interruption is told, and keeps what came of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def began(self, listener_id: int) -> Began:
        """What to note before the ratings are read, and to hand to `begin` and `finish`."""
        return await began(self._database, listener_id)

    async def begin(self, listener_id: int, since: Began) -> None:
        """Note that a study is under way; the report of the one before stays. Raises ErasedMeanwhile."""
        await self._put(listener_id, since, {"begun_at": int(time.time())})

    async def finish(self, listener_id: int, files: Sequence[File], since: Began) -> None:
        """Keep a report in place of the one before; raises ErasedMeanwhile."""
        listed = [[name, base64.b64encode(data).decode(), words] for name, data, words in files]
        await self._put(listener_id, since, {"begun_at": 0, "report": json.dumps(listed).encode()})

    async def end(self, listener_id: int) -> None:
        """Note that a study is over without a report."""
        await self._end([listener_id])

    async def report(self, listener_id: int) -> list[File] | None:
        """The report of the member's last study that had one."""
        async with self._database.reading() as connection:
            kept = await connection.scalar(select(studies.c.report).where(studies.c.listener_id == listener_id))
        return (
            None if kept is None else [(name, base64.b64decode(data), words) for name, data, words in json.loads(kept)]
        )

    async def interrupted(self, running: Collection[int] = ()) -> list[int]:
        """Whose studies had begun and are not among those still running; they are told only once."""
        async with self._database.reading() as connection:
            begun = await connection.scalars(select(studies.c.listener_id).where(studies.c.begun_at > 0))
            found = [listener_id for listener_id in begun if listener_id not in running]
        await self._end(found)
        return found

    async def _put(self, listener_id: int, since: Began, values: dict[str, object]) -> None:
        async with self._database.transaction(lists=False) as connection:
            await ensure(connection, listener_id, since)
            row = insert(studies).values(listener_id=listener_id, **values)
            await connection.execute(row.on_conflict_do_update(index_elements=["listener_id"], set_=values))

    async def _end(self, listener_ids: Sequence[int]) -> None:
        theirs = studies.c.listener_id.in_(listener_ids)
        async with self._database.transaction(lists=False) as connection:
            await connection.execute(delete(studies).where(theirs, studies.c.report.is_(None)))
            await connection.execute(update(studies).where(theirs).values(begun_at=0))
