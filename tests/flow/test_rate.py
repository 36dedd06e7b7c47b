"""The order of questions: as made, as walked, and as it follows what was answered."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.domain.errors import NoPlaylist, NothingToRate, UnknownPlaylist, UnknownTrack
from bot.domain.ratings import MIN_RATINGS, Question
from bot.domain.tracks import PlaylistSource, TrackSource
from bot.flow.link import link_text
from bot.flow.rate import AHEAD, EVERY, Questions, Round, rate, skip
from bot.flow.workers import Workers
from storage.cards import Cards, PublicCard
from storage.database import Database
from storage.features import Features
from storage.playlists import Playlists
from storage.ratings import Ratings
from tests.end_to_end.people import eventually

ADA = Round(1)


@dataclass
class Rig:
    database: Database
    playlists: Playlists
    ratings: Ratings
    workers: Workers
    questions: Questions

    async def link(self, artists: int, tracks: int = 60) -> None:
        sources = [
            TrackSource(
                title=f"Piece {i}",
                artist=f"Artist {i % artists}",
                features={"energy": i % 10 / 10, "valence": i % 7 / 7, "tempo": 60.0 + i},
            )
            for i in range(tracks)
        ]
        await self.playlists.link(1, PlaylistSource(name="Mix", kind="csv", tracks=tuple(sources)))

    async def answer(self, count: int) -> list[Question]:
        """Answer so many questions by how energetic the track is."""
        asked: list[Question] = []
        for _ in range(count):
            asked.append(await self.questions.next(ADA))
            track = asked[-1].track
            await rate(self.playlists, self.ratings, ADA, track.id, 1 + round(9 * track.features["energy"]))
        return asked

    async def followed(self) -> Question:
        """The next question, once the order has followed the answers."""
        async with asyncio.timeout(30):
            while (question := await self.questions.next(ADA)).why not in {"telling", "surprise"}:
                await asyncio.sleep(0.02)
        return question


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    database = await Database.open(tmp_path / "earmark.db")
    ratings, playlists, workers = Ratings(database), Playlists(database), Workers(lambda: ThreadPoolExecutor(1))
    await ratings.start()
    questions = Questions(playlists, ratings, workers)
    yield Rig(database, playlists, ratings, workers, questions)
    await questions.close()
    workers.close()
    await ratings.close()
    await database.close()


async def test_the_order_follows_the_answers_from_ten_ratings_on(rig: Rig):
    await rig.link(artists=60)
    first = await rig.answer(MIN_RATINGS)
    assert {question.why for question in first} == {"typical", "surprise"}
    await rig.followed()
    asked = await rig.answer(EVERY)
    assert "telling" in {question.why for question in asked}
    again = [*first, *asked, *await rig.answer(60 - len(first) - len(asked))]
    assert len({question.track.id for question in again}) == 60, "each track is asked about once"


async def test_the_order_follows_every_third_answer(rig: Rig):
    await rig.link(artists=60)
    await rig.answer(MIN_RATINGS)

    async def followed() -> int:
        await rig.questions.next(ADA)
        return (await rig.questions._order(ADA)).rated

    await eventually(followed, 30)
    assert await followed() == MIN_RATINGS
    await rig.answer(EVERY)
    async with asyncio.timeout(30):
        while await followed() != MIN_RATINGS + EVERY:
            await asyncio.sleep(0.02)


async def test_what_was_skipped_does_not_come_back(rig: Rig):
    await rig.link(artists=60)
    skipped = (await rig.questions.next(ADA)).track.id
    await skip(rig.playlists, rig.ratings, ADA, skipped)
    await rig.answer(MIN_RATINGS)
    await rig.followed()
    rest = await rig.answer(59 - MIN_RATINGS)
    assert skipped not in {question.track.id for question in rest}


async def test_equal_ratings_leave_the_order_as_it_is(rig: Rig):
    await rig.link(artists=60)
    for _ in range(MIN_RATINGS + 5):
        track = (await rig.questions.next(ADA)).track
        await rate(rig.playlists, rig.ratings, ADA, track.id, 7)
    await rig.questions.close()
    assert (await rig.questions.next(ADA)).why in {"typical", "surprise"}


async def test_no_artist_comes_three_times_running_when_others_were_rated_elsewhere(rig: Rig):
    await rig.link(artists=4)
    artists: list[str] = []
    elsewhere = Round(1, playlist_id=(await rig.playlists.of(1))[0].id)
    for turn in range(24):
        asked = await rig.questions.next(ADA)
        artists.append(asked.track.artist)
        assert len(set(asked.then)) == min(AHEAD, asked.left - 1)
        assert asked.track.id not in asked.then
        await rate(rig.playlists, rig.ratings, ADA, asked.track.id, 1 + turn % 10)
        for _ in range(turn % 2):
            other = await rig.questions.next(elsewhere)
            await rate(rig.playlists, rig.ratings, ADA, other.track.id, 1 + turn % 10)
    assert not any(len(set(artists[i : i + 3])) == 1 for i in range(len(artists) - 2))


class Broken(ThreadPoolExecutor):
    """Processes that cannot be started."""

    asked = 0

    def submit(self, *_, **__):
        self.asked += 1
        raise OSError(12, "Cannot allocate memory")


async def test_what_cannot_be_chosen_is_not_tried_at_each_click(rig: Rig):
    broken = Broken(1)
    rig.questions = Questions(rig.playlists, rig.ratings, Workers(lambda: broken))
    await rig.link(artists=60)
    asked = []
    for _ in range(MIN_RATINGS + 4 * EVERY):
        asked += await rig.answer(1)
        await asyncio.sleep(0.02)
    assert len({question.track.id for question in asked}) == len(asked), "the order that there is goes on"
    assert 1 <= broken.asked <= 5
    await rig.questions.close()


@pytest.mark.parametrize("stars", [1, 10])
async def test_the_least_and_the_most_are_stars(rig: Rig, stars: int):
    await rig.link(artists=4, tracks=4)
    track = (await rig.questions.next(ADA)).track
    assert await rate(rig.playlists, rig.ratings, ADA, track.id, stars) == track
    assert await rig.ratings.stars(1) == {track.id: stars}


async def test_nobody_rates_or_passes_over_what_they_cannot_see(rig: Rig):
    await rig.link(artists=4, tracks=4)
    track = (await rig.questions.next(ADA)).track
    for answer in (rate(rig.playlists, rig.ratings, Round(2, 99), track.id, 5),
                   skip(rig.playlists, rig.ratings, Round(2, 99), track.id),
                   rig.questions.about(Round(2, 99), track.id)):  # fmt: skip
        with pytest.raises(UnknownTrack):
            await answer
    standing = await rig.ratings.standing(2)
    assert (dict(standing.stars), standing.skipped) == ({}, frozenset())


async def test_questions_end_when_all_is_answered_and_do_not_begin_without_a_list(rig: Rig):
    with pytest.raises(NoPlaylist):
        await rig.questions.next(ADA)
    await rig.link(artists=3, tracks=3)
    lefts = [question.left for question in await rig.answer(3)]
    assert lefts == [3, 2, 1]
    with pytest.raises(NothingToRate) as caught:
        await rig.questions.next(ADA)
    assert caught.value.rated == 3


async def test_a_question_knows_what_was_given_what_can_be_taken_back_and_what_comes_then(rig: Rig):
    await rig.link(artists=6, tracks=6)
    first = await rig.questions.next(ADA)
    assert (first.stars, first.rated, first.left, first.can_undo) == (None, 0, 6, False)
    assert len(set(first.then)) == AHEAD
    assert first.track.id not in first.then
    await rate(rig.playlists, rig.ratings, ADA, first.track.id, 8)
    again = await rig.questions.about(ADA, first.track.id)
    assert (again.stars, again.rated, again.left, again.can_undo) == (8, 1, 5, True)
    second = await rig.questions.next(ADA)
    assert second.track.id == first.then[0]


async def test_a_round_of_one_list_asks_about_no_other(rig: Rig):
    await rig.link(artists=4, tracks=4)
    linked = await rig.playlists.link(1, PlaylistSource("Other", "csv", [TrackSource("Alone", "Artist 9")]))
    only = Round(1, playlist_id=linked.playlist.id)
    question = await rig.questions.next(only)
    assert (question.track.title, question.left, question.why) == ("Alone", 1, "unheard")
    assert question.playlist_id == linked.playlist.id
    assert (await rig.questions.next(ADA)).left == 5


async def test_how_tracks_sound_is_heard_of_when_it_arrives_late(rig: Rig):
    """Somebody begins to rate while ReccoBeats is still being asked."""
    links = "\n".join(f"https://open.spotify.com/track/{i:022d}" for i in range(1, 31))
    (linked,) = await link_text(rig.playlists, 1, links)
    assert (await rig.questions.next(ADA)).why == "unheard"
    features = Features(rig.database)
    lacking = await features.lacking("reccobeats", 1, playlist_id=linked.playlist.id)
    sounds = {one.track_id: {"energy": i / 30, "tempo": 60.0 + i} for i, one in enumerate(lacking)}
    await features.keep("reccobeats", sounds)
    assert (await rig.questions.next(ADA)).why == "typical"
    assert (await rig.questions.next(Round(1, playlist_id=linked.playlist.id))).why == "typical"


async def test_lists_that_come_go_or_are_shared_are_noticed_by_whoever_sees_them(rig: Rig):
    ada, ben = Round(1, 99), Round(2, 99)

    async def left(of: Round) -> int:
        try:
            return (await rig.questions.next(of)).left
        except NoPlaylist:
            return 0

    assert (await left(ada), await left(ben)) == (0, 0)
    await rig.link(artists=9, tracks=20)
    (mix,) = await rig.playlists.of(1)
    assert (await left(ada), await left(ben)) == (20, 0)
    await rig.playlists.share(1, mix.id, 99)
    assert (await left(ada), await left(ben)) == (20, 20)
    await rig.link(artists=9, tracks=25)  # the same list, longer
    assert (await left(ada), await left(ben)) == (25, 25)
    await rig.playlists.share(1, mix.id, 99, shared=False)
    assert (await left(ada), await left(ben)) == (25, 0)
    await rig.playlists.share(1, mix.id, 99)
    assert await left(Round(2, 99, mix.id)) == 25
    await rig.playlists.unlink(1, mix.id)
    assert (await left(ada), await left(ben)) == (0, 0)
    with pytest.raises(UnknownPlaylist):
        await rig.questions.next(Round(2, 99, mix.id))


async def test_an_order_stands_while_nothing_changes_on_which_it_rests(rig: Rig):
    await rig.link(artists=60)
    await rig.answer(2)
    order = await rig.questions._order(ADA)
    await rig.playlists.link(2, PlaylistSource("Other", "csv", [TrackSource("Air", "Bach")]))
    assert await rig.questions._order(ADA) is order, "another member's list"
    version = rig.database.lists_version
    await rig.answer(3)
    assert rig.database.lists_version == version, "a rating asks for no second look"
    assert await rig.questions._order(ADA) is order


async def test_what_stops_being_shared_without_a_word_is_noticed_after_a_while(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    await rig.link(artists=9, tracks=20)
    (mix,) = await rig.playlists.of(1)
    await rig.playlists.share(1, mix.id, 99)
    assert (await rig.questions.next(Round(2, 99))).left == 20
    with closing(sqlite3.connect(tmp_path / "earmark.db", isolation_level=None)) as beside:
        beside.execute("UPDATE playlist_shares SET seen_at = 0")  # nobody saw its owner in that server for long
    monkeypatch.setattr("storage.playlists.SECOND_LOOK", 1e-6)  # seconds
    with pytest.raises(NoPlaylist):
        await rig.questions.next(Round(2, 99))
    assert (await rig.questions.next(Round(1, 99))).left == 20, "but by its owner"


async def test_questions_that_could_not_be_ordered_once_are_ordered_the_next_time(rig: Rig, tmp_path: Path):
    await rig.link(artists=10)

    def rename(before: str, after: str) -> None:
        with closing(sqlite3.connect(tmp_path / "earmark.db")) as stranger, stranger:
            stranger.execute(f"ALTER TABLE {before} RENAME TO {after}")

    rename("tracks", "elsewhere")
    with pytest.raises(Exception, match="no such table"):
        await rig.questions.next(ADA)
    rename("elsewhere", "tracks")
    assert (await rig.questions.next(ADA)).left == 60


async def test_a_rating_has_one_way_in_for_what_its_member_can_see_or_is_asked(rig: Rig, tmp_path: Path):
    await rig.link(artists=10)
    first, second = (await rig.playlists.visible_tracks(1, None))[:2]
    database = await Database.open(tmp_path / "earmark.db")
    cards = Cards(database)
    await cards.add(PublicCard(55, 1, 99, 1, first.id, None), await rig.playlists.began(1))
    ben, elsewhere = Round(2, guild_id=99), Round(2, guild_id=98)
    for of, track_id, message_id in (
        (ben, first.id, None),  # on a stranger's list
        (ben, second.id, 55),  # the card asks about another track
        (elsewhere, first.id, 55),  # and on another server
        (ben, first.id, 56),
    ):
        with pytest.raises(UnknownTrack):
            await rate(rig.playlists, rig.ratings, of, track_id, 5, message_id)
    for stars in (0, 11):
        with pytest.raises(ValueError, match=str(stars)):
            await rate(rig.playlists, rig.ratings, ben, first.id, stars, 55)
    assert await rig.ratings.count(2) == 0
    await rate(rig.playlists, rig.ratings, ben, first.id, 5, 55)
    await rate(rig.playlists, rig.ratings, elsewhere, first.id, 6)  # what one has rated can be changed anywhere
    assert await rig.ratings.stars(2) == {first.id: 6}
    await database.close()
