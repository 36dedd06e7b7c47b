"""What was predicted beside what was rated then, with a real file and a real model."""

import dataclasses
import sqlite3
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from bot.domain.session import Ballot, Guess, Member, Phase, Round, Session, Settings, Slot
from bot.domain.taste import Prediction
from bot.domain.tracks import PlaylistSource, Track, TrackSource
from bot.flow import record
from bot.flow.predict import predict_tracks
from bot.flow.retrain import retrain
from bot.flow.taste import look
from bot.flow.workers import Workers
from bot.taste.group import owe
from storage.database import Database
from storage.listeners import Began
from storage.models import Models
from storage.playlists import Playlists
from storage.predictions import Predictions
from storage.ratings import Ratings
from storage.sessions import Sessions

ADA, BEN = 1, 2


@dataclasses.dataclass
class Rig:
    file: Path
    tracks: list[Track]
    ratings: Ratings
    models: Models
    predictions: Predictions
    workers: Workers
    sessions: Sessions

    async def retrain(self) -> None:
        await retrain(self.ratings, self.models, self.predictions, self.workers, ADA)

    async def ask(self, *tracks: Track) -> list[Prediction]:
        return await predict_tracks(self.ratings, self.models, self.workers, ADA, tracks, explain=False)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    file = tmp_path / "earmark.db"
    database = await Database.open(file)
    ratings = Ratings(database)
    await ratings.start()
    workers, sessions = Workers(lambda: ThreadPoolExecutor(1)), Sessions(database, owe)
    await sessions.start()
    playlists = Playlists(database)
    sources = [
        TrackSource(f"Piece {i}", "Bach", features={"energy": i / 40, "tempo": 60.0 + 3 * (i * 7 % 40)})
        for i in range(40)
    ]
    linked = await playlists.link(ADA, PlaylistSource("Mine", "csv", sources))
    tracks = await playlists.tracks(linked.playlist.id)
    yield Rig(file, tracks, ratings, Models(database), Predictions(database), workers, sessions)
    workers.close()
    await sessions.close()
    await ratings.close()
    await database.close()


def stars(track: Track) -> int:
    return round(1 + 9 * track.features["energy"])


async def learn(rig: Rig, count: int = 20) -> None:
    for track in rig.tracks[::2][:count]:
        await rig.ratings.rate(ADA, track.id, stars(track))
    await rig.retrain()


async def test_a_seen_prediction_and_the_rating_after_it_are_a_pair(rig: Rig):
    await learn(rig)
    track = rig.tracks[11]
    (said,) = await rig.ask(track)
    await rig.predictions.shown(ADA, [said], Began(None))
    assert await rig.predictions.checked(ADA) == []
    await rig.ratings.rate(ADA, track.id, stars(track))
    (pair,) = await rig.predictions.checked(ADA)
    assert (pair.stars, pair.low, pair.high) == (said.stars, said.low, said.high)
    assert pair.seen
    assert pair.hit
    assert record.rate([pair], seen=True) == (1, 1)
    assert record.rate([pair], seen=False) == (0, 0)


async def test_what_was_given_first_stands_whatever_is_given_or_predicted_later(rig: Rig):
    await learn(rig)
    track = rig.tracks[11]
    (said,) = await rig.ask(track)
    await rig.predictions.shown(ADA, [said], Began(None))
    await rig.ratings.rate(ADA, track.id, 10)
    before = await rig.predictions.checked(ADA)
    assert not before[0].hit
    await rig.ratings.rate(ADA, track.id, stars(track))
    await rig.predictions.shown(ADA, await rig.ask(track), Began(None))
    await rig.predictions.shown(ADA, [dataclasses.replace(said, stars=1.0, low=1.0, high=2.0)], Began(None))
    await rig.retrain()
    assert await rig.predictions.checked(ADA) == before


async def test_until_the_rating_the_last_prediction_shown_is_the_one_that_counts(rig: Rig):
    await learn(rig)
    (said,) = await rig.ask(rig.tracks[11])
    await rig.predictions.shown(ADA, [said], Began(None))
    await rig.predictions.shown(ADA, [dataclasses.replace(said, stars=2.0, low=1.0, high=3.0)], Began(None))
    await rig.ratings.rate(ADA, rig.tracks[11].id, 9)
    (pair,) = await rig.predictions.checked(ADA)
    assert (pair.low, pair.high, pair.hit) == (1.0, 3.0, False)


async def test_a_rated_track_and_one_that_cannot_be_predicted_make_no_pair(rig: Rig):
    await learn(rig)
    await rig.predictions.shown(ADA, await rig.ask(rig.tracks[0]), Began(None))
    await rig.predictions.shown(ADA, await rig.ask(Track(rig.tracks[1].id, "Unheard")), Began(None))
    await rig.ratings.rate(ADA, rig.tracks[1].id, 5)
    assert await rig.predictions.checked(ADA) == []


