"""How long linking takes: a Spotify and a ReccoBeats on 127.0.0.1 that answer after 20 ms, in a process of their own.

uv run python -m tests.bench.bench_link [--tracks 1000] [--delay 0.02]
"""

import argparse
import asyncio
import json
import multiprocessing
import resource
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from bot.config import Config
from bot.flow.outside import fill, link_spotify
from bot.serving.app import services
from bot.sources.spotify_links import SpotifyLink
from tests.fakes.reccobeats import FakeReccoBeats
from tests.fakes.spotify import FakeSpotify, track


def serve(pipe: Connection, tracks: int, delay: float) -> None:
    asyncio.run(_serve(pipe, tracks, delay))


async def _serve(pipe: Connection, tracks: int, delay: float) -> None:
    async with FakeSpotify("old") as spotify, FakeReccoBeats() as recco:
        made = spotify.playlist(1, "Big", "somebody", [track(i) for i in range(tracks)])
        for i in range(0, tracks, 2):
            recco.knows(track(i)["id"], f"GBTST26{i:05d}")
        spotify.faults.delay = recco.faults.delay = delay
        pipe.send((spotify.url, recco.url, made.id))
        while (await asyncio.to_thread(pipe.recv)) != "end":
            pipe.send((len(spotify.exchanges), len(recco.exchanges)))


async def measure(pipe: Connection, urls: tuple[str, str, str], data: Path) -> dict[str, float]:
    config = Config(
        data=data,
        database=data / "earmark.db",
        spotify_client_id="client-of-the-test",
        spotify_client_secret="secret-of-the-test",
        spotify_api=f"{urls[0]}/v1/",
        spotify_accounts=urls[0],
        reccobeats=urls[1],
        features=("file", "audio", "reccobeats"),
    )
    link, found = SpotifyLink("playlist", urls[2]), {}
    async with services(config) as s:
        for name in ("first", "again"):
            started, used = time.perf_counter(), time.process_time()
            linked = await link_spotify(s.outside, s.playlists, 1, link)
            read = time.perf_counter() - started
            (filled,) = await fill(s.outside, [linked])
            found[name] = {
                "seconds": round(time.perf_counter() - started, 3),
                "of them reading and storing": round(read, 3),
                "processor": round(time.process_time() - used, 3),
                "tracks": filled.playlist.tracks,
                "with features": filled.playlist.with_features,
            }
            pipe.send("count")
            found[name]["requests so far"] = await asyncio.to_thread(pipe.recv)
    found["peak MB"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=1000)
    parser.add_argument("--delay", type=float, default=0.02)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(theirs, options.tracks, options.delay))
    server.start()
    try:
        urls = ours.recv()
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(asyncio.run(measure(ours, urls, Path(folder))), indent=1))
    finally:
        ours.send("end")
        server.join(10)
        server.terminate()


if __name__ == "__main__":
    main()
