"""The processes that train models, so that the event loop never waits for arithmetic."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import BrokenExecutor, Executor
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import ParamSpec, TypeVar

from bot.domain.errors import Busy, FileTooSlow, Interrupted, TookTooLong
from bot.flow.processes import Processes, within
from bot.flow.turns import Turns
from bot.i18n import Language, speaking, spoken
from bot.telemetry.metrics import Metrics

P = ParamSpec("P")
T = TypeVar("T")


NOBODY = 0  # whose jobs are no member's
PATIENCE = 120.0  # seconds that a process without work is kept
JOB_DEADLINE_S = 900.0  # of wall time: as long as Discord lets a member be answered
READING_CPU_S = 20.0  # of processor time, for one file


class Workers:
    """Runs plain functions on an executor; starts it at the first job, and again should it break.

    `at_once` jobs run together; those that wait are taken member by member, so that nobody's many jobs slow another.
    """

    def __init__(
        self,
        make: Callable[[], Executor],
        patience: float = PATIENCE,
        at_once: int = 1,
        metrics: Metrics | None = None,
    ) -> None:
        self._make = make
        self._patience = patience
        self._turns = Turns(at_once)
        self._rooms = Turns(at_once + 1)  # one more, so that the next file is fetched while a job runs
        self._time = (metrics or Metrics()).jobs
        self._running = 0
        self._leaving: asyncio.TimerHandle | None = None
        self._executor: Executor | None = None
        self._doing: set[tuple[str, int]] = set()
        self._closed = False

    @classmethod
    def processes(cls, count: int, metrics: Metrics | None = None) -> "Workers":
        """Use `count` processes of this machine."""
        return cls(partial(Processes, count, JOB_DEADLINE_S), at_once=count, metrics=metrics)

    @property
    def waiting(self) -> int:
        """How many jobs wait for a process."""
        return self._turns.waiting

    @property
    def running(self) -> int:
        return self._running

    async def run(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a top-level function elsewhere and wait for its value; what it raises is raised here."""
        return await self.run_for(NOBODY, job, *args, **kwargs)

    async def run_for(self, listener_id: int, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run it in this member's turn.

        Raises:
            TookTooLong: it used up its time, which only what hangs does.
            Interrupted: its process was killed, twice.

        """
        return await self._in_turn(listener_id, job.__name__, partial(job, *args, **kwargs))

    async def read_for(self, listener_id: int, job: Callable[[str, bytes], T], name: str, content: bytes) -> T:
        """Read a file that somebody sent, in this member's turn.

        Raises:
            FileTooSlow: it takes more than READING_CPU_S of processor time.
            Interrupted: its process was killed, twice.

        """
        try:
            limited = partial(within, READING_CPU_S, partial(job, name, content))
            return await self._in_turn(listener_id, job.__name__, limited)
        except TookTooLong:
            raise FileTooSlow(name=name) from None
        except Interrupted:
            raise Interrupted(file=name) from None

    @asynccontextmanager
    async def room_for(self, listener_id: int) -> AsyncGenerator[None]:
        """Wait, in this member's turn, until there is memory for one more large file, and hold it meanwhile."""
        async with self._rooms.of(listener_id):
            yield

    async def _in_turn(self, listener_id: int, name: str, job: Callable[[], T]) -> T:
        with self._time.labels(name).time():
            async with self._turns.of(listener_id):
                return await self._run(job)

    async def _run(self, job: Callable[[], T]) -> T:
        for _ in range(2):
            with suppress(BrokenExecutor):  # killed from outside, by lack of memory or an operator: once more
                return await self._submit(job)
        raise Interrupted

    def _started(self) -> Executor:
        """The processes; cancels the task that asks for them once they are closed, as if its job had been waiting."""
        if self._closed:
            raise asyncio.CancelledError
        self._executor = self._executor or self._make()
        return self._executor

    async def _submit(self, job: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        if self._leaving is not None:
            self._leaving.cancel()
        executor = self._started()
        self._running += 1
        try:
            return await loop.run_in_executor(executor, _guarded, job, spoken())
        finally:
            self._running -= 1
            if not self._running:
                # A process that has trained holds some 170 MB; without work it gives them back.
                self._leaving = loop.call_later(self._patience, self._end)

    @asynccontextmanager
    async def only_one(self, doing: str, listener_id: int) -> AsyncGenerator[None]:
        """Refuse a second piece of the same work for one listener; raises Busy."""
        key = (doing, listener_id)
        if key in self._doing:
            raise Busy(doing=doing)
        self._doing.add(key)
        try:
            yield
        finally:
            self._doing.discard(key)

    def close(self) -> None:
        """End the processes, whatever they are at; jobs that ran, waited or are asked for later are cancelled."""
        self._closed = True
        self._end()

    def _end(self) -> None:
        """End the processes; the next job starts new ones."""
        if self._leaving is not None:
            self._leaving.cancel()
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None


def _guarded(job: Callable[[], T], language: Language) -> T:
    """Run a job in the language of whoever asked for it.

    StopIteration, which no future of asyncio takes, would leave its caller and all behind it waiting.
    """
    try:
        with speaking(language):
            return job()
    except StopIteration as error:
        raise RuntimeError("a job raised StopIteration") from error
