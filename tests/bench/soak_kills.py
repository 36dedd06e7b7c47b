"""Members click without a pause while the bot is ended at random moments; what was said must be stored."""

import asyncio
import random
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.end_to_end.people import button, eventually, playlist_csv, track_of
from tests.end_to_end.processes import HttpHuman, Program, program

Key = tuple[int, int]  # member, track

ON_ITS_WAY = 0.3  # seconds after the bot's end in which the sandbox passes on what it had said
UNANSWERED = {"state": "failed"}


@dataclass
class Outcome:
    """What came of it.

    Attributes:
        lost: ratings that were acknowledged and are not stored, nor overwritten by a later click that was cut off.
        twice: tracks with more verdicts than clicks, or fewer than acknowledged ones.
        dead: cards whose buttons did not answer once the bot was back.
        seconds: in which the bot was there to be clicked.

    """

    ends: int = 0
    clicks: int = 0
    acknowledged: int = 0
    lost: int = 0
    twice: int = 0
    dead: int = 0
    seconds: float = 0.0
    codes: Counter[int] = field(default_factory=Counter)


class Presence:
    """Whether the bot is there: clicks wait for it, and no click waits for one that was ended."""

    def __init__(self, outcome: Outcome) -> None:
        self.up, self.gone, self.over = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._outcome = outcome
        self._since = 0.0

    def came(self) -> None:
        self._since = time.perf_counter()
        self.gone.clear()
        self.up.set()

    def leaves(self) -> None:
        self._outcome.seconds += time.perf_counter() - self._since
        self.up.clear()

    def left(self) -> None:
        self._outcome.ends += 1
        self.gone.set()

    async def unless_gone(self, clicking: Coroutine[Any, Any, Any]) -> Any:
        """What a click came to; nothing more comes of it, but what is on its way, once the bot is gone."""
        click, gone = asyncio.create_task(clicking), asyncio.create_task(self.gone.wait())
        await asyncio.wait((click, gone), return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        await asyncio.wait((click,), timeout=ON_ITS_WAY)
        if click.cancel():
            await asyncio.wait((click,))
        return UNANSWERED if click.cancelled() else click.result()


class Record:
    """What each member did, and what was said to it."""

    def __init__(self) -> None:
        self.sent: Counter[Key] = Counter()
        self.said: Counter[Key] = Counter()
        self.possible: dict[Key, set[int]] = defaultdict(set)  # stars that may stand there

    def send(self, key: Key, stars: int) -> None:
        self.sent[key] += 1
        self.possible[key].add(stars)

    def acknowledge(self, key: Key, stars: int) -> None:
        self.said[key] += 1
        self.possible[key] = {stars}

    def compare(self, file: Path, outcome: Outcome) -> None:
        database = sqlite3.connect(file)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        stored = {
            (who, track): stars
            for who, track, stars in database.execute("SELECT listener_id, track_id, stars FROM ratings")
        }
        verdicts = Counter(database.execute("SELECT listener_id, track_id FROM verdicts").fetchall())
        database.close()
        outcome.clicks, outcome.acknowledged = self.sent.total(), self.said.total()
        outcome.lost = sum(stored.get(key) not in self.possible[key] for key in self.said)
        outcome.twice = sum(not self.said[key] <= verdicts[key] <= self.sent[key] for key in self.sent | verdicts)


async def soak_kills(data: Path, ends: int, number: int, members: int, rate: float, seed: int = 1) -> Outcome:
    """End the bot `ends` times with a signal while `members` click, `rate` times a second together."""
    outcome, record, chance = Outcome(), Record(), random.Random(seed)
    presence = Presence(outcome)
    async with AsyncExitStack() as stack:
        arguments = ("sandbox", "--port", "0", "--no-browser", "--members", str(members))
        sandbox = await stack.enter_async_context(program(*arguments))
        url, token = await sandbox.said("Sandbox ready: "), await sandbox.said("Bot token: ")
        human = await stack.enter_async_context(HttpHuman.connect(url))
        bot = await _start(url, token, data)
        try:
            cards = await _meet(human)
            presence.came()
            clicking = [
                asyncio.create_task(_click_on(human, name, card, record, outcome, presence, members / rate, seed + i))
                for i, (name, card) in enumerate(cards.items())
            ]
            for _ in range(ends):
                await asyncio.sleep(chance.uniform(0.3, 2.0))
                presence.leaves()
                outcome.codes[await bot.end(number)] += 1
                presence.left()
                bot = await _start(url, token, data)
                presence.came()
            await asyncio.sleep(1)
            presence.over.set()
            await asyncio.gather(*clicking)
            presence.leaves()
            await bot.end()
        finally:
            if bot.process.returncode is None:
                bot.process.kill()
            await bot.process.wait()
    record.compare(data / "earmark.db", outcome)
    return outcome


async def _start(url: str, token: str, data: Path) -> Program:
    bot = await Program.start("run", "--data", str(data), DISCORD_TOKEN=token, EARMARK_DISCORD_URL=url.rstrip("/"))
    await bot.said("logged in")
    return bot


async def _meet(human: HttpHuman) -> dict[str, Any]:
    cards: dict[str, Any] = {}
    for name in human.members:
        await human.slash(name, "playlist link", file=("mix.csv", playlist_csv(1500)))

        async def card(name: str = name) -> Any:
            message = (await human.slash(name, "rate start")).get("message") or {}
            return message if message.get("components") else None

        cards[name] = await eventually(card, 60)
    return cards


async def _click_on(
    human: HttpHuman,
    name: str,
    card: Any,
    record: Record,
    outcome: Outcome,
    presence: Presence,
    pause: float,
    seed: int,
) -> None:
    chance, who, refused = random.Random(seed), int(human.members[name]), 0
    due = time.perf_counter()
    while not presence.over.is_set() or refused:
        key, stars = (who, track_of(card)), chance.randint(1, 10)
        was_up, ends = presence.up.is_set(), outcome.ends
        record.send(key, stars)
        answer = await presence.unless_gone(human.click(name, card["id"], button(card, "rate", stars), wait=3.5))
        if answer["state"] == "answered":
            record.acknowledge(key, stars)
            card, refused = answer["message"], 0
        else:
            # The bot was ended under the finger, or ended and came back meanwhile: the same card must work then.
            refused += was_up and presence.up.is_set() and outcome.ends == ends
            if refused > 3:
                outcome.dead += 1
                return
            await presence.up.wait()
        due = max(due + chance.uniform(0.5, 1.5) * pause, time.perf_counter())
        await asyncio.sleep(due - time.perf_counter())
