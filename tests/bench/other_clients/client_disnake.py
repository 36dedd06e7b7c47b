"""A small bot on disnake, as round.py asks for."""

import io
import os

import disnake
from disnake import http
from disnake.ext import commands

http.Route.BASE = os.environ["SANDBOX_URL"] + "/api/v10"
bot = commands.InteractionBot(intents=disnake.Intents.default())


class Form(disnake.ui.Modal):
    def __init__(self) -> None:
        field = disnake.ui.TextInput(label="Name", custom_id="name")
        super().__init__(title="Form", custom_id="form", components=[field])

    async def callback(self, inter: disnake.ModalInteraction) -> None:
        await inter.response.send_message(f"form {inter.text_values['name']}", ephemeral=True)


class Card(disnake.ui.View):
    @disnake.ui.button(label="Edit", custom_id="edit")
    async def edit(self, _: disnake.ui.Button, inter: disnake.MessageInteraction) -> None:
        await inter.response.edit_message(content="edited", view=self)

    @disnake.ui.button(label="Form", custom_id="form")
    async def form(self, _: disnake.ui.Button, inter: disnake.MessageInteraction) -> None:
        await inter.response.send_modal(Form())

    @disnake.ui.string_select(custom_id="pick", options=["a", "b", "c"])
    async def pick(self, select: disnake.ui.StringSelect, inter: disnake.MessageInteraction) -> None:
        await inter.response.send_message(f"picked {select.values[0]}")


@bot.slash_command(description="Says it again")
async def echo(inter: disnake.ApplicationCommandInteraction, text: str) -> None:
    await inter.response.send_message(f"echo {text}", view=Card(timeout=None))


@echo.autocomplete("text")
async def choices(_: disnake.ApplicationCommandInteraction, typed: str) -> list[str]:
    return [f"{typed}!"]


@bot.slash_command(description="Takes a while")
async def later(inter: disnake.ApplicationCommandInteraction) -> None:
    await inter.response.defer()
    await inter.edit_original_response("done")
    await inter.followup.send("more")
    await inter.followup.send("secret", ephemeral=True)


@bot.slash_command(description="Gives a file back")
async def file(inter: disnake.ApplicationCommandInteraction, file: disnake.Attachment) -> None:
    data = await file.read()
    back = disnake.File(io.BytesIO(data), "back.txt")
    await inter.response.send_message(f"{file.filename} {len(data)}", file=back)


@bot.message_command(name="Quote")
async def quote(inter: disnake.MessageCommandInteraction) -> None:
    await inter.response.send_message(f"quote {inter.target.content}", ephemeral=True)


@bot.user_command(name="Greet")
async def greet(inter: disnake.UserCommandInteraction) -> None:
    await inter.response.send_message(f"greet {inter.target.display_name}", ephemeral=True)


@bot.event
async def on_message(message: disnake.Message) -> None:
    if message.guild is None and message.content == "hi":
        await message.channel.send(f"hello {message.author.display_name}")


@bot.event
async def on_raw_reaction_add(payload: disnake.RawReactionActionEvent) -> None:
    if payload.user_id != bot.user.id:
        channel = bot.get_channel(payload.channel_id)
        await channel.get_partial_message(payload.message_id).add_reaction("👍")


bot.run(os.environ["DISCORD_TOKEN"])
