"""Sound: on cards, in uploads, and in what is predicted; the real client on the sandbox."""

import io

import pytest
import soundfile

from bot.sandbox.options import HumanError
from tests.end_to_end.people import button, eventually, words
from tests.end_to_end.room import Room
from tests.sources.sounds import music, wav


def demo(bpm: int, transpose: int = 0, seconds: float = 8) -> bytes:
    return wav(music(bpm=bpm, transpose=transpose, seconds=seconds))


async def said(room: Room, who: str, answer: dict, start: str) -> dict:
    return await eventually(
        lambda: (seen := room.message(who, answer["id"])) and start in words(seen) and seen, seconds=60
    )


def sound(room: Room, message: dict) -> bytes:
    (file,) = message["attachments"]
    assert file["content_type"] == "audio/mpeg"
    return room.file(file)


async def test_every_card_of_bach_can_be_heard(room: Room):
    linked = await room.slash("Ada", "playlist link", catalogue="bach")
    await said(room, "Ada", linked, "100 tracks")
    card = await room.slash("Ada", "rate start")
    assert not card["flags"] & (1 << 15), "sound plays in classic messages only"
    heard: set[bytes] = set()
    for _ in range(4):
        data = sound(room, card)
        assert 5 < soundfile.info(io.BytesIO(data)).duration <= 30.1
        assert "played by our own" in card["attachments"][0]["description"]
        heard.add(data)
        card = await room.human.click("Ada", card, button(card, "rate", 7))
    assert len(heard) == 4, "each card has a sound of its own"
    stopped = await room.human.click("Ada", card, button(card, "stop"))
    assert not stopped["attachments"]


async def test_a_public_card_can_be_heard_by_everybody(room: Room):
    linked = await room.slash("Ada", "playlist link", catalogue="bach")
    await said(room, "Ada", linked, "100 tracks")
    card = await room.slash("Ada", "rate start", public=True)
    assert sound(room, room.message("Ben", card["id"]))


async def test_a_band_rates_its_own_demos(room: Room):
    files = [(f"demo {bpm}.wav", demo(bpm, bpm % 7)) for bpm in range(70, 150, 10)]
    bad = [("broken.mp3", b"not audio at all" * 50), ("cut.wav", demo(90)[:-50_000])]
    form = await room.slash("Ada", "playlist upload")
    upload, name = (label["component"]["custom_id"] for label in form["modal"]["components"])
    answer = await room.human.modal("Ada", form, {upload: [*files, *bad], name: "Our demos"})
    outcome = await said(room, "Ada", answer, "Heard")
    assert "Heard 8 of 10 files. **Our demos** has 8 tracks now." in words(outcome)
    assert "bpm" in words(outcome)
    assert "isn't audio that I can read" in words(outcome)
    assert "is cut off" in words(outcome)

    more = await room.slash("Ada", "playlist upload", file=("demo 160.wav", demo(160)), name="Our demos")
    assert "has 9 tracks now" in words(await said(room, "Ada", more, "Heard"))
    again = await room.slash("Ada", "playlist link", file=("demo 160.wav", demo(160)), name="Our demos")
    assert "has 9 tracks now" in words(await said(room, "Ada", again, "Heard")), "audio is heard wherever it is sent"

    card = await room.slash("Ada", "rate start")
    assert 7.5 < soundfile.info(io.BytesIO(sound(room, card))).duration < 8.5


async def test_a_recording_is_predicted_and_not_kept(room: Room):
    linked = await room.slash("Ada", "playlist link", catalogue="bach")
    await said(room, "Ada", linked, "100 tracks")
    nothing = await room.slash("Ada", "predict audio", file=("mine.wav", demo(100)))
    assert "I don't know you yet: 0 of 10" in words(await said(room, "Ada", nothing, "know"))
    card = await room.slash("Ada", "rate start")
    for stars in (9, 2, 8, 3, 7, 4, 9, 1, 6, 5, 8, 2):
        card = await room.human.click("Ada", card, button(card, "rate", stars))
    await said(room, "Ada", await room.slash("Ada", "retrain"), "12 ratings")
    assert room.bot is not None
    before = await room.bot.services.accounts.counts(int(room.human.member("Ada").id))
    answer = await room.slash("Ada", "predict audio", file=("mine.wav", demo(100)))
    assert "**mine**" in words(await said(room, "Ada", answer, "("))
    posted = await room.human.say("Ben", "general", "listen", [("ours.wav", demo(120))])
    answer = await room.human.message_command("Ada", "general", "Predict this track", posted)
    assert "**ours**" in words(await said(room, "Ada", answer, "("))
    assert await room.bot.services.accounts.counts(int(room.human.member("Ada").id)) == before


async def test_silence_has_its_sentence(room: Room):
    answer = await room.slash("Ada", "playlist upload", file=("quiet.wav", wav(music(seconds=4) * 0)))
    assert "hardly any sound" in words(await said(room, "Ada", answer, "sound"))
    with pytest.raises(HumanError):
        await room.slash("Ada", "predict audio")


async def test_uploads_are_part_of_what_is_erased_and_taken_along(room: Room):
    answer = await room.slash("Ada", "playlist upload", file=("demo.wav", demo(100)))
    await said(room, "Ada", answer, "Heard")
    shown = await room.slash("Ada", "account show")
    assert "1 half minute of your own recordings" in words(shown)


@pytest.mark.parametrize("public", [False, True])
async def test_the_next_sound_is_ready_before_it_is_asked_for(room: Room, public: bool):
    linked = await room.slash("Ada", "playlist link", catalogue="bach")
    await said(room, "Ada", linked, "100 tracks")
    await room.slash("Ada", "rate start", public=public)
    clips = room.config.data / "clips"
    await eventually(lambda: len([file for file in clips.iterdir() if file.suffix == ".mp3"]) >= 2, 20)
