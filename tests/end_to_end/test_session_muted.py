"""A session where the bot may not speak: its host is told, nothing is lost, and it goes on when the bot may again."""

import time
from typing import Any

from bot.domain.session import Phase, Session
from bot.sandbox import permissions
from bot.sandbox.world import Channel
from tests.end_to_end.people import custom_ids, eventually, words
from tests.end_to_end.room import Room
from tests.end_to_end.test_sessions import (
    FILE,
    MEMBERS,
    at_round,
    ballot,
    card,
    gathered,
    in_phase,
    press,
    session_here,
)


def general(room: Room) -> Channel:
    return room.human.channel("general", room.human.member("Ada"))


def said_to(room: Room, who: str, part: str, channel: str = "general") -> list[Any]:
    return [message for message in room.human.messages(who, channel) if part in words(message)]


def refused(room: Room) -> int:
    """How often the bot spoke where it may not."""
    return sum(status == 403 for _, _, status, *_ in room.sandbox.exchanges)


async def is_over(room: Room, session: Session) -> None:
    assert room.bot is not None
    sessions = room.bot.services.sessions

    async def over() -> bool:
        return not (await sessions.get(session.id)).live

    await eventually(over)


async def test_a_session_waits_while_the_bot_may_not_speak_and_goes_on_when_it_may(room: Room):
    await gathered(room, rounds=2, length=5, seconds=30)
    room.sandbox.world.deny(general(room), permissions.SEND_MESSAGES)
    await press(room, "Ada", "begin")
    assert await eventually(lambda: said_to(room, "Ada", "I need more permissions in this channel: Send Messages"))
    assert (await session_here(room)).phase is Phase.LOBBY, "nothing was begun"

    room.sandbox.world.deny(general(room), 0)
    await press(room, "Ada", "begin")
    _, shown = await at_round(room, 1)
    room.sandbox.world.deny(general(room), permissions.SEND_MESSAGES)
    for who in MEMBERS:
        await room.human.click(who, shown, ballot(shown, 6))
    (told,) = await eventually(lambda: said_to(room, "Ada", "I can't write", "dm"))
    assert "Friday" in words(told)
    assert f"<#{general(room).id}>" in words(told)
    assert not said_to(room, "Ben", "I can't write", "dm"), "the host's affair"
    waits = await session_here(room)
    assert (waits.phase, len(waits.rounds), waits.rounds[0].ballots.keys()) == (Phase.RATING, 2, waits.members.keys())

    await press(room, "Ben", "join")  # makes it try again
    await eventually(lambda: refused(room) > 1)
    assert len(said_to(room, "Ada", "I can't write", "dm")) == 1, "told once"
    before = int(time.time())
    room.sandbox.world.deny(general(room), 0)
    session, shown = await at_round(room, 2)
    assert session.rounds[1].ends_at >= before + 30, "a round's time begins when it can be seen"
    for who in MEMBERS:
        await room.human.click(who, shown, ballot(shown, 6))
    await in_phase(room, Phase.REVEAL)


async def test_a_session_that_ended_while_the_bot_saw_nothing_has_no_buttons_afterwards(room: Room):
    session = await gathered(room)
    room.sandbox.world.deny(general(room), permissions.VIEW_CHANNEL)
    assert "cancelled" in words(await room.slash("Ada", "session cancel"))
    await is_over(room, session)
    assert custom_ids(card(room, session))
    room.sandbox.world.deny(general(room), 0)
    await eventually(lambda: not custom_ids(card(room, session)))


async def test_a_session_in_a_thread_of_a_read_only_channel_waits_while_the_thread_is_locked(room: Room):
    await room.link("Ada", FILE)
    await room.slash("Ada", "playlist share", playlist="My mix")
    room.sandbox.world.deny(general(room), permissions.SEND_MESSAGES)
    thread = room.human.guild.start_thread("Ada", "general", "Listening")["id"]
    opened = await room.slash("Ada", "session start", channel=thread, rounds=2, length=5, seconds=600)

    async def click(who: str, message: Any, part: str) -> None:
        await room.human.click(who, message, next(i for i in custom_ids(message) if part in i))

    def shown(number: int) -> Any:
        said = [m for m in room.human.messages("Ada", thread) if f"Round {number} of 2" in words(m)]
        return next((m for m in said if any("svote" in i for i in custom_ids(m))), None)

    await click("Ben", opened, ":join:")
    await click("Ada", opened, ":begin:")
    first = await eventually(lambda: shown(1), 30)
    room.human.guild.change_thread("Ada", thread, locked=True)
    for who in ("Ada", "Ben"):
        await click(who, first, "svote")
    (told,) = await eventually(lambda: said_to(room, "Ada", "I can't write", "dm"))
    assert "unlock the thread" in words(told)
    assert shown(2) is None
    room.human.guild.change_thread("Ada", thread, locked=False)
    assert await eventually(lambda: shown(2), 30), "it goes on"
