"""A taste seen, compared and checked through the real client."""

import re
from dataclasses import replace

from bot.domain.tracks import Track
from bot.flow.predict import predict_tracks
from tests.end_to_end.people import button, custom_ids, eventually, track_of, words
from tests.end_to_end.room import Room
from tests.end_to_end.test_main_job import FILE, ids, rate_some


async def answered(room: Room, who: str, answer: dict) -> dict:
    """The answer to a deferred command, once it says something."""
    return await eventually(lambda: (seen := room.message(who, answer["id"])) and words(seen).strip() and seen, 60)


async def taught(room: Room, who: str, count: int = 20) -> dict:
    await room.link(who, FILE)
    card = await rate_some(room, who, count)
    await answered(room, who, await room.slash(who, "retrain"))
    return card


async def test_a_taste_in_words_and_pictures(room: Room):
    early = await room.slash("Ada", "taste show")
    assert "0 of 10 ratings" in words(await answered(room, "Ada", early))
    await taught(room, "Ada", 25)
    seen = await answered(room, "Ada", await room.slash("Ada", "taste show"))
    assert seen["flags"] & 64, "private in a server"
    assert "From 25 ratings" in words(seen)
    assert "**You like it** energetic" in words(seen)
    assert "nothing to check yet" in words(seen)
    assert [picture["filename"] for picture in seen["attachments"]] == ["effects.png", "tracks.png", "progress.png"]
    for picture in seen["attachments"]:
        assert picture["content_type"] == "image/png"
        assert len(picture["description"]) > 60, "alt text"
    assert "energy up to" in seen["attachments"][0]["description"]


async def test_the_record_counts_seen_and_blind_ratings_apart(room: Room):
    card = await taught(room, "Ada")
    assert room.bot is not None
    # One track is predicted in front of her before she rates it, another is not.
    blind = track_of(card)
    card = await room.human.click("Ada", card, button(card, "rate", 5))
    seen = track_of(card)
    said = await answered(room, "Ada", await room.slash("Ada", "predict track", track=f"#{seen}"))
    assert "# " in words(said)
    await room.human.click("Ada", card, button(card, "rate", 10))
    (pair,) = await room.bot.services.predictions.checked(ids(room, "Ada"))
    assert pair.seen
    assert pair.rated == 10
    early = words(await answered(room, "Ada", await room.slash("Ada", "taste show")))
    assert "From 20 ratings" in early
    assert "2 more since: `/retrain`." in early
    assert early.count("of 1 rating (") == 2, "the record does not wait for it"
    early = words(await answered(room, "Ada", await room.slash("Ada", "taste show")))
    assert "From 20 ratings" in early
    assert "2 more since: `/retrain`." in early
    assert early.count("of 1 rating (") == 2, "the record does not wait for it"
    await answered(room, "Ada", await room.slash("Ada", "retrain"))
    pairs = await room.bot.services.predictions.checked(ids(room, "Ada"))
    assert sorted((one.seen, one.rated) for one in pairs) == [(False, 5), (True, 10)]
    assert blind in await room.bot.services.predictions.tracks(ids(room, "Ada"))
    shown = words(await answered(room, "Ada", await room.slash("Ada", "taste show")))
    assert "of 1 rating (" in shown
    assert "without having seen my prediction" in shown
    assert "after you had seen my prediction" in shown
    assert "2 predictions that were" in words(await room.slash("Ada", "account show"))


async def test_only_the_page_that_is_shown_counts_as_seen(room: Room):
    await taught(room, "Ada", 12)
    assert room.bot is not None
    choice = (await room.human.autocomplete("Ada", "general", "predict playlist", {"playlist": ""}, "playlist"))[0]
    ranked = await answered(room, "Ada", await room.slash("Ada", "predict playlist", playlist=choice["value"]))
    first = await room.bot.services.predictions.tracks(ids(room, "Ada"))
    assert 0 < len(first) <= 10
    await room.human.click("Ada", ranked, custom_ids(ranked)[0])
    await eventually(lambda: "page 2 of 4" in words(room.message("Ada", ranked["id"])))
    assert len(await room.bot.services.predictions.tracks(ids(room, "Ada"))) > len(first)


async def test_what_would_make_a_track_better_is_said(room: Room):
    await taught(room, "Ada", 25)
    assert room.bot is not None
    tracks = await room.bot.services.playlists.visible_tracks(ids(room, "Ada"), None)
    calm = min(tracks, key=lambda track: track.features["energy"])
    said = words(await answered(room, "Ada", await room.slash("Ada", "predict track", track=f"#{calm.id}")))
    assert "The same, more energetic (0." in said


