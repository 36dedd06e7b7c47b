"""Training one's own model; the real client on the sandbox."""

from tests.end_to_end.people import button, words
from tests.end_to_end.room import Room
from tests.end_to_end.test_main_job import FILE


async def test_thin_evidence_is_refused_in_words(room: Room):
    assert "have 0" in words(await room.slash("Ada", "retrain"))
    await room.link("Ada", FILE)
    assert "0 of 10" in words(await room.slash("Ada", "predict track", track="Piece 1-3"))
    card = await room.slash("Ada", "rate start")
    for _ in range(10):
        card = await room.human.click("Ada", card, button(card, "rate", 5))
    assert "no difference" in words(await room.slash("Ada", "retrain"))
