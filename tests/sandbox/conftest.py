"""A sandbox, and a small real discord.py client logged in to it."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest
from discord import app_commands, ui

from bot.sandbox.interaction import Interaction
from bot.sandbox.interactions import COMMAND
from bot.sandbox.point import aim
from bot.sandbox.server import Sandbox
from bot.sandbox.trace import Exchange
from tests.openapi import DiscordSpec


class Form(ui.Modal, title="Link a playlist"):
    name = ui.TextInput(label="Name", required=False)
    upload = ui.Label(text="Your file", component=ui.FileUpload(custom_id="file", min_values=1, max_values=2))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        files = self.upload.component.values
        contents = [await file.read() for file in files]
        text = f"{self.name.value}: {files[0].filename} {contents[0].decode()} {files[0].content_type}"
        await interaction.response.send_message(text, ephemeral=True)


class Buttons(ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)

    @ui.button(label="One", custom_id="one")
    async def one(self, interaction: discord.Interaction, _: ui.Button) -> None:
        await interaction.response.edit_message(content="clicked", view=self)

    @ui.button(label="Form", custom_id="form")
    async def form(self, interaction: discord.Interaction, _: ui.Button) -> None:
        await interaction.response.send_modal(Form())

    @ui.button(label="Later", custom_id="later")
    async def later(self, interaction: discord.Interaction, _: ui.Button) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="later")

    @ui.select(custom_id="pick", options=[discord.SelectOption(label=x) for x in "abc"])
    async def pick(self, interaction: discord.Interaction, select: ui.Select) -> None:
        await interaction.response.send_message("picked " + select.values[0])


class Layout(ui.LayoutView):
    def __init__(self, url: str) -> None:
        super().__init__(timeout=None)
        gallery = ui.MediaGallery(discord.MediaGalleryItem(url, description="a picture"))
        button = ui.Button(label="Go", custom_id="go")
        section = ui.Section("section", accessory=ui.Thumbnail(url))
        self.add_item(ui.Container(ui.TextDisplay("# Hello"), section, gallery, ui.ActionRow(button)))


class SmallBot(discord.Client):
    """Uses one of everything."""

    def __init__(self, intents: discord.Intents | None = None) -> None:
        super().__init__(
            intents=intents or discord.Intents.default(), guild_ready_timeout=0.1, max_ratelimit_timeout=30
        )
        self.tree = app_commands.CommandTree(self)
        self.events: list[tuple[str, Any]] = []
        self.failures: list[Exception] = []
        self.is_up = asyncio.Event()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        pass

    async def setup_hook(self) -> None:
        add_commands(self)
        self.add_view(Buttons())
        self.tree.error(self.on_command_error)
        await self.tree.sync()

    async def on_command_error(self, _: discord.Interaction, error: app_commands.AppCommandError) -> None:
        self.failures.append(error)

    async def on_ready(self) -> None:
        self.is_up.set()

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        self.events.append(("add", str(payload.emoji), payload.user_id))

    async def on_raw_reaction_remove(self, payload: discord.RawReactionActionEvent) -> None:
        self.events.append(("remove", str(payload.emoji), payload.user_id))

    async def on_message(self, message: discord.Message) -> None:
        if not message.author.bot:
            self.events.append(("message", message.content, message.guild is None))
            if message.guild is None and message.content == "hi":
                await message.channel.send("hello " + message.author.display_name)


def add_commands(bot: SmallBot) -> None:
    group = app_commands.Group(name="playlist", description="Playlists")

    @group.command(name="link", description="Link one")
    async def link(interaction: discord.Interaction, file: discord.Attachment, name: str = "") -> None:
        data = await file.read()
        await interaction.response.send_message(f"{name} {file.filename} {len(data)}")

    @bot.tree.command(description="Answers with buttons")
    async def buttons(interaction: discord.Interaction, private: bool = False) -> None:
        await interaction.response.send_message("start", view=Buttons(), ephemeral=private)

    @bot.tree.command(description="Thinks")
    async def slow(interaction: discord.Interaction, private: bool = False) -> None:
        await interaction.response.defer(ephemeral=private, thinking=True)
        picture = discord.File(io.BytesIO(PNG), "chart.png", description="a chart")
        embed = discord.Embed(title="Chart").set_image(url="attachment://chart.png")
        await interaction.edit_original_response(content="done", attachments=[picture], embed=embed)
        await interaction.followup.send("a secret", ephemeral=True)

    @bot.tree.command(description="Components")
    async def layout(interaction: discord.Interaction) -> None:
        picture = discord.File(io.BytesIO(PNG), "art.png")
        await interaction.response.defer(thinking=True)
        await interaction.edit_original_response(view=Layout("attachment://art.png"), attachments=[picture])

    @bot.tree.command(description="Says nothing")
    async def silent(interaction: discord.Interaction) -> None:
        pass

    @bot.tree.command(description="Guesses")
    async def guess(interaction: discord.Interaction, track: str, number: app_commands.Range[int, 1, 10] = 1) -> None:
        await interaction.response.send_message(f"{track}/{number}")

    @guess.autocomplete("track")
    async def tracks(_: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=f"{typed}!", value=f"{typed}-1")]

    @bot.tree.context_menu(name="Predict this track")
    async def predict(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"about {message.content}", ephemeral=True)

    @bot.tree.context_menu(name="Greet")
    async def greet(interaction: discord.Interaction, member: discord.Member) -> None:
        await interaction.response.send_message(f"hello {member.display_name}", ephemeral=True)

    bot.tree.add_command(group)


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


SPEC = DiscordSpec.find()


def undescribed(exchange: Exchange) -> list[str]:
    """Say where an answer is not as Discord describes it, where the description is at hand."""
    method, template, status, request, response = exchange
    problems = [] if SPEC is None or status >= 400 else SPEC.check(method, template, status, request, response)
    return [f"{method} {template} {status} {p}" for p in problems if p.startswith("response")]


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    sandbox = await Sandbox.start()
    yield sandbox
    await sandbox.close()
    assert sandbox.unknown_routes == []
    assert [problem for exchange in sandbox.exchanges for problem in undescribed(exchange)] == []


async def log_in(sandbox: Sandbox, bot: SmallBot | None = None) -> tuple[SmallBot, "asyncio.Task[None]"]:
    bot = bot or SmallBot()
    task = asyncio.create_task(bot.start(sandbox.bot_token))
    up = asyncio.create_task(bot.is_up.wait())
    await asyncio.wait([up, task], timeout=10, return_when=asyncio.FIRST_COMPLETED)
    if not up.done():
        up.cancel()
        await bot.close()
        await task
    return bot, task


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[SmallBot]:
    with aim(sandbox.url):
        bot, task = await log_in(sandbox)
        yield bot
        await bot.close()
        await task


class Http:
    """Calls the API as the bot."""

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
        self.sandbox, self._session = sandbox, session

    async def __call__(self, method: str, path: str, body: object = None, **kwargs) -> tuple[int, object]:
        headers = {"Authorization": f"Bot {self.sandbox.bot_token}"} | kwargs.pop("headers", {})
        given = {} if body is None else {"json": body}
        url = f"{self.sandbox.url}/api/v10{path}"
        while True:
            async with self._session.request(method, url, headers=headers, **given, **kwargs) as got:
                if got.status == 204:
                    return 204, None
                assert got.headers["Content-Type"] == "application/json"
                answer = json.loads(await got.read())
                if got.status != 429:
                    return got.status, answer
            await asyncio.sleep(answer["retry_after"])

    def begin(self, kind: int = COMMAND, *, owners: dict[str, str] | None = None) -> Interaction:
        world = self.sandbox.world
        data = {"id": "1", "name": "x", "type": 1}
        owners = owners or {"0": str(world.guild_id)}
        it = Interaction(
            world.snowflake(), kind, world.member("Ada"), world.text_channels[0], data, owners, command="x"
        )
        return self.sandbox.interactions.send(it)

    async def answer(self, it: Interaction, body: object, query: str = "") -> tuple[int, object]:
        return await self("POST", f"/interactions/{it.id}/{it.token}/callback{query}", body)


@pytest.fixture
async def http(sandbox: Sandbox) -> AsyncIterator[Http]:
    async with aiohttp.ClientSession() as session:
        yield Http(sandbox, session)
