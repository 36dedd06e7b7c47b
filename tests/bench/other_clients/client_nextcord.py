"""A small bot on nextcord, as round.py asks for."""

import io
import os

import nextcord
from nextcord import http
from nextcord.ext import commands

http.Route.BASE = os.environ["SANDBOX_URL"] + "/api/v10"
bot = commands.Bot(intents=nextcord.Intents.default())


class Form(nextcord.ui.Modal):
    def __init__(self) -> None:
        super().__init__("Form", custom_id="form")
        self.name = nextcord.ui.TextInput(label="Name", custom_id="name")
        self.add_item(self.name)

    async def callback(self, interaction: nextcord.Interaction) -> None:
        await interaction.response.send_message(f"form {self.name.value}", ephemeral=True)


class Card(nextcord.ui.View):
    @nextcord.ui.button(label="Edit", custom_id="edit")
    async def edit(self, _: nextcord.ui.Button, interaction: nextcord.Interaction) -> None:
        await interaction.response.edit_message(content="edited", view=self)

    @nextcord.ui.button(label="Form", custom_id="form")
    async def form(self, _: nextcord.ui.Button, interaction: nextcord.Interaction) -> None:
        await interaction.response.send_modal(Form())

    @nextcord.ui.string_select(custom_id="pick", options=[nextcord.SelectOption(label=x, value=x) for x in "abc"])
    async def pick(self, select: nextcord.ui.StringSelect, interaction: nextcord.Interaction) -> None:
        await interaction.response.send_message(f"picked {select.values[0]}")


@bot.slash_command(description="Says it again")
async def echo(interaction: nextcord.Interaction, text: str = nextcord.SlashOption(required=True)) -> None:
    await interaction.response.send_message(f"echo {text}", view=Card(timeout=None))


@echo.on_autocomplete("text")
async def choices(interaction: nextcord.Interaction, typed: str) -> None:
    await interaction.response.send_autocomplete([f"{typed}!"])


@bot.slash_command(description="Takes a while")
async def later(interaction: nextcord.Interaction) -> None:
    await interaction.response.defer()
    await interaction.edit_original_message(content="done")
    await interaction.followup.send("more")
    await interaction.followup.send("secret", ephemeral=True)


@bot.slash_command(description="Gives a file back")
async def file(interaction: nextcord.Interaction, file: nextcord.Attachment) -> None:
    data = await file.read()
    back = nextcord.File(io.BytesIO(data), "back.txt")
    await interaction.response.send_message(f"{file.filename} {len(data)}", file=back)


@bot.message_command(name="Quote")
async def quote(interaction: nextcord.Interaction, message: nextcord.Message) -> None:
    await interaction.response.send_message(f"quote {message.content}", ephemeral=True)


@bot.user_command(name="Greet")
async def greet(interaction: nextcord.Interaction, member: nextcord.Member) -> None:
    await interaction.response.send_message(f"greet {member.global_name}", ephemeral=True)


@bot.event
async def on_message(message: nextcord.Message) -> None:
    if message.guild is None and message.content == "hi":
        await message.channel.send(f"hello {message.author.global_name}")


@bot.event
async def on_raw_reaction_add(payload: nextcord.RawReactionActionEvent) -> None:
    if payload.user_id != bot.user.id:
        channel = bot.get_channel(payload.channel_id)
        await channel.get_partial_message(payload.message_id).add_reaction("👍")


bot.run(os.environ["DISCORD_TOKEN"])
