"""A hundred group sessions at once: `python -m tests.bench.bench_sessions`. Prints figures; judges nothing.

Bot, sandbox and members are three processes. Everybody votes by button at steady times, every tenth vote is changed at
once; at the end the database must hold each member's last acknowledged vote, once, and no other.
"""

import argparse
import asyncio
import json
import sqlite3
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.end_to_end.people import custom_ids, eventually, playlist_csv, words
from tests.end_to_end.processes import HttpHuman, program

GROUP = 8
EDITS, SECONDS = 5, 5.0  # that Discord allows a channel

Vote = tuple[int, int, str]  # session's number, round, member


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--votes", type=float, default=50, help="votes a second, of all members together")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(options, Path(folder)))


async def measure(options: argparse.Namespace, data: Path) -> None:
    trace = data / "trace.jsonl"
    sizes = ("--members", str(GROUP * options.sessions), "--channels", str(options.sessions))
    async with program("sandbox", "--port", "0", "--no-browser", "--trace", str(trace), *sizes) as sandbox:
        url, token = await sandbox.said("Sandbox ready: "), await sandbox.said("Bot token: ")
        env = {"DISCORD_TOKEN": token, "EARMARK_DISCORD_URL": url.rstrip("/")}
        async with program("run", "--data", str(data), **env) as bot:
            await bot.said("logged in")
            async with HttpHuman.connect(url) as human:
                groups = [Group(human, number) for number in range(options.sessions)]
                for group in groups:
                    await group.open(options.rounds)
                say("sessions begun", str(len(groups)))
                took: list[float] = []
                given: dict[Vote, int] = {}
                begin = time.perf_counter()
                for number in range(1, options.rounds + 1):
                    await vote_at_a_rate(groups, number, options.votes, took, given)
                elapsed = time.perf_counter() - begin
                report(took, given, elapsed)
            assert await bot.end() == 0
            compare(data / "earmark.db", groups, given)
            pace(trace)


def say(what: str, figure: str) -> None:
    print(f"{what:42} {figure}", flush=True)


class Group:
    """Eight people in a channel of their own."""

    def __init__(self, human: HttpHuman, number: int) -> None:
        self.human, self.number = human, number
        self.channel = list(human.channels)[number]
        self.members = list(human.members)[GROUP * number : GROUP * (number + 1)]
        self.round: dict[str, Any] = {}

    async def open(self, rounds: int) -> None:
        """A lobby with everybody in it, and its first round."""
        host, name = self.members[0], f"Group {self.number}"
        file = (f"mix{self.number}.csv", playlist_csv(20, seed=self.number, artist=name))
        await self.human.slash(host, "playlist link", file=file, channel=self.channel)

        async def shared() -> bool:
            answer = await self.human.slash(host, "playlist share", playlist=f"mix{self.number}", channel=self.channel)
            return "can't find" not in words(answer["message"])

        await eventually(shared, 30)
        options = {"name": name, "rounds": rounds, "length": 5, "seconds": 600}
        opened = await self.human.slash(host, "session start", channel=self.channel, **options)
        for member in self.members[1:]:
            await self.press(member, opened["message"], ":join:")
        await self.press(host, opened["message"], ":begin:")

    async def press(self, who: str, message: dict[str, Any], part: str) -> None:
        custom_id = next(i for i in custom_ids(message) if part in i)
        answer = await self.human.click(who, message["id"], custom_id)
        assert answer["state"] != "failed", answer

    async def posted(self, number: int) -> None:
        """Wait for a round's card."""

        async def there() -> Any:
            shown = await self.human.messages(self.members[0], self.channel)
            cards = (m for m in shown if f"Round {number} of" in words(m))
            return next((m for m in cards if any("svote" in i for i in custom_ids(m))), None)

        try:
            self.round = await eventually(there, 120)
        except TimeoutError:
            said = [words(message)[:200] for message in await self.human.messages(self.members[0], self.channel)]
            raise AssertionError(f"round {number} of group {self.number} never came: {said}") from None

    async def vote(self, who: str, stars: int) -> float | None:
        """Seconds until the vote was acknowledged; None: it was not."""
        custom_id = next(i for i in custom_ids(self.round) if "svote" in i and i.endswith(f":{stars}"))
        started = time.perf_counter()
        answer = await self.human.click(who, self.round["id"], custom_id)
        return time.perf_counter() - started if answer["state"] in {"answered", "deferred"} else None


