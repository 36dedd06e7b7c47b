"""Group commit: writes that wait at the same moment share one transaction, and so one flush to the disk."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import StorageBusy
from storage.database import Database

T = TypeVar("T")
Row = Mapping[str, Any]
Work = Callable[[AsyncConnection], Awaitable[Any]]
MOST_AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class _Job:
    """One write: either work of its own, or a row that may be written together with others."""

    done: "asyncio.Future[Any]"
    work: Work
    row: Row | None = None
    key: Hashable = None


class Writer:
    """Runs small writes in the order in which they came; each answer follows the commit that holds it.

    `put_many` writes rows of the commonest kind in bulk; no two of them have the same key.
    """

    def __init__(
        self,
        database: Database,
        put_many: Callable[[AsyncConnection, Sequence[Row]], Awaitable[None]],
        name: str = "rating-writer",
    ) -> None:
        self._name = name
        self._database = database
        self._put_many = put_many
        self._jobs: asyncio.Queue[_Job | None] = asyncio.Queue()
        self._running: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many writes have not begun."""
        return self._jobs.qsize()

    def start(self) -> None:
        self._running = asyncio.create_task(self._run(), name=self._name)

    async def close(self) -> None:
        """Finish every write that was handed in; later ones are refused with RuntimeError."""
        running, self._running = self._running, None
        if running is not None:
            self._jobs.put_nowait(None)
            await running

    async def write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Run `work` in a transaction; what it raises undoes its own work alone, and is raised here."""
        return await self._hand_in(_Job(asyncio.get_running_loop().create_future(), work))

    async def put(self, row: Row, key: Hashable) -> None:
        """Write one row with `put_many`, together with whatever else is waiting."""

        async def alone(connection: AsyncConnection) -> None:
            await self._put_many(connection, [row])

        await self._hand_in(_Job(asyncio.get_running_loop().create_future(), alone, row, key))

    async def _hand_in(self, job: _Job) -> Any:
        if self._running is None:
            raise RuntimeError(f"{self._name} is not running")
        self._jobs.put_nowait(job)
        return await job.done

    async def _run(self) -> None:
        while True:
            batch = [await self._jobs.get()]
            while len(batch) < MOST_AT_ONCE and not self._jobs.empty():
                batch.append(self._jobs.get_nowait())
            jobs = [job for job in batch if job is not None]
            if jobs:
                await self._commit(jobs)
            if None in batch:
                return

    async def _commit(self, jobs: list[_Job]) -> None:
        answers: list[tuple[_Job, Any, Exception | None]] = []
        try:
            async with self._database.transaction(lists=False) as connection:
                for part in _parts(jobs):
                    answers += await self._apply(connection, part, alone=len(part) == len(jobs))
        except Exception as error:  # noqa: BLE001 - whatever it was, everybody who waits must hear of it
            if len(jobs) > 1 and not isinstance(error, StorageBusy):
                # Nothing of the batch is stored: let each job succeed or fail by itself.
                for job in jobs:
                    await self._commit([job])
                return
            # Trying again once a job would keep everybody waiting for the same lock.
            answers = [(job, None, error) for job in jobs]
        for job, value, error in answers:
            if job.done.done():  # the one who waited has gone
                continue
            if error is None:
                job.done.set_result(value)
            else:
                job.done.set_exception(error)

    async def _apply(
        self, connection: AsyncConnection, part: list[_Job], *, alone: bool
    ) -> list[tuple[_Job, Any, Exception | None]]:
        rows = [job.row for job in part if job.row is not None]
        if rows:
            await self._put_many(connection, rows)
            return [(job, None, None) for job in part]
        (job,) = part
        if alone:
            return [(job, await job.work(connection), None)]
        savepoint = await connection.begin_nested()
        try:
            value = await job.work(connection)
        except Exception as error:  # noqa: BLE001 - it is handed to the one who waits
            await savepoint.rollback()
            return [(job, None, error)]
        await savepoint.commit()
        return [(job, value, None)]


def _parts(jobs: Sequence[_Job]) -> list[list[_Job]]:
    """Cut a batch, in order, into runs of rows with different keys and single pieces of work."""
    parts: list[list[_Job]] = []
    keys: set[Hashable] = set()
    for job in jobs:
        joins = job.row is not None and parts and parts[-1][0].row is not None and job.key not in keys
        if joins:
            parts[-1].append(job)
        else:
            parts.append([job])
            keys = set()
        keys.add(job.key)
    return parts
