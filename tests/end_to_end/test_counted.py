"""What goes wrong where no command waits for it is counted, too."""

import sqlite3
from contextlib import closing

from tests.end_to_end.people import eventually, words
from tests.end_to_end.room import Room
from tests.end_to_end.test_main_job import FILE
from tests.end_to_end.test_sessions import session_here


def told(room: Room, kind: str) -> float:
    assert room.bot is not None
    return room.bot.services.metrics.value("earmark_errors_total", kind=kind)


async def test_a_study_that_cannot_be_made(room: Room):
    answer = await room.slash("Ada", "retrain", thorough=True)
    assert "I need 15 rated tracks" in await room.last_word("Ada", answer)
    assert told(room, "TooFewRatings") == 1


async def test_a_reaction_that_cannot_be_saved(room: Room):
    await room.link("Ada", FILE)
    card = await room.slash("Ada", "rate start", public=True)
    await eventually(lambda: room.message("Ada", card["id"]).get("reactions"))  # by then it is remembered
    with closing(sqlite3.connect(room.config.database)) as database:
        database.execute("ALTER TABLE ratings RENAME TO elsewhere")
    await room.human.react("Ben", card, "8️⃣")
    await eventually(lambda: told(room, "OperationalError") == 1)


async def test_a_session_that_may_no_longer_speak(room: Room):
    assert "Friday" in words(await room.slash("Ada", "session start", name="Friday"))
    await eventually(lambda: [m for m in room.human.messages("Ada", "general") if "May your votes" in words(m)])
    session = await session_here(room)
    assert room.bot is not None
    room.sandbox.rest.trouble = (403, {"message": "Missing Permissions", "code": 50013})
    room.bot.get_cog("Sessions").stage.go_on(session.id)
    await eventually(lambda: told(room, "Forbidden") == 1)
    room.sandbox.rest.trouble = None
