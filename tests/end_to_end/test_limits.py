"""Who asks too often hears when to ask again, and nobody else notices."""

import re

from bot.flow.limits import RULES
from tests.end_to_end.people import eventually, words
from tests.end_to_end.room import Room


async def test_one_who_asks_too_often_is_told_how_long_to_wait(room: Room):
    async def retrain(who: str) -> str:
        answer = await room.slash(who, "retrain")
        return await eventually(lambda: words(room.message(who, answer["id"]) or {}))

    for _ in range(RULES["train"].member.at_once):
        assert "rated tracks" in await retrain("Ada")
    refused = await retrain("Ada")
    assert re.search(r"That was a lot of trainings at once\. Please ask me again in \d+ seconds;", refused)
    assert "rated tracks" in await retrain("Ben"), "another member is not touched"
    assert "nothing is stored" not in words(await room.slash("Ada", "playlist list")), "nor what costs little"
