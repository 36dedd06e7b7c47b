"""Rating on cards and by commands: the real client on the sandbox."""

import json
import sqlite3

import pytest

from bot.sandbox.options import HumanError
from tests.end_to_end.people import button, custom_ids, eventually, track_of, words
from tests.end_to_end.room import Room
from tests.end_to_end.test_main_job import FILE, stars_of


async def test_skip_undo_stop_and_history(room: Room):
    await room.link("Ada", FILE)
    card = await room.slash("Ada", "rate start")
    first = track_of(card)
    card = await room.human.click("Ada", card, button(card, "skip"))
    assert track_of(card) != first
    second = track_of(card)
    card = await room.human.click("Ada", card, button(card, "rate", 10))
    assert await stars_of(room, "Ada") == {second: 10}
    card = await room.human.click("Ada", card, button(card, "undo"))
    assert track_of(card) == second
    assert await stars_of(room, "Ada") == {}
    card = await room.human.click("Ada", card, button(card, "rate", 3))
    card = await room.human.click("Ada", card, button(card, "stop"))
    assert "1 rating; all saved" in words(card)
    assert not custom_ids(card)

    history = await room.slash("Ada", "rate history")
    changed = await room.human.select("Ada", history, custom_ids(history)[0], [str(second)])
    await room.human.click("Ada", changed, button(changed, "rate", 8))
    assert await stars_of(room, "Ada") == {second: 8}
    direct = await room.slash("Ada", "rate track", track=f"#{second}", stars=2)
    assert "**2**/10" in words(direct)
    assert await stars_of(room, "Ada") == {second: 2}


async def test_somebody_elses_private_card_refuses_kindly(room: Room):
    await room.link("Ada", FILE)
    dm = await room.slash("Ada", "rate start", channel="dm")
    forged = button(dm, "rate", 5)
    with pytest.raises(HumanError):
        await room.human.click("Ben", dm, forged)  # the sandbox, like Discord, does not even show it
    assert await stars_of(room, "Ben") == {}


async def test_hostile_names_stay_text(room: Room):
    rows = "name,artist,energy\n" + "\n".join(
        f'"{title}",@everyone,0.{i}'
        for i, title in enumerate(["**b** [x](https://e.example)", "\u202eevil", "z" * 5000], 1)
    )
    await room.link("Ada", ("bad.csv", rows.encode()))
    card = await room.slash("Ada", "rate start", public=True)
    for _ in range(2):
        text = json.dumps(card["embeds"], ensure_ascii=False)
        assert "@everyone" not in text
        assert "\u202e" not in text
        assert "](https://" not in text
        assert card.get("mention_everyone") in (None, False)
        card = await room.human.click("Ada", card, button(card, "next"))


async def test_a_click_while_the_database_is_locked_is_told_so_and_can_be_repeated(room: Room):
    await room.link("Ada", FILE)
    card = await room.slash("Ada", "rate start")
    stranger = sqlite3.connect(room.config.database, isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    await room.human.click("Ada", card, button(card, "rate", 7))
    said = await eventually(lambda: [m for m in room.human.messages("Ada", "general") if "couldn't save" in words(m)])
    assert said
    assert await stars_of(room, "Ada") == {}
    stranger.execute("ROLLBACK")
    stranger.close()
    again = await room.human.click("Ada", card, button(card, "rate", 7))
    assert "Saved" in words(again)
    assert await stars_of(room, "Ada") == {track_of(card): 7}