def answers(card: dict) -> list[str]:
    return [line for field in card["embeds"][0].get("fields", []) for line in field["value"].splitlines()]


async def test_a_member_argues_with_a_prediction(room: Room):
    await taught(room, "Ada", 25)
    assert room.bot is not None
    track = (await room.bot.services.playlists.visible_tracks(ids(room, "Ada"), None))[30]
    card = await answered(room, "Ada", await room.slash("Ada", "predict track", track=f"#{track.id}"))
    (menu,) = card["components"][0]["components"]
    assert menu["placeholder"] == "What if it were …"
    offered = {option["label"]: option["value"] for option in menu["options"]}
    assert {"in minor", "in major"} & offered.keys()
    faster = next(label for label in offered if label.startswith(("faster (", "slower (")))
    await room.human.select("Ada", card, menu["custom_id"], [offered[faster]])
    (first,) = await eventually(lambda: answers(room.message("Ada", card["id"])))
    now = re.search(r"# ([\d.]+) \(", words(card))
    then = await said_by_the_model(room, track, "tempo", float(offered[faster].split("=")[1]))
    assert now is not None
    assert first == f"At {faster[8:-1]}: " + (f"still {then}" if now[1] in then else f"{then} instead of {now[1]}")
    await room.restart()
    calm = next(label for label in offered if "energetic" in label or "calmer" in label)
    await room.human.select("Ada", card, menu["custom_id"], [offered[calm]])
    told = await eventually(lambda: len(lines := answers(room.message("Ada", card["id"]))) == 2 and lines)
    assert told[0] == first, "the first answer stays"
    assert await said_by_the_model(room, track, "energy", float(offered[calm].split("=")[1])) in told[1]
    after = room.message("Ada", card["id"])
    assert words(after) == words(card)
    assert after["components"][0]["components"][0]["options"] == menu["options"], "to be asked again"


async def said_by_the_model(room: Room, track: Track, feature: str, value: float) -> str:
    """What the stored model gives a track that is as this one, but for one feature."""
    assert room.bot is not None
    s = room.bot.services
    changed = replace(track, id=0, features={**track.features, feature: value})
    (told,) = await predict_tracks(s.ratings, s.models, s.workers, ids(room, "Ada"), [changed], explain=False)
    return f"**{told.stars:.1f}**"


async def allow(room: Room, who: str, scope: str) -> str:
    return words(await room.slash(who, "account sharing", **{"with": scope}))


async def compared(room: Room, who: str, other: str, channel: str = "general") -> dict:
    answer = await room.slash(who, "taste compare", channel=channel, member=str(ids(room, other)))
    return await answered(room, who, answer)


async def test_two_tastes_are_compared_only_when_both_allow_it(room: Room):
    assert "**nobody**" in words(await room.slash("Ada", "account sharing"))
    await taught(room, "Ada", 20)
    await taught(room, "Ben", 14)
    assert "`/account sharing`" in words(await compared(room, "Ada", "Ben"))
    assert "in this server" in await allow(room, "Ada", "server")
    refused = words(await compared(room, "Ada", "Ben"))
    assert f"<@{ids(room, 'Ben')}> has not allowed" in refused
    assert "10" not in refused.replace(str(ids(room, "Ben")), ""), "nothing of what he rated"
    assert "everywhere" in await allow(room, "Ben", "everywhere")
    seen = await compared(room, "Ada", "Ben")
    assert seen["flags"] & 64
    assert "0.0 stars apart on average" in words(seen)
    assert "much the same" in words(seen)
    assert "You agree on" in words(seen)
    assert "What you would like most" in words(seen)
    # What she saw of her own predictions counts as seen.
    assert room.bot is not None
    assert len(await room.bot.services.predictions.tracks(ids(room, "Ada"))) == 3
    assert not await room.bot.services.predictions.tracks(ids(room, "Ben"))
    # Her consent is this server's: in a direct message there is none.
    assert "`/account sharing`" in words(await compared(room, "Ada", "Ben", channel="dm"))
    assert "**nobody**" in await allow(room, "Ben", "off")
    assert "has not allowed" in words(await compared(room, "Ada", "Ben"))


