"""One SQLite file with very many members: what every command asks of it, and how long that takes."""

import asyncio
import random
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import numpy as np

from bot.client import Services
from bot.config import Config
from bot.domain.tracks import PlaylistSource, TrackSource
from bot.flow.account import erase, export
from bot.flow.rate import Round, rate
from bot.flow.retrain import retrain
from bot.serving.app import services
from storage.backup import backup
from storage.database import Database

TRACKS = 20_000
OWN = 220  # tracks on each member's playlist
RATED = 200
FEATURES = '{"energy": %.3f, "tempo": %.1f, "valence": %.3f, "acousticness": %.3f, "loudness": %.1f}'
FACTS = '{"title": "Piece %d", "artist": "Artist %d"}'
Say = Callable[[str, str], None]


def fill(path: Path, members: int) -> None:
    """Insert `members` people with a playlist of OWN tracks, RATED ratings and as many verdicts each."""
    asyncio.run(_create(path))
    chance = random.Random(1)
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-500000"):
        connection.execute(f"PRAGMA {pragma}")
    # Indexes are quicker to build at the end, in one go.
    indexes = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql <> ''").fetchall()
    connection.execute("BEGIN")
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    insert = connection.executemany
    insert("INSERT INTO tracks (id, name_key) VALUES (?, ?)", ((i, _name(i)) for i in range(1, TRACKS + 1)))
    people = range(1, members + 1)
    insert("INSERT INTO listeners (id, created_at) VALUES (?, 1)", ((who,) for who in people))
    insert("INSERT INTO sharing VALUES (?, 0, 1, 0, unixepoch())", ((who,) for who in people))
    insert("INSERT INTO playlists VALUES (?, ?, 'Mix', 'csv', 1)", ((who, who) for who in people))
    shares = ((who, who // 50) for who in people if who % 5 == 0)
    insert("INSERT INTO playlist_shares (playlist_id, guild_id, seen_at) VALUES (?, ?, unixepoch())", shares)
    insert("INSERT INTO playlist_tracks (playlist_id, track_id, position) VALUES (?, ?, ?)", _entries(people, OWN))
    sound = [FEATURES % (chance.random(), chance.uniform(60, 180), chance.random(), chance.random(), -chance.random())
             for _ in range(TRACKS + 1)]  # fmt: skip
    insert(
        "INSERT INTO track_values (contributor_id, track_id, source, name_key, search_key, facts, features, at)"
        " VALUES (?, ?, 'file', ?, ?, ?, ?, 1)",
        ((who, i, _name(i), _name(i), FACTS % (i, i % 900), sound[i]) for who, i, _ in _entries(people, OWN)),
    )
    rated = "INSERT INTO ratings (listener_id, track_id, stars, rated_at) VALUES (?, ?, 1 + ? % 10, 1)"
    insert(rated, _entries(people, RATED))
    said = "INSERT INTO verdicts (listener_id, track_id, stars, at) VALUES (?, ?, 1 + ? % 10, 1)"
    insert(said, _entries(people, RATED))
    for _, sql in indexes:
        connection.execute(sql)
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


def _name(track: int) -> str:
    return f"artist {track % 900}|piece {track}"


def _entries(people: range, each: int) -> Iterator[tuple[int, int, int]]:
    for who in people:
        start = who * 7919
        for place in range(each):
            yield who, (start + place * 31) % TRACKS + 1, place


async def _create(path: Path) -> None:
    await (await Database.open(path)).close()


async def soak_big(data: Path, members: int, times: int, say: Say) -> None:
    """Measure what every command asks of the storage, `times` times with members drawn by lot."""
    config = Config(data=data, database=data / "earmark.db")
    started = time.perf_counter()
    await asyncio.to_thread(fill, config.database, members)
    size = config.database.stat().st_size / 1e6
    say("filled", f"{members:,} members x {RATED} ratings, {size:,.0f} MB, {time.perf_counter() - started:.0f} s")
    chance = random.Random(2)
    async with services(config) as s:
        for name, work in _commands(s, chance).items():
            await work(1)  # what is compiled once
            took: list[float] = []
            for _ in range(times):
                who = chance.randint(2, members)
                began = time.perf_counter()
                await work(who)
                took.append((time.perf_counter() - began) * 1000)
            p50, p99 = np.percentile(took, (50, 99), method="lower")
            say(name, f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, longest {max(took):.0f} ms")
        await _seldom(s, config, members, say)


def _commands(s: Services, chance: random.Random) -> dict[str, Callable[[int], Awaitable[object]]]:
    async def click(who: int) -> None:
        here = Round(who, None, None)
        question = await s.questions.next(here)
        await rate(s.playlists, s.ratings, here, question.track.id, chance.randint(1, 10))

    async def link(who: int) -> None:
        tracks = tuple(TrackSource(f"New {who}-{i}", "Bench", features={"energy": 0.5}) for i in range(50))
        await s.playlists.link(who, PlaylistSource("New", "csv", tracks))

    return {
        "/rate start, a click (question and rating)": click,
        "/playlist list": lambda who: s.playlists.visible(who, who // 50),
        "/playlist link, 50 new tracks": link,
        "/predict track, as one types": lambda who: s.playlists.search(who, who // 50, "piece 1"),
        "/predict playlist (its tracks)": s.playlists.tracks,
        "/retrain, predict (the ratings)": s.ratings.of,
        "/rate history": lambda who: s.ratings.page(who, 0),
        "/help, /account show": s.accounts.counts,
        "/predict, what 150 others gave": lambda who: s.shares.gave(who, who // 50, range(1, 51)),
    }


async def _seldom(s: Services, config: Config, members: int, say: Say) -> None:
    async def clicks(stop: asyncio.Event) -> list[float]:
        took: list[float] = []
        while not stop.is_set():
            began = time.perf_counter()
            await s.ratings.rate(members // 2, len(took) % TRACKS + 1, 5)
            took.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(0.02)
        return took

    who = members // 3
    began = time.perf_counter()
    await retrain(s.ratings, s.models, s.predictions, s.workers, who)
    say("/retrain (200 ratings, process started)", f"{time.perf_counter() - began:.2f} s")
    works: dict[str, Callable[[], Awaitable[object]]] = {
        "/account export": lambda: export(
            s.accounts, s.playlists, s.ratings, s.models, s.uploads, s.sessions, s.studies, s.workers, who, ""
        ),
        "/account erase": lambda: erase(s.accounts, s.outside.connections, who),
        "earmark backup": lambda: asyncio.to_thread(backup, config.database, config.data / "backups"),
    }
    for name, work in works.items():
        stop = asyncio.Event()
        clicking = asyncio.create_task(clicks(stop))
        await asyncio.sleep(0.1)
        began = time.perf_counter()
        await work()
        took = time.perf_counter() - began
        stop.set()
        meanwhile = await clicking
        slow = f"{np.percentile(meanwhile, 99, method='lower'):.0f} ms p99, {max(meanwhile):.0f} ms longest"
        say(name, f"{took:.2f} s; a rating meanwhile {slow}")
