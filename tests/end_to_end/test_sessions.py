"""Group sessions as members hold them: through the real client, over a restart, with reactions and buttons."""

import csv
import io
from typing import Any

import pytest

from bot.domain.session import Phase, Session
from bot.flow.session import apply
from bot.flow.session_events import Posted
from tests.end_to_end.people import custom_ids, eventually, playlist_csv, words
from tests.end_to_end.room import Room
from tests.end_to_end.test_awkward_moments import remove
from tests.end_to_end.test_main_job import FILE, ids, rate_some, stars_of

MEMBERS = ("Ada", "Ben", "Chloe")


async def session_here(room: Room) -> Session:
    assert room.bot is not None
    sessions = room.bot.services.sessions
    channel = int(room.human.channel("general", room.human.member("Ada")).id)
    found = await sessions.in_channel(channel)
    if found is None:
        (found,) = (await sessions.done(int(room.sandbox.world.channels[channel].guild_id or 0)))[:1]
    return found


async def in_phase(room: Room, phase: Phase) -> Session:
    async def there() -> Session | None:
        session = await session_here(room)
        return session if session.phase is phase else None

    return await eventually(there, 20)


async def at_round(room: Room, number: int) -> tuple[Session, Any]:
    """Wait until a round is posted; its message."""

    async def there() -> tuple[Session, Any] | None:
        session = await session_here(room)
        if len(session.rounds) == number and session.rounds[-1].message_id:
            message = room.message("Ada", str(session.rounds[-1].message_id))
            return (session, message) if message else None
        return None

    return await eventually(there, 20)


def card(room: Room, session: Session) -> Any:
    return room.message("Ada", str(session.message_id))


async def card_says(room: Room, *parts: str) -> Any:
    """Wait until the session's newest card says all of it."""

    async def there() -> Any:
        shown = card(room, await session_here(room))
        return shown if shown and all(part in words(shown) for part in parts) else None

    return await eventually(there)


async def press(room: Room, who: str, action: str) -> Any:
    async def there() -> Any:
        shown = card(room, await session_here(room))
        return shown if shown and any(f":{action}:" in i for i in custom_ids(shown)) else None

    shown = await eventually(there, 20)
    custom_id = next(i for i in custom_ids(shown) if f"earmark:session:{action}:" in i)
    return await room.human.click(who, shown, custom_id)


def ballot(message: Any, stars: int) -> str:
    return next(i for i in custom_ids(message) if i.startswith("earmark:svote:") and i.endswith(f":{stars}"))


async def gathered(room: Room, **options: Any) -> Session:
    """Three members in a lobby; Ada shares forty tracks."""
    await room.link("Ada", FILE)
    await room.slash("Ada", "playlist share", playlist="My mix")
    opened = await room.slash("Ada", "session start", name="Friday", **options)
    assert "brings 40 tracks" in words(opened)
    for who in MEMBERS[1:]:
        await press(room, who, "join")
    await eventually(lambda: "3 members" in words(room.message("Ada", opened["id"])))
    return await session_here(room)


