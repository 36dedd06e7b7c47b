"""What is stored about a member, seen, taken along and erased through the real client."""

import asyncio
import csv
import dataclasses
import io
import json
import re
import sqlite3
import zipfile
from collections.abc import Coroutine
from contextlib import closing
from typing import Any

import pytest

from bot.commands import evaluate
from bot.domain.session import Phase
from bot.sources.files import read_playlist
from storage.models import unpack
from tests.end_to_end.people import button, custom_ids, eventually, words
from tests.end_to_end.room import Room
from tests.end_to_end.test_audio import demo
from tests.end_to_end.test_main_job import FILE, ids, rate_some, stars_of
from tests.end_to_end.test_sessions import MEMBERS, at_round, ballot, gathered, in_phase, press
from tests.end_to_end.test_taste import studied


async def confirm(room: Room, who: str, typed: str) -> str:
    opened = await room.slash(who, "account erase")
    field = opened["modal"]["components"][0]["component"]["custom_id"]
    answer = await room.human.modal(who, opened, {field: typed})
    return words(await eventually(lambda: (seen := room.message(who, answer["id"])) and words(seen) and seen, 20))


async def archive_of(room: Room, who: str, channel: str = "general") -> zipfile.ZipFile:
    answer = await room.slash(who, "account export", channel=channel)
    message = await eventually(lambda: (m := room.message(who, answer["id"])) and m["attachments"] and m)
    return zipfile.ZipFile(io.BytesIO(room.file(message["attachments"][0])))


async def test_a_stranger_is_told_that_nothing_is_stored(room: Room):
    for command in ("show", "export", "erase"):
        said = words(await room.slash("Ben", f"account {command}"))
        assert "nothing stored about you" in said
    privacy = await room.slash("Ben", "account privacy")
    assert privacy["flags"] & 64
    assert "/account erase" in words(privacy)


async def test_an_export_holds_everything_and_can_be_read_back(room: Room, tmp_path):
    await room.link("Ada", FILE)
    await room.link("Ada", ("Evil=name.csv", b'name,artist,energy\n"=cmd|calc",@x,0.5\n'))
    card = await rate_some(room, "Ada", 14)
    await room.slash("Ada", "retrain")
    shown = words(await room.slash("Ada", "account show"))
    assert "14 ratings" in shown
    assert "1 model of your taste" in shown
    assert "2 playlists" in shown

    archive = await archive_of(room, "Ada")
    names = set(archive.namelist())
    assert {"README.txt", "ratings.csv", "report.json", "report.png", "everything.json"} <= names
    assert {"model.npz", "model.json", "playlists/My mix.csv"} <= names
    (evil,) = (name for name in names if name.startswith("playlists/Evil"))
    ratings = list(csv.DictReader(io.StringIO(archive.read("ratings.csv").decode())))
    stars = await stars_of(room, "Ada")
    assert sorted(int(row["rating"]) for row in ratings) == sorted(stars.values())
    assert unpack(archive.read("model.npz"))
    everything = json.loads(archive.read("everything.json"))
    assert {row["track_id"]: row["stars"] for row in everything["ratings"]} == stars
    assert b"\n=cmd" not in archive.read(evil), "no formula for a spreadsheet"

    again = read_playlist("ratings.csv", archive.read("ratings.csv"))
    assert len(again.tracks) == 14
    assert all(track.features for track in again.tracks)
    before = await stars_of(room, "Ada")
    relinked = await room.link("Ada", ("ratings.csv", archive.read("ratings.csv")))
    assert "14 tracks, features for 14" in words(relinked)
    assert await stars_of(room, "Ada") == before, "the same tracks, not new ones"
    formula = read_playlist("evil.csv", archive.read(evil))
    assert [(track.title, track.artist) for track in formula.tracks] == [("=cmd|calc", "@x")]
    (tmp_path / "ratings.csv").write_bytes(archive.read("ratings.csv"))
    assert evaluate.main([str(tmp_path / "ratings.csv"), "--ratings", "10", "--draws", "2", "--json"]) == 0
    assert button(card, "rate", 5)


async def test_an_export_names_the_track_the_session_and_the_date_of_every_row(room: Room):
    await gathered(room, rounds=1, length=3)
    await press(room, "Ada", "begin")
    _, shown = await at_round(room, 1)
    for who in MEMBERS:
        await room.human.click(who, shown, ballot(shown, 6))
    await in_phase(room, Phase.REVEAL)
    await press(room, "Ada", "playlist")
    await in_phase(room, Phase.PLAYLIST)
    everything = json.loads((await archive_of(room, "Ada")).read("everything.json"))
    (vote,) = everything["session_votes"]
    assert vote["stars"] == 6
    assert vote["track"].split(" - ")[1] in words(shown)
    tables = ("session_members", "session_votes", "session_guesses", "session_satisfactions")
    for row in (one for name in tables for one in everything[name]):
        assert row["session"] == {"name": "Friday"}, "what she typed as its host"
        assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\+00:00", row["date"])
    assert len(everything["session_satisfactions"]) == 3
    assert all("Piece" in row["track"] for name in tables[1:] for row in everything[name])
    assert all("Piece" in row["track"] for row in everything["playlist_tracks"])


