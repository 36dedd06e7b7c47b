"""What a session lets others see of a member, as everybody in the channel sees it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bot.domain.session import Phase
from bot.taste import blur
from tests.end_to_end.people import custom_ids, eventually, playlist_csv, words
from tests.end_to_end.room import Room, a_room
from tests.end_to_end.test_main_job import ids
from tests.end_to_end.test_sessions import at_round, ballot, card_says, in_phase, press, session_here
from tests.openapi import DiscordSpec

FILE = ("Mix.csv", playlist_csv(12))
OTHER = ("Own.csv", playlist_csv(16, seed=3))


async def rate(room: Room, who: str, file: tuple[str, bytes], begin: int) -> None:
    """Link the file and rate all of it in private, in a pattern that begins with these stars."""
    assert room.bot is not None
    await room.link(who, file)
    s = room.bot.services
    playlist = next(one for one in await s.playlists.of(ids(room, who)) if one.name == file[0].removesuffix(".csv"))
    for place, track in enumerate(await s.playlists.tracks(playlist.id)):
        await s.ratings.rate(ids(room, who), track.id, (begin + place) % 10 + 1)


async def whole_session(room: Room, begin: int) -> list[Any]:
    """All that a bystander sees at the end, with what does not differ from one room to the next by itself."""
    await rate(room, "Ben", OTHER, 3)
    await rate(room, "Ben", FILE, begin)
    await room.link("Ada", FILE)
    await room.slash("Ada", "playlist share", playlist="Mix")
    await room.slash("Ada", "session start", rounds=1, length=12, playlist="Mix", veto=0)
    await press(room, "Ben", "join")
    await press(room, "Ada", "begin")
    _, shown = await at_round(room, 1)
    for who in ("Ada", "Ben"):
        await room.human.click(who, shown, ballot(shown, 6))
    await in_phase(room, Phase.REVEAL)
    await press(room, "Ada", "playlist")
    await in_phase(room, Phase.PLAYLIST)
    await card_says(room, "What each of you gets of it")
    await press(room, "Ada", "finish")
    await in_phase(room, Phase.DONE)
    await card_says(room, "Finished.")
    seen: list[Any] = []
    for message in room.human.messages("Dan", "general"):
        files = [room.sandbox.world.files[int(found["id"])] for found in message["attachments"]]
        for embed in message["embeds"]:
            for key in ("image", "timestamp"):
                embed.pop(key, None)
        seen.append((words(message), message["embeds"], [(file.data, file.description) for file in files]))
    history = words(await room.slash("Dan", "session history"))
    told = {str(ids(room, who)): who for who in ("Ada", "Ben", "Chloe", "Dan")}
    neutral = re.sub(r"\d{15,}", lambda found: told.get(found[0], "id"), json.dumps([seen, history], default=repr))
    return json.loads(re.sub(r"<t:\d+", "<t:", neutral))


async def test_a_bystander_cannot_tell_what_a_member_gave_in_private(
    tmp_path: Path, discord_spec: DiscordSpec, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(blur, "NOISE", 0.0)  # which follows members' ids, and these differ from room to room
    seen: list[list[Any]] = []
    for begin in (0, 5):
        async with a_room(tmp_path / str(begin), discord_spec) as room:
            seen.append(await whole_session(room, begin))
    assert seen[0] == seen[1]
    assert "What each of you gets of it" in json.dumps(seen[0])


async def test_who_joins_reads_what_will_be_seen_and_may_join_openly(room: Room):
    await room.link("Ada", FILE)
    await room.slash("Ada", "playlist share", playlist="Mix")
    opened = await room.slash("Ada", "session start")
    assert "without their own ratings of these tracks" in words(opened), "before anybody has joined"
    await press(room, "Ben", "join")
    said = await eventually(
        lambda: next((m for m in room.human.messages("Ben", "general") if "If you join openly" in words(m)), None)
    )
    assert said["flags"] & 64, "seen by nobody else"
    openly = next(i for i in custom_ids(said) if "sopenly" in i)
    await room.human.click("Ben", said, openly)
    await card_says(room, f"<@{ids(room, 'Ben')}> · openly")
    said = room.message("Ben", said["id"])
    assert "others can tell what you gave" in words(said)
    await room.human.click("Ben", said, next(i for i in custom_ids(said) if "slearn" in i and i.endswith(":1")))
    assert "become ratings of yours" in words(room.message("Ben", said["id"]))
    await room.human.click("Ben", said, next(i for i in custom_ids(room.message("Ben", said["id"])) if "sopenly" in i))

    async def private_again() -> bool:
        return not (await session_here(room)).openly

    await eventually(private_again)
    assert "what I expect you to give" in words(await room.slash("Ben", "account privacy"))
