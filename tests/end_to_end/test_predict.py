"""Predictions asked for by a message; the real client on the sandbox."""

from tests.end_to_end.people import words
from tests.end_to_end.room import Room
from tests.end_to_end.test_main_job import FILE, rate_some


async def test_predict_this_track(room: Room):
    await room.link("Ada", FILE)
    await rate_some(room, "Ada", 12)
    await room.slash("Ada", "retrain")
    said = await room.human.say("Ben", "general", "Composer 3 - Piece 1-3")
    found = await room.human.message_command("Ada", "general", "Predict this track", said)
    assert "Piece 1\\-3" in words(found) or "Piece 1-3" in words(found)
    card = await room.slash("Ada", "rate start", public=True)
    about = await room.human.message_command("Ada", "general", "Predict this track", card)
    assert "(" in words(about)


async def test_a_sentence_that_holds_a_title_is_understood(room: Room):
    await room.link("Ada", FILE)
    await rate_some(room, "Ada", 12)
    await room.slash("Ada", "retrain")
    for words_, found in (("Have you heard Piece 1-13 yet? It is great", "Piece 1-13"), ("piece 1-1!", "Piece 1-1")):
        message = await room.human.say("Ben", "general", words_)
        said = await room.human.message_command("Ada", "general", "Predict this track", message)
        assert f"**{found}**" in words(said)
    message = await room.human.say("Ben", "general", "nothing of the kind")
    said = await room.human.message_command("Ada", "general", "Predict this track", message)
    assert "I can't find “nothing of the kind”" in words(said)
