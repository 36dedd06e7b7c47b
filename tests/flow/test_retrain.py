"""Ratings become a stored model and a report, with a real file and a real worker process."""

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.domain.errors import AllRatingsEqual, Busy, NoFeatures, TooFewRatings
from bot.domain.ratings import MIN_RATINGS
from bot.domain.tracks import PlaylistSource, TrackSource
from bot.flow.retrain import retrain
from bot.flow.workers import Workers
from storage.database import Database
from storage.models import Models
from storage.playlists import Playlists
from storage.predictions import Predictions
from storage.ratings import Ratings

ADA, BEN = 1, 2


@dataclass
class Rig:
    playlists: Playlists
    ratings: Ratings
    models: Models
    predictions: Predictions
    workers: Workers

    async def rate(self, stars: list[int], *, known: int, who: int = ADA) -> list[int]:
        """Rate as many tracks as there are stars; of the first `known` it is known how they sound."""
        sources = [
            TrackSource(f"Piece {i}", "Bach", features={"energy": i / 40, "tempo": 60.0 + i} if i < known else {})
            for i in range(len(stars))
        ]
        linked = await self.playlists.link(who, PlaylistSource("Mix", "csv", sources))
        ids = [track.id for track in await self.playlists.tracks(linked.playlist.id, who)]
        for track_id, given in zip(ids, stars, strict=True):
            await self.ratings.rate(who, track_id, given)
        return ids

    async def train(self, who: int = ADA):
        return await retrain(self.ratings, self.models, self.predictions, self.workers, who)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    database = await Database.open(tmp_path / "earmark.db")
    ratings, workers = Ratings(database), Workers.processes(1)
    await ratings.start()
    yield Rig(Playlists(database), ratings, Models(database), Predictions(database), workers)
    workers.close()
    await ratings.close()
    await database.close()


def energetic(count: int) -> list[int]:
    return [1 + 9 * i // count for i in range(count)]


async def test_a_model_is_stored_with_what_it_learned_from_and_without_names(rig: Rig):
    ids = await rig.rate(energetic(30), known=25)
    report = await rig.train()
    assert (report.ratings, report.other_scale) == (25, 0)
    assert report.held_out.skill > 0.5, "energy alone says how many stars"
    _, meta, stored = await rig.models.load(ADA) or pytest.fail("no model")
    assert stored == report
    assert meta["tracks"] == ids[:25], "what has no values is not learned from"
    assert meta["stars"] == energetic(30)[:25]
    assert "Piece" not in str(meta)


@pytest.mark.parametrize(("stars", "known", "have"), [
    ([], 0, 0),
    (energetic(MIN_RATINGS - 1), MIN_RATINGS - 1, MIN_RATINGS - 1),
    (energetic(30), MIN_RATINGS - 1, MIN_RATINGS - 1),
    (energetic(MIN_RATINGS - 1), 0, 0),
])  # fmt: skip
async def test_ratings_of_too_few_tracks_with_values_are_counted(rig: Rig, stars: list[int], known: int, have: int):
    await rig.rate(stars, known=known)
    with pytest.raises(TooFewRatings) as caught:
        await rig.train()
    assert (caught.value.have, caught.value.need) == (have, MIN_RATINGS)
    assert await rig.models.load(ADA) is None


async def test_just_enough_is_enough(rig: Rig):
    await rig.rate(energetic(MIN_RATINGS), known=MIN_RATINGS)
    assert (await rig.train()).ratings == MIN_RATINGS


async def test_whoever_rated_only_what_has_no_values_is_told_so(rig: Rig):
    await rig.rate(energetic(MIN_RATINGS), known=0)
    with pytest.raises(NoFeatures) as caught:
        await rig.train()
    assert caught.value.rated == MIN_RATINGS


async def test_a_verdict_repeated_teaches_nothing_and_keeps_the_model_of_before(rig: Rig):
    ids = await rig.rate(energetic(20), known=20)
    before = await rig.train()
    for track_id in ids:
        await rig.ratings.rate(ADA, track_id, 7)
    with pytest.raises(AllRatingsEqual):
        await rig.train()
    _, _, stored = await rig.models.load(ADA) or pytest.fail("no model")
    assert stored == before


async def test_one_training_of_a_member_at_a_time_and_the_next_afterwards(rig: Rig):
    for who in (ADA, BEN):
        await rig.rate(energetic(20), known=20, who=who)
    free = threading.Event()
    executor = ThreadPoolExecutor(1)
    executor.submit(free.wait)  # the only thread is taken until then
    rig.workers = Workers(lambda: executor)
    first = asyncio.create_task(rig.train())
    async with asyncio.timeout(30):
        while not rig.workers.running:
            await asyncio.sleep(0.01)
    with pytest.raises(Busy) as caught:
        await rig.train()
    assert caught.value.doing == "training"
    other = asyncio.create_task(rig.train(BEN))
    free.set()
    await first
    await other
    await rig.train()
    rig.workers.close()