async def test_whether_votes_become_ratings_is_shown_and_changed_with_the_account_at_any_time(room: Room):
    assert "I ask you when you join" in words(await room.slash("Ben", "account votes"))
    assert "**become ratings**" in words(await room.slash("Ben", "account votes", channel="dm", become_ratings=True))
    assert "**become ratings**" in words(await room.slash("Ben", "account show"))
    session = await gathered(room, rounds=2)
    assert room.bot is not None
    sessions = room.bot.services.sessions
    assert session.members[ids(room, "Ben")].learn is True, "no need to ask"
    assert "**do not become" in words(await room.slash("Ben", "account votes", become_ratings=False))
    assert (await sessions.get(session.id)).members[ids(room, "Ben")].learn is False, "at once, in a session too"
    await press(room, "Ben", "leave")
    await room.slash("Ben", "account votes", become_ratings=True)
    await press(room, "Ben", "join")
    assert (await sessions.get(session.id)).members[ids(room, "Ben")].learn is True


async def test_erasing_asks_for_a_word_and_then_leaves_nothing(room: Room):
    await room.link("Ada", FILE)
    await room.link("Ben", FILE)
    card = await rate_some(room, "Ada", 11)
    await room.slash("Ada", "retrain")
    assert "Nothing was erased" in await confirm(room, "Ada", "erase, please")
    assert len(await stars_of(room, "Ada")) == 11
    assert "is erased" in await confirm(room, "Ada", "ERASE")
    assert await stars_of(room, "Ada") == {}
    assert "nothing stored about you" in words(await room.slash("Ada", "account show"))
    assert str(ids(room, "Ada")).encode() not in b"".join(
        file.read_bytes() for file in room.config.data.iterdir() if file.is_file()
    )
    # Her old card says kindly what to do; Ben's playlist is untouched.
    old = await room.human.click("Ada", card, button(card, "rate", 5))
    assert "/playlist link" in words(old)
    assert "40 tracks" in words(await room.slash("Ben", "playlist list"))
    await room.link("Ada", FILE)
    assert await stars_of(room, "Ada") == {}


@pytest.mark.slow
async def test_whoever_erases_during_a_backup_hears_of_the_last_traces(room: Room):
    await room.link("Ada", FILE)
    with closing(sqlite3.connect(room.config.database, isolation_level=None)) as backup:
        backup.execute("BEGIN")
        backup.execute("SELECT count(*) FROM listeners").fetchone()
        said = await confirm(room, "Ada", "ERASE")
    assert "is erased" in said
    assert "last traces" in said
    assert room.bot is not None
    accounts = room.bot.services.accounts
    await eventually(lambda: accounts.settled)


async def erased_while(room: Room, work: Coroutine[Any, Any, Any]) -> None:
    """Erase Ada while her work waits for somebody else's job, and see that it comes to nothing."""
    assert room.bot is not None
    workers = room.bot.services.workers
    async with workers._turns.of(0):
        working = asyncio.create_task(work)
        await eventually(lambda: workers.waiting)
        assert "is erased" in await confirm(room, "Ada", "ERASE")
    answer = await working
    await eventually(lambda: "kept nothing" in words(room.message("Ada", answer["id"]) or {}))
    assert "nothing stored about you" in words(await room.slash("Ada", "account show"))


async def test_a_training_under_way_does_not_bring_an_erased_member_back(room: Room):
    room.config = dataclasses.replace(room.config, workers=1)
    await room.restart()
    await room.link("Ada", FILE)
    await rate_some(room, "Ada", 14)
    await erased_while(room, room.slash("Ada", "retrain"))


async def test_an_upload_under_way_does_not_bring_an_erased_member_back(room: Room):
    room.config = dataclasses.replace(room.config, workers=1)
    await room.restart()
    await room.link("Ada", FILE)
    form = await room.slash("Ada", "playlist upload")
    field = form["modal"]["components"][0]["component"]["custom_id"]
    await erased_while(room, room.human.modal("Ada", form, {field: [("demo.wav", demo(100))]}))


async def test_erasing_stops_a_study(room: Room):
    await room.link("Ada", FILE)
    await rate_some(room, "Ada", 15)
    running = await studied(room, "Ada")
    assert "is erased" in await confirm(room, "Ada", "ERASE")
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "study" and not task.cancelling()]
    pressed = await room.human.click("Ada", running, custom_ids(running)[0])
    assert "interrupted" in words(pressed)


async def test_a_form_opened_before_a_restart_still_erases(room: Room):
    await room.link("Ada", FILE)
    opened = await room.slash("Ada", "account erase")
    await room.restart()
    field = opened["modal"]["components"][0]["component"]["custom_id"]
    answer = await room.human.modal("Ada", opened, {field: "ERASE"})
    await eventually(lambda: "is erased" in words(room.message("Ada", answer["id"]) or {}))


async def test_a_session_that_goes_on_shows_nothing_of_who_erased_themselves(room: Room):
    await gathered(room, open_votes=True, rounds=2)
    await press(room, "Ada", "begin")
    _, shown = await at_round(room, 1)
    await room.human.click("Ben", shown, ballot(shown, 7))
    them = f"<@{ids(room, 'Ben')}>"

    def cards() -> str:
        return "\n".join(words(m) for m in room.human.messages("Ada", "general") if m.get("embeds"))

    await eventually(lambda: f"{them} **7**" in cards())
    assert f"- {them}" in cards()
    assert "erased" in await confirm(room, "Ben", "ERASE")
    await eventually(lambda: them not in cards())
    assert room.bot is not None
    pools = room.bot.get_cog("Sessions").stage.pools._pools.values()  # type: ignore[union-attr]
    assert not [pool for _, pool in pools if ids(room, "Ben") in pool.members]
