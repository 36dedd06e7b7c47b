"""Files, pasted lines and the bot's own catalogue become stored lists; real files, real worker processes."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.domain.errors import Busy, EmptyFile, ErasedMeanwhile, LinkNotSupported, NoTracks
from bot.domain.tracks import PlaylistSource, TrackSource
from bot.flow.link import NAME_LENGTH, link_catalogue, link_file, link_text, named
from bot.flow.rate import Questions, Round
from bot.flow.sent import Sent
from bot.flow.workers import Workers
from bot.sources.bach import catalogue
from storage.accounts import Accounts
from storage.database import Database
from storage.playlists import Playlists
from storage.ratings import Ratings

ADA, BEN, HERE = 1, 2, 99
TABLE = b"Track Name,Artist Name(s),Energy\nAir,Bach,0.2\nGigue,Bach,0.8\n"
TWO_LISTS = b"""{"playlists": [
  {"name": "Day", "items": [{"track": {"trackName": "Air", "artistName": "Bach"}}]},
  {"name": "Night", "items": [{"track": {"trackName": "Gigue", "artistName": "Bach"}}]}]}"""


@dataclass
class Rig:
    playlists: Playlists
    questions: Questions
    workers: Workers
    accounts: Accounts

    async def link(self, name: str, data: bytes, title: str | None = None, who: int = ADA):
        async def fetch() -> bytes:
            return data

        file = Sent(name, len(data), fetch)
        return await link_file(self.playlists, self.workers, who, file, title)

    async def paste(self, text: str, title: str | None = None):
        (linked,) = await link_text(self.playlists, ADA, text, title)
        return linked

    async def names(self, who: int = ADA) -> list[str]:
        return sorted(playlist.name for playlist in await self.playlists.of(who))


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    database = await Database.open(tmp_path / "earmark.db")
    playlists, workers = Playlists(database), Workers.processes(1)
    idle = Workers(lambda: ThreadPoolExecutor(1))
    questions = Questions(playlists, Ratings(database), idle)
    yield Rig(playlists, questions, workers, Accounts(database))
    await questions.close()
    workers.close()
    idle.close()
    await database.close()


async def test_a_file_is_stored_in_its_order_with_its_values(rig: Rig):
    (linked,) = await rig.link("My mix.csv", TABLE)
    assert (linked.playlist.name, linked.playlist.tracks, linked.playlist.with_features) == ("My mix", 2, 2)
    tracks = await rig.playlists.tracks(linked.playlist.id, ADA)
    assert [(track.title, track.features["energy"]) for track in tracks] == [
        ("Air", pytest.approx(0.2)), ("Gigue", pytest.approx(0.8))]  # fmt: skip


async def test_a_name_that_was_typed_is_for_a_file_with_one_list(rig: Rig):
    await rig.link("My mix.csv", TABLE, "  Sunday\u202e ")
    assert await rig.names() == ["Sunday"]
    await rig.link("Playlist1.json", TWO_LISTS, "Sunday")
    assert await rig.names() == ["Day", "Night", "Sunday"]


@pytest.mark.parametrize(("data", "error"), [
    (b"", EmptyFile),
    (b"nothing of music here", NoTracks),
    (b"https://www.deezer.com/playlist/1", LinkNotSupported),
])  # fmt: skip
async def test_a_file_without_tracks_stores_nothing(rig: Rig, data: bytes, error: type[Exception]):
    with pytest.raises(error):
        await rig.link("bad.txt", data)
    assert await rig.names() == []


async def test_a_file_is_read_in_a_process_and_what_is_wrong_with_it_is_said_the_same(rig: Rig):
    await rig.link("My mix.csv", TABLE)
    assert rig.workers._executor is not None, "a process was started"
    with pytest.raises(NoTracks):
        await rig.link("words.txt", b"nothing of music here")
    assert await rig.names() == ["My mix"]


async def test_one_file_of_a_member_at_a_time_and_the_next_afterwards(rig: Rig):
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def fetch() -> bytes:
        begun.set()
        await go_on.wait()
        return TABLE

    file = Sent("First.csv", len(TABLE), fetch)
    first = asyncio.create_task(link_file(rig.playlists, rig.workers, ADA, file))
    await begun.wait()
    with pytest.raises(Busy) as caught:
        await rig.link("Second.csv", TABLE)
    assert caught.value.doing == "linking"
    await rig.link("Hers.csv", TABLE, who=BEN)
    go_on.set()
    await first
    await rig.link("Third.csv", TABLE)
    assert await rig.names() == ["First", "Third"]
    assert await rig.names(BEN) == ["Hers"]


async def test_a_file_of_whoever_is_erased_while_it_is_fetched_is_not_stored(rig: Rig):
    await rig.link("Earlier.csv", TABLE)

    async def fetch() -> bytes:
        await rig.accounts.erase(ADA)
        return TABLE

    with pytest.raises(ErasedMeanwhile):
        await link_file(rig.playlists, rig.workers, ADA, Sent("Late.csv", len(TABLE), fetch))
    assert await rig.names() == []


async def test_pasted_lines_replace_no_list_unless_named_like_one_of_the_same_tracks(rig: Rig):
    first, second = await rig.paste("Bach - Air"), await rig.paste("Bach - Gigue", " ")
    assert (first.playlist.name, second.playlist.name) == ("Pasted songs", "Pasted songs 2")
    again = await rig.paste("Bach - Air", "Pasted songs")
    assert again.relinked
    other = await rig.paste("Bach - Fugue", "Pasted songs")
    assert not other.relinked
    assert other.namesake is not None, "its owner is asked first"
    assert other.namesake.id == first.playlist.id
    with pytest.raises(NoTracks):
        await rig.paste("nothing of the kind")


async def test_the_catalogue_is_there_for_whoever_has_no_file(rig: Rig):
    (linked,) = await link_catalogue(rig.playlists, ADA)
    assert linked.playlist.tracks == linked.playlist.with_features == len(catalogue().tracks)
    (renamed,) = await link_catalogue(rig.playlists, BEN, "Chorales")
    assert renamed.playlist.name == "Chorales"


async def test_new_tracks_are_asked_about_at_once_by_whoever_sees_them(rig: Rig):
    (linked,) = await rig.link("Mix.csv", TABLE)
    await rig.playlists.share(ADA, linked.playlist.id, HERE)
    for who in (ADA, BEN):
        assert (await rig.questions.next(Round(who, HERE))).left == 2
    (again,) = await rig.link("Mix.csv", TABLE + b"Fugue,Bach,0.5\n")
    assert again.relinked
    for who in (ADA, BEN):
        assert (await rig.questions.next(Round(who, HERE))).left == 3


def test_a_name_is_made_harmless_and_short_and_a_blank_one_is_none():
    source = PlaylistSource("Mine", "csv", [TrackSource("Air", "Bach")])
    assert named(source, None) is source
    assert named(source, " \u202e ").name == "Mine"
    assert len(named(source, "x" * 500).name) == NAME_LENGTH
