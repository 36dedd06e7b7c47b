"""Lists that are linked, shared and unlinked; the real client on the sandbox."""

import pytest

from tests.end_to_end.people import button, words
from tests.end_to_end.room import Room
from tests.end_to_end.test_main_job import FILE, stars_of


async def test_a_second_paste_does_not_replace_the_first(room: Room):
    for text, name in (("Bach - Air", " \u202e "), ("Bach - Gigue", ""), ("Bach - Fugue", "\u202eMine")):
        opened = await room.slash("Ada", "playlist link")
        fields = [label["component"]["custom_id"] for label in opened["modal"]["components"]]
        await room.human.modal("Ada", opened, {fields[1]: text, fields[2]: name})
    seen = words(await room.slash("Ada", "playlist list"))
    assert [name in seen for name in ("**Pasted songs**", "**Pasted songs 2**", "**Mine**")] == [True] * 3


async def test_sharing_decides_what_others_see(room: Room):
    await room.link("Ada", FILE)
    empty = await room.slash("Ben", "rate start")
    assert "/playlist link" in words(empty)
    assert "shared" in words(await room.slash("Ada", "playlist share", playlist="My mix"))
    assert "My mix" in words(await room.slash("Ben", "playlist list"))
    card = await room.slash("Ben", "rate start")
    await room.human.click("Ben", card, button(card, "rate", 6))
    await room.slash("Ada", "playlist share", playlist="My mix", stop=True)
    assert "No playlist yet" in words(await room.slash("Ben", "playlist list"))
    assert "server" in words(await room.slash("Ada", "playlist share", channel="dm", playlist="My mix"))


async def test_unlinking_keeps_ratings_and_old_cards_say_so(room: Room):
    await room.link("Ada", FILE)
    card = await room.slash("Ada", "rate start")
    card = await room.human.click("Ada", card, button(card, "rate", 9))
    assert "stay" in words(await room.slash("Ada", "playlist unlink", playlist="My mix"))
    assert len(await stars_of(room, "Ada")) == 1
    late = await room.human.click("Ada", card, button(card, "rate", 2))
    assert "can't find" in words(late)
    assert len(await stars_of(room, "Ada")) == 1
    assert "can't find" in words(await room.slash("Ada", "playlist unlink", playlist="My mix"))


async def test_songs_without_features_are_no_dead_end(room: Room):
    linked = await room.link("Ada", ("songs.txt", b"Ann - One\nBob - Two\n"))
    assert "cannot learn from them" in words(linked)
    assert "Now rate" not in words(linked)
    assert "Bach" in words(linked)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("empty.csv", b"", "is empty"),
        ("picture.png", b"\x89PNG\r\n" + bytes(200), "can't read"),
        ("words.txt", b"nothing of music here", "no track"),
        ("big.csv", b"name,artist\n" + b"x,y\n" * 2_600_000, "too large"),
        ("rows.csv", b"name,artist\n" + b"".join(b"t%d,a\n" % i for i in range(20_001)), "too many rows"),
        ("deezer.txt", b"https://www.deezer.com/playlist/1", "can't read links"),
    ],
)
async def test_bad_files_get_a_sentence(room: Room, name: str, data: bytes, said: str):
    answer = await room.link("Ada", (name, data))
    assert said in words(answer)
    assert "No playlist yet" in words(await room.slash("Ada", "playlist list"))
