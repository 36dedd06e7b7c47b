"""What members share with a server ends when they leave it, and when the bot does."""

import sqlite3
import time
from contextlib import closing
from typing import Any

from storage.presence import DAY
from tests.end_to_end.people import eventually, words
from tests.end_to_end.room import Room
from tests.end_to_end.test_main_job import FILE, ids

TABLES = ("playlist_shares", "sharing")


def let_pass(room: Room, seconds: float) -> None:
    """Let everybody have been seen so much longer ago."""
    with closing(sqlite3.connect(room.config.database)) as connection, connection:
        for table in TABLES:
            connection.execute(f"UPDATE {table} SET seen_at = seen_at - ?", (int(seconds),))


def stored(room: Room) -> list[int]:
    with closing(sqlite3.connect(room.config.database)) as connection, connection:
        return [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES]


async def sweep(room: Room) -> None:
    assert room.bot is not None
    cog: Any = room.bot.get_cog("Presences")
    await cog.sweep()


async def shared_by_ada(room: Room) -> int:
    """Let Ada share a playlist and her taste, and Ben his taste; returns her id."""
    await room.link("Ada", FILE)
    await room.slash("Ada", "playlist share", playlist="My mix")
    for who in ("Ada", "Ben"):
        await room.slash(who, "account sharing", **{"with": "server"})
    return ids(room, "Ada")


async def seen_by_ben(room: Room, ada: int) -> tuple[bool, bool]:
    """Whether Ben sees Ada's playlist, and whether she counts as somebody who shares."""
    assert room.bot is not None
    listed = "My mix" in words(await room.slash("Ben", "playlist list"))
    return listed, await room.bot.services.shares.allows(ada, room.sandbox.world.guild_id)


async def test_who_leaves_a_server_shares_nothing_with_it_a_day_later(room: Room):
    ada = await shared_by_ada(room)
    assert await seen_by_ben(room, ada) == (True, True)
    room.sandbox.world.members.pop(ada)
    let_pass(room, DAY * 0.6)
    await sweep(room)
    assert await seen_by_ben(room, ada) == (False, False)
    assert stored(room) == [0, 1], "Ben is there, and shares on"


async def test_nobody_counts_who_was_not_seen_for_a_day_until_seen_again(room: Room):
    ada = await shared_by_ada(room)
    let_pass(room, DAY)
    assert await seen_by_ben(room, ada) == (False, False)
    assert stored(room) == [1, 2], "she may well be there"
    await sweep(room)
    assert await seen_by_ben(room, ada) == (True, True)
    asked = [path for method, path, *_ in room.sandbox.exchanges if "/members/" in path and method == "GET"]
    assert len(asked) == 2
    await sweep(room)
    again = [path for method, path, *_ in room.sandbox.exchanges if "/members/" in path and method == "GET"]
    assert again == asked, "who was seen is not asked for again that day"


async def test_who_shares_anew_was_seen_by_it(room: Room):
    ada = await shared_by_ada(room)
    let_pass(room, DAY)
    await room.slash("Ada", "playlist share", playlist="My mix")
    await room.slash("Ada", "account sharing", **{"with": "server"})
    assert await seen_by_ben(room, ada) == (True, True)


async def test_where_the_bot_leaves_all_ends_at_once(room: Room):
    await shared_by_ada(room)
    await room.slash("Chloe", "account sharing", **{"with": "everywhere"})
    world = room.sandbox.world
    gone: dict[str, Any] = {"id": str(world.guild_id)}
    world.dispatch("GUILD_DELETE", {**gone, "unavailable": True}, world.guild_id, 1)
    world.dispatch("GUILD_DELETE", gone, world.guild_id, 1)
    await eventually(lambda: stored(room) == [0, 1])
    with closing(sqlite3.connect(room.config.database)) as connection, connection:
        assert connection.execute("SELECT guild_id FROM sharing").fetchall() == [(0,)], "everywhere stays"


async def test_what_was_left_while_the_bot_was_away_ends_when_it_is_back(room: Room):
    await shared_by_ada(room)
    await room.stop()
    with closing(sqlite3.connect(room.config.database)) as connection, connection:
        connection.execute("UPDATE sharing SET guild_id = 5, seen_at = ?", (int(time.time()),))
    await room.start()
    await eventually(lambda: stored(room) == [1, 0])
