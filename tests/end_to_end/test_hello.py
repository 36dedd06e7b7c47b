"""Whoever just speaks to the bot is answered."""

import logging

import pytest

from tests.end_to_end.people import eventually, words
from tests.end_to_end.room import Room


def answers(room: Room, who: str, channel: str = "dm") -> list[str]:
    return [said for message in room.human.messages(who, channel) if "/help" in (said := words(message))]


async def test_a_direct_message_is_answered_once_a_minute(room: Room, caplog: pytest.LogCaptureFixture):
    assert room.bot is not None
    assert room.bot.user is not None
    await room.human.say("Ada", "dm", "hello")
    await eventually(lambda: len(answers(room, "Ada")) == 1)
    await room.human.say("Ada", "dm", "are you there?")
    await room.human.say("Ben", "dm", f"<@{room.bot.user.id}> rate")
    await room.human.say("Ben", "general", f"hello <@{room.bot.user.id}>")
    await eventually(lambda: len(answers(room, "Ben")) == 1)
    await room.human.say("Chloe", "dm", "hello")
    await eventually(lambda: answers(room, "Chloe"))  # all that was said before has been heard
    assert len(answers(room, "Ada")) == 1
    assert not answers(room, "Ben", "general")
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
