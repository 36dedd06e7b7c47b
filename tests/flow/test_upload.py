"""What members send and take along stays within bounds, in memory and in the database."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.domain.errors import TooMuchStored
from bot.domain.tracks import PlaylistSource, TrackSource
from bot.flow.account import export
from bot.flow.sent import Sent
from bot.flow.upload import Uploaded, upload
from bot.flow.workers import Workers
from bot.taste.group import owe
from storage import clips
from storage.accounts import Accounts
from storage.clips import StoredClips
from storage.database import Database
from storage.listeners import Began
from storage.models import Models
from storage.playlists import Playlists
from storage.ratings import Ratings
from storage.sessions import Sessions
from storage.studies import Studies
from tests.end_to_end.people import eventually
from tests.ids import number_from_one
from tests.sources.sounds import sine, wav

ADA, BEN = 1, 2


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await number_from_one(await Database.open(tmp_path / "earmark.db"))
    yield opened
    await opened.close()


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers(lambda: ThreadPoolExecutor(1))
    yield made
    made.close()


async def test_files_are_fetched_when_their_turn_has_come_and_not_all_at_once(database: Database, workers: Workers):
    sound = wav(sine(440, 2))
    fetched: list[int] = []

    def sent(who: int, number: int) -> Sent:
        async def fetch() -> bytes:
            fetched.append(who)
            return sound

        return Sent(f"{who}-{number}.wav", len(sound), fetch)

    def send(who: int) -> asyncio.Task[Uploaded]:
        playlists = Playlists(database)
        files = [sent(who, number) for number in range(4)]
        return asyncio.create_task(upload(playlists, StoredClips(database), workers, who, files))

    async with workers._turns.of(0):  # nothing is heard meanwhile
        sending = [send(who) for who in (ADA, BEN, 3, 4)]
        await eventually(lambda: workers._rooms.waiting == workers.waiting == 2)  # all that can go on has
        assert len(fetched) == 2, "one that is heard next, and one behind it, whoever they are of"
    outcomes = await asyncio.gather(*sending)
    assert [len(one.heard) for one in outcomes] == [4] * 4
    assert set(fetched[:4]) == {ADA, BEN, 3, 4}, "each in turn"


async def record(database: Database, who: int, count: int, each: int) -> None:
    sources = [TrackSource(f"Demo {i}", f"Member {who}") for i in range(count)]
    _, ids = await Playlists(database).extend(who, PlaylistSource("Uploads", "audio", sources), Began(None))
    await StoredClips(database).add(who, {track: bytes(each) for track in ids}, Began(None))


async def test_recordings_that_would_not_fit_into_an_archive_are_not_read(database: Database, workers: Workers):
    await record(database, ADA, 30, 1_000_000)
    stores = (Accounts(database), Playlists(database), Ratings(database), Models(database), StoredClips(database))
    stores = (*stores, Sessions(database, owe), Studies(database))
    tracemalloc.start()
    small = await export(*stores, workers, ADA, "What is what.", 10_000_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000
    assert b"uploads/1.mp3" not in small
    assert b"uploads/1.mp3" in await export(*stores, workers, ADA, ""), "an operator gets them all"


async def test_a_member_keeps_so_many_recordings_and_no_more(database: Database, workers: Workers):
    await record(database, ADA, clips.MOST - 1, 10)
    playlists = Playlists(database)

    async def fetch() -> bytes:
        return wav(sine(440, 2))

    def send(who: int, count: int) -> asyncio.Task[Uploaded]:
        files = [Sent(f"{i}.wav", 10, fetch) for i in range(count)]
        return asyncio.create_task(upload(playlists, StoredClips(database), workers, who, files))

    with pytest.raises(TooMuchStored) as caught:
        await send(ADA, 2)
    assert caught.value.what == "recordings"
    assert len((await send(ADA, 1)).heard) == 1
    assert len((await send(BEN, 1)).heard) == 1
