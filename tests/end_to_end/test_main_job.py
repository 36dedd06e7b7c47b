"""Link, rate, retrain, predict: the real client on the sandbox, as members do it."""

import json
import sqlite3

import pytest

from bot.sandbox.options import HumanError
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


async def test_a_second_paste_does_not_replace_the_first(room: Room):
    for text, name in (("Bach - Air", " \u202e "), ("Bach - Gigue", ""), ("Bach - Fugue", "\u202eMine")):
        opened = await room.slash("Ada", "playlist link")
        fields = [label["component"]["custom_id"] for label in opened["modal"]["components"]]
        await room.human.modal("Ada", opened, {fields[1]: text, fields[2]: name})
    seen = words(await room.slash("Ada", "playlist list"))
    assert [name in seen for name in ("**Pasted songs**", "**Pasted songs 2**", "**Mine**")] == [True] * 3


async def test_skip_undo_stop_and_history(room: Room):
    await room.link("Ada", FILE)
    card = await room.slash("Ada", "rate start")
    first = track_of(card)
    card = await room.human.click("Ada", card, button(card, "skip"))
    assert track_of(card) != first
    second = track_of(card)
    card = await room.human.click("Ada", card, button(card, "rate", 10))
    assert await stars_of(room, "Ada") == {second: 10}
    card = await room.human.click("Ada", card, button(card, "undo"))
    assert track_of(card) == second
    assert await stars_of(room, "Ada") == {}
    card = await room.human.click("Ada", card, button(card, "rate", 3))
    card = await room.human.click("Ada", card, button(card, "stop"))
    assert "1 rating; all saved" in words(card)
    assert not custom_ids(card)

    history = await room.slash("Ada", "rate history")
    changed = await room.human.select("Ada", history, custom_ids(history)[0], [str(second)])
    await room.human.click("Ada", changed, button(changed, "rate", 8))
    assert await stars_of(room, "Ada") == {second: 8}
    direct = await room.slash("Ada", "rate track", track=f"#{second}", stars=2)
    assert "**2**/10" in words(direct)
    assert await stars_of(room, "Ada") == {second: 2}


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


async def test_somebody_elses_private_card_refuses_kindly(room: Room):
    await room.link("Ada", FILE)
    dm = await room.slash("Ada", "rate start", channel="dm")
    forged = button(dm, "rate", 5)
    with pytest.raises(HumanError):
        await room.human.click("Ben", dm, forged)  # the sandbox, like Discord, does not even show it
    assert await stars_of(room, "Ben") == {}


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
    assert "do not find" in words(late)
    assert len(await stars_of(room, "Ada")) == 1
    assert "do not find" in words(await room.slash("Ada", "playlist unlink", playlist="My mix"))


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
    assert "I do not find “nothing of the kind”" in words(said)


async def test_songs_without_features_are_no_dead_end(room: Room):
    linked = await room.link("Ada", ("songs.txt", b"Ann - One\nBob - Two\n"))
    assert "cannot learn from them" in words(linked)
    assert "Now rate" not in words(linked)
    assert "Bach" in words(linked)


async def test_thin_evidence_is_refused_in_words(room: Room):
    assert "have 0" in words(await room.slash("Ada", "retrain"))
    await room.link("Ada", FILE)
    assert "0 of 10" in words(await room.slash("Ada", "predict track", track="Piece 1-3"))
    card = await room.slash("Ada", "rate start")
    for _ in range(10):
        card = await room.human.click("Ada", card, button(card, "rate", 5))
    assert "no difference" in words(await room.slash("Ada", "retrain"))


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("empty.csv", b"", "is empty"),
        ("picture.png", b"\x89PNG\r\n" + bytes(200), "cannot read"),
        ("words.txt", b"nothing of music here", "no track"),
        ("big.csv", b"name,artist\n" + b"x,y\n" * 2_600_000, "too large"),
        ("rows.csv", b"name,artist\n" + b"".join(b"t%d,a\n" % i for i in range(20_001)), "too many rows"),
        ("deezer.txt", b"https://www.deezer.com/playlist/1", "cannot read links"),
    ],
)
async def test_bad_files_get_a_sentence(room: Room, name: str, data: bytes, said: str):
    answer = await room.link("Ada", (name, data))
    assert said in words(answer)
    assert "No playlist yet" in words(await room.slash("Ada", "playlist list"))


async def test_hostile_names_stay_text(room: Room):
    rows = "name,artist,energy\n" + "\n".join(
        f'"{title}",@everyone,0.{i}'
        for i, title in enumerate(["**b** [x](https://e.example)", "\u202eevil", "z" * 5000], 1)
    )
    await room.link("Ada", ("bad.csv", rows.encode()))
    card = await room.slash("Ada", "rate start", public=True)
    for _ in range(2):
        text = json.dumps(card["embeds"], ensure_ascii=False)
        assert "@everyone" not in text
        assert "\u202e" not in text
        assert "](https://" not in text
        assert card.get("mention_everyone") in (None, False)
        card = await room.human.click("Ada", card, button(card, "next"))


async def test_a_click_while_the_database_is_locked_is_told_so_and_can_be_repeated(room: Room):
    await room.link("Ada", FILE)
    card = await room.slash("Ada", "rate start")
    stranger = sqlite3.connect(room.config.database, isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    await room.human.click("Ada", card, button(card, "rate", 7))
    said = await eventually(lambda: [m for m in room.human.messages("Ada", "general") if "could not save" in words(m)])
    assert said
    assert await stars_of(room, "Ada") == {}
    stranger.execute("ROLLBACK")
    stranger.close()
    again = await room.human.click("Ada", card, button(card, "rate", 7))
    assert "Saved" in words(again)
    assert await stars_of(room, "Ada") == {track_of(card): 7}


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
