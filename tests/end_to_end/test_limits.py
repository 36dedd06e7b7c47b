"""Who asks too often hears when to ask again, and nobody else notices."""

import contextlib
import re

from discord.app_commands import Group

from bot.domain.errors import TooOften
from bot.flow.limits import RULES
from tests.end_to_end.people import eventually, playlist_csv, words
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


COSTLY = {
    "playlist link": {"catalogue": "bach"},
    "predict playlist": {"playlist": "Mix"},
    "predict track": {"track": "Piece"},
    "rate start": {},
    "rate track": {"track": "Piece"},
    "retrain": {},
    "session start": {},
    "session submit": {"track": "Piece"},
    "spotify export": {"playlist": "Mix"},
    "taste show": {},
    "taste compare": {"member": "Ben"},
    "account export": {},
}
WITH_FILES = {"predict audio", "playlist upload"}  # counted by file; see test_audio.py
CHEAP = {
    "account votes", "account erase", "account privacy", "account sharing", "account show", "help",
    "playlist list", "playlist share", "playlist unlink", "rate history",
    "session cancel", "session handover", "session history", "session settings", "session show",
    "spotify connect", "spotify disconnect", "taste study",
}  # fmt: skip


async def test_every_command_that_costs_much_counts_and_whoever_adds_one_says_which_it_is(room: Room):
    assert room.bot is not None
    commands = {c.qualified_name for c in room.bot.tree.walk_commands() if not isinstance(c, Group)}
    assert commands == COSTLY.keys() | WITH_FILES | CHEAP
    await room.link("Ada", ("Mix.csv", playlist_csv(5)))
    await room.slash("Ben", "session start", theme="Rain")
    limits, ada = room.bot.services.limits, int(room.human.member("Ada").id)
    for what in RULES:
        with contextlib.suppress(TooOften):
            while True:
                limits.take(what, ada, None)
    for command, options in COSTLY.items():
        given = {name: room.human.member(value).id if name == "member" else value for name, value in options.items()}
        answer = await room.slash("Ada", command, **given)
        said = await eventually(lambda a=answer: words(room.message("Ada", a["id"]) or {}))
        assert "at once" in said or "Please ask me again" in said, (command, said)
    typed = await room.human.autocomplete("Ada", "general", "rate track", {"track": "Piece"}, "track")
    assert typed == [], "names are not offered either, and nobody is told of an error"
