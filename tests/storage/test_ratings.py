"""What members gave: stored, changed, passed over, taken back and read page by page, in a real file."""

import asyncio
import time

import pytest

from bot.domain.errors import ErasedMeanwhile, NothingToUndo
from bot.domain.tracks import PlaylistSource, TrackSource
from storage.accounts import Accounts
from storage.cards import Cards, PublicCard
from storage.database import Database
from storage.digits import Digits
from storage.playlists import Playlists
from storage.ratings import Ratings

ADA, BEN = 1, 2
CARD, OTHER = 70, 71  # messages
MINUTE = 60_000_000_000  # nanoseconds


async def link(database: Database, *titles: str, owner: int = ADA, **features: float) -> list[int]:
    playlists = Playlists(database)
    tracks = [TrackSource(title, "Bach", features=features) for title in titles or ("Air", "Gigue")]
    linked = await playlists.link(owner, PlaylistSource("Mix", "csv", tracks))
    return [track.id for track in await playlists.tracks(linked.playlist.id)]


async def test_rate_skip_undo_clear(database: Database, ratings: Ratings):
    air, gigue = await link(database)
    await ratings.rate(ADA, air, 3)
    await ratings.rate(ADA, air, 8)
    await ratings.skip(ADA, gigue)
    standing = await ratings.standing(ADA)
    assert (dict(standing.stars), standing.skipped, standing.can_undo) == ({air: 8}, {gigue}, True)
    assert await ratings.undo(ADA) == (gigue, None)
    assert await ratings.undo(ADA) == (air, 3)
    assert await ratings.get(ADA, air) == 3
    assert await ratings.undo(ADA) == (air, None)
    with pytest.raises(NothingToUndo):
        await ratings.undo(ADA)
    await ratings.rate(ADA, air, 5)
    assert not await ratings.clear(BEN, air)
    assert await ratings.clear(ADA, air)
    assert await ratings.count(ADA) == 0


async def test_one_bad_rating_among_many_fails_alone(database: Database, ratings: Ratings):
    tracks = await link(database)
    writes = [ratings.rate(member, tracks[member % 2], 1 + member % 10) for member in range(1, 60)]
    writes.insert(20, ratings.rate(ADA, 987_654, 5))
    writes.insert(40, ratings.rate(ADA, tracks[0], 11))
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert [place for place, outcome in enumerate(outcomes) if outcome is not None] == [20, 40]
    assert sum([await ratings.count(member) for member in range(1, 60)]) == 59


async def test_concurrent_verdicts_on_one_track_keep_their_order(database: Database, ratings: Ratings):
    air, _ = await link(database)
    await asyncio.gather(*(ratings.rate(ADA, air, stars) for stars in (1, 2, 3, 4, 10)))
    assert await ratings.get(ADA, air) == 10
    assert await ratings.undo(ADA) == (air, 4)


async def test_pages_of_history(database: Database, ratings: Ratings):
    tracks = await link(database, *(f"Piece {i}" for i in range(23)))
    for track in tracks:
        await ratings.rate(ADA, track, 5)
    page, total = await ratings.page(ADA, 2)
    assert (len(page), total) == (3, 23)
    assert len((await ratings.page(ADA, 99))[0]) == 3
    assert await ratings.page(BEN, 0) == ([], 0)


async def test_undo_of_a_skip_leaves_the_rating_that_was_there(database: Database, ratings: Ratings):
    air, _ = await link(database)
    await ratings.rate(ADA, air, 6)
    await ratings.skip(ADA, air)
    assert (await ratings.standing(ADA)).skipped == frozenset(), "rated, so not passed over"
    assert await ratings.undo(ADA) == (air, 6)
    assert await ratings.get(ADA, air) == 6


async def test_what_one_member_gives_and_takes_back_is_no_other_members(database: Database, ratings: Ratings):
    air, gigue = await link(database)
    await ratings.rate(ADA, air, 3)
    await ratings.skip(ADA, gigue)
    await ratings.rate(BEN, air, 8)
    assert await ratings.stars(BEN) == {air: 8}
    assert await ratings.count(BEN) == 1
    assert [(one.listener_id, one.stars) for one in await ratings.of(BEN)] == [(BEN, 8)]
    standing = await ratings.standing(BEN)
    assert (dict(standing.stars), standing.skipped) == ({air: 8}, frozenset())
    assert await ratings.undo(BEN) == (air, None)
    assert not (await ratings.standing(BEN)).can_undo
    assert not await ratings.clear(BEN, air)
    assert await ratings.stars(ADA) == {air: 3}


async def test_taking_one_track_back_leaves_the_others(database: Database, ratings: Ratings):
    air, gigue = await link(database)
    for track in (air, gigue):
        await ratings.rate(ADA, track, 5)
    assert await ratings.clear(ADA, air)
    assert await ratings.stars(ADA) == {gigue: 5}
    await ratings.rate(ADA, gigue, 9)
    assert await ratings.undo(ADA) == (gigue, 5)
    assert await ratings.stars(ADA) == {gigue: 5}


