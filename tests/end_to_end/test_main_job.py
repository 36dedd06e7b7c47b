"""Link, rate, retrain, predict: the real client on the sandbox, as members do it."""

from tests.end_to_end.people import button, custom_ids, eventually, playlist_csv, track_of, words
from tests.end_to_end.room import Room

FILE = ("My mix.csv", playlist_csv())


def ids(room: Room, who: str) -> int:
    return int(room.human.member(who).id)


async def stars_of(room: Room, who: str) -> dict[int, int]:
    assert room.bot is not None
    return dict((await room.bot.services.ratings.standing(ids(room, who))).stars)


async def rate_some(room: Room, who: str, count: int, channel: str = "general") -> dict:
    """Rate by how energetic a track is said to be: a taste that can be learned."""
    assert room.bot is not None
    card = await room.slash(who, "rate start", channel=channel)
    for _ in range(count):
        here = room.bot.guilds[0].id
        track = await room.bot.services.playlists.track(track_of(card), ids(room, who), here)
        stars = round(1 + 9 * track.features["energy"])
        card = await room.human.click(who, card, button(card, "rate", stars))
    return card


async def test_a_newcomer_does_the_whole_job(room: Room):
    hello = await room.slash("Ada", "help")
    assert "/playlist link" in words(hello)
    assert hello["flags"] & 64, "private in a server"

    linked = await room.link("Ada", FILE)
    assert "40 tracks, features for 40" in words(linked)
    assert "/rate start" in words(linked)

    card = await rate_some(room, "Ada", 25)
    assert "25 rated" in words(card)
    assert len(await stars_of(room, "Ada")) == 25

    report = await room.slash("Ada", "retrain")
    assert "25 ratings" in words(report)
    assert "squared error" in words(report)
    (picture,) = report["attachments"]
    assert picture["content_type"] == "image/png"
    assert "rank correlation" in picture["description"], "alt text"

    choices = await room.human.autocomplete("Ada", "general", "predict track", {"track": "piece 1-3"}, "track")
    assert choices
    prediction = await room.slash("Ada", "predict track", track=choices[0]["value"])
    assert "(" in words(prediction)
    assert "-" in words(prediction)

    playlist = (await room.human.autocomplete("Ada", "general", "predict playlist", {"playlist": ""}, "playlist"))[0]
    ranked = await room.slash("Ada", "predict playlist", playlist=playlist["value"])
    assert "page 1 of 4" in words(ranked)
    turned = await room.human.click("Ada", ranked, custom_ids(ranked)[0])
    await eventually(lambda: "page 2 of 4" in words(room.message("Ada", turned["id"])))


async def test_everything_works_in_a_direct_message(room: Room):
    opened = await room.slash("Ben", "playlist link", channel="dm")
    fields = opened["modal"]["components"]
    lines = fields[1]["component"]["custom_id"]
    name = fields[2]["component"]["custom_id"]
    text = "Bach - Air\nhttps://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC\nnonsense"
    answer = await room.human.modal("Ben", opened, {lines: text, name: "Pasted"})
    assert "2 tracks" in words(answer)
    assert not answer.get("flags", 0) & 64, "an ordinary message in a DM"
    card = await room.slash("Ben", "rate start", channel="dm")
    after = await room.human.click("Ben", card, button(card, "rate", 9))
    assert "Saved" in words(after)
    assert list((await stars_of(room, "Ben")).values()) == [9]


async def test_after_a_restart_old_cards_live(room: Room):
    await room.link("Ada", FILE)
    card = await room.slash("Ada", "rate start", channel="dm")
    public = await room.slash("Ada", "rate start", public=True)
    await room.restart()
    card = await room.human.click("Ada", card, button(card, "rate", 7))
    assert "Saved" in words(card)
    await room.human.react("Ben", public, "8️⃣")
    await eventually(lambda: room.has_stars("Ben", {track_of(public): 8}))
    assert len(await stars_of(room, "Ada")) == 1


async def test_commands_are_told_to_discord_only_when_they_changed(room: Room):
    async def told() -> int:
        assert "/playlist link" in words(await room.slash("Ada", "help")), "it is up"
        return sum(one.method == "PUT" and one.template.endswith("/commands") for one in room.sandbox.exchanges)

    await told()
    room.always_sync = False
    await room.restart()
    first = await told()
    await room.restart()
    assert await told() == first, "they are those that it was told of last"
    assert room.bot is not None
    await room.bot.services.settings.set("commands", "of an earlier version")
    await room.restart()
    assert await told() == first + 1
