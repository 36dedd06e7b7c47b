"""What others gave in what one listener is told, with a real file and a real model."""

import random
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.domain.taste import Prediction
from bot.domain.tracks import PlaylistSource, Track, TrackSource
from bot.flow.compare import compare
from bot.flow.predict import predict_playlist, predict_tracks, what_if
from bot.flow.retrain import retrain
from bot.flow.workers import Workers
from storage.database import Database
from storage.models import Models
from storage.playlists import Playlists
from storage.predictions import Predictions
from storage.ratings import Ratings
from storage.sharing import Shares

ADA, OTHERS, HERE = 1, range(2, 10), 90


@dataclass
class Rig:
    playlists: Playlists
    ratings: Ratings
    shares: Shares
    models: Models
    predictions: Predictions
    workers: Workers
    playlist_id: int
    tracks: list[Track]

    async def ask(self, *tracks: Track) -> list[Prediction]:
        return await predict_tracks(
            self.ratings, self.models, self.workers, ADA, tracks, explain=True, shares=self.shares, guild_id=HERE
        )


def good(track: Track) -> int:
    """What everybody agrees on, and no feature tells."""
    return random.Random(track.title).randint(1, 10)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    database = await Database.open(tmp_path / "earmark.db")
    ratings, shares = Ratings(database), Shares(database)
    await ratings.start()
    playlists, workers = Playlists(database), Workers(lambda: ThreadPoolExecutor(1))
    pieces = [TrackSource(f"Piece {i}", "Bach", features={"energy": i * 7 % 40 / 40}) for i in range(40)]
    linked = await playlists.link(ADA, PlaylistSource("Mine", "csv", pieces))
    await playlists.share(ADA, linked.playlist.id, HERE)
    tracks = await playlists.tracks(linked.playlist.id)
    stores = (playlists, ratings, shares, Models(database), Predictions(database), workers)
    rig = Rig(*stores, linked.playlist.id, tracks)
    for track in tracks[:30]:
        await ratings.rate(ADA, track.id, good(track))
    for other in OTHERS:
        for track in tracks[:-1]:
            await ratings.rate(other, track.id, good(track), through=ADA)
        await shares.allow(other, "server", HERE, openly=True)
    await retrain(ratings, rig.models, rig.predictions, workers, ADA)
    yield rig
    workers.close()
    await ratings.close()
    await database.close()


async def test_what_those_who_share_gave_counts_and_is_said_until_consent_is_taken_back(rig: Rig):
    asked = rig.tracks[30:39]
    alone = await rig.ask(*asked)
    assert all(one.others is None for one in alone), "Ada shares nothing and gets nothing"
    await rig.shares.allow(ADA, "server", HERE)
    told = await rig.ask(*asked)
    assert all(one.others is not None and one.others.raters == len(OTHERS) for one in told)

    def error(said: list[Prediction]) -> float:
        return sum(abs((one.stars or 0) - good(one.track)) for one in said)

    assert error(told) < 0.6 * error(alone)
    for other in OTHERS:
        await rig.shares.allow(other, "off", HERE)
    assert await rig.ask(*asked) == alone, "at once, and without training"


async def test_a_playlist_is_ranked_by_it_and_what_nobody_rated_is_predicted_as_before(rig: Rig):
    (before,) = await rig.ask(rig.tracks[39])
    await rig.shares.allow(ADA, "everywhere", None)
    ranked = await predict_playlist(
        rig.playlists, rig.ratings, rig.models, rig.workers, ADA, HERE, rig.playlist_id, rig.shares
    )
    by_track = {one.track.id: one for one in ranked.predictions}
    new = sorted(rig.tracks[30:39], key=lambda track: -(by_track[track.id].stars or 0))
    assert good(new[0]) > good(new[-1]) + 3
    last = by_track[rig.tracks[39].id]
    assert last.others is None
    assert (last.stars, last.low, last.high) == (before.stars, before.low, before.high)


async def test_two_tastes_are_compared_without_what_others_gave(rig: Rig):
    for who in (ADA, OTHERS[0]):
        await rig.shares.allow(who, "server", HERE)
    await retrain(rig.ratings, rig.models, rig.predictions, rig.workers, OTHERS[0])
    stores = (rig.shares, rig.playlists, rig.ratings, rig.models, rig.predictions, rig.workers)
    found = await compare(*stores, ADA, OTHERS[0], HERE)
    assert all(one.others is None for one in (*found.for_me, *found.for_them))


async def test_a_stored_model_holds_no_names_and_reasons_have_them_all_the_same(rig: Rig):
    arrays, meta, report = await rig.models.load(ADA) or pytest.fail("no model")
    assert "Piece" not in f"{meta}{report}"
    assert not [name for name, values in arrays.items() if values.dtype.kind not in "fi"]
    for one in await rig.ask(*rig.tracks[30:]):
        for reason in one.reasons:
            named = next(track for track in rig.tracks if track.title == reason.title)
            assert reason.stars == good(named)


@pytest.mark.parametrize("chosen", ["energy=nan", "energy=inf", "energy=abc", "energy=7", "energy=", "mood=1", "=", ""])
async def test_a_change_that_was_never_offered_changes_nothing(rig: Rig, chosen: str):
    track = rig.tracks[0]
    said, asked = await what_if(
        rig.ratings, rig.models, rig.workers, ADA, track, chosen, shares=rig.shares, guild_id=HERE
    )
    assert asked is None
    assert said.stars == (await rig.ask(track))[0].stars
