"""What the bot survives, and what it does under load: `python -m tests.bench.bench_soak`. Prints figures only.

--only kills   SIGKILL, then SIGTERM, at random moments under clicks
--only busy    clicks at a rate while models train and exports run
--only flat    memory, tasks and file descriptors while actions go on for long
--only big     one SQLite file with very many members
"""

import argparse
import asyncio
import re
import signal
import socket
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from tests.bench.bench_bot import clicks_at_a_rate, meet
from tests.bench.soak_big import soak_big
from tests.bench.soak_kills import soak_kills
from tests.end_to_end.people import playlist_csv
from tests.end_to_end.processes import HttpHuman, Program, program

PARTS = ("kills", "busy", "flat", "big")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--kills", type=int, default=20, help="with SIGKILL, and as many with SIGTERM")
    parser.add_argument("--clickers", type=int, default=10, help="who click while the bot is killed")
    parser.add_argument("--kill-rate", type=float, default=50, help="their clicks a second, together")
    parser.add_argument("--rate", type=float, default=200, help="clicks a second while models train")
    parser.add_argument("--members", type=int, default=50, help="who click and train")
    parser.add_argument("--seconds", type=float, default=60, help="of busy, and of flat")
    parser.add_argument("--actions", type=float, default=20, help="a second, for flat")
    parser.add_argument("--people", type=int, default=20_000, help="in the big file")
    parser.add_argument("--times", type=int, default=200, help="each command on the big file")
    options = parser.parse_args()
    for part, measure in (("kills", _kills), ("busy", _busy), ("flat", _flat), ("big", _big)):
        if options.only in {None, part}:
            with tempfile.TemporaryDirectory() as folder:
                asyncio.run(measure(options, Path(folder)))


def say(what: str, figure: str) -> None:
    print(f"{what:44} {figure}", flush=True)


async def _kills(options: argparse.Namespace, data: Path) -> None:
    for name, number in (("SIGKILL", signal.SIGKILL), ("SIGTERM", signal.SIGTERM)):
        began = time.perf_counter()
        o = await soak_kills(data / name, options.kills, number, options.clickers, options.kill_rate)
        took = time.perf_counter() - began
        say(f"{o.ends} times {name}, {took:.0f} s", f"{o.clicks} clicks, {o.acknowledged} acknowledged: {o.lost} lost, "
            f"{o.twice} counted wrongly, {o.dead} cards dead; exit codes {dict(o.codes)}")  # fmt: skip


@asynccontextmanager
async def _running(members: int, data: Path) -> AsyncIterator[tuple[HttpHuman, Program, str]]:
    async with program("sandbox", "--port", "0", "--no-browser", "--members", str(members)) as sandbox:
        url, token = await sandbox.said("Sandbox ready: "), await sandbox.said("Bot token: ")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        env = {"DISCORD_TOKEN": token, "EARMARK_DISCORD_URL": url.rstrip("/"), "EARMARK_METRICS_PORT": str(port)}
        async with program("run", "--data", str(data), **env) as bot:
            await bot.said("logged in")
            async with HttpHuman.connect(url) as human:
                yield human, bot, f"http://127.0.0.1:{port}/metrics"
            await bot.end()


async def figures(url: str) -> dict[str, float]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        text = await answer.text()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in text.splitlines()
            if not line.startswith("#"))}  # fmt: skip


async def _busy(options: argparse.Namespace, data: Path) -> None:
    async with _running(options.members, data) as (human, _, url):
        cards = await meet(human, playlist_csv(300))
        names = list(human.members)
        await clicks_at_a_rate(human, cards, 50, 10 if len(names) < 50 else 15)  # so that everybody can train
        before = await figures(url)

        async def learn() -> None:
            for place, name in enumerate(names):
                await human.slash(name, "retrain")
                if place % 10 == 5:
                    await human.slash(name, "account export")
                await asyncio.sleep(options.seconds / len(names) / 2)

        learning = asyncio.create_task(learn())
        await clicks_at_a_rate(human, cards, options.rate, options.seconds)
        await learning
        await asyncio.sleep(5)
        after = await figures(url)
        _first_answers(before, after)
        trained = after.get("earmark_models_trained_total", 0) - before.get("earmark_models_trained_total", 0)
        say("models trained meanwhile", f"{trained:.0f}")


def _first_answers(before: dict[str, float], after: dict[str, float]) -> None:
    """Say the distribution of first answers as the bot itself measured it."""
    buckets: list[tuple[float, float]] = []
    for name, value in after.items():
        if found := re.fullmatch(r'earmark_answer_seconds_bucket\{le="(.+)"\}', name):
            buckets.append((float(found[1]), value - before.get(name, 0)))
    total = buckets[-1][1]
    p99 = next(bound for bound, number in buckets if number >= 0.99 * total)
    late = after.get("earmark_unanswered_total", 0) - before.get("earmark_unanswered_total", 0)
    quick = dict(buckets)[0.15] / total
    say("first answers, by the bot's own clock", f"{total:.0f}: {quick:.1%} within 150 ms, p99 <= {p99 * 1000:.0f} ms, "
        f"{late:.0f} not within 3 s")  # fmt: skip


async def _flat(options: argparse.Namespace, data: Path) -> None:
    async with _running(options.members, data) as (human, bot, url):
        cards = await meet(human, playlist_csv(1500))
        process = psutil.Process(bot.process.pid)
        seen: list[tuple[float, int, int, float]] = []
        began = time.perf_counter()
        while time.perf_counter() - began < options.seconds:
            await _actions(human, cards, options)
            await asyncio.sleep(1)
            tasks = (await figures(url))["earmark_tasks"]
            megabytes = process.memory_info().rss / 1e6
            seen.append((megabytes, process.num_fds(), process.num_threads(), tasks))
            now = time.perf_counter() - began
            say(
                f"after {now:.0f} s",
                f"{megabytes:.1f} MB, {seen[-1][1]} descriptors, {seen[-1][2]} threads, {tasks:.0f} tasks",
            )
        warm = seen[len(seen) // 3 :]
        growth = warm[-1][0] - warm[0][0]
        say(
            "since the first third",
            f"{growth:+.1f} MB, descriptors {warm[-1][1] - warm[0][1]:+d}, tasks {warm[-1][3] - warm[0][3]:+.0f}",
        )


async def _actions(human: HttpHuman, cards: dict[str, Any], options: argparse.Namespace) -> None:
    """Some seconds of clicks, with a few commands among them."""
    name = next(iter(human.members))
    clicking = asyncio.create_task(clicks_at_a_rate(human, cards, options.actions, min(10.0, options.seconds / 6)))
    for command in ("help", "playlist list", "account show", "rate history"):
        await human.slash(name, command)
    await clicking


async def _big(options: argparse.Namespace, data: Path) -> None:
    await soak_big(data, options.people, options.times, say)


if __name__ == "__main__":
    main()
