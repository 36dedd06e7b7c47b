"""Cards that are gone, doubled or somebody else's; clicks and forms at an awkward moment."""

import asyncio
import logging

import pytest

from bot.domain.ratings import Question
from bot.domain.taste import Prediction, WhatIf
from cogs.ui import cards
from cogs.ui.cards import CardState
from tests.end_to_end.people import button, custom_ids, eventually, playlist_csv, track_of, words
from tests.end_to_end.room import Room
from tests.end_to_end.test_main_job import FILE, ids, rate_some, stars_of


def remove(room: Room, message: dict) -> None:
    """Delete a message as a moderator would."""
    member = room.human.member("Ada")
    room.sandbox.world.remove(room.human.message(message, member))


async def test_a_card_deleted_while_its_digits_are_added_troubles_nobody(room: Room, caplog: pytest.LogCaptureFixture):
    await room.link("Ada", FILE)
    card = await room.slash("Ada", "rate start", public=True)
    await eventually(lambda: room.message("Ada", card["id"]).get("reactions"))
    with caplog.at_level(logging.INFO, "cogs.ui.digits"):
        remove(room, card)
        await eventually(lambda: "digits stopped: 10008" in caplog.text)
    again = await room.slash("Ada", "rate start", public=True)
    assert track_of(again) == track_of(card)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_a_card_deleted_under_the_finger_keeps_the_rating(room: Room, caplog: pytest.LogCaptureFixture):
    await room.link("Ada", FILE)
    card = await room.slash("Ada", "rate start", channel="dm")
    clicked = room.human.begin_click("Ada", card, button(card, "rate", 7))
    remove(room, card)
    await room.human.wait(clicked.id)
    await eventually(lambda: room.has_stars("Ada", {track_of(card): 7}))
    following = await room.slash("Ada", "rate start", channel="dm")
    assert track_of(following) != track_of(card)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_the_same_card_in_two_windows(room: Room):
    await room.link("Ada", FILE)
    left, right = await room.slash("Ada", "rate start"), await room.slash("Ada", "rate start", channel="music")
    track = track_of(left)
    assert track_of(right) == track
    clicks = [room.human.click("Ada", card, button(card, "rate", 4)) for card in (left, right)]
    answers = await asyncio.gather(*clicks)
    assert await stars_of(room, "Ada") == {track: 4}
    assert track_of(answers[0]) == track_of(answers[1]) != track, "both windows go on to the same next card"
    changed = await room.human.click("Ada", answers[1], button(answers[1], "undo"))
    await room.human.click("Ada", changed, button(changed, "rate", 9))
    assert (await stars_of(room, "Ada"))[track] == 9, "the last one counts"


async def test_clicks_count_while_the_model_trains(room: Room):
    await room.link("Ada", FILE)
    card = await rate_some(room, "Ada", 12)
    training = asyncio.create_task(room.slash("Ada", "retrain"))
    while not training.done():
        before = len(await stars_of(room, "Ada"))
        if before == 40:
            break
        card = await room.human.click("Ada", card, button(card, "rate", 5))
        assert len(await stars_of(room, "Ada")) == before + 1
    assert "ratings" in words(await training)


async def test_a_card_of_somebody_else_refuses_kindly(room: Room):
    await room.link("Ada", FILE)
    assert room.bot is not None
    owner = ids(room, "Ada")
    (track, *_) = await room.bot.services.playlists.visible_tracks(owner, None)
    # In a group's chat a private card can come before other eyes; here the bot itself posts one.
    card = cards.private_card(Question(track, None, 1, 0, None, can_undo=False), CardState(owner, track.id))
    channel = room.bot.get_partial_messageable(int(room.human.channel("general", room.human.member("Ada")).id))
    sent = await channel.send(embed=card["embed"], view=card["view"])  # type: ignore[typeddict-item]
    shown = await eventually(lambda: room.message("Ben", str(sent.id)))
    refused = await room.human.click("Ben", shown, button(shown, "rate", 5))
    assert "somebody else's" in words(refused)
    assert refused["flags"] & 64, "only Ben reads it"
    told = Prediction(track, 6.0, 4.0, 8.0, "fair", changes=(WhatIf("tempo", 90.0, 140.0, 7.0),))
    predicted = cards.prediction_card(told, owner)
    sent = await channel.send(embed=predicted["embed"], view=predicted["view"])  # type: ignore[typeddict-item]
    shown = await eventually(lambda: room.message("Ben", str(sent.id)))
    refused = await room.human.select("Ben", shown, f"earmark:whatif:{owner}:{track.id}", ["tempo=140.0"])
    assert "somebody else's" in words(refused)
    assert await stars_of(room, "Ben") == await stars_of(room, "Ada") == {}


async def test_a_form_that_was_open_while_the_bot_restarted_still_arrives(room: Room):
    opened = {who: await room.slash(who, "playlist link") for who in ("Ada", "Ben")}
    await room.restart()
    for who, form in opened.items():
        _, lines, name = (label["component"]["custom_id"] for label in form["modal"]["components"])
        answer = await room.human.modal(who, form, {lines: f"{who} - Song one\n{who} - Song two", name: who})
        linked = await eventually(lambda who=who, answer=answer: room.message(who, answer["id"]))
        await eventually(lambda who=who, linked=linked: "2 tracks" in words(room.message(who, linked["id"])))
    assert custom_ids(await room.slash("Ada", "rate start"))


async def test_everybody_has_his_own_form(room: Room):
    opened = {who: await room.slash(who, "playlist link") for who in ("Ada", "Ben")}
    for who, form in opened.items():
        upload, _, name = (label["component"]["custom_id"] for label in form["modal"]["components"])
        mine = (f"{who}.csv", playlist_csv(5, artist=who))
        await room.human.modal(who, form, {upload: [mine], name: who})
    for who in opened:

        async def own(who: str = who) -> bool:
            assert room.bot is not None
            linked = await room.bot.services.playlists.of(ids(room, who))
            return [playlist.name for playlist in linked] == [who]

        await eventually(own)


async def test_the_history_shows_what_was_rated_and_taken_back_elsewhere(room: Room):
    await room.link("Ada", FILE)
    card = await rate_some(room, "Ada", 11)
    history = await room.slash("Ada", "rate history")
    newest = (await stars_of(room, "Ada")).popitem()[0]
    history = await room.human.click("Ada", history, f"earmark:history:{ids(room, 'Ada')}:1")
    assert "page 2 of 2" in words(history)
    await room.slash("Ada", "rate track", track=f"#{newest}", stars=1)
    history = await room.human.click("Ada", history, f"earmark:history:{ids(room, 'Ada')}:0")
    assert "page 1 of 2" in words(history)
    assert words(history).splitlines()[1].startswith("` 1` "), "the newest first"
    card = await room.human.click("Ada", card, button(card, "undo"))
    await room.human.click("Ada", card, button(card, "undo"))
    history = await room.human.click("Ada", history, f"earmark:history:{ids(room, 'Ada')}:1")
    assert "page 1 of 1" in words(history)
    assert words(history).count("<t:") == 10


@pytest.mark.parametrize("chosen", ["#²", "#٣", "#9999999999999999999", f"#{2**64}", "#" + "9" * 99])
async def test_a_choice_that_is_no_id_of_ours_is_a_name_or_an_unknown_track(
    room: Room, caplog: pytest.LogCaptureFixture, chosen: str
):
    await room.link("Ada", FILE)
    said = await room.slash("Ada", "rate track", track=chosen)
    if chosen[1:].isascii():
        assert "I can't find" in words(said)
    assert "Something went wrong" not in words(said)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
