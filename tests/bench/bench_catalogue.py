"""What it costs that everybody sees tracks in their own words: a click and /predict playlist, against another version.

`uv run python -m tests.bench.bench_catalogue --before FOLDER`, where FOLDER is a checkout of the version to compare
with. Both run the same work in turns, in processes of their own; the medians of processor time are compared. Nothing
of Discord is in it, so a whole click is dearer, and the share smaller.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TRACKS, RATED, OTHERS = 300, 40, 40
HERE = Path(__file__).resolve()


async def work(path: Path, clicks: int, predictions: int) -> dict[str, float]:
    """Milliseconds of processor time a click (a rating stored, the next question chosen) and a ranked playlist."""
    from bot.domain.tracks import PlaylistSource, TrackSource
    from bot.flow.predict import predict_playlist
    from bot.flow.rate import Questions, Round, rate
    from bot.flow.retrain import retrain
    from bot.flow.workers import Workers
    from storage.database import Database
    from storage.models import Models
    from storage.playlists import Playlists
    from storage.predictions import Predictions
    from storage.ratings import Ratings

    database = await Database.open(path)
    playlists, ratings, models, predicted = (
        Playlists(database), Ratings(database), Models(database), Predictions(database),
    )  # fmt: skip
    names = ("energy", "valence", "danceability", "acousticness", "liveness", "speechiness")
    sources = [
        TrackSource(
            f"Piece {i}",
            f"Artist {i % 40}",
            f"Album {i % 60}",
            f"{i:022d}",
            features={**{name: (i * (k + 3)) % 97 / 97 for k, name in enumerate(names)}, "tempo": 60.0 + i % 120},
        )
        for i in range(TRACKS)
    ]
    await ratings.start()
    workers = Workers(lambda: ThreadPoolExecutor(1))
    for who in range(2, 2 + OTHERS):
        await playlists.link(who, PlaylistSource("Mix", "csv", sources))
    linked = await playlists.link(1, PlaylistSource("Mix", "csv", sources))
    tracks = [track.id for track in await playlists.tracks(linked.playlist.id)]
    for i, track in enumerate(tracks[:RATED]):
        await ratings.rate(1, track, 1 + i * 7 % 10)
    await retrain(ratings, models, predicted, workers, 1)
    questions, of = Questions(playlists, ratings, workers), Round(1, 99)
    await questions.next(of)
    began = time.process_time()
    for i in range(clicks):
        await rate(playlists, ratings, of, tracks[i % RATED], 1 + i % 10)
        await questions.next(of)
    click = (time.process_time() - began) / clicks
    began = time.process_time()
    for _ in range(predictions):
        await predict_playlist(playlists, ratings, models, workers, 1, 99, linked.playlist.id)
    ranked = (time.process_time() - began) / predictions
    await questions.close()
    workers.close()
    await ratings.close()
    await database.close()
    return {"a click": 1000 * click, "/predict playlist": 1000 * ranked}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clicks", type=int, default=400)
    parser.add_argument("--predictions", type=int, default=10)
    options = parser.parse_args()
    seen: dict[str, list[dict[str, float]]] = {"before": [], "after": []}
    for _ in range(options.rounds):
        for name, folder in (("before", options.before), ("after", HERE.parents[2])):
            command = [sys.executable, str(HERE), str(options.clicks), str(options.predictions)]
            done = subprocess.run(
                command, cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)}, check=True, capture_output=True
            )
            seen[name].append(json.loads(done.stdout))
    for what in seen["after"][0]:
        before, after = (statistics.median(one[what] for one in seen[name]) for name in ("before", "after"))
        print(f"{what:<20} before {before:7.2f} ms   after {after:7.2f} ms   {after / before:.3f}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1].isdigit():
        with tempfile.TemporaryDirectory() as made:
            print(json.dumps(asyncio.run(work(Path(made) / "x.db", int(sys.argv[1]), int(sys.argv[2])))))
    else:
        main()
