"""The real client on the sandbox: one room, in which tests act as people do."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from bot.client import Earmark
from bot.config import Config
from bot.sandbox.point import aim
from bot.sandbox.server import Sandbox
from bot.serving.app import services
from tests.end_to_end.people import eventually, words
from tests.openapi import DiscordSpec


class Room:
    """A sandbox and a bot that can be restarted; every exchange is checked against Discord's description."""

    def __init__(self, data: Path, sandbox: Sandbox, **settings: Any) -> None:
        self.config = Config(data=data, database=data / "earmark.db", **settings)
        self.sandbox = sandbox
        self.human = sandbox.human
        self.bot: Earmark | None = None
        self.always_sync = True
        self._stack: AsyncExitStack | None = None
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        stack = AsyncExitStack()
        made = await stack.enter_async_context(services(self.config))
        stack.enter_context(aim(self.sandbox.url))
        ready = asyncio.Event()

        async def on_login() -> None:
            ready.set()

        self.bot = Earmark(made, always_sync=self.always_sync, on_login=on_login)
        self._stack = stack
        self._running = asyncio.create_task(self.bot.start(self.sandbox.bot_token))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait((self._running, waiting), timeout=20, return_when=asyncio.FIRST_COMPLETED)
        assert ready.is_set(), self._running

    async def stop(self) -> None:
        assert self.bot is not None
        assert self._stack is not None
        assert self._running is not None
        await self.bot.close()
        await self._running
        await self._stack.aclose()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def slash(self, who: str, command: str, /, channel: str = "general", file: Any = None, **options: Any) -> Any:
        attachments = {"file": file} if file else None
        return await self.human.slash(who, channel, command, options, attachments=attachments)

    async def link(self, who: str, file: tuple[str, bytes]) -> Any:
        """Link a file and wait for the last word, after the progress line."""
        answer = await self.slash(who, "playlist link", file=file)
        return await eventually(
            lambda: (seen := self.message(who, answer["id"])) and not seen["content"].startswith("Reading") and seen, 20
        )

    def file(self, attachment: dict[str, Any]) -> bytes:
        """What an attachment holds."""
        return self.sandbox.world.files[int(attachment["id"])].data

    async def last_word(self, who: str, answer: Any, seconds: float = 20) -> str:
        """What an answer says in the end, after its progress lines."""
        return await eventually(
            lambda: (said := words(self.message(who, answer["id"]) or {})) and not said.rstrip().endswith("…") and said,
            seconds,
        )

    def message(self, who: str, message_id: str) -> Any:
        for channel in ("general", "music", "dm"):
            for message in self.human.messages(who, channel):
                if message["id"] == message_id:
                    return message
        return None

    def kept(self) -> list[str]:
        """What buttons and selects discord.py keeps beyond their message, which grows for as long as a bot runs."""
        assert self.bot is not None
        return [custom_id for view in self.bot._connection._view_store._views.values() for _, custom_id in view]

    async def has_stars(self, who: str, stars: dict[int, int]) -> bool:
        assert self.bot is not None
        standing = await self.bot.services.ratings.standing(int(self.human.member(who).id))
        return dict(standing.stars) == stars


@asynccontextmanager
async def a_room(tmp_path: Path, discord_spec: DiscordSpec | None, **settings: Any) -> AsyncGenerator[Room]:
    """A room whose bot has these settings."""
    sandbox = await Sandbox.start()
    room = Room(tmp_path / "data", sandbox, **settings)
    try:
        await room.start()
        yield room
        kept = room.kept()
        await room.stop()
    finally:
        await sandbox.close()
    assert sandbox.unknown_routes == []
    assert kept == [], "a view that is no LastingView"
    if discord_spec is not None:
        problems = [
            f"{method} {path} {status}: {problem}"
            for method, path, status, request, response in sandbox.exchanges
            for problem in discord_spec.check(method, path, status, request, response)
        ]
        assert problems == [], problems
