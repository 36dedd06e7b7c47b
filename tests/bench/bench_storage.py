"""How quick the storage is by itself: `python -m tests.bench.bench_storage`. Prints figures; judges nothing.

Every rating is on disk (`synchronous=FULL`) before it counts. The disk decides: use `--folder` to name another one.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from bot.domain.tracks import PlaylistSource, TrackSource
from storage.database import Database
from storage.playlists import Playlists
from storage.ratings import Ratings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clicks", type=int, default=500, help="of one member, one after the other")
    parser.add_argument("--seconds", type=float, default=2, help="of the measurement flat out")
    parser.add_argument("--members", type=int, default=50, help="who click at the same time")
    parser.add_argument("--tracks", type=int, default=10_000, help="in the linked playlist")
    parser.add_argument("--folder", help="where the database is made, and removed again")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        asyncio.run(measure(options, Path(folder) / "earmark.db"))


async def measure(options: argparse.Namespace, path: Path) -> None:
    started = time.perf_counter()
    database = await Database.open(path)
    say("open a new database", f"{(time.perf_counter() - started) * 1000:.0f} ms")
    playlists, ratings = Playlists(database), Ratings(database)
    await ratings.start()
    for what in ("link", "link again"):
        started = time.perf_counter()
        linked = await playlists.link(1, playlist(options.tracks))
        say(f"{what}, {options.tracks} tracks", f"{time.perf_counter() - started:.2f} s")
    tracks = [track.id for track in await playlists.tracks(linked.playlist.id)]
    await one_member(ratings, tracks, options.clicks)
    await reads(playlists, ratings, tracks, options.clicks)
    await flat_out(ratings, tracks, options.members, options.seconds)
    await ratings.close()
    await database.close()


def playlist(tracks: int) -> PlaylistSource:
    features = {f"timbre_{place}": place / 10 for place in range(12)} | {"tempo": 120.0, "energy": 0.5}
    return PlaylistSource("Bench", "csv", [TrackSource(f"Piece {i}", "Bach", features=features) for i in range(tracks)])


async def one_member(ratings: Ratings, tracks: Sequence[int], clicks: int) -> None:
    times = [await timed(lambda i=i: ratings.rate(1, tracks[i % len(tracks)], 1 + i % 10)) for i in range(clicks)]
    say("one member clicks: rate", spread(times))


async def reads(playlists: Playlists, ratings: Ratings, tracks: Sequence[int], clicks: int) -> None:
    times = [await timed(lambda: ratings.standing(1)) for _ in range(clicks)]
    say(f"standing, {await ratings.count(1)} ratings", spread(times))
    times = [await timed(lambda i=i: playlists.visible_track(1, None, tracks[i % len(tracks)])) for i in range(clicks)]
    say("visible_track", spread(times))


async def flat_out(ratings: Ratings, tracks: Sequence[int], members: int, seconds: float) -> None:
    times: list[float] = []
    ends = time.perf_counter() + seconds

    async def clicks(member: int) -> None:
        i = member
        while time.perf_counter() < ends:
            i += 1
            times.append(await timed(lambda i=i: ratings.rate(member, tracks[i % len(tracks)], 1 + i % 10)))

    await asyncio.gather(*(clicks(member) for member in range(1, members + 1)))
    say(f"{members} members flat out: durable ratings/s", f"{len(times) / seconds:.0f}")
    say(f"{members} members flat out: rate", spread(times))


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    await work()
    return time.perf_counter() - started


def spread(times: Sequence[float]) -> str:
    ordered = sorted(times)
    p50, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 for share in (0.5, 0.99))
    return f"p50 {p50:.2f} ms, p99 {p99:.2f} ms"


def say(what: str, value: str) -> None:
    print(f"{what:<48} {value}", flush=True)


if __name__ == "__main__":
    main()
