"""A polite queue before a service: so many requests at once, and none before it wants to be asked again."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
Waiting = Callable[[int], Awaitable[None]]  # told how many seconds the service asks us to wait
DEFAULT_WAIT = 5.0
TRIES = 3


@dataclass(eq=False)
class TooMany(Exception):
    """The service answered 429."""

    seconds: float
    daily: bool = False


@dataclass(eq=False)
class NoAnswer(Exception):
    """The service failed, or gave nothing that can be read; asking again may help."""

    status: int = 0


@dataclass(eq=False)
class Closed(Exception):
    """The service asks for more patience than a member has."""

    seconds: int
    daily: bool = False


def retry_after(value: str | None) -> float:
    """Seconds of a Retry-After header; a service that says nothing sensible gets a few."""
    try:
        seconds = float(value or "")
    except ValueError:
        return DEFAULT_WAIT
    return min(max(seconds, 0.0), 7 * 86_400) if math.isfinite(seconds) else DEFAULT_WAIT


class Queue:
    """Lets requests through to one service.

    Args:
        width: how many are in flight at most.
        patience: the longest Retry-After, in seconds, that is waited for.
        pause: seconds before a failed request is repeated; twice as many before the next time.

    """

    def __init__(self, width: int = 6, patience: float = 90, pause: float = 0.3) -> None:
        self.width = width
        self._slots = asyncio.Semaphore(width)
        self._patience, self._pause = patience, pause
        self._open_at = 0.0
        self._daily = False

    async def run(self, attempt: Callable[[], Awaitable[T]], waiting: Waiting | None = None) -> T:
        """Run a request, again where that may help.

        Raises:
            Closed: the service wants more time than `patience`; until then nothing is sent.
            NoAnswer: it failed as often as we try.

        """
        failures = 0
        while True:
            await self._wait(waiting)
            async with self._slots:
                if self._open_at > time.monotonic():
                    continue  # it closed while this one stood in the queue
                try:
                    return await attempt()
                except TooMany as problem:
                    self._open_at = max(self._open_at, time.monotonic() + problem.seconds)
                    self._daily = problem.daily
                    failures += 1
                    if failures > 2 * TRIES:
                        raise Closed(math.ceil(problem.seconds), problem.daily) from None
                    continue
                except NoAnswer:
                    failures += 1
                    if failures >= TRIES:
                        raise
            await asyncio.sleep(self._pause * 2 ** (failures - 1))

    async def _wait(self, waiting: Waiting | None) -> None:
        while (seconds := self._open_at - time.monotonic()) > 0:
            if seconds > self._patience:
                raise Closed(math.ceil(seconds), self._daily)
            if waiting is not None:
                await waiting(math.ceil(seconds))
            await asyncio.sleep(seconds)