async def vote_at_a_rate(
    groups: list[Group], number: int, rate: float, took: list[float], given: dict[Vote, int]
) -> None:
    """Let everybody vote in one round of every session, one after the other at steady times."""
    await asyncio.gather(*(group.posted(number) for group in groups))
    begin = time.perf_counter()

    async def one(place: int, group: Group, who: str) -> None:
        await asyncio.sleep(max(0.0, begin + place / rate - time.perf_counter()))
        # The last of a group ends the round, so only others may change their minds.
        for stars in (1 + place % 10, 1 + (place + 3) % 10)[: 2 if place % 10 == 0 and who != group.members[-1] else 1]:
            seconds = await group.vote(who, stars)
            if seconds is None:
                took.append(float("inf"))
                continue
            took.append(seconds)
            given[group.number, number, who] = stars

    turns = [(group, who) for member in range(GROUP) for group in groups for who in [group.members[member]]]
    await asyncio.gather(*(one(place, group, who) for place, (group, who) in enumerate(turns)))


def report(took: list[float], given: dict[Vote, int], elapsed: float) -> None:
    p50, p99 = np.percentile(took, (50, 99), method="lower") * 1000
    unanswered = sum(one == float("inf") for one in took)
    figure = f"p50 {p50:.0f} ms, p99 {p99:.0f} ms, {unanswered} unanswered"
    say(f"{len(took)} votes at {len(took) / elapsed:.0f}/s, click to answer", figure)
    say("members and rounds with a vote", str(len(given)))


def compare(database: Path, groups: list[Group], given: dict[Vote, int]) -> None:
    """Say how many acknowledged votes are missing, different, or there without having been given."""
    names = {f"Group {group.number}": group.number for group in groups}
    who = {int(number): name for name, number in groups[0].human.members.items()}
    connection = sqlite3.connect(database)
    try:
        sessions = {
            number: names[json.loads(settings)["name"]]
            for number, settings in connection.execute("SELECT id, settings FROM sessions")
        }
        rows = list(connection.execute("SELECT session_id, number, listener_id, stars FROM session_votes"))
    finally:
        connection.close()
    stored = {(sessions[session], number, who[member]): stars for session, number, member, stars in rows}
    lost = sum(vote not in stored for vote in given)
    other = sum(stored.get(vote, stars) != stars for vote, stars in given.items())
    say("acknowledged votes in the database", f"{len(given) - lost} of {len(given)}; {other} differ")
    say("counted twice, or never given", f"{len(rows) - len(stored)}, {len(stored.keys() - given.keys())}")


def pace(trace: Path) -> None:
    """Say how fast messages were edited, and how often Discord had to say that it was too fast."""
    edits: defaultdict[str, list[float]] = defaultdict(list)
    statuses: Counter[int] = Counter()
    for record in _records(trace):
        if record.get("kind") != "rest":
            continue
        statuses[record["status"]] += 1
        if record["method"] == "PATCH" and record["path"].split("?")[0].count("/messages/") and record["status"] < 400:
            edits[record["path"].split("/messages/")[0]].append(record["at"])
    most = max((_most(times) for path, times in edits.items() if "/channels/" in path), default=0)
    say(f"most edits of a channel in {SECONDS:.0f} s", f"{most}, at any moment; Discord allows {EDITS} a window")
    say("429s", f"{statuses[429]} of {statuses.total()} answers")


def _records(trace: Path) -> Iterator[dict[str, Any]]:
    with trace.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _most(times: list[float]) -> int:
    return max(sum(start <= one < start + SECONDS for one in times) for start in times)


if __name__ == "__main__":
    main()