async def test_ratings_are_read_oldest_first_and_turned_over_newest_first(database: Database, ratings: Ratings):
    tracks = await link(database, *(f"Piece {i}" for i in range(12)))
    before = int(time.time())
    for place, track in enumerate(tracks):
        await ratings.rate(ADA, track, 1 + place % 10)
    await _date(database, {track: 100 - place for place, track in enumerate(tracks)})
    assert [one.track.id for one in await ratings.of(ADA)] == tracks[::-1]
    (first, total), (second, _) = await ratings.page(ADA, 0), await ratings.page(ADA, 1)
    assert ([one.track.id for one in first], total) == (tracks[:10], 12)
    assert [one.track.id for one in second] == tracks[10:]
    assert [one.track.id for one in (await ratings.page(ADA, -1, 5))[0]] == tracks[:5]
    assert [one.track.id for one in (await ratings.page(ADA, 99, 4))[0]] == tracks[8:], "full, and still the last"
    await ratings.rate(ADA, tracks[5], 10)
    (newest, *_), _ = await ratings.page(ADA, 0)
    assert (newest.track.id, newest.stars) == (tracks[5], 10), "given again, so new"
    assert before <= newest.rated_at <= time.time()


async def _date(database: Database, dates: dict[int, int]) -> None:
    async with database.transaction() as connection:
        for track, at in dates.items():
            await connection.exec_driver_sql("UPDATE ratings SET rated_at = ? WHERE track_id = ?", (at, track))


async def test_a_rating_holds_its_track_with_its_values(database: Database, ratings: Ratings):
    air, _ = await link(database, tempo=70.0)
    await ratings.rate(ADA, air, 4)
    (one,) = await ratings.of(ADA)
    assert (one.track.title, one.track.artist, one.track.features["tempo"]) == ("Air", "Bach", 70.0)


async def test_undo_gives_back_what_the_same_member_had_given(database: Database, ratings: Ratings):
    air, _ = await link(database)
    await ratings.rate(BEN, air, 2)
    await ratings.rate(ADA, air, 9)
    assert await ratings.undo(ADA) == (air, None), "not what Ben gave"
    await asyncio.gather(ratings.rate(ADA, air, 4), ratings.rate(BEN, air, 6))  # written at once
    await asyncio.gather(ratings.rate(ADA, air, 5), ratings.rate(BEN, air, 7))
    assert await ratings.undo(BEN) == (air, 6)
    assert await ratings.undo(ADA) == (air, 4)


async def test_a_track_that_is_rated_again_is_the_newest(database: Database, ratings: Ratings):
    air, gigue = await link(database)
    for track in (air, gigue):
        await ratings.rate(ADA, track, 3)
    async with database.transaction() as connection:
        await connection.exec_driver_sql("UPDATE ratings SET rated_at = rated_at - 60 + track_id")
    before = await ratings.rated_at(ADA, air)
    assert [rating.track.id for rating in (await ratings.page(ADA, 0))[0]] == [gigue, air]
    await ratings.rate(ADA, air, 8)
    after = await ratings.rated_at(ADA, air)
    assert before is not None
    assert after is not None
    assert after > before
    assert [rating.track.id for rating in (await ratings.page(ADA, 0))[0]] == [air, gigue]


async def test_a_digit_is_a_rating_until_it_is_taken_back_and_the_one_before_counts_again(
    database: Database, ratings: Ratings
):
    air, _ = await link(database)
    since = await Playlists(database).began(BEN)
    now = time.time_ns()
    await ratings.react(BEN, air, 4, CARD, now - 2 * MINUTE, since)
    await ratings.react(BEN, air, 9, CARD, now - MINUTE, since)
    await ratings.react(BEN, air, 1, OTHER, now - MINUTE, since)
    await ratings.react(BEN, air, 9, CARD, now, since)
    assert await Digits(database).under(CARD) == {BEN: [4, 9]}
    assert await ratings.unreact(BEN, air, 9, CARD)
    assert await ratings.get(BEN, air) == 4
    assert await ratings.unreact(BEN, air, 4, CARD)
    assert await ratings.get(BEN, air) is None
    assert not await ratings.unreact(BEN, air, 4, CARD), "not known any more"


async def test_a_digit_that_is_not_the_rating_takes_nothing_away(database: Database, ratings: Ratings):
    air, _ = await link(database)
    since = await Playlists(database).began(BEN)
    await ratings.react(BEN, air, 4, CARD, time.time_ns() - MINUTE, since)
    await ratings.rate(BEN, air, 7)
    assert await ratings.unreact(BEN, air, 4, CARD)
    assert await ratings.get(BEN, air) == 7


async def test_of_two_digits_of_one_time_the_one_that_stays_counts_unless_rated_since(
    database: Database, ratings: Ratings
):
    air, gigue = await link(database)
    since = await Playlists(database).began(BEN)
    away = time.time_ns() - MINUTE
    for track, message_id in ((air, CARD), (gigue, OTHER)):
        await Cards(database).add(PublicCard(message_id, 1, 99, ADA, track, None), since)
    await Digits(database).put(BEN, CARD, [3, 8], since, away)
    assert (await ratings.standing(BEN)).unclear == {air}
    assert (await ratings.standing(ADA)).unclear == frozenset()
    assert await ratings.unreact(BEN, air, 3, CARD)
    assert await ratings.get(BEN, air) == 8
    await Digits(database).put(BEN, OTHER, [3, 8], since, away)
    await ratings.rate(BEN, gigue, 5)
    assert await ratings.unreact(BEN, gigue, 3, OTHER)
    assert await ratings.get(BEN, gigue) == 5


async def test_a_digit_that_came_before_an_erasure_is_no_rating(database: Database, ratings: Ratings):
    air, _ = await link(database)
    since = await Playlists(database).began(BEN)
    await ratings.react(BEN, air, 4, CARD, None, since)
    await Accounts(database).erase(BEN)
    with pytest.raises(ErasedMeanwhile):
        await ratings.react(BEN, air, 5, CARD, None, since)
    assert await ratings.count(BEN) == 0
