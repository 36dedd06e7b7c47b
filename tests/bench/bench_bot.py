"""How quick and how big the running bot is: `python -m tests.bench.bench_bot`. Prints figures; judges nothing.

Bot, sandbox and the clicking members are three processes, as on a host; the times include the sandbox's and the
members' own work, and all HTTP between them.
"""

import argparse
import asyncio
import math
import re
import socket
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import psutil

from tests.end_to_end.people import button, eventually, playlist_csv
from tests.end_to_end.processes import HttpHuman, Program, program


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", type=int, default=50)
    parser.add_argument("--clicks", type=float, default=100, help="clicks a second, of all members together")
    parser.add_argument("--seconds", type=float, default=10, help="of each measurement")
    parser.add_argument("--tracks", type=int, default=1500, help="in the linked playlist")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(options, Path(folder)))


async def measure(options: argparse.Namespace, data: Path) -> None:
    async with program("sandbox", "--port", "0", "--no-browser", "--members", str(options.members)) as sandbox:
        url, token = await sandbox.said("Sandbox ready: "), await sandbox.said("Bot token: ")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        env = {"DISCORD_TOKEN": token, "EARMARK_DISCORD_URL": url.rstrip("/"), "PORT": str(port)}
        started = time.perf_counter()
        async with program("run", "--data", str(data), **env) as bot:
            await bot.said("logged in")
            ready = time.perf_counter() - started
            say("process start to READY", f"{ready:.2f} s, of it {cpu(psutil.Process(bot.process.pid)):.2f} s at work")
            await asyncio.sleep(1)
            say("memory, idle", memory(bot))
            async with HttpHuman.connect(url) as human:
                cards = await meet(human, playlist_csv(options.tracks))
                await clicks_at_a_rate(human, cards, options.clicks, options.seconds)
                say("memory, after the clicks", memory(bot))
                await clicks_flat_out(human, cards, options.seconds, data / "earmark.db", bot, sandbox)
                await learning(human, f"http://127.0.0.1:{port}/healthz")
                say("memory, after prediction and picture", memory(bot))
            await bot.end()


def say(what: str, figure: str) -> None:
    print(f"{what:42} {figure}", flush=True)


def memory(bot: Program) -> str:
    """Resident memory of the bot's own process, and that of its workers."""
    process = psutil.Process(bot.process.pid)
    workers = sum(child.memory_info().rss for child in process.children(recursive=True))
    return f"{process.memory_info().rss / 1e6:.0f} MB" + (f" + workers {workers / 1e6:.0f} MB" if workers else "")


async def meet(human: HttpHuman, file: bytes) -> dict[str, dict[str, Any]]:
    """Everybody links the playlist and opens a card."""
    cards = {}
    for name in human.members:
        await human.slash(name, "playlist link", file=("mix.csv", file))
    for name in human.members:

        async def card(name: str = name) -> dict[str, Any] | None:
            answer = await human.slash(name, "rate start")
            message = answer.get("message") or {}
            return message if message.get("components") else None

        cards[name] = await eventually(card, 60)
    return cards


async def click(human: HttpHuman, name: str, cards: dict[str, dict[str, Any]], n: int) -> float:
    """Rate the card's track; seconds from the click to the next card, by which time the rating is on disk.

    Infinite where the bot did not answer in Discord's three seconds.
    """
    started = time.perf_counter()
    answer = await human.click(name, cards[name]["id"], button(cards[name], "rate", n % 10 + 1))
    took = time.perf_counter() - started
    if answer["state"] != "answered":
        return math.inf
    cards[name] = answer["message"]
    return took


