"""Long lists: stored in parts, between which others write, and yet all of a list or nothing of it."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from bot.config import Config
from bot.domain.errors import ErasedMeanwhile, TooMuchStored, UnknownPlaylist
from bot.domain.tracks import PlaylistSource, TrackSource
from bot.serving.app import services
from storage import linking
from storage.accounts import Accounts
from storage.database import Database
from storage.listeners import Began
from storage.playlists import Playlists
from storage.ratings import Ratings
from tests.storage.test_storage import source

ADA, BEN, GUILD = 1, 2, 99
LONG = PlaylistSource("Long", "csv", [TrackSource(f"Piece {i}", "Bach", features={"energy": 0.5}) for i in range(5000)])


def rows(file: Path, table: str) -> int:
    with closing(sqlite3.connect(file)) as stranger:
        return stranger.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "earmark.db"


async def in_the_middle(playlists: Playlists, file: Path, do: Callable[[], Awaitable[object]]) -> None:
    """Link the long list for Ada, and do something when some parts of it are stored."""
    linking_ = asyncio.create_task(playlists.link(ADA, LONG))
    while rows(file, "playlist_tracks") < linking.PART:
        await asyncio.sleep(0.005)
    assert not linking_.done()
    await do()
    await linking_


async def test_a_long_list_keeps_its_order_and_nobody_waits_for_the_whole(
    database: Database, ratings: Ratings, file: Path
):
    playlists = Playlists(database)
    await playlists.link(BEN, source("Air"))
    (air,) = await playlists.visible_tracks(BEN, None)
    seen: list[int] = []

    async def click() -> None:
        assert await playlists.of(ADA) == [], "no half list is seen"
        await ratings.rate(BEN, air.id, 7)
        seen.append(rows(file, "playlist_tracks"))

    await in_the_middle(playlists, file, click)
    assert seen[0] < len(LONG.tracks), "the click was saved while the list was stored"
    (linked,) = await playlists.of(ADA)
    assert [track.title for track in await playlists.tracks(linked.id)] == [one.title for one in LONG.tracks]
    again = await playlists.link(ADA, replace(LONG, tracks=list(reversed(LONG.tracks))))
    assert (again.playlist.id, again.relinked, again.playlist.tracks) == (linked.id, True, 5000)
    assert (await playlists.tracks(linked.id))[0].title == "Piece 4999"
    assert rows(file, "playlists") == 2, "and no stage is left"


async def test_what_others_unlink_meanwhile_stays_on_the_long_list(database: Database, file: Path):
    playlists = Playlists(database)
    bens = await playlists.link(BEN, replace(LONG, tracks=LONG.tracks[:1]))
    await in_the_middle(playlists, file, lambda: playlists.unlink(BEN, bens.playlist.id))
    assert [one.tracks for one in await playlists.of(ADA)] == [5000]


async def test_an_erasure_in_the_middle_leaves_nothing(database: Database, file: Path):
    playlists = Playlists(database)
    with pytest.raises(ErasedMeanwhile):
        await in_the_middle(playlists, file, lambda: Accounts(database).erase(ADA))
    assert [rows(file, table) for table in ("listeners", "playlists", "tracks", "track_values")] == [0] * 4


async def test_several_long_lists_are_stored_all_or_none(database: Database, file: Path):
    playlists = Playlists(database)
    with pytest.raises(IntegrityError):
        await playlists.link_all(ADA, [LONG, replace(LONG, name="")], Began(None))
    assert await playlists.of(ADA) == []
    assert [rows(file, table) for table in ("playlists", "tracks")] == [0, 0]
    made = await playlists.link_all(ADA, [LONG, replace(LONG, name="Again")], Began(None))
    assert [one.playlist.tracks for one in made] == [5000, 5000]


async def test_a_track_may_move_from_one_list_to_the_next_of_those_linked_together(database: Database):
    playlists = Playlists(database)
    air, gigue = (TrackSource(name, "Bach") for name in ("Air", "Gigue"))
    await playlists.link(ADA, PlaylistSource("One", "csv", [air]))
    made = await playlists.link_all(
        ADA, [PlaylistSource("One", "csv", [gigue]), PlaylistSource("Two", "csv", [air])], Began(None)
    )
    assert [one.playlist.tracks for one in made] == [1, 1]


async def test_what_a_killed_program_left_half_linked_goes_at_the_next_start(tmp_path: Path):
    config = Config(data=tmp_path, database=tmp_path / "earmark.db")
    database = await Database.open(config.database)
    await Playlists(database).link(BEN, source("Air"))
    await linking.stage(database, ADA, [LONG], Began(None))
    await database.close()  # in the middle, as far as the file can tell
    assert rows(config.database, "tracks") == 5001
    async with services(config) as s:
        assert [one.name for one in await s.playlists.visible(BEN, None)] == ["Mix"]
    assert [rows(config.database, table) for table in ("playlists", "tracks")] == [1, 1]


async def test_a_long_list_goes_at_once_for_its_owner_and_in_parts_for_the_file(
    database: Database, ratings: Ratings, file: Path
):
    playlists = Playlists(database)
    await playlists.link(BEN, source("Air"))
    (air,) = await playlists.visible_tracks(BEN, None)
    linked = await playlists.link(ADA, LONG)
    await playlists.share(ADA, linked.playlist.id, GUILD)
    unlinking = asyncio.create_task(playlists.unlink(ADA, linked.playlist.id))
    while rows(file, "tracks") > 4501:
        await asyncio.sleep(0.002)
    await ratings.rate(BEN, air.id, 7)
    assert not unlinking.done(), "the click was saved before the list was gone"
    assert await playlists.of(ADA) == []
    assert await playlists.shared_tracks([ADA], GUILD) == []
    again = await playlists.link(ADA, LONG)
    assert (await unlinking).tracks == 5000
    assert not again.relinked
    assert len(await playlists.tracks(again.playlist.id)) == 5000
    assert [rows(file, table) for table in ("playlists", "tracks")] == [2, 5001]


async def test_one_member_lists_so_many_tracks_and_no_more(database: Database):
    playlists = Playlists(database)
    tracks = [TrackSource(f"Piece {i}", "Bach") for i in range(20_000)]
    for number in range(2):
        await playlists.link(ADA, PlaylistSource(f"Mix {number}", "csv", tracks))
    with pytest.raises(TooMuchStored):
        await playlists.link(ADA, PlaylistSource("One too many", "csv", tracks))
    with pytest.raises(TooMuchStored):
        await playlists.extend(ADA, PlaylistSource("Uploads", "audio", tracks), Began(None))
    again = await playlists.link(ADA, PlaylistSource("Mix 0", "csv", tracks))
    assert again.relinked, "what takes an older list's place needs no room of its own"
    assert len(await playlists.of(ADA)) == 2
    assert (await playlists.link(BEN, PlaylistSource("Ben's", "csv", tracks[:9]))).playlist.tracks == 9


async def test_nobody_lets_a_list_take_the_place_of_another_members(database: Database):
    playlists = Playlists(database)
    hers = await playlists.link(1, PlaylistSource("Mix", "csv", [TrackSource("Air", "Bach")]))
    his = await playlists.link(2, PlaylistSource("Mix", "csv", [TrackSource("Gigue", "Bach")]))
    for who, new, old in ((1, hers, his), (1, his, hers), (2, hers, his)):
        with pytest.raises(UnknownPlaylist):
            await playlists.replace(who, new.playlist.id, old.playlist.id)
    assert [track.title for track in await playlists.tracks(hers.playlist.id)] == ["Air"]


async def test_a_long_list_asks_too_before_it_replaces_another(database: Database):
    playlists = Playlists(database)
    first = await playlists.link(1, PlaylistSource("Long", "csv", [TrackSource("Air", "Bach")]))
    (second,) = await playlists.link_all(1, [LONG], Began(None), ask=True)
    assert (second.playlist.name, second.playlist.tracks) == ("Long 2", 5000)
    assert second.namesake is not None
    assert second.namesake.id == first.playlist.id