async def test_retraining_first_asks_the_old_model_about_what_was_rated_blindly(rig: Rig):
    await learn(rig)
    assert await rig.predictions.checked(ADA) == [], "there was no model before the first"
    blind, seen = rig.tracks[9], rig.tracks[13]
    (said,) = await rig.ask(blind)
    await rig.predictions.shown(ADA, await rig.ask(seen), Began(None))
    await rig.ratings.rate(ADA, blind.id, stars(blind))
    await rig.ratings.rate(ADA, seen.id, stars(seen))
    await rig.ratings.rate(ADA, rig.tracks[0].id, 4)  # learned from, so no prediction of it is blind
    await rig.retrain()
    pairs = {pair.seen: pair for pair in await rig.predictions.checked(ADA)}
    assert len(pairs) == 2
    assert pairs[False].stars == said.stars, "the model that was stored when the track was rated"
    assert pairs[False].rated == stars(blind)
    await rig.retrain()
    assert len(await rig.predictions.checked(ADA)) == 2, "each pair once"


async def test_what_was_rated_before_the_model_is_not_blind(rig: Rig):
    await learn(rig)
    await rig.ratings.rate(ADA, rig.tracks[9].id, 5)
    with closing(sqlite3.connect(rig.file)) as stranger, stranger:
        stranger.execute("UPDATE ratings SET rated_at = rated_at - 60 WHERE track_id = ?", (rig.tracks[9].id,))
    await rig.retrain()
    assert await rig.predictions.checked(ADA) == []


async def test_a_model_of_an_earlier_version_which_names_no_tracks_is_left_in_peace(rig: Rig):
    await learn(rig)
    arrays, meta, report = await rig.models.load(ADA) or pytest.fail("no model")
    del meta["tracks"]
    await rig.models.save(ADA, arrays, meta, report, Began(None))
    await rig.ratings.rate(ADA, rig.tracks[9].id, 5)
    await rig.retrain()
    assert await rig.predictions.checked(ADA) == []


async def test_a_track_whose_expectation_a_groups_playlist_showed_is_not_rated_blindly(rig: Rig):
    await learn(rig)
    listed, swapped, voted, strange, other = rig.tracks[1:11:2]
    before = rig.tracks[13]
    now = int(time.time())
    await rig.ratings.rate(ADA, before.id, 3)
    with closing(sqlite3.connect(rig.file)) as stranger, stranger:
        stranger.execute("UPDATE models SET trained_at = ?", (now - 600,))
        stranger.execute("UPDATE ratings SET rated_at = ? WHERE track_id = ?", (now - 300, before.id))
    known, stand_in = {ADA: Guess(6.1), BEN: Guess(2.0)}, {ADA: Guess(5.0, stand_in=True)}
    slots = [(listed, known), (voted, known), (strange, stand_in), (before, known)]
    session = Session(
        guild_id=9,
        channel_id=8,
        host_id=ADA,
        settings=Settings("Friday"),
        members={who: Member(who, now) for who in (ADA, BEN)},
        created_at=now - 60,
        touched_at=now,
        phase=Phase.PLAYLIST,
        rounds=(Round(1, voted.id, now - 50, now - 40, closed_at=now - 40, ballots={ADA: Ballot(4)}),),
        slots=tuple(Slot(track.id, guesses) for track, guesses in slots),
        refused=frozenset({swapped.id}),
    )
    await rig.sessions.open(session)
    for track in (listed, swapped, voted, strange, other):
        await rig.ratings.rate(ADA, track.id, 5)
    await rig.retrain()
    assert await rig.predictions.told_by_sessions(ADA) == {listed.id, swapped.id}
    pairs = await rig.predictions.checked(ADA)
    assert sorted((pair.seen, pair.rated) for pair in pairs) == [
        (False, 3), (False, 5), (False, 5), (False, 5), (True, 5), (True, 5)
    ]  # fmt: skip


async def test_the_record_of_a_taste_does_not_wait_for_the_next_training(rig: Rig):
    await learn(rig)
    for track in rig.tracks[9:15:2]:
        await rig.ratings.rate(ADA, track.id, stars(track))
    seen = await look(rig.ratings, rig.models, rig.predictions, rig.workers, ADA)
    assert [one.seen for one in seen.record] == [False] * 3
    assert (seen.learned, seen.since) == (20, 3)
    again = await look(rig.ratings, rig.models, rig.predictions, rig.workers, ADA)
    assert again.record == seen.record, "each once"
    await rig.retrain()
    trained = await look(rig.ratings, rig.models, rig.predictions, rig.workers, ADA)
    assert trained.record == seen.record
    assert (trained.learned, trained.since) == (23, 0)