async def clicks_at_a_rate(human: HttpHuman, cards: dict[str, Any], rate: float, seconds: float) -> None:
    """Let each member click at his own steady times, spread over the period, whatever the others do."""
    period = len(cards) / rate
    begin = time.perf_counter() + 0.5
    took: list[float] = []

    async def member(index: int, name: str) -> None:
        for n in range(int(seconds / period)):
            due = begin + period * (n + index / len(cards))
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            took.append(await click(human, name, cards, n + index))

    await asyncio.gather(*(member(index, name) for index, name in enumerate(cards)))
    elapsed = time.perf_counter() - begin
    p50, p99 = np.percentile(took, (50, 99), method="lower") * 1000
    unanswered = sum(math.isinf(one) for one in took)
    figure = f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, {unanswered} unanswered"
    say(f"{len(took)} clicks at {len(took) / elapsed:.0f}/s, click to answer", figure)


async def clicks_flat_out(
    human: HttpHuman, cards: dict[str, Any], seconds: float, database: Path, bot: Program, sandbox: Program
) -> None:
    processes = {"bot": psutil.Process(bot.process.pid), "sandbox": psutil.Process(sandbox.process.pid)}
    processes["members"] = psutil.Process()
    busy = {name: -cpu(process) for name, process in processes.items()}
    before, begin = ratings_in(database), time.perf_counter()

    async def member(index: int, name: str) -> None:
        n = index
        while time.perf_counter() - begin < seconds:
            await click(human, name, cards, n)
            n += 1

    await asyncio.gather(*(member(index, name) for index, name in enumerate(cards)))
    stored = ratings_in(database) - before
    say("durable ratings, flat out, through Discord", f"{stored / (time.perf_counter() - begin):.0f}/s")
    each = {name: (busy[name] + cpu(process)) / stored * 1000 for name, process in processes.items()}
    say("processor time of one click", ", ".join(f"{name} {spent:.1f} ms" for name, spent in each.items()))


def cpu(process: psutil.Process) -> float:
    """Seconds of processor time, which a noisy machine changes less than the clock's."""
    times = process.cpu_times()
    return times.user + times.system


def ratings_in(database: Path) -> int:
    connection = sqlite3.connect(database)
    try:
        return connection.execute("SELECT count(*) FROM ratings").fetchone()[0]
    finally:
        connection.close()


async def learning(human: HttpHuman, alive: str) -> None:
    """Retrain and predict while a page of the bot's own event loop is asked without a pause."""
    name = next(iter(human.members))
    ask = functions(human, name)
    for what, action in ask.items():
        stalls: list[float] = []
        watching = asyncio.create_task(watch(alive, stalls))
        await asyncio.sleep(0.2)
        started = time.perf_counter()
        text = await action()
        took = time.perf_counter() - started
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        say(f"{what}: {text}"[:42], f"{took:.2f} s; slowest /healthz meanwhile {max(stalls) * 1000:.0f} ms")


def functions(human: HttpHuman, name: str) -> dict[str, Callable[[], Awaitable[str]]]:
    async def command(command: str, finished: Callable[[dict[str, Any]], bool], **options: Any) -> str:
        answer = await human.slash(name, command, **options)
        assert answer.get("message"), answer

        async def last() -> str | None:
            for message in await human.messages(name):
                if message["id"] == answer["message"]["id"] and finished(message):
                    return "done"
            return None

        return await eventually(last, 60)

    async def predict() -> str:
        body = {"member": human.members[name], "channel": human.channels["general"], "command": "predict playlist"}
        choices = await human.post("autocomplete", **body, options={"playlist": ""}, focused="playlist")
        value = choices["choices"][0]["value"]
        return await command("predict playlist", predicted, playlist=value)

    return {
        "/retrain, first": lambda: command("retrain", lambda message: bool(message["embeds"])),
        "/retrain, again": lambda: command("retrain", lambda message: bool(message["embeds"])),
        "/predict playlist": predict,
    }


def predicted(message: dict[str, Any]) -> bool:
    return bool(re.search(r"\d\.\d", str(message.get("embeds")) + str(message.get("content"))))


async def watch(url: str, took: list[float]) -> None:
    async with aiohttp.ClientSession() as session:
        while True:
            started = time.perf_counter()
            async with session.get(url) as answer:
                await answer.read()
            took.append(time.perf_counter() - started)
            await asyncio.sleep(0.002)


if __name__ == "__main__":
    main()
