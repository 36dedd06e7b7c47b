"""The program as its users start it: real processes, spoken to over HTTP only."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

ROOT = Path(__file__).resolve().parents[2]


class Program:
    """One running process of ours, with what it printed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, *arguments: str, **env: str) -> "Program":
        ours = ("DISCORD_", "EARMARK_DATA", "PORT", "SPOTIFY_", "PUBLIC_URL")
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
        inherited["EARMARK_FEATURES"] = "file,audio"  # no test reaches a network
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *arguments,
            cwd=ROOT,
            env={**inherited, "PYTHONUNBUFFERED": "1", **env},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        return cls(process)

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode(errors="replace").rstrip())

    async def said(self, start: str, seconds: float = 40) -> str:
        """Wait for a line that begins so, and return what follows."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    for line in self.lines:
                        if start in line:
                            return line.split(start, 1)[1].strip()
                    if self.process.returncode is not None and self._reader.done():
                        raise AssertionError(f"ended with {self.process.returncode}: {self.lines}")
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"never said {start!r}: {self.lines}") from None

    async def end(self, number: int = signal.SIGTERM, seconds: float = 15) -> int:
        """Send a signal and return the exit code."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        async with asyncio.timeout(seconds):
            code = await self.process.wait()
            await self._reader
        return code


@asynccontextmanager
async def program(*arguments: str, **env: str) -> AsyncGenerator[Program]:
    started = await Program.start(*arguments, **env)
    try:
        yield started
    finally:
        if started.process.returncode is None:
            started.process.kill()
        await started.process.wait()
        await started._reader


class HttpHuman:
    """A member of a sandbox in another process, over the human API."""

    def __init__(self, session: aiohttp.ClientSession, url: str, state: dict[str, Any]) -> None:
        self._session = session
        self.url = url
        self.members = {member["name"]: member["id"] for member in state["members"]}
        self.channels = {channel["name"]: channel["id"] for channel in state["channels"] if channel["type"] == "text"}

    @classmethod
    @asynccontextmanager
    async def connect(cls, url: str) -> AsyncGenerator["HttpHuman"]:
        async with aiohttp.ClientSession() as session:
            async with session.get(url) as page:
                text = await page.text()
            token = text.split('name="sandbox-token" content="', 1)[1].split('"', 1)[0]
            session.headers["X-Earmark-Sandbox"] = token
            async with session.get(f"{url.rstrip('/')}/human/state") as answer:
                yield cls(session, url.rstrip("/"), await answer.json())

    async def post(self, path: str, **body: Any) -> Any:
        async with self._session.post(f"{self.url}/human/{path}", json=body) as answer:
            return await answer.json()

    async def answer(self, who: str, interaction_id: str, wait: float = 5) -> Any:
        query = {"member": self.members[who], "wait": str(wait)}
        async with self._session.get(f"{self.url}/human/interactions/{interaction_id}", params=query) as answer:
            return await answer.json()

    async def slash(
        self, who: str, command: str, /, file: tuple[str, bytes] | None = None, channel: str = "general", **options: Any
    ) -> Any:
        body: dict[str, Any] = {"member": self.members[who], "channel": self.channels[channel], "command": command}
        body["options"] = options
        if file is not None:
            form = aiohttp.FormData()
            form.add_field("file", file[1], filename=file[0])
            async with self._session.post(f"{self.url}/human/upload", data=form) as answer:
                body["attachments"] = {"file": (await answer.json())["upload_id"]}
        begun = await self.post("slash", **body)
        assert "interaction_id" in begun, begun
        return await self.answer(who, begun["interaction_id"])

    async def click(self, who: str, message_id: str, custom_id: str, wait: float = 4) -> Any:
        begun = await self.post("click", member=self.members[who], message=message_id, custom_id=custom_id)
        if "interaction_id" not in begun:
            return {"state": "failed", "error": begun.get("error")}
        return await self.answer(who, begun["interaction_id"], wait)

    async def messages(self, who: str, channel: str = "general") -> list[dict[str, Any]]:
        query = {"member": self.members[who]}
        url = f"{self.url}/human/channels/{self.channels[channel]}/messages"
        async with self._session.get(url, params=query) as answer:
            return await answer.json()
