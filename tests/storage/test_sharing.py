"""Consent to be compared: none by default, and taken back at once."""

from storage.database import Database
from storage.sharing import Shares

ADA, BEN, HERE, THERE = 1, 2, 90, 91


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
