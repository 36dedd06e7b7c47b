"""Answers that take long: while the database is locked, while much is put in order, while many store long lists."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import pytest

from bot.flow.rate import Kept, Order, Round
from tests.end_to_end.people import button, custom_ids, eventually, playlist_csv, track_of, words
from tests.end_to_end.room import Room
from tests.end_to_end.test_main_job import FILE, ids, stars_of


@asynccontextmanager
async def locked(room: Room, seconds: float) -> AsyncIterator[None]:
    """Keep the database locked so long, and from the beginning two writers waiting, one after the other."""
    assert room.bot is not None
    shares = room.bot.services.shares
    with closing(sqlite3.connect(room.config.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = [asyncio.create_task(shares.allow(ids(room, "Ben"), "off", None)) for _ in range(2)]
        await asyncio.sleep(0.05)
        unlock = asyncio.get_running_loop().call_later(seconds, other.execute, "ROLLBACK")
        yield
        await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.sleep(max(0.0, unlock.when() - asyncio.get_running_loop().time() + 0.05))


async def test_a_session_that_cannot_be_opened_in_time_is_answered_all_the_same(room: Room):
    await room.link("Ada", FILE)
    async with locked(room, 6):
        refused = await room.slash("Ada", "session start")
    assert "couldn't save" in words(refused)
    async with locked(room, 3.2):
        opened = await room.slash("Ada", "session start", name="Late")
    assert "Late" in words(opened)
    await room.human.click("Ben", opened, button(opened, "session:join"))
    await eventually(lambda: str(ids(room, "Ben")) in words(room.message("Ada", opened["id"])))


async def test_a_session_whose_card_could_not_be_noted_goes_on_with_the_first_click(room: Room):
    opened = await room.slash("Ada", "session start", name="Half noted")
    with closing(sqlite3.connect(room.config.database, isolation_level=None)) as other:
        forget = "UPDATE sessions SET message_id = NULL WHERE message_id IS NOT NULL"
        await eventually(lambda: other.execute(forget).rowcount)
    await room.human.click("Ben", opened, button(opened, "session:join"))
    await eventually(lambda: str(ids(room, "Ben")) in words(room.message("Ada", opened["id"])))


async def test_a_public_card_that_cannot_be_remembered_does_not_stay(room: Room):
    await room.link("Ada", FILE)
    async with locked(room, 6):
        card = await room.slash("Ada", "rate start", public=True)
        told = await eventually(lambda: [m for m in room.human.messages("Ada", "general") if "n't save" in words(m)])
    assert len(told) == 1
    assert told[0]["flags"] & 64, "only Ada reads it"
    assert room.message("Ben", card["id"]) is None
    again = await room.slash("Ada", "rate start", public=True)
    await eventually(lambda: len(room.message("Ada", again["id"]).get("reactions") or ()) == 10)
    await room.human.react("Ben", again, "7️⃣")
    await eventually(lambda: room.has_stars("Ben", {track_of(again): 7}))


async def test_a_reaction_that_waits_for_the_database_does_not_bring_an_erased_member_back(room: Room):
    assert room.bot is not None
    accounts, ben = room.bot.services.accounts, ids(room, "Ben")
    await room.link("Ada", FILE)
    card = await room.slash("Ada", "rate start", public=True)
    await eventually(lambda: len(room.message("Ada", card["id"]).get("reactions") or ()) == 10)
    async with locked(room, 4.8):  # the reaction fails twice meanwhile, and is tried again three seconds later
        await room.human.react("Ben", card, "7️⃣")

    def trying() -> bool:
        return "discord.py: on_raw_reaction_add" in {task.get_name() for task in asyncio.all_tasks()}

    await accounts.erase(ben)
    assert trying()
    await eventually(lambda: not trying(), 10)
    assert await accounts.since(ben) is None


async def test_an_answer_that_comes_too_late_is_no_error_of_ours(room: Room, caplog: pytest.LogCaptureFixture):
    await room.link("Ada", FILE)
    card = await room.slash("Ada", "rate start")
    async with locked(room, 3.3):
        clicked = room.human.begin_click("Ada", card, button(card, "rate", 7))
    await eventually(lambda: "nobody was left to answer: 10062" in caplog.text)
    assert room.human.interaction(clicked.id).state == "failed"
    assert await stars_of(room, "Ada") == {track_of(card): 7}, "saved, though nobody could be told"
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR and "unexpected" in record.msg]


@pytest.mark.parametrize("public", [False, True])
async def test_a_first_card_that_takes_long_to_choose_still_comes(room: Room, public: bool):
    await room.link("Ada", FILE)
    assert room.bot is not None
    questions, here = room.bot.services.questions, Round(ids(room, "Ada"), room.bot.guilds[0].id)

    async def slowly() -> Order:
        await asyncio.sleep(4)
        return await questions._ranked(here)

    questions._orders[here] = Kept(asyncio.create_task(slowly()), room.bot.services.playlists.version)
    card = await room.slash("Ada", "rate start", public=public)
    assert bool(card["flags"] & 64) != public
    assert await room.human.click("Ada", card, button(card, "vote" if public else "rate", 5))
    assert list((await stars_of(room, "Ada")).values()) == [5]


async def test_one_members_many_long_lists_do_not_keep_another_waiting(room: Room):
    await room.link("Ben", FILE)
    card = await room.slash("Ben", "rate start")
    long = [(f"long {i}.csv", playlist_csv(20_000, seed=50 + i)) for i in range(3)]
    sent = [asyncio.create_task(room.slash("Ada", "playlist link", file=file)) for file in long]
    loop, longest, clicks = asyncio.get_running_loop(), 0.0, 0

    async def said() -> list[str]:
        return [words(room.message("Ada", task.result()["id"]) or {}) if task.done() else "" for task in sent]

    while not any("20,000 tracks" in words_ for words_ in await said()):
        began = loop.time()
        card = await room.human.click("Ben", card, button(card, "rate", 5))
        longest, clicks = max(longest, loop.time() - began), clicks + 1
        if not custom_ids(card):
            break
        await asyncio.sleep(0.3)
    assert clicks > 3
    assert longest < 2, "Discord waits three seconds"
    assert sum("already working on it" in words_ for words_ in await said()) == 2
    await asyncio.gather(*sent)
