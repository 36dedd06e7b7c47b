"""The simulated members: with them, one person sees everything that needs a group."""

from typing import Any

from tests.end_to_end.people import button, eventually, words
from tests.end_to_end.room import Room

OTHERS = ("Ben", "Chloe", "Dan")


def last(room: Room, start: str) -> Any:
    """The newest message of the channel that says something."""
    found = [message for message in room.human.messages("Ada", "general") if start in words(message)]
    return found[-1] if found else None


async def test_a_newcomer_ends_a_session_with_the_others_with_an_exported_playlist(room: Room):
    room.sandbox.crowd.pause = (0.02, 0.1)
    await room.slash("Ada", "playlist link", catalogue="bach")
    await room.slash("Ada", "playlist share", playlist="Bach, 100 pieces")
    assert room.sandbox.crowd.ask("Ada") == list(OTHERS)
    assert room.bot is not None
    services = room.bot.services
    ids = [int(room.human.member(name).id) for name in OTHERS]

    async def models() -> bool:
        return all([await services.models.exists(who) for who in ids])

    await eventually(models, 60)
    reports = [(await services.models.load(who))[2] for who in ids]  # type: ignore[index]
    assert all(report.ratings >= 15 for report in reports)

    await room.slash("Ada", "session start", name="Evening", length=5, rounds=2)

    def full() -> Any:
        lobby = last(room, "Evening")
        return lobby if lobby and all(f"<@{who}>" in words(lobby) for who in ids) else None

    lobby = await eventually(full, 30)
    await room.human.click("Ada", lobby, button(lobby, "session:begin"))
    for number in (1, 2):
        card = await eventually(lambda number=number: last(room, f"Round {number} of 2"), 30)
        await room.human.click("Ada", card, button(card, "svote", 7))
    reveal = await eventually(lambda: last(room, "Votes are final"), 60)
    await room.human.click("Ada", reveal, button(reveal, "session:playlist"))
    made = await eventually(lambda: last(room, "The playlist"), 60)
    exported = await room.human.click("Ada", made, button(made, "session:export"))
    file = await eventually(lambda: (room.message("Ada", exported["id"]) or {}).get("attachments"), 30)
    assert b"Bach" in room.file(file[0])
    room.sandbox.crowd.thank()
    assert room.sandbox.crowd.names == []


async def test_whoever_asks_plays_alone_and_the_others_rest_when_thanked(room: Room):
    room.sandbox.crowd.pause = (0.02, 0.1)
    room.sandbox.crowd.ask("Ada")
    assert room.sandbox.crowd.ask("Ben") == ["Ada", "Chloe", "Dan"], "Ben plays for himself from now on"
    await room.slash("Ben", "playlist link", catalogue="bach")
    card = await room.slash("Ben", "rate start", public=True)
    track = int(button(card, "vote", 5).split(":")[2])
    assert room.bot is not None
    ratings = room.bot.services.ratings

    async def voted() -> bool:
        return all([await ratings.get(int(room.human.member(who).id), track) for who in ("Ada", "Chloe", "Dan")])

    await eventually(voted, 30)
