"""A member whose Discord speaks another language reads it, beside others who read English."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.catalogues import catalogue, marked
from tests.end_to_end.people import button, custom_ids, eventually, playlist_csv, words
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


async def test_what_everybody_reads_is_in_the_servers_language(tmp_path: Path, discord_spec: DiscordSpec | None):
    catalogues = marked(tmp_path / "catalogues")
    async with a_room(tmp_path, discord_spec, catalogues=catalogues) as room:
        room.sandbox.world.locale = "de"
        await room.restart()  # the server is told of at the connection
        await room.link("Ada", ("list.csv", playlist_csv(30)))
        await room.slash("Ada", "playlist share", playlist="#1")
        card = await room.slash("Ada", "rate start", public=True)
        assert "⟦What does everybody think?" in words(card), "everybody's"
        assert "Saved: " in words(said := await room.human.click("Ben", card, button(card, "vote", 7)))
        assert "⟦" not in words(said), "Ben's own"
        lobby = await room.slash("Ada", "session start")
        assert "⟦1 round.⟧" in words(lobby) or "rounds.⟧" in words(lobby)
        await room.human.click("Ben", lobby, custom_ids(lobby)[0])
        joined = await eventually(
            lambda: "⟦2 members" in words(seen := room.message("Ada", lobby["id"])).replace("*", "") and seen
        )
        assert joined["components"][0]["components"][0]["label"] == "⟦Join⟧"


async def test_discord_is_told_what_commands_are_called_in_other_languages(
    tmp_path: Path, discord_spec: DiscordSpec | None
):
    async with a_room(tmp_path, discord_spec, catalogues=marked(tmp_path / "catalogues")) as room:
        synchronised = [request for method, path, _, request, _ in room.sandbox.exchanges if path.endswith("/commands")]
        commands = {command["name"]: command for command in synchronised[-1]}
        assert commands["help"]["description_localizations"] == {"de": "⟦How this works, and what to do next⟧"}
        assert not commands["help"].get("name_localizations"), "members type it as the bot's sentences name it"
        start = next(option for option in commands["session"]["options"] if option["name"] == "start")
        rule = next(option for option in start["options"] if option["name"] == "rule")
        assert rule["description_localizations"] == {"de": "⟦How the playlist is chosen (fair)⟧"}
        assert rule["choices"][1]["name_localizations"] == {"de": "⟦average: the highest mean⟧"}
        menu = commands["Predict this track"]
        assert menu["name_localizations"] == {"de": "⟦Predict this track⟧"}
        before = len(room.sandbox.exchanges)
        room.always_sync = False
        await room.restart()
        again = [
            path for method, path, *_ in list(room.sandbox.exchanges)[before:] if method == "PUT" and "commands" in path
        ]
        assert again == [], "nothing has changed"
