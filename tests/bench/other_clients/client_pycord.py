"""A small bot on py-cord, as round.py asks for."""

import asyncio
import io
import os

import discord
from discord import http

http.Route.API_BASE_URL = os.environ["SANDBOX_URL"] + "/api/v{API_VERSION}"
bot = discord.Bot(intents=discord.Intents.default())


class Form(discord.ui.Modal):
    def __init__(self) -> None:
        super().__init__(discord.ui.InputText(label="Name", custom_id="name"), title="Form", custom_id="form")

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"form {self.children[0].value}", ephemeral=True)


class Card(discord.ui.View):
    @discord.ui.button(label="Edit", custom_id="edit")
    async def edit(self, _: discord.ui.Button, interaction: discord.Interaction) -> None:
        await interaction.response.edit_message(content="edited", view=self)

    @discord.ui.button(label="Form", custom_id="form")
    async def form(self, _: discord.ui.Button, interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Form())

    @discord.ui.select(custom_id="pick", options=[discord.SelectOption(label=x) for x in "abc"])
    async def pick(self, select: discord.ui.Select, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"picked {select.values[0]}")


async def choices(context: discord.AutocompleteContext) -> list[str]:
    return [f"{context.value}!"]


@bot.slash_command(description="Says it again")
@discord.option("text", str, autocomplete=choices)
async def echo(context: discord.ApplicationContext, text: str) -> None:
    await context.respond(f"echo {text}", view=Card(timeout=None))


@bot.slash_command(description="Takes a while")
async def later(context: discord.ApplicationContext) -> None:
    await context.defer()
    await context.edit(content="done")
    await context.followup.send("more")
    await context.followup.send("secret", ephemeral=True)


@bot.slash_command(description="Gives a file back")
@discord.option("file", discord.Attachment)
async def file(context: discord.ApplicationContext, file: discord.Attachment) -> None:
    data = await file.read()
    await context.respond(f"{file.filename} {len(data)}", file=discord.File(io.BytesIO(data), "back.txt"))


@bot.message_command(name="Quote")
async def quote(context: discord.ApplicationContext, message: discord.Message) -> None:
    await context.respond(f"quote {message.content}", ephemeral=True)


@bot.user_command(name="Greet")
async def greet(context: discord.ApplicationContext, member: discord.Member) -> None:
    await context.respond(f"greet {member.display_name}", ephemeral=True)


@bot.event
async def on_message(message: discord.Message) -> None:
    if message.guild is None and message.content == "hi":
        await message.channel.send(f"hello {message.author.display_name}")


@bot.event
async def on_raw_reaction_add(payload: discord.RawReactionActionEvent) -> None:
    if payload.user_id != bot.user.id:
        channel = bot.get_partial_messageable(payload.channel_id)
        await channel.get_partial_message(payload.message_id).add_reaction("👍")


async def main() -> None:
    async with bot:
        await bot.start(os.environ["DISCORD_TOKEN"])


asyncio.run(main())
