"""Old cards outlive what they name: a click on one never rates, tells or joins anything else."""

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from tests.end_to_end.people import button, custom_ids, playlist_csv, track_of, words
from tests.end_to_end.room import Room
from tests.end_to_end.test_account import confirm
from tests.end_to_end.test_main_job import FILE, stars_of
from tests.end_to_end.test_sessions import at_round, card, gathered, press, session_here


async def test_a_private_card_of_an_unlinked_track_rates_no_other(room: Room):
    await room.link("Ada", ("Old.csv", playlist_csv(40, seed=1)))
    old = await room.slash("Ada", "rate start")
    await room.slash("Ada", "playlist unlink", playlist="Old")
    await room.link("Ada", ("New.csv", playlist_csv(40, seed=2)))
    after = await room.human.click("Ada", old, button(old, "rate", 9))
    assert "Saved" not in words(after)
    assert await stars_of(room, "Ada") == {}


async def test_a_public_card_of_an_erased_member_tells_and_rates_nothing(room: Room):
    await room.link("Ada", FILE)
    old = await room.slash("Ada", "rate start", public=True)
    await confirm(room, "Ada", "ERASE")
    await room.link("Ben", ("Private.csv", playlist_csv(40, seed=99, artist="Bens secret")))
    told = await room.human.click("Chloe", old, button(old, "vote", 2))
    assert "secret" not in words(told)
    assert "Saved" not in words(told)
    assert await stars_of(room, "Chloe") == {}


async def test_a_public_button_rates_the_track_of_its_own_card_only(room: Room):
    await room.link("Ada", FILE)
    shown = await room.slash("Ada", "rate start", public=True)
    await room.link("Ben", ("Private.csv", playlist_csv(40, seed=99)))
    hidden = track_of(await room.slash("Ben", "rate start"))
    message = room.sandbox.world.message(int(shown["id"]))
    vote = button(shown, "vote", 2)
    forged = f"earmark:vote:{hidden}:2"
    for row in message.components:
        for child in row["components"]:
            child["custom_id"] = child["custom_id"].replace(vote, forged)
    assert "Saved" not in words(await room.human.click("Chloe", shown, forged))
    assert await stars_of(room, "Chloe") == {}
    assert "Saved" in words(await room.human.click("Chloe", shown, button(shown, "vote", 3)))


@pytest.mark.parametrize("began", [False, True], ids=["lobby", "round"])
async def test_a_sessions_buttons_do_nothing_on_another_server(room: Room, began: bool):
    session = await gathered(room, rounds=2, length=5, seconds=600)
    shown: Any = card(room, session)
    if began:
        await press(room, "Ada", "begin")
        session, shown = await at_round(room, 1)
    with closing(sqlite3.connect(room.config.database)) as stranger, stranger:
        stranger.execute("UPDATE sessions SET guild_id = 1")
    before = await session_here(room)
    for custom_id in custom_ids(shown):
        assert "session" in words(await room.human.click("Dan", shown, custom_id)), custom_id
    assert await session_here(room) == before
    with closing(sqlite3.connect(room.config.database)) as stranger, stranger:
        stranger.execute("UPDATE sessions SET guild_id = ?", (room.sandbox.world.guild_id,))
