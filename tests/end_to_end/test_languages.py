"""A member whose Discord speaks another language reads it, beside others who read English."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.catalogues import catalogue
from tests.end_to_end.people import button, playlist_csv, words
from tests.end_to_end.room import Room, a_room
from tests.openapi import DiscordSpec

GERMAN = {
    "How much do you like it?": "Wie sehr gefällt es dir?",
    "1 is awful, 10 is wonderful.": "1 ist furchtbar, 10 ist wunderbar.",
    "{rated} rated · {left} to go · {missing} more to your first model": (
        "{rated} bewertet · noch {left} · {missing} Bewertung fehlt zum ersten Modell",
        "{rated} bewertet · noch {left} · {missing} Bewertungen fehlen zum ersten Modell",
    ),
    "Saved: {track} **{stars}**/10.": "Gespeichert: {track} **{stars}**/10.",
}


@pytest.fixture
async def german_room(tmp_path: Path, discord_spec: DiscordSpec | None) -> AsyncIterator[Room]:
    catalogues = catalogue(tmp_path / "catalogues", "de", GERMAN)
    async with a_room(tmp_path, discord_spec, catalogues=catalogues) as room:
        room.human.guild.set_locale("Ada", "de")
        yield room


async def test_each_member_reads_their_own_language(german_room: Room):
    room = german_room
    for who in ("Ada", "Ben"):
        await room.link(who, ("list.csv", playlist_csv(1500, seed=ord(who[0]))))
    german, english = [await room.slash(who, "rate start") for who in ("Ada", "Ben")]
    assert "Wie sehr gefällt es dir? 1 ist furchtbar, 10 ist wunderbar." in words(german)
    assert "0 bewertet · noch 1.500 · 10 Bewertungen fehlen zum ersten Modell" in words(german)
    assert "How much do you like it? 1 is awful, 10 is wonderful." in words(english)
    assert "0 rated · 1,500 to go · 10 more to your first model" in words(english)
    for _ in range(9):
        german = await room.human.click("Ada", german, button(german, "rate", 7))
    assert "Gespeichert: " in words(german)
    assert "9 bewertet · noch 1.491 · 1 Bewertung fehlt zum ersten Modell" in words(german)
    english = await room.human.click("Ben", english, button(english, "rate", 7))
    assert "Saved: " in words(english)
