"""Digits under public cards and rounds: given while the bot is away, in any order, taken back, or before an erasure."""

import asyncio
import sqlite3
from contextlib import closing
from typing import Any

from tests.end_to_end.people import button, eventually, track_of, words
from tests.end_to_end.room import Room
from tests.end_to_end.test_account import confirm
from tests.end_to_end.test_main_job import FILE, ids, stars_of
from tests.end_to_end.test_sessions import at_round, gathered, press

THREE, FOUR, SEVEN, EIGHT, NINE = "3️⃣", "4️⃣", "7️⃣", "8️⃣", "9️⃣"


async def public_card(room: Room) -> tuple[Any, int]:
    await room.link("Ada", FILE)
    await room.slash("Ada", "playlist share", playlist="My mix")
    card = await room.slash("Ada", "rate start", public=True)
    await eventually(lambda: len(room.message("Ada", card["id"]).get("reactions") or ()) == 10)
    return card, track_of(card)


async def caught_up(room: Room) -> None:
    """Wait until the bot has read what stands under the cards."""

    def done() -> bool:
        assert room.bot is not None
        task = room.bot.get_cog("Reactions")._catching_up  # type: ignore[union-attr]
        return task is not None and task.done()

    await eventually(done, 30)


async def again(room: Room) -> None:
    await room.start()
    await caught_up(room)


async def test_what_was_put_and_taken_back_while_the_bot_was_away_counts(room: Room):
    card, track = await public_card(room)
    await room.human.react("Ben", card, SEVEN)
    await eventually(lambda: room.has_stars("Ben", {track: 7}))
    await room.human.react("Dan", card, EIGHT)
    await eventually(lambda: room.has_stars("Dan", {track: 8}))
    await room.slash("Dan", "rate track", track=f"#{track}", stars=5)
    await room.stop()
    await room.human.react("Chloe", card, THREE)
    await room.human.unreact("Ben", card, SEVEN)
    await again(room)
    assert await stars_of(room, "Chloe") == {track: 3}
    assert await stars_of(room, "Ben") == {}
    assert await stars_of(room, "Dan") == {track: 5}, "a digit that the bot knew of is no news"
    assert await stars_of(room, "Ada") == {}


async def test_a_digit_taken_back_leaves_the_one_before_it(room: Room):
    card, track = await public_card(room)
    for digit, stars in ((SEVEN, 7), (NINE, 9)):
        await room.human.react("Ben", card, digit)
        await eventually(lambda stars=stars: room.has_stars("Ben", {track: stars}))
    await room.human.unreact("Ben", card, NINE)
    await eventually(lambda: room.has_stars("Ben", {track: 7}))
    await room.human.unreact("Ben", card, SEVEN)
    await eventually(lambda: room.has_stars("Ben", {}))


async def test_of_two_new_digits_the_stored_one_stays_and_the_next_card_says_so(room: Room):
    card, track = await public_card(room)
    await room.human.react("Ben", card, SEVEN)
    await eventually(lambda: room.has_stars("Ben", {track: 7}))
    await room.stop()
    for who in ("Ben", "Chloe"):
        for digit in (EIGHT, FOUR):
            await room.human.react(who, card, digit)
    await again(room)
    assert await stars_of(room, "Ben") == {track: 7}
    assert await stars_of(room, "Chloe") == {}
    said = [words(await room.slash("Chloe", "rate start")) for _ in range(2)]
    assert ["several digits" in one for one in said] == [True, False], "once"
    await room.human.unreact("Chloe", card, FOUR)
    await eventually(lambda: room.has_stars("Chloe", {track: 8}), 20)


async def test_a_rating_given_since_the_bot_is_back_is_newer_than_a_digit(room: Room):
    card, track = await public_card(room)
    await room.stop()
    await room.human.react("Ben", card, THREE)
    await room.start()
    assert room.bot is not None
    await room.human.click("Ben", card, button(card, "vote", 8))
    await caught_up(room)
    assert await stars_of(room, "Ben") in ({track: 8}, {track: 3}), "whichever came last"
    assert await room.bot.services.digits.under(int(card["id"])) == {ids(room, "Ben"): [3]}


async def test_digits_of_somebody_erased_since_count_for_nothing(room: Room):
    card, _ = await public_card(room)
    await gathered_round(room)
    shown = (await at_round(room, 1))[1]
    for message in (card, shown):
        await room.human.react("Dan", message, EIGHT)
    await eventually(lambda: rows(room, "session_votes"))
    await eventually(lambda: rows(room, "ratings"))
    await confirm(room, "Dan", "ERASE")
    room.sandbox.gateway.invalidate(False)
    await eventually(lambda: room.bot is not None and not room.bot.connected, 30)
    await eventually(lambda: room.bot is not None and room.bot.connected, 30)
    await caught_up(room)
    await asyncio.sleep(0.1)
    assert rows(room, "session_votes") == rows(room, "ratings") == []
    with closing(sqlite3.connect(room.config.database)) as stranger:
        found = stranger.execute("SELECT 1 FROM listeners WHERE id = ?", (ids(room, "Dan"),)).fetchall()
    assert found == []
    assert await stars_of(room, "Dan") == {}


async def gathered_round(room: Room) -> None:
    await gathered(room, rounds=2, length=5, seconds=600)
    await press(room, "Ada", "begin")


def rows(room: Room, table: str) -> list[Any]:
    with closing(sqlite3.connect(room.config.database)) as stranger:
        return stranger.execute(f"SELECT * FROM {table} WHERE listener_id = ?", (ids(room, "Dan"),)).fetchall()


async def test_the_end_of_a_digit_that_comes_before_its_beginning_leaves_no_rating(room: Room):
    card, track = await public_card(room)
    await gathered_round(room)
    _, shown = await at_round(room, 1)
    world = room.sandbox.world
    dispatch, held = world.dispatch, list[tuple[Any, ...]]()
    for message in (card, shown):
        world.dispatch = lambda *event: held.append(event)
        await room.human.react("Dan", message, SEVEN)
        await room.human.unreact("Dan", message, SEVEN)
        world.dispatch = dispatch
        while held:
            dispatch(*held.pop())
    await room.human.react("Chloe", card, THREE)  # behind it
    await eventually(lambda: room.has_stars("Chloe", {track: 3}))
    assert rows(room, "ratings") == rows(room, "session_votes") == rows(room, "digit_reactions") == []


async def test_an_interaction_that_is_delivered_again_changes_nothing_and_logs_nothing(room: Room, caplog: Any):
    await room.link("Ada", FILE)
    card = await room.slash("Ada", "rate start")
    world = room.sandbox.world
    dispatch, seen = world.dispatch, list[tuple[Any, ...]]()

    def twice(*event: Any) -> None:
        dispatch(*event)
        if event[0] == "INTERACTION_CREATE":
            seen.append(event)

    world.dispatch = twice
    after = await room.human.click("Ada", card, button(card, "skip"))
    caplog.clear()
    for event in list(seen):
        dispatch(*event)
    await room.human.click("Ada", after, button(after, "rate", 4))
    assert len(await stars_of(room, "Ada")) == 1
    with closing(sqlite3.connect(room.config.database)) as stranger:
        assert stranger.execute("SELECT count(*) FROM verdicts").fetchone() == (2,), "one skipped, one rated"
    assert [record.getMessage() for record in caplog.records if record.levelname in {"WARNING", "ERROR"}] == []
