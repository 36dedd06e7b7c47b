"""Consent to be compared: none by default, and taken back at once."""

import time

from sqlalchemy import insert, update

from bot.domain.taste import Consent, SharedRating
from bot.domain.tracks import PlaylistSource, TrackSource
from storage.accounts import Accounts
from storage.database import Database
from storage.playlists import Playlists
from storage.schema import listeners, ratings, sharing
from storage.sharing import EVERYWHERE, LISTENED_TO, MIN_SHARED_RATINGS, WEEK, Shares

ADA, BEN, CLO, HERE, THERE = 1, 2, 3, 90, 91


async def test_nobody_shares_by_default(database: Database):
    shares = Shares(database)
    assert await shares.of(ADA, HERE) == Consent("off", 0, openly=False)
    assert not await shares.allows(ADA, HERE)


async def test_consent_is_given_server_by_server(database: Database):
    shares = Shares(database)
    await shares.allow(ADA, "server", HERE)
    assert await shares.of(ADA, HERE) == Consent("server", 1, openly=False)
    assert await shares.of(ADA, THERE) == Consent("off", 1, openly=False)
    assert await shares.of(ADA, None) == Consent("off", 1, openly=False), "a direct message is no server"
    await shares.allow(ADA, "server", THERE)
    await shares.allow(ADA, "server", THERE)
    assert await shares.of(ADA, HERE) == Consent("server", 2, openly=False)
    await shares.allow(BEN, "everywhere", HERE)
    assert [await shares.allows(who, HERE) for who in (ADA, BEN, CLO)] == [True, True, False]
    assert [await shares.allows(who, None) for who in (ADA, BEN, CLO)] == [False, True, False]


async def test_everywhere_is_replaced_by_a_server_and_off_ends_all(database: Database):
    shares = Shares(database)
    await shares.allow(ADA, "server", THERE)
    await shares.allow(ADA, "everywhere", None)
    assert await shares.of(ADA, None) == Consent("everywhere", 0, openly=False)
    await shares.allow(ADA, "server", HERE)
    assert await shares.of(ADA, HERE) == Consent("server", 1, openly=False)
    assert await shares.of(ADA, THERE) == Consent("off", 1, openly=False), "who chose everywhere in between starts anew"
    await shares.allow(ADA, "off", HERE)
    assert await shares.of(ADA, HERE) == Consent("off", 0, openly=False)


async def rated(database: Database, given: dict[int, list[int]]) -> list[int]:
    """Let each member rate the first tracks of one playlist, in its order; returns the tracks."""
    playlists = Playlists(database)
    most = max(len(stars) for stars in given.values())
    linked = await playlists.link(
        ADA, PlaylistSource("All", "csv", [TrackSource(f"Piece {i}", "Bach") for i in range(most)])
    )
    tracks = [track.id for track in await playlists.tracks(linked.playlist.id)]
    async with database.transaction() as connection:
        people = [{"id": who, "created_at": 0} for who in given if who != ADA]
        await connection.execute(insert(listeners), people)
        rows = [
            {"listener_id": who, "track_id": track, "stars": one, "rated_at": 0}
            for who, stars in given.items()
            for track, one in zip(tracks, stars, strict=False)
        ]
        await connection.execute(insert(ratings), rows)
    return tracks


async def age(database: Database, seconds: int) -> None:
    """Let everybody have shared for as long."""
    async with database.transaction() as connection:
        await connection.execute(update(sharing).values(since=int(time.time()) - seconds))


def raters(gave: list[SharedRating]) -> set[int]:
    return {one.listener_id for one in gave}


async def test_what_others_gave_is_told_among_those_who_share(database: Database):
    enough = [8, 6, *[7] * (MIN_SHARED_RATINGS - 2)]
    first, second, *_, last = await rated(database, {ADA: [10, 1], BEN: enough, CLO: [*enough, 3]})
    shares = Shares(database)
    await shares.allow(BEN, "server", HERE)
    await age(database, WEEK)
    assert await shares.gave(ADA, HERE, ()) == [], "whoever gives nothing takes nothing"
    await shares.allow(ADA, "server", HERE)
    ben = [SharedRating(first, BEN, 8, 7.0, False), SharedRating(second, BEN, 6, 7.0, False)]
    assert sorted(await shares.gave(ADA, HERE, ())) == ben, "what she rated"
    await shares.allow(CLO, "everywhere", None, openly=True)
    assert [one for one in await shares.gave(ADA, HERE, [last]) if one.track_id == last] == [
        SharedRating(last, CLO, 3, (7 * MIN_SHARED_RATINGS + 3) / (MIN_SHARED_RATINGS + 1), True)
    ], "and what she asks about"
    assert await shares.gave(ADA, THERE, ()) == []
    await shares.allow(CLO, "off", HERE)
    assert sorted(await shares.gave(ADA, HERE, ())) == ben
    await Accounts(database).erase(BEN)
    assert await shares.gave(ADA, HERE, ()) == []


async def test_who_has_shared_for_less_than_a_week_or_rated_little_does_not_count_but_openly(database: Database):
    few, many = [5] * (MIN_SHARED_RATINGS - 1), [5] * MIN_SHARED_RATINGS
    await rated(database, {ADA: [10, 1], BEN: few, CLO: many})
    shares = Shares(database)
    for who in (ADA, BEN, CLO):
        await shares.allow(who, "server", HERE)
    await age(database, WEEK - 60)
    assert raters(await shares.gave(ADA, HERE, ())) == set()
    await age(database, WEEK)
    assert raters(await shares.gave(ADA, HERE, ())) == {CLO}
    await shares.allow(CLO, "server", HERE)
    assert raters(await shares.gave(ADA, HERE, ())) == {CLO}, "to say it again does not begin it anew"
    await shares.allow(BEN, "everywhere", None, openly=True)
    assert await shares.of(BEN, HERE) == Consent("everywhere", 0, openly=True)
    assert raters(await shares.gave(ADA, HERE, ())) == {BEN, CLO}
    await shares.allow(BEN, "everywhere", None)
    assert raters(await shares.gave(ADA, HERE, ())) == {CLO}


async def test_of_very_many_who_share_those_of_this_server_are_heard_first(database: Database):
    crowd, many = range(100, 100 + LISTENED_TO + 50), [4] * MIN_SHARED_RATINGS
    await rated(database, {ADA: [5], **dict.fromkeys((*crowd, 999_999), many)})
    shares = Shares(database)
    async with database.transaction() as connection:
        rows = [{"listener_id": who, "guild_id": EVERYWHERE} for who in (ADA, *crowd)]
        rows.append({"listener_id": 999_999, "guild_id": HERE})
        now = int(time.time())
        await connection.execute(insert(sharing), [{**row, "since": 0, "openly": 0, "seen_at": now} for row in rows])
    heard = raters(await shares.gave(ADA, HERE, ()))
    assert len(heard) == LISTENED_TO
    assert 999_999 in heard


async def test_lots_are_drawn_with_one_secret_that_stays(database: Database):
    shares = Shares(database)
    secret = await shares.secret()
    assert len(secret) == 32
    assert await shares.secret() == secret
