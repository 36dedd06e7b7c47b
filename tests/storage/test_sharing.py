"""Consent to be compared: none by default, and taken back at once."""

import pytest
from sqlalchemy import insert

from bot.domain.taste import Gave
from bot.domain.tracks import PlaylistSource, TrackSource
from storage.accounts import Accounts
from storage.database import Database
from storage.playlists import Playlists
from storage.schema import listeners, ratings, sharing
from storage.sharing import EVERYWHERE, LISTENED_TO, Shares

ADA, BEN, CLO, HERE, THERE = 1, 2, 3, 90, 91


async def test_nobody_shares_by_default(database: Database):
    shares = Shares(database)
    assert await shares.of(ADA, HERE) == ("off", 0)
    assert await shares.members(HERE) == set()


async def test_consent_is_given_server_by_server(database: Database):
    shares = Shares(database)
    await shares.allow(ADA, "server", HERE)
    assert await shares.of(ADA, HERE) == ("server", 1)
    assert await shares.of(ADA, THERE) == ("off", 1)
    assert await shares.of(ADA, None) == ("off", 1), "a direct message is no server"
    await shares.allow(ADA, "server", THERE)
    await shares.allow(ADA, "server", THERE)
    assert await shares.of(ADA, HERE) == ("server", 2)
    await shares.allow(BEN, "everywhere", HERE)
    assert await shares.members(HERE) == {ADA, BEN}
    assert await shares.members(None) == {BEN}


async def test_everywhere_is_replaced_by_a_server_and_off_ends_all(database: Database):
    shares = Shares(database)
    await shares.allow(ADA, "server", THERE)
    await shares.allow(ADA, "everywhere", None)
    assert await shares.of(ADA, None) == ("everywhere", 0)
    await shares.allow(ADA, "server", HERE)
    assert await shares.of(ADA, HERE) == ("server", 1)
    assert await shares.of(ADA, THERE) == ("off", 1), "who chose everywhere in between starts anew"
    await shares.allow(ADA, "off", HERE)
    assert await shares.of(ADA, HERE) == ("off", 0)


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


async def test_what_others_gave_is_told_among_those_who_share_and_each_from_his_own_mean(database: Database):
    first, second, third = await rated(database, {ADA: [10, 1], BEN: [8, 6, 4], CLO: [3, 1]})
    shares = Shares(database)
    await shares.allow(BEN, "server", HERE)
    assert await shares.gave(ADA, HERE, ()) == {}, "whoever gives nothing takes nothing"
    await shares.allow(ADA, "server", HERE)
    assert await shares.gave(ADA, HERE, ()) == {first: Gave(2, 1), second: Gave(0, 1)}, "what she rated"
    assert (await shares.gave(ADA, HERE, [third]))[third] == Gave(-2, 1), "and what she asks about"
    await shares.allow(CLO, "everywhere", None)
    assert await shares.gave(ADA, HERE, ()) == {first: Gave(3, 2), second: Gave(-1, 2)}
    assert await shares.gave(ADA, THERE, ()) == {}
    await shares.allow(CLO, "off", HERE)
    assert (await shares.gave(ADA, HERE, ()))[first] == Gave(2, 1)
    await Accounts(database).erase(BEN)
    assert await shares.gave(ADA, HERE, ()) == {}


async def test_of_very_many_who_share_those_of_this_server_are_heard_first(database: Database):
    crowd = range(100, 100 + LISTENED_TO + 50)
    first, _ = await rated(database, {ADA: [5, 5], **{who: [2, 4] for who in crowd}, 999_999: [9, 1]})
    async with database.transaction() as connection:
        everywhere = [{"listener_id": who, "guild_id": EVERYWHERE} for who in (ADA, *crowd)]
        await connection.execute(insert(sharing), [*everywhere, {"listener_id": 999_999, "guild_id": HERE}])
    gave = (await Shares(database).gave(ADA, HERE, ()))[first]
    assert gave.raters == LISTENED_TO
    assert gave.above == pytest.approx(4 - (LISTENED_TO - 1)), "the one of this server is among them"
