"""How often a member and a server may ask for what costs much, and how fast the bot itself asks Discord.

Token buckets in memory, which a restart fills.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.domain.errors import TooOften

MANY = 10_000  # buckets, after which full ones are dropped


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and one more every so many seconds."""

    at_once: int
    every: float


@dataclass(frozen=True, slots=True)
class Rule:
    member: Rate
    server: Rate


# Far above what anybody needs who listens to music, and below what would keep a small machine busy.
RULES: Mapping[str, Rule] = {
    "link": Rule(Rate(20, 30), Rate(200, 2)),
    "upload": Rule(Rate(40, 60), Rate(200, 10)),  # files
    "train": Rule(Rate(10, 30), Rate(100, 2)),
    "predict": Rule(Rate(40, 3), Rate(400, 0.5)),
    "search": Rule(Rate(40, 3), Rate(400, 0.5)),  # tracks that are looked for by name, rounds that are begun
    "suggest": Rule(Rate(60, 0.5), Rate(600, 0.05)),  # names that are offered while somebody types
    "session": Rule(Rate(5, 300), Rate(200, 20)),  # a channel has one at a time
    "export": Rule(Rate(5, 300), Rate(50, 30)),
    "hello": Rule(Rate(1, 60), Rate(1, 60)),  # answers to direct messages
}


class Limits:
    """Counts what members and servers ask for."""

    def __init__(self, rules: Mapping[str, Rule] = RULES, clock: Callable[[], float] = time.monotonic) -> None:
        self._rules, self._clock = rules, clock
        self._empty_at: dict[tuple[str, str, int], float] = {}  # when a bucket that leaks is empty again

    def take(self, what: str, member_id: int, guild_id: int | None, number: int = 1) -> None:
        """Count it; raise TooOften, and count nothing, where the member or the server asks too often."""
        rule, now = self._rules[what], self._clock()
        wanted = [("member", member_id, rule.member)]
        if guild_id is not None:
            wanted.append(("server", guild_id, rule.server))
        after: dict[tuple[str, str, int], float] = {}
        for whose, number_of, rate in wanted:
            key = (what, whose, number_of)
            full = max(self._empty_at.get(key, now), now) + min(number, rate.at_once) * rate.every
            wait = full - now - rate.at_once * rate.every
            if wait > 1e-6:
                raise TooOften(what=what, seconds=max(1, round(wait + 0.5)), whose=whose)
            after[key] = full
        self._empty_at |= after
        if len(self._empty_at) > MANY:
            self._empty_at = {key: at for key, at in self._empty_at.items() if at > now}


class Pace:
    """Lets so many a second through, in the order in which they came.

    Discord answers a bot's 51st request of a second with 429, everybody who waits then asks again at once, and ten
    thousand such answers in ten minutes ban it. So what nobody waits for is spread out beforehand.
    """

    def __init__(self, a_second: float, at_once: int = 5, clock: Callable[[], float] = time.monotonic) -> None:
        self._every, self._slack, self._clock = 1 / a_second, at_once / a_second, clock
        self._next = 0.0

    async def turn(self) -> None:
        """Wait until it is one's turn."""
        now = self._clock()
        self._next = max(self._next, now - self._slack) + self._every
        if self._next > now:
            await asyncio.sleep(self._next - now)