async def test_a_whole_session(room: Room):
    await room.link("Ben", ("own.csv", playlist_csv(seed=2)))  # what he rated of Ada's tracks would not count
    await rate_some(room, "Ben", 12)
    session = await gathered(room, rounds=2, length=5)
    await press(room, "Ben", "begin")
    assert await _told(room, "Ben", "Only the host")
    await press(room, "Ada", "begin")

    session, shown = await at_round(room, 1)
    said = await room.human.click("Ada", shown, ballot(shown, 8))
    assert "Your vote" in words(said)
    assert said["flags"] & 64
    await room.human.react("Ben", shown, "3️⃣")
    await room.human.react("Ben", shown, "5️⃣")
    await eventually(lambda: "2 of 3 voted" in words(room.message("Ada", shown["id"])), 10)
    assert "**8**" not in words(room.message("Ben", shown["id"])), "hidden until the reveal"
    await room.human.unreact("Ben", shown, "3️⃣")
    await room.human.click("Chloe", shown, ballot(shown, 2))

    session, shown = await at_round(room, 2)
    first = session.rounds[0]
    assert {who: given.stars for who, given in first.ballots.items()} == {
        ids(room, "Ada"): 8, ids(room, "Ben"): 5, ids(room, "Chloe"): 2,
    }  # fmt: skip
    assert not custom_ids(room.message("Ada", str(first.message_id))), "a round that is over takes no votes"
    await room.human.click("Dan", shown, ballot(shown, 9))  # late joiners are welcome
    await room.human.click("Ada", shown, next(i for i in custom_ids(shown) if "snext" in i))

    session = await in_phase(room, Phase.REVEAL)
    reveal = await card_says(room, "What everybody thought")
    assert f"<@{ids(room, 'Chloe')}> 2" in words(reveal)
    assert f"Best understood: <@{ids(room, 'Ben')}>" in reveal["embeds"][0]["fields"][0]["value"]
    await press(room, "Ada", "playlist")
    session = await in_phase(room, Phase.PLAYLIST)
    assert len(session.slots) == 5
    made = await eventually(
        lambda: next((m for m in room.human.messages("Ada", "general") if "The playlist" in words(m)), None), 20
    )
    assert made["embeds"][0]["image"]["url"].startswith(("attachment://", "http"))
    assert "the group's stands in" in words(made), "whom nobody knows is shown as such"

    before = [slot.track_id for slot in session.slots]
    swap = next(i for i in custom_ids(made) if ":swap:" in i)
    await room.human.select("Ada", made, swap, [f"0:{before[0]}"])
    veto = next(i for i in custom_ids(made) if ":veto:" in i)
    await room.human.select("Chloe", made, veto, [f"1:{before[1]}"])
    await eventually(lambda: _changed(room, before))
    await room.human.select("Chloe", made, veto, [f"2:{before[2]}"])
    assert await _told(room, "Chloe", "You have used")

    answer = await press(room, "Ben", "export")
    files = await eventually(lambda: (m := room.message("Ben", answer["id"])) and m["attachments"])
    assert [file["filename"] for file in files] == ["playlist.csv", "playlist.m3u8", "playlist.xspf"]
    table = room.sandbox.world.files[int(files[0]["id"])].data.decode()
    assert len(list(csv.DictReader(io.StringIO(table)))) == 5
    await press(room, "Ada", "finish")
    await in_phase(room, Phase.DONE)
    assert "**Friday**" in words(await room.slash("Dan", "session history"))


async def test_the_host_ends_the_rounds_and_old_cards_point_to_the_new(room: Room):
    await gathered(room, rounds=5)
    lobby = await session_here(room)
    await press(room, "Ada", "begin")
    _, shown = await at_round(room, 1)
    await room.human.click("Ben", shown, ballot(shown, 9))
    await press(room, "Ada", "reveal")
    session = await in_phase(room, Phase.REVEAL)
    assert [given.stars for given in session.rounds[0].ballots.values()] == [9]
    await card_says(room, "What everybody thought")
    old = room.message("Ada", str(lobby.message_id))
    await eventually(lambda: "goes on [below]" in words(room.message("Ada", old["id"])))
    assert not custom_ids(room.message("Ada", old["id"]))
    await eventually(lambda: not custom_ids(room.message("Ada", shown["id"])))


async def test_deleted_messages_come_back(room: Room):
    await gathered(room, rounds=1)
    await press(room, "Ada", "begin")
    session, shown = await at_round(room, 1)
    remove(room, shown)
    remove(room, card(room, session))
    await room.human.react("Ben", await _posted_again(room, session), "7️⃣")
    await eventually(lambda: _voted(room, 1))


async def _posted_again(room: Room, session: Session) -> Any:
    """Let somebody change his vote by command of the state machine, so that the message is looked at again."""
    assert room.bot is not None
    await room.slash("Ada", "session settings", length=4)
    cog = room.bot.get_cog("Sessions")
    cog.stage.refresh(session.id)  # type: ignore[union-attr]

    async def there() -> Any:
        number = (await session_here(room)).rounds[0].message_id
        return number != session.rounds[0].message_id and room.message("Ada", str(number))

    await eventually(lambda: _card_is_new(room, session))
    return await eventually(there, 10)


async def _card_is_new(room: Room, session: Session) -> bool:
    now = await session_here(room)
    return now.message_id != session.message_id and card(room, now) is not None


async def _changed(room: Room, before: list[int]) -> bool:
    now = [slot.track_id for slot in (await session_here(room)).slots]
    return len(now) == 5 and now[0] != before[0] and now[1] != before[1]


async def _told(room: Room, who: str, part: str) -> str:
    """Wait until somebody was told something that only he can see."""

    def there() -> list[Any]:
        seen = room.human.messages(who, "general")
        return [message for message in seen if message.get("flags", 0) & 64 and part in words(message)]

    return words((await eventually(there))[-1])


