"""What takes longer than the fifteen minutes in which Discord takes an answer reaches its member all the same."""

import io
import logging
import zipfile

import pytest

from bot.domain.ratings import MIN_RATINGS
from tests.end_to_end.people import custom_ids, eventually, playlist_csv, words
from tests.end_to_end.room import Room
from tests.end_to_end.test_taste import answered, rate_some, studied

FILE = ("Mix.csv", playlist_csv(20))
STUDY = ["study.md", "features.png", "ratings.png", "predicted.png", "learning.png"]


def told(room: Room, part: str, where: str = "dm") -> list[dict]:
    return [message for message in room.human.messages("Ada", where) if part in words(message)]


def ask(room: Room, command: str, **options: str) -> None:
    """Send a command of Ada's, and wait for nothing."""
    room.human.begin_slash("Ada", "general", command, options)


def files(message: dict) -> list[str]:
    return [file["filename"] for file in message["attachments"]]


async def test_an_answer_that_comes_too_late_comes_as_a_direct_message(room: Room, caplog: pytest.LogCaptureFixture):
    await room.link("Ada", FILE)
    await rate_some(room, "Ada", MIN_RATINGS)
    room.sandbox.interactions.lifetime = 0.0
    ask(room, "playlist link", catalogue="bach", name="Other")
    await eventually(lambda: told(room, "Other"))
    ask(room, "retrain")
    await eventually(lambda: [m for m in room.human.messages("Ada", "dm") if files(m) == ["report.png"]], 60)
    ask(room, "predict playlist", playlist="Mix")
    await eventually(lambda: told(room, "as you would rank it"), 60)
    ask(room, "account export")
    (archive,) = await eventually(lambda: [m for m in room.human.messages("Ada", "dm") if files(m) == ["earmark.zip"]])
    data = room.sandbox.world.files[int(archive["attachments"][0]["id"])].data
    assert "ratings.csv" in zipfile.ZipFile(io.BytesIO(data)).namelist(), "whole, though it was sent twice"
    ask(room, "predict track", track="nothing that anybody knows")
    await eventually(lambda: told(room, "nothing that anybody knows"))
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_where_direct_messages_are_closed_the_channel_hears_only_that_there_was_an_answer(room: Room):
    await room.link("Ada", FILE)
    room.sandbox.world.closed_dms.add(int(room.human.member("Ada").id))
    room.sandbox.interactions.lifetime = 0.0
    ask(room, "playlist link", catalogue="bach", name="Secret name")
    (public,) = await eventually(lambda: told(room, "closed to me", "general"))
    assert "Secret" not in words(public)
    room.sandbox.interactions.lifetime = 900.0
    assert "Secret name" in words(await room.slash("Ada", "playlist list")), "what was made is kept"


async def test_the_report_of_a_study_that_takes_long_is_kept_and_handed_out(room: Room):
    await room.link("Ada", FILE)
    assert "No report" in words(await answered(room, "Ada", await room.slash("Ada", "taste study")))
    await rate_some(room, "Ada", 15)
    card = await studied(room, "Ada")
    far = await answered(room, "Ada", await room.slash("Ada", "taste study"))
    assert "of 70 parts" in words(far)
    assert custom_ids(far) == custom_ids(card), "it can be stopped there as well"
    room.sandbox.interactions.lifetime = 0.0  # no edit of the card succeeds any more
    room.sandbox.world.closed_dms.add(int(room.human.member("Ada").id))
    await eventually(lambda: told(room, "closed to me", "general"), 240)
    room.sandbox.interactions.lifetime = 900.0
    assert files(await answered(room, "Ada", await room.slash("Ada", "taste study"))) == STUDY
    await room.human.click("Ada", card, custom_ids(card)[0])
    ended = await eventually(lambda: (m := room.message("Ada", card["id"])) and files(m) and m)
    assert files(ended) == STUDY, "Stop tells that there is nothing left to stop"
    await room.restart()
    assert files(await answered(room, "Ada", await room.slash("Ada", "taste study"))) == STUDY
    assert not told(room, "interrupted")
    export = await answered(room, "Ada", await room.slash("Ada", "account export"))
    data = room.sandbox.world.files[int(export["attachments"][0]["id"])].data
    assert f"study/{STUDY[0]}" in zipfile.ZipFile(io.BytesIO(data)).namelist()