async def test_what_others_who_share_gave_counts_in_a_prediction_and_is_said(room: Room):
    await taught(room, "Ada", 14)
    await taught(room, "Ben", 30)
    assert room.bot is not None
    ratings = room.bot.services.ratings
    hers, his = await ratings.stars(ids(room, "Ada")), await ratings.stars(ids(room, "Ben"))
    best = max(his.keys() - hers.keys(), key=lambda track: his[track])

    async def told() -> str:
        return words(await answered(room, "Ada", await room.slash("Ada", "predict track", track=f"#{best}")))

    alone = await told()
    assert "who shared" not in alone
    for who in ("Ada", "Ben"):
        said = await allow(room, who, "server")
        assert "without your name" in said
        assert "whoever owns all the other accounts can tell" in said
    assert await told() == alone, "he would be the only one"
    said = words(await room.slash("Ben", "account sharing", openly=True))
    assert "**in this server**" in said
    assert "Others can tell" in said
    assert "From others who share their ratings: +" in await told()
    await allow(room, "Ben", "off")
    assert await told() == alone


async def test_comparing_with_oneself_and_without_a_model(room: Room):
    for who in ("Ada", "Ben"):
        await allow(room, who, "everywhere")
    assert "another member" in words(await compared(room, "Ada", "Ada"))
    seen = words(await compared(room, "Ada", "Ben"))
    assert "no track that you both rated" in seen
    assert seen.count("/retrain") == 2
    said = await room.slash("Ada", "account sharing", channel="dm", **{"with": "server"})
    assert "needs a server" in words(said)


async def test_a_card_says_why_it_asks(room: Room):
    await room.link("Ada", FILE)
    card = await room.slash("Ada", "rate start")
    said: list[str] = []
    for _ in range(6):
        said += [line for line in words(card).splitlines() if line.startswith("-# Why this one?")]
        card = await room.human.click("Ada", card, button(card, "rate", 5))
    assert len(said) == 6
    assert sum("surprise" in line for line in said) == 1
    chosen = await room.slash("Ada", "rate track", track=f"#{track_of(card)}")
    assert "Why" not in words(chosen), "the member chose it"
    await room.link("Ben", ("songs.txt", b"Ann - One\nBob - Two\n"))
    assert "can't learn from it" in words(await room.slash("Ben", "rate start"))


async def test_from_ten_ratings_on_the_card_asks_what_teaches_most(room: Room):
    await room.link("Ada", FILE)
    card = await rate_some(room, "Ada", 10)
    first = track_of(card)

    async def telling() -> dict | None:
        asked = await room.slash("Ada", "rate start")
        return asked if "teach me most" in words(asked) else None

    asked = await eventually(telling, 60)
    rated = await room.bot.services.ratings.stars(ids(room, "Ada"))
    assert track_of(asked) not in rated
    after = await room.human.click("Ada", card, button(card, "rate", 4))
    assert track_of(after) != first, "the card that was open meanwhile still counts"
    assert (await room.bot.services.ratings.stars(ids(room, "Ada")))[first] == 4


async def studied(room: Room, who: str) -> dict:
    """Begin a study, and wait for its first sign of life."""
    answer = await room.slash(who, "retrain", thorough=True)
    return await eventually(lambda: (m := room.message(who, answer["id"])) and "of 70 parts" in words(m) and m, 60)


async def test_a_study_ends_with_a_report_and_pictures(room: Room):
    few = await answered(room, "Ada", await room.slash("Ada", "retrain", thorough=True))
    assert "I need 15 rated tracks" in words(few)
    await room.link("Ada", FILE)
    await rate_some(room, "Ada", 15)
    running = await studied(room, "Ada")
    again = await answered(room, "Ada", await room.slash("Ada", "retrain", thorough=True))
    assert "already working on it" in words(again)
    done = await eventually(
        lambda: (m := room.message("Ada", running["id"])) and "study is done" in words(m) and m, 240
    )
    names = [file["filename"] for file in done["attachments"]]
    assert names == ["study.md", "features.png", "ratings.png", "predicted.png", "learning.png"]
    assert all(len(file["description"]) > 40 for file in done["attachments"][1:]), "alt text"
    report = room.sandbox.world.files[int(done["attachments"][0]["id"])].data.decode()
    assert "15 ratings" in report
    assert "| kernel |" in report
    assert not custom_ids(done)


async def test_a_study_can_be_stopped_and_a_restart_says_that_it_was_interrupted(room: Room):
    await room.link("Ada", FILE)
    await rate_some(room, "Ada", 15)
    running = await studied(room, "Ada")
    stopped = await room.human.click("Ada", running, custom_ids(running)[0])
    assert "Stopped" in words(stopped)
    assert room.bot is not None
    assert await room.bot.services.studies.interrupted() == []
    running = await studied(room, "Ada")
    await room.restart()
    told = await eventually(lambda: [m for m in room.human.messages("Ada", "dm") if "interrupted" in words(m)], 20)
    assert len(told) == 1
    pressed = await room.human.click("Ada", running, custom_ids(running)[0])
    assert "interrupted" in words(pressed)
