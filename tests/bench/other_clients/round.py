"""The whole round that every client makes on a sandbox, step by step."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

from bot.sandbox.human import Human
from bot.sandbox.options import HumanError
from bot.sandbox.server import Sandbox

PATIENCE = 60.0  # seconds for one step: the machine may be busy
COMMANDS = {"echo", "later", "file", "Quote", "Greet"}


class Round:
    """What a person does with the bot of a client, one method a step."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox, self._card, self._logins = sandbox, {}, 0
        sandbox.gateway.on_ready(self._count)

    @property
    def human(self) -> Human:
        return self._sandbox.human

    def _count(self) -> None:
        self._logins += 1

    async def log_in(self) -> None:
        await self._sandbox.wait_online(PATIENCE)

    async def sync(self) -> None:
        await _until(lambda: {command["name"] for command in self.human.commands("Ada")} >= COMMANDS)

    async def slash(self) -> None:
        self._card = await self.human.slash("Ada", "general", "echo", {"text": "one"})
        _same(self._card["content"], "echo one")

    async def autocomplete(self) -> None:
        choices = await self.human.autocomplete("Ada", "general", "echo", {"text": "on"}, "text")
        _same([choice["value"] for choice in choices], ["on!"])

    async def button(self) -> None:
        card = await self.human.click("Ada", self._card, "edit")
        _same((card["id"], card["content"]), (self._card["id"], "edited"))

    async def select(self) -> None:
        _same((await self.human.select("Ada", self._card, "pick", ["b"]))["content"], "picked b")

    async def modal(self) -> None:
        opened = await self.human.click("Ada", self._card, "form")
        answer = await self.human.modal("Ada", opened, {"name": "filled in"})
        _same((answer["content"], answer["ephemeral"]), ("form filled in", True))

    async def message_menu(self) -> None:
        # In private, since some clients prefer what they heard of a message before, which came without its content.
        said = await self.human.say("Ada", "dm", "Blue Monday")
        answer = await self.human.message_command("Ada", "dm", "Quote", said)
        _same(answer["content"], "quote Blue Monday")

    async def user_menu(self) -> None:
        _same((await self.human.user_command("Ada", "general", "Greet", "Ben"))["content"], "greet Ben")

    async def dm(self) -> None:
        await self.human.say("Chloe", "dm", "hi")
        await self._heard("Chloe", "dm", "hello Chloe")

    async def edit(self) -> None:
        await self.human.slash("Ada", "music", "later")
        await self._heard("Ada", "music", "done")

    async def follow_up(self) -> None:
        await self._heard("Ada", "music", "more")

    async def ephemeral(self) -> None:
        _same((await self._heard("Ada", "music", "secret"))["ephemeral"], True)
        _same([m["content"] for m in self.human.messages("Ben", "music")], ["done", "more"])

    async def files(self) -> None:
        upload = {"file": ("list.txt", b"Blue Monday\n")}
        answer = await self.human.slash("Ada", "general", "file", attachments=upload)
        _same(answer["content"], "list.txt 12")
        [back] = answer["attachments"]
        _same((back["filename"], self._sandbox.world.files[int(back["id"])].data), ("back.txt", b"Blue Monday\n"))

    async def reactions(self) -> None:
        await self.human.react("Ada", self._card, "7️⃣")
        mine = str(self._sandbox.world.bot.id)
        await _until(lambda: "👍" in self.human.message(self._card["id"], self.human.member("Ada")).reactions)
        _same(self.human.message(self._card["id"], self.human.member("Ada")).reactions["👍"], [int(mine)])

    async def resume(self) -> None:
        before = self._logins
        self._sandbox.gateway.reconnect()
        await _until(lambda: self._sandbox.gateway.resumes == 1)
        _same((await self.human.slash("Ada", "general", "echo", {"text": "two"}))["content"], "echo two")
        _same(self._logins, before)

    async def _heard(self, who: str, where: str, text: str) -> dict[str, Any]:
        return await self.human.wait_for(who, where, lambda m: m["content"] == text, PATIENCE)

    def steps(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {
            "log in": self.log_in, "sync": self.sync, "slash": self.slash, "autocomplete": self.autocomplete,
            "button": self.button, "select": self.select, "modal": self.modal, "message menu": self.message_menu,
            "user menu": self.user_menu, "DM": self.dm, "edit": self.edit, "follow-up": self.follow_up,
            "ephemeral": self.ephemeral, "files": self.files, "reactions": self.reactions, "resume": self.resume,
        }  # fmt: skip


def _same(got: object, wanted: object) -> None:
    if got != wanted:
        raise AssertionError(f"{got!r} instead of {wanted!r}")


async def _until(condition: Callable[[], bool]) -> None:
    limit = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > limit:
            raise TimeoutError
        await asyncio.sleep(0.02)


async def go(command: list[str], folder: str | None = None) -> dict[str, str]:
    """Run a client's process through the round: step -> "" where it passed, else why not."""
    sandbox = await Sandbox.start()
    # A busy machine must not make a client fail that answers in time on any other.
    sandbox.interactions.deadline = PATIENCE
    environment = os.environ | {"SANDBOX_URL": sandbox.url, "DISCORD_TOKEN": sandbox.bot_token}
    environment.pop("VIRTUAL_ENV", None)
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    assert process.stdout is not None
    said = asyncio.create_task(process.stdout.read())
    results: dict[str, str] = {}
    try:
        for name, step in Round(sandbox).steps().items():
            failed = asyncio.create_task(process.wait())
            doing = asyncio.ensure_future(step())
            await asyncio.wait({doing, failed}, return_when=asyncio.FIRST_COMPLETED)
            if not doing.done():
                doing.cancel()
                results[name] = "the client ended"
                break
            failed.cancel()
            results[name] = _why(doing)
            if name in ("log in", "sync") and results[name]:
                break
        results |= {f"asked for {route}": "nothing there" for route in sandbox.unknown_routes}
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        await sandbox.close()
    if any(results.values()):
        results["output"] = (await said).decode("utf-8", "replace")[-6000:]
    return results


def _why(step: "asyncio.Future[None]") -> str:
    try:
        step.result()
    except (AssertionError, HumanError, TimeoutError, KeyError, ValueError) as error:
        return f"{type(error).__name__} {error}"
    return ""
