"""A group session whose bot is killed in every state: real processes, five members; nothing is lost, all goes on."""

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.people import custom_ids, eventually, playlist_csv, words
from tests.end_to_end.processes import HttpHuman, Program, program

pytestmark = pytest.mark.slow
MEMBERS = ("Ada", "Ben", "Chloe", "Dan", "Guest 5")


class Group:
    """Five people, and a bot that can be killed."""

    def __init__(self, human: HttpHuman, url: str, token: str, data: Path, **env: str) -> None:
        self.human = human
        self._arguments = ("run", "--data", str(data))
        self._env = {"DISCORD_TOKEN": token, "EARMARK_DISCORD_URL": url.rstrip("/"), **env}
        self._bot: Program | None = None

    async def start(self) -> None:
        self._bot = await Program.start(*self._arguments, **self._env)
        await self._bot.said("logged in")

    async def kill(self) -> None:
        """Kill -9, and start again at once."""
        assert self._bot is not None
        await self._bot.end(signal.SIGKILL)
        await self.start()

    async def stop(self) -> None:
        assert self._bot is not None
        assert await self._bot.end() == 0
        assert not [line for line in self._bot.lines if "Traceback" in line], self._bot.lines

    async def seen(self, *parts: str, seconds: float = 30) -> Any:
        """Wait for a message that says all of it."""

        async def there() -> Any:
            found = [m for m in await self.human.messages("Ada") if all(part in words(m) for part in parts)]
            return found[-1] if found else None

        try:
            return await eventually(there, seconds)
        except TimeoutError:
            said = [words(message)[:300] for message in await self.human.messages("Ada")]
            raise AssertionError(f"nobody said {parts}: {said}") from None

    async def without_button(self, part: str, ending: str) -> Any:
        """Wait until a message has lost a button."""

        async def there() -> Any:
            shown = await self.seen(part)
            return None if any(ending in i for i in custom_ids(shown)) else shown

        return await eventually(there, 20)

    async def press(self, who: str, message: Any, ending: str) -> Any:
        """Click the button whose custom id holds this; a bot that has just started may need a moment."""
        custom_id = next(i for i in custom_ids(message) if ending in i)

        async def answered() -> Any:
            answer = await self.human.click(who, message["id"], custom_id)
            return answer if answer["state"] in {"answered", "deferred"} else None

        return await eventually(answered, 20)


async def group_of(human: HttpHuman, url: str, token: str, data: Path, **session: Any) -> Group:
    """Everybody in a lobby that a kill has gone over."""
    group = Group(human, url, token, data)
    await group.start()
    await human.slash("Ada", "playlist link", file=("mix.csv", playlist_csv(30)))
    await group.seen("30 tracks")
    await human.slash("Ada", "playlist share", playlist="mix")
    await human.slash("Ada", "session start", name="Friday", **session)
    lobby = await group.seen("Friday", "1 member")
    for who in MEMBERS[1:3]:
        await group.press(who, lobby, ":join:")
    await group.kill()
    for who in MEMBERS[3:]:
        await group.press(who, lobby, ":join:")
    lobby = await group.seen("Friday", "5 members")
    await group.press("Ada", lobby, ":begin:")
    return group


async def vote(group: Group, shown: Any, who: str, stars: int) -> None:
    votes = [i for i in custom_ids(shown) if ":svote:" in i and i.endswith(f":{stars}")]
    await group.press(who, shown, votes[0])


async def test_in_lobby_rounds_reveal_playlist_and_after(tmp_path: Path):
    async with program("sandbox", "--port", "0", "--no-browser", "--members", "5") as sandbox:
        url, token = await sandbox.said("Sandbox ready: "), await sandbox.said("Bot token: ")
        async with HttpHuman.connect(url) as human:
            group = await group_of(human, url, token, tmp_path, rounds=2, length=5)
            shown = await group.seen("Round 1 of 2")
            for stars, who in enumerate(MEMBERS[:3], 7):
                await vote(group, shown, who, stars)
            await group.kill()
            await vote(group, shown, "Dan", 2)
            await vote(group, shown, "Guest 5", 1)
            shown = await group.seen("Round 2 of 2")
            for who in MEMBERS:
                await vote(group, shown, who, 5)
            await group.seen("What everybody thought")
            await group.kill()
            reveal = await group.seen("What everybody thought")
            for stars, who in ((7, "Ada"), (8, "Ben"), (9, "Chloe"), (2, "Dan"), (1, "Guest 5")):
                assert f"<@{human.members[who]}> {stars}" in words(reveal), "every vote counts, once"
            await group.press("Ada", reveal, ":playlist:")
            await group.seen("The playlist")
            await group.kill()
            made = await group.seen("The playlist")
            await group.press("Ben", made, ":export:")
            await group.press("Ada", made, ":finish:")
            await group.without_button("The playlist", ":finish:")
            await group.kill()
            done = await group.without_button("The playlist", ":finish:")
            await group.press("Chloe", done, ":export:")
            history = await human.slash("Dan", "session history")
            assert "**Friday**" in words(history["message"])
            await group.stop()


async def test_while_tracks_are_submitted_for_a_theme(tmp_path: Path):
    async with program("sandbox", "--port", "0", "--no-browser", "--members", "5") as sandbox:
        url, token = await sandbox.said("Sandbox ready: "), await sandbox.said("Bot token: ")
        async with HttpHuman.connect(url) as human:
            group = await group_of(human, url, token, tmp_path, theme="Rain")
            gathering = await group.seen("Friday", "Rain", "submit")
            await human.slash("Ada", "session submit", track="Piece 1-3")
            await group.kill()
            await human.slash("Ben", "session submit", track="Piece 1-4")
            gathering = await group.seen("Friday", "Rain", "submit")
            await group.press("Ada", gathering, ":rounds:")
            shown = await group.seen("Round 1 of 2")
            assert "from <@" not in words(shown), "anonymous until the reveal"
            await group.stop()
