"""What the bot does under load: clicks while models train, and whether anything of it stays behind."""

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from tests.bench.bench_bot import click, clicks_at_a_rate, meet
from tests.end_to_end.people import button, playlist_csv
from tests.end_to_end.processes import HttpHuman, Program, program

Say = Callable[[str, str], None]
REST = 35.0  # seconds in which what is not held for good ends: tasks at hand, and idle connections (up to twice 15 s)


@asynccontextmanager
async def running(members: int, data: Path) -> AsyncIterator[tuple[HttpHuman, Program, str]]:
    """A sandbox, a bot in a process of its own, and where its figures are."""
    async with program("sandbox", "--port", "0", "--no-browser", "--members", str(members)) as sandbox:
        url, token = await sandbox.said("Sandbox ready: "), await sandbox.said("Bot token: ")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        env = {"DISCORD_TOKEN": token, "EARMARK_DISCORD_URL": url.rstrip("/"), "EARMARK_METRICS_PORT": str(port)}
        async with program("run", "--data", str(data), **env) as bot:
            await bot.said("logged in")
            async with HttpHuman.connect(url) as human:
                human.channels["dm"] = "dm"
                yield human, bot, f"http://127.0.0.1:{port}/metrics"
            await bot.end()


async def figures(url: str) -> dict[str, float]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        text = await answer.text()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in text.splitlines()
            if not line.startswith("#"))}  # fmt: skip


@dataclass
class Busy:
    """What came of clicks while models trained."""

    answered: int = 0
    late: int = 0
    trained: int = 0


async def soak_busy(data: Path, members: int, rate: float, seconds: float, say: Say) -> Busy:
    """Click `rate` times a second while everybody trains and some export."""
    async with running(members, data) as (human, _, url):
        cards = await meet(human, playlist_csv(300))
        names = list(human.members)
        await clicks_at_a_rate(human, cards, 50, 20 * len(names) / 50)  # so that everybody can train
        before = await figures(url)

        async def learn() -> None:
            for place, name in enumerate(names):
                await human.slash(name, "retrain")
                if place % 10 == 5:
                    await human.slash(name, "account export")
                await asyncio.sleep(seconds / len(names) / 2)

        learning = asyncio.create_task(learn())
        await clicks_at_a_rate(human, cards, rate, seconds)
        await learning
        await asyncio.sleep(5)
        grown = {name: value - before.get(name, 0) for name, value in (await figures(url)).items()}
    busy = Busy(
        int(grown["earmark_answer_seconds_count"]),
        int(grown.get("earmark_unanswered_total", 0)),
        int(grown.get("earmark_models_trained_total", 0)),
    )
    say("first answers, by the bot's own clock", f"{busy.answered}: {_quick(grown)}, {busy.late} not within 3 s")
    say("models trained meanwhile", str(busy.trained))
    return busy


def _quick(grown: dict[str, float]) -> str:
    """How quick the first answers were, from the growth of the histogram's buckets."""
    buckets: list[tuple[float, float]] = []
    for name, value in grown.items():
        if found := re.fullmatch(r'earmark_answer_seconds_bucket\{le="(.+)"\}', name):
            buckets.append((float(found[1]), value))
    total = buckets[-1][1]
    p99 = next(bound for bound, number in buckets if number >= 0.99 * total)
    return f"{dict(buckets)[0.15] / total:.1%} within 150 ms, p99 <= {p99 * 1000:.0f} ms"


@dataclass
class Held:
    """What the bot holds at one moment."""

    megabytes: float
    descriptors: int
    threads: int
    tasks: int

    def __str__(self) -> str:
        return f"{self.megabytes:.1f} MB, {self.descriptors} descriptors, {self.threads} threads, {self.tasks} tasks"


@dataclass
class Flat:
    """What the bot held after each round of actions, and what it held at rest after the first and after the last."""

    first: Held
    last: Held
    seen: list[Held] = field(default_factory=list)


async def soak_flat(data: Path, members: int, actions: float, seconds: float, say: Say) -> Flat:
    """Click `actions` times a second, open cards and sessions, and look at what the bot holds."""
    async with running(members, data) as (human, bot, url):
        cards = await meet(human, playlist_csv(300 + round(2 * actions * seconds / members)))  # nobody rates them all
        began = time.perf_counter()
        a_round = min(10.0, seconds / 6)
        await _actions(human, cards, actions, a_round, 0)
        await asyncio.sleep(REST)
        first = await _held(bot, url)
        flat = Flat(first, first)
        while time.perf_counter() - began < seconds + REST:
            await _actions(human, cards, actions, a_round, 1 + len(flat.seen))
            flat.seen.append(await _held(bot, url))
            say(f"after {time.perf_counter() - began:.0f} s", str(flat.seen[-1]))
        last = flat.last = await _at_rest(bot, url, first)
    grown = [last.megabytes - first.megabytes, last.descriptors - first.descriptors, last.tasks - first.tasks]
    say("at rest, since the first round", "{:+.1f} MB, descriptors {:+d}, tasks {:+d}".format(*grown))
    return flat


async def _held(bot: Program, url: str) -> Held:
    process = psutil.Process(bot.process.pid)
    tasks = int((await figures(url))["earmark_tasks"])
    return Held(process.memory_info().rss / 1e6, _descriptors(bot.process.pid), process.num_threads(), tasks)


def _descriptors(pid: int) -> int:
    """How many files and connections are open; a training process, which goes two minutes after its work, has pipes."""
    opened = 0
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            opened += not str(one.readlink()).startswith("pipe:")
    return opened


async def _at_rest(bot: Program, url: str, first: Held) -> Held:
    """What is still held once no more than at first is, or after so long a rest."""
    until = time.perf_counter() + REST
    while True:
        held = await _held(bot, url)
        if (held.tasks <= first.tasks and held.descriptors <= first.descriptors) or time.perf_counter() > until:
            return held
        await asyncio.sleep(1)


async def _actions(human: HttpHuman, cards: dict[str, Any], rate: float, seconds: float, turn: int) -> None:
    """Some seconds of clicks, with a few commands among them, new cards, and a session."""
    names = list(human.members)
    clicking = asyncio.create_task(clicks_at_a_rate(human, cards, rate, seconds))
    for command in ("help", "playlist list", "account show", "rate history"):
        await human.slash(names[0], command)
    for channel in ("general", "dm"):
        for name in names:
            await _card(human, name, channel)
    await _session(human, names[turn % len(names)], names[(turn + 1) % len(names)])
    await clicking


async def _card(human: HttpHuman, name: str, channel: str) -> None:
    """Open a card, rate what it asks, and stop it."""
    shown = {name: (await human.slash(name, "rate start", channel=channel)).get("message") or {}}
    if shown[name].get("components"):
        await click(human, name, shown, 7)
        await human.click(name, shown[name]["id"], button(shown[name], "stop"))


async def _session(human: HttpHuman, host: str, guest: str) -> None:
    """Open a session, join it, and give it up."""
    opened = (await human.slash(host, "session start", channel="music")).get("message") or {}
    if opened.get("components"):
        await human.click(guest, opened["id"], button(opened, "session"))
        await human.slash(host, "session cancel", channel="music")