async def test_votes_become_ratings_of_whoever_agreed(room: Room):
    await gathered(room, rounds=1)
    asked = await eventually(
        lambda: next((m for m in room.human.messages("Ben", "general") if "become ratings" in words(m)), None)
    )
    await room.human.click("Ben", asked, next(i for i in custom_ids(asked) if i.endswith(":1")))
    await press(room, "Ada", "begin")
    session, shown = await at_round(room, 1)
    for who, stars in zip(MEMBERS, (4, 9, 6), strict=True):
        await room.human.click(who, shown, ballot(shown, stars))
    await in_phase(room, Phase.REVEAL)
    assert await stars_of(room, "Ben") == {session.rounds[0].track_id: 9}
    assert await stars_of(room, "Chloe") == {}, "who did not agree keeps votes only"


async def test_models_follow_the_votes_while_the_session_goes_on(room: Room):
    await room.link("Ben", ("own.csv", playlist_csv(seed=2)))  # no track of Ada's: each vote adds a rating
    await rate_some(room, "Ben", 12)
    await room.slash("Ben", "retrain")
    await gathered(room, rounds=4)
    assert room.bot is not None
    models = room.bot.services.models

    async def learned_from() -> int:
        stored = await models.load(ids(room, "Ben"))
        return stored[2].ratings if stored else 0

    assert await eventually(learned_from) == 12
    await room.slash("Ben", "account votes", become_ratings=True)
    await press(room, "Ada", "begin")
    for number in (1, 2, 3):
        _, shown = await at_round(room, number)
        for who in MEMBERS:
            await room.human.click(who, shown, ballot(shown, 3 + number))

    async def followed() -> bool:
        return await learned_from() == 15

    await eventually(followed, 60)
    assert room.bot.services.metrics.value("earmark_models_trained_total") == 2, "by a command, and by the session"
    assert (await session_here(room)).phase is Phase.RATING, "it goes on meanwhile"
    assert await models.load(ids(room, "Chloe")) is None, "who did not agree is not learned from"


async def test_what_was_typed_is_tidied(room: Room):
    shown = await room.slash(
        "Ada", "session start", name="Fri\u202eday \u2066", theme="  Rain\u200b ", season="\u2067One"
    )
    assert "Friday" in shown["embeds"][0]["title"]
    settings = (await session_here(room)).settings
    assert (settings.name, settings.theme, settings.season) == ("Friday", "Rain", "One")


@pytest.mark.slow
async def test_a_restart_in_every_phase_loses_nothing(room: Room):
    await gathered(room, rounds=2)
    await room.restart()
    await press(room, "Ada", "begin")
    _, shown = await at_round(room, 1)
    await room.human.click("Ada", shown, ballot(shown, 7))
    await room.stop()
    await room.human.react("Ben", shown, "9️⃣")  # while the bot is away
    await room.start()
    session = await eventually(lambda: _voted(room, 2))
    assert {given.stars for given in session.rounds[0].ballots.values()} == {7, 9}
    await room.human.click("Chloe", shown, ballot(shown, 1))
    _, shown = await at_round(room, 2)
    await room.restart()
    for who in MEMBERS:
        await room.human.click(who, shown, ballot(shown, 6))
    await in_phase(room, Phase.REVEAL)
    await room.restart()
    await press(room, "Ada", "playlist")
    await in_phase(room, Phase.PLAYLIST)
    await room.restart()
    await press(room, "Ada", "finish")
    await in_phase(room, Phase.DONE)


async def _voted(room: Room, number: int) -> Session | None:
    session = await session_here(room)
    return session if session.rounds and len(session.rounds[0].ballots) >= number else None


async def test_the_clock_ends_a_round(room: Room):
    await gathered(room, rounds=1, seconds=10)
    await press(room, "Ada", "begin")
    _, shown = await at_round(room, 1)
    await room.human.click("Ben", shown, ballot(shown, 7))
    session = await in_phase(room, Phase.REVEAL)
    assert len(session.rounds[0].ballots) == 1


