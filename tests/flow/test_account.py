"""Erasing somebody while work for them is under way, and while others are asked about their tracks."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.domain.errors import ErasedMeanwhile
from bot.domain.taste import Checked
from bot.domain.tracks import PlaylistSource, TrackSource
from bot.flow.account import erase
from bot.flow.connect import Connections
from bot.flow.rate import Questions, Round
from bot.flow.retrain import retrain
from bot.flow.workers import Workers
from storage.accounts import Accounts
from storage.cards import Cards, PublicCard
from storage.clips import StoredClips
from storage.database import Database
from storage.models import Models
from storage.playlists import Playlists
from storage.predictions import Predictions
from storage.ratings import Ratings
from storage.spotify import SpotifyAccounts
from storage.studies import Studies

ADA, BEN, HERE = 11, 22, 99
SOURCES = [TrackSource(f"Piece {i}", "Bach", features={"energy": i / 20, "tempo": 60.0 + i}) for i in range(20)]
MIX = PlaylistSource("Mix", "csv", SOURCES)


@dataclass
class Rig:
    database: Database
    ratings: Ratings
    path: Path

    def __post_init__(self) -> None:
        self.accounts, self.playlists = Accounts(self.database), Playlists(self.database)
        self.models, self.predictions = Models(self.database), Predictions(self.database)
        self.spotify = SpotifyAccounts(self.database)
        self.connections = Connections(None, None, self.spotify)
        self.questions = Questions(self.playlists, self.ratings, Workers(lambda: ThreadPoolExecutor(1)))

    async def link(self, who: int = ADA, source: PlaylistSource = MIX) -> list[int]:
        linked = await self.playlists.link(who, source)
        return [track.id for track in await self.playlists.tracks(linked.playlist.id)]

    async def erase(self, who: int = ADA) -> None:
        await erase(self.accounts, self.connections, who)


@asynccontextmanager
async def rig_in(folder: Path) -> AsyncIterator[Rig]:
    database = await Database.open(folder / "earmark.db")
    ratings = Ratings(database)
    await ratings.start()
    try:
        yield Rig(database, ratings, folder / "earmark.db")
    finally:
        await ratings.close()
        await database.close()


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig_in(tmp_path) as made:
        yield made


async def train_and_erase(rig: Rig, back: bool) -> None:
    """Erase Ada, and let her come `back`, between the beginning of her training and its end."""
    workers = Workers(lambda: ThreadPoolExecutor(1))
    for stars, track in enumerate(await rig.link()):
        await rig.ratings.rate(ADA, track, stars // 2 + 1)
    async with workers._turns.of(BEN):  # somebody else's training, for which hers waits
        training = asyncio.create_task(retrain(rig.ratings, rig.models, rig.predictions, workers, ADA))
        while not workers.waiting:
            await asyncio.sleep(0.01)
        await rig.erase()
        if back:
            await rig.link()
    with pytest.raises(ErasedMeanwhile):
        await training
    workers.close()


@pytest.mark.parametrize("back", [False, True])
async def test_a_training_that_ends_after_an_erasure_stores_nothing(rig: Rig, back: bool):
    await train_and_erase(rig, back)
    assert await rig.models.load(ADA) is None
    assert (await rig.accounts.counts(ADA)).get("playlists", 0) == back


async def test_no_work_that_began_before_an_erasure_keeps_anything(rig: Rig):
    (first, *_) = await rig.link()
    since = await rig.playlists.began(ADA)
    checked = Checked(5.0, 4.0, 6.0, False, 1, 5, 1)
    await rig.link(BEN)
    await rig.erase()
    late = (
        rig.playlists.link_all(ADA, [MIX], since),
        rig.playlists.extend(ADA, MIX, since),
        rig.playlists.note(ADA, SOURCES[0], since),
        StoredClips(rig.database).add(ADA, {first: b"sound"}, since),
        rig.predictions.add(ADA, [(first, checked)], since),
        rig.spotify.put(ADA, b"sealed", since),
        Studies(rig.database).begin(ADA, since),
        Cards(rig.database).add(PublicCard(1, 2, HERE, ADA, first, None), since),
    )
    for work in late:
        with pytest.raises(ErasedMeanwhile):
            await work
    assert await rig.accounts.counts(ADA) == {}
    await rig.playlists.link_all(ADA, [MIX], await rig.playlists.began(ADA))
    assert [one.tracks for one in await rig.playlists.of(ADA)] == [20], "whoever comes back is welcome at once"


async def test_every_erasure_is_another_even_within_a_second(rig: Rig):
    seen = {await rig.playlists.began(ADA)}
    for _ in range(3):
        await rig.link()
        await rig.erase()
        seen.add(await rig.playlists.began(ADA))
    assert len(seen) == 4
    assert (await rig.playlists.began(BEN)).erased_at is None, "and nobody else's"


async def ask_ben_then_share(rig: Rig) -> Round:
    """Let Ben be asked about what Ada shares, while his own playlist is there as well."""
    await rig.link()
    await rig.playlists.share(ADA, (await rig.playlists.of(ADA))[0].id, HERE)
    own = [TrackSource(f"Own {i}", "Ben") for i in range(5)]  # without features: asked last
    await rig.link(BEN, PlaylistSource("Own", "csv", own))
    asked = await rig.questions.next(Round(BEN, HERE))
    assert asked.track.artist == "Bach"
    return Round(BEN, HERE)


async def test_whoever_was_asked_about_an_erased_persons_tracks_is_asked_on(rig: Rig):
    here = await ask_ben_then_share(rig)
    (own, *_) = await rig.playlists.visible_tracks(BEN, None)
    await rig.erase()
    assert (await rig.questions.about(here, own.id)).left == 5, "put in order anew"
    assert (await rig.questions.next(here)).track.artist == "Ben"


async def test_and_so_when_the_operator_erased_beside_the_running_bot(rig: Rig):
    here = await ask_ben_then_share(rig)
    beside = await Database.open(rig.path)
    await Accounts(beside).erase(ADA)
    await beside.close()
    question = await rig.questions.next(here)
    assert (question.track.artist, question.left) == ("Ben", 5)
