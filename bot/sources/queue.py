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
MEMBER_REQUESTS, SHARE_WINDOW = 1000, 6 * 3600.0  # requests of one member in so many seconds


@dataclass(eq=False)
class TooMany(Exception):
    """The service answered 429."""

    seconds: float
    daily: bool = False


@dataclass(eq=False)
class NoAnswer(Exception):
    """The service failed, or gave nothing that can be read; asking again may help."""

    status: int = 0  # 0: no answer, or none that can be read
    unsent: bool = False  # nobody was reached, so nothing can have been done


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
        self._patience, self.pause = patience, pause
        self._open_at = 0.0
        self._daily = False

    async def run(
        self, attempt: Callable[[], Awaitable[T]], waiting: Waiting | None = None, *, tries: int = TRIES
    ) -> T:
        """Run a request, again where that may help; what must not be done twice has one of the `tries`.

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
                except NoAnswer as problem:
                    failures += 1
                    if failures >= (TRIES if problem.unsent else tries):
                        raise
            await asyncio.sleep(self.pause * 2 ** (failures - 1))

    async def _wait(self, waiting: Waiting | None) -> None:
        while (seconds := self._open_at - time.monotonic()) > 0:
            if seconds > self._patience:
                raise Closed(math.ceil(seconds), self._daily)
            if waiting is not None:
                await waiting(math.ceil(seconds))
            await asyncio.sleep(seconds)


@dataclass(eq=False)
class ShareSpent(Exception):
    """A member has made as many requests as are that member's share."""

    seconds: int  # until there are more


class Shares:
    """Lets each member make so many requests in a window of time, so that nobody spends everybody's quota.

    In memory: a restart gives everybody a new share.
    """

    def __init__(
        self,
        requests: int = MEMBER_REQUESTS,
        window: float = SHARE_WINDOW,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._requests, self._window, self._clock = requests, window, clock
        self._used: dict[int, tuple[float, int]] = {}  # by member: when the window ends, and how many were made in it

    def take(self, member_id: int) -> None:
        """Count a request; raise ShareSpent, and count nothing, where there are no more."""
        now = self._clock()
        until, used = self._used.get(member_id, (0.0, 0))
        if until <= now:
            self._used = {other: one for other, one in self._used.items() if one[0] > now}
            until, used = now + self._window, 0
        if used >= self._requests:
            raise ShareSpent(math.ceil(until - now))
        self._used[member_id] = (until, used + 1)