async def test_a_theme_with_submissions(room: Room):
    for who in MEMBERS:
        await room.link(who, (f"{who}.csv", playlist_csv(6, seed=len(who) + ord(who[0]), artist=who)))
    await room.slash("Ada", "session start", name="Rainy day", theme="Rain", season="2026")
    for who in MEMBERS[1:]:
        await press(room, who, "join")
    await press(room, "Ada", "begin")
    await in_phase(room, Phase.GATHERING)
    for who in MEMBERS:
        (track,) = (await room.human.autocomplete(who, "general", "session submit", {"track": who}, "track"))[:1]
        said = await room.slash(who, "session submit", track=track["value"])
        assert "Submitted" in words(said)
    await press(room, "Ada", "rounds")
    for number in (1, 2, 3):
        session, shown = await at_round(room, number)
        assert "from <@" not in words(shown), "anonymous until the reveal"
        submitter = session.rounds[-1].submitter_id
        for who in sorted(MEMBERS, key=lambda who: ids(room, who) != submitter):
            said = await room.human.click(who, shown, ballot(shown, 5 + number))
            if ids(room, who) == submitter:
                assert "your own submission" in words(said)
    session = await in_phase(room, Phase.REVEAL)
    await card_says(room, "from <@")
    await press(room, "Ada", "finish")
    await in_phase(room, Phase.DONE)
    assert "1. <@" in words(await room.slash("Ben", "session history", season="2026"))


async def test_awkward_sessions_get_a_sentence(room: Room):
    assert "server's channel" in words(await room.slash("Ada", "session start", channel="dm"))
    assert "isn't here" in words(await room.slash("Ben", "session cancel"))
    await room.slash("Ada", "session start", name="Alone")
    assert "is already running in" in words(await room.slash("Ben", "session start"))
    await press(room, "Ada", "begin")
    assert await _told(room, "Ada", "needs 2 members")
    await press(room, "Ben", "join")
    await press(room, "Ada", "begin")
    assert "/playlist share" in await _told(room, "Ada", "no track to choose from")
    assert (await session_here(room)).phase is Phase.LOBBY, "still open for whoever brings one"
    assert "Only the host" in words(await room.slash("Ben", "session settings", length=3))
    assert "**3 tracks**" in words(await room.slash("Ada", "session settings", length=3, veto=0, rounds=1))
    await card_says(room, "**3 tracks**")
    await room.slash("Ada", "session handover", to=str(ids(room, "Ben")))
    assert (await session_here(room)).host_id == ids(room, "Ben")
    assert "cancelled" in words(await room.slash("Ben", "session cancel"))


async def test_a_card_that_was_posted_as_the_bot_died_becomes_the_sessions_own(room: Room):
    await gathered(room, rounds=1, length=3)
    await press(room, "Ada", "begin")
    _, shown = await at_round(room, 1)
    await room.human.click("Ada", shown, next(i for i in custom_ids(shown) if "snext" in i))
    reveal = await in_phase(room, Phase.REVEAL)
    await press(room, "Ada", "playlist")
    made = await eventually(lambda: posted(room, reveal), 20)
    # The bot died between posting the new card and noting its number: it knows the old one only.
    assert room.bot is not None
    known = Posted(at=0, message_id=reveal.message_id)
    await room.bot.services.sessions.step(reveal.id, lambda session: apply(session, known))
    finish = next(i for i in custom_ids(made) if ":finish:" in i)
    await room.human.click("Ada", made, finish)
    await eventually(lambda: not any(":finish:" in i for i in custom_ids(room.message("Ada", made["id"]))), 20)
    await eventually(lambda: "goes on" in words(room.message("Ada", str(reveal.message_id))), 20)


async def posted(room: Room, before: Session) -> Any:
    """The card that took the place of another, once it is noted."""
    session = await session_here(room)
    return card(room, session) if session.message_id != before.message_id else None


async def test_a_playlist_that_is_unlinked_while_a_session_goes_on_is_played_no_more(room: Room):
    other = "artist,title\n" + "".join(f"Band,Song {i}\n" for i in range(6))
    await room.link("Ben", ("bens.csv", other.encode()))
    await room.slash("Ben", "playlist share", playlist="bens")
    await gathered(room, rounds=3, length=3)
    await press(room, "Ada", "begin")
    first, shown = await at_round(room, 1)
    await room.slash("Ada", "playlist unlink", playlist="My mix")
    for number in (2, 3):
        for who in MEMBERS:
            await room.human.click(who, shown, ballot(shown, 5))
        _, shown = await at_round(room, number)
        assert "Band" in words(shown), "of those that are left"
    for who in MEMBERS:
        await room.human.click(who, shown, ballot(shown, 5))
    session = await in_phase(room, Phase.REVEAL)
    assert session.rounds[0].track_id == first.rounds[0].track_id, "what was heard stays"
    assert not [m for m in room.human.messages("Ada", "general") if "went wrong" in words(m)]
