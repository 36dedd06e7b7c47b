"""Cards that a whole channel rates, by buttons and by reactions."""

from tests.end_to_end.people import button, eventually, track_of, words
from tests.end_to_end.room import Room
from tests.end_to_end.test_main_job import FILE, stars_of


async def test_a_public_card_is_everybodys(room: Room):
    await room.link("Ada", FILE)
    card = await room.slash("Ada", "rate start", public=True)
    track = track_of(card)
    assert not card.get("flags", 0) & 64
    said = await room.human.click("Ben", card, button(card, "vote", 7))
    assert "Saved" in words(said)
    assert said["flags"] & 64
    assert await stars_of(room, "Ben") == {track: 7}

    await room.human.react("Chloe", card, "9️⃣")
    await eventually(lambda: room.has_stars("Chloe", {track: 9}))
    await room.human.react("Chloe", card, "4️⃣")
    await eventually(lambda: room.has_stars("Chloe", {track: 4}))
    await room.human.unreact("Chloe", card, "9️⃣")  # no longer the current one
    await room.human.react("Dan", card, "🔟")
    await eventually(lambda: room.has_stars("Dan", {track: 10}))
    assert await stars_of(room, "Chloe") == {track: 4}
    await room.human.unreact("Chloe", card, "4️⃣")
    await eventually(lambda: room.has_stars("Chloe", {}))
    await room.human.react("Chloe", card, "🎉")

    refused = await room.human.click("Ben", card, button(card, "next"))
    assert "can go on to the next" in words(refused)
    following = await room.human.click("Ada", card, button(card, "next"))
    assert following["id"] != card["id"], "a new message"
    assert track_of(following) != track
    ten = await eventually(lambda: len(room.message("Ada", card["id"]).get("reactions", [])) >= 10, 15)
    assert ten
