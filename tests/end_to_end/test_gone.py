"""What was unlinked, is private, or has no name that can be looked for: nothing is lost, leaked or guessed."""

import asyncio
import dataclasses
import sqlite3
from contextlib import closing
from typing import Any

from tests.end_to_end.people import button, eventually, playlist_csv, track_of, words
from tests.end_to_end.room import Room
from tests.end_to_end.test_audio import demo, said
from tests.end_to_end.test_main_job import FILE, stars_of


async def unlink(room: Room, who: str, name: str) -> None:
    assert name in words(await room.slash(who, "playlist unlink", playlist=name))


async def test_undo_after_unlinking_takes_back_and_says_so(room: Room):
    await room.link("Ada", FILE)
    card = await room.slash("Ada", "rate start")
    first = track_of(card)
    card = await room.human.click("Ada", card, button(card, "rate", 9))
    await unlink(room, "Ada", "My mix")
    card = await room.human.click("Ada", card, button(card, "undo"))
    assert "Taken back" in words(card)
    assert first not in await stars_of(room, "Ada")


async def test_a_card_of_a_playlist_that_was_unlinked_keeps_the_rating_and_says_what_to_do(room: Room):
    await room.link("Ada", FILE)
    await room.link("Ada", ("Other.csv", FILE[1]))
    choice = (await room.human.autocomplete("Ada", "general", "rate start", {"playlist": "My"}, "playlist"))[0]
    card = await room.slash("Ada", "rate start", playlist=choice["value"])
    asked = track_of(card)
    await unlink(room, "Ada", "My mix")
    card = await room.human.click("Ada", card, button(card, "rate", 2))
    assert await stars_of(room, "Ada") == {asked: 2}
    assert "gave" in words(card) or "saved" in words(card).lower()
    assert "that playlist" in words(card)
    assert "“1”" not in words(card)


async def test_a_recording_is_heard_by_its_owner_and_where_it_is_shared_only(room: Room):
    form = await room.slash("Ada", "playlist upload")
    upload = form["modal"]["components"][0]["component"]["custom_id"]
    answer = await room.human.modal("Ada", form, {upload: [("The Band - Second Song.wav", demo(90))]})
    await said(room, "Ada", answer, "Heard")
    assert (await room.slash("Ada", "rate start"))["attachments"]
    await room.link("Ben", ("names.txt", b"The Band - Second Song\n"))
    card = await room.slash("Ben", "rate start")
    assert "Second Song" in words(card)
    assert not card["attachments"], "the title does not hand out the recording"
    await room.slash("Ada", "playlist share", playlist="Uploads")
    assert (await room.slash("Ben", "rate start"))["attachments"], "shared here, by its owner"
    assert not (await room.slash("Ben", "rate start", channel="dm"))["attachments"]


async def test_text_without_a_letter_names_no_track(room: Room):
    await room.link("Ada", FILE)
    for nothing in ("???", "🔥🔥", "!!! - ..."):
        assert "I can't find" in words(await room.slash("Ada", "rate track", track=nothing, stars=1))
    assert await stars_of(room, "Ada") == {}


async def test_a_title_full_of_signs_still_makes_a_card(room: Room):
    title = "*_~`|" * 40
    await room.link("Ada", ("signs.csv", f"artist,title\n{title},{title}\n".encode()))
    card = await room.slash("Ada", "rate start")
    card = await room.human.click("Ada", card, button(card, "rate", 4))
    assert len(await stars_of(room, "Ada")) == 1


async def test_two_tracks_of_one_name_can_be_told_apart_in_the_list(room: Room):
    rows = "artist,title,track id\n" + "".join(f"Ann,One,{number:022d}\n" for number in (1, 2))
    await room.link("Ada", ("twins.csv", rows.encode()))
    choices = await room.human.autocomplete("Ada", "general", "predict track", {"track": "one"}, "track")
    assert [choice["name"] for choice in choices] == ["Ann - One", "Ann - One (2)"]


async def test_what_was_unlinked_is_not_kept_and_so_not_left_by_an_erase(room: Room):
    await room.link("Ada", ("mix.csv", playlist_csv(30)))
    card = await room.slash("Ada", "rate start")
    await room.human.click("Ada", card, button(card, "rate", 9))
    await unlink(room, "Ada", "mix")
    with closing(sqlite3.connect(room.config.database)) as stranger:
        assert stranger.execute("SELECT count(*) FROM tracks").fetchone() == (1,), "the rated one"


class Losing(dict[int, Any]):
    """Files of which one can no longer be read when it is asked for: the server answers 500."""

    def get(self, key: int, default: Any = None) -> Any:
        found = super().get(key, default)
        return dataclasses.replace(found, path="lost") if found is not None and "lost" in found.filename else found


async def test_a_file_that_cannot_be_fetched_does_not_lose_the_others(room: Room):
    room.sandbox.world.files = Losing(room.sandbox.world.files)
    form = await room.slash("Ada", "playlist upload")
    upload = form["modal"]["components"][0]["component"]["custom_id"]
    files = [("lost.wav", demo(80)), ("here.wav", demo(100))]
    answer = await room.human.modal("Ada", form, {upload: files})
    outcome = words(await said(room, "Ada", answer, "Heard"))
    assert "here" in outcome
    assert "lost.wav could not be fetched from Discord" in outcome


async def test_a_reaction_while_the_database_is_busy_counts_once_it_is_free(room: Room):
    await room.link("Ada", FILE)
    await room.slash("Ada", "playlist share", playlist="My mix")
    card = await room.slash("Ada", "rate start", public=True)
    await eventually(lambda: len(room.message("Ada", card["id"]).get("reactions") or ()) == 10)
    with closing(sqlite3.connect(room.config.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await room.human.react("Ben", card, "7️⃣")
        await asyncio.sleep(4)
        assert await stars_of(room, "Ben") == {}
        other.execute("ROLLBACK")
    await eventually(lambda: room.has_stars("Ben", {track_of(card): 7}), 20)
