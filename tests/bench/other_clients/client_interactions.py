"""A small bot on interactions.py, as round.py asks for."""

import io
import os

import aiohttp
import interactions as i
from interactions.api.http.route import Route

Route.BASE = os.environ["SANDBOX_URL"] + "/api/v10"
bot = i.Client(intents=i.Intents.DEFAULT, sync_interactions=True)


@i.slash_command(name="echo", description="Says it again")
@i.slash_option("text", "Text", i.OptionType.STRING, required=True, autocomplete=True)
async def echo(ctx: i.SlashContext, text: str) -> None:
    buttons = [i.Button(style=i.ButtonStyle.PRIMARY, label=name, custom_id=name) for name in ("edit", "form")]
    menu = i.StringSelectMenu("a", "b", "c", custom_id="pick")
    await ctx.send(f"echo {text}", components=[i.ActionRow(*buttons), i.ActionRow(menu)])


@echo.autocomplete("text")
async def choices(ctx: i.AutocompleteContext) -> None:
    await ctx.send([f"{ctx.input_text}!"])


@i.slash_command(name="later", description="Takes a while")
async def later(ctx: i.SlashContext) -> None:
    await ctx.defer()
    await ctx.send("done")  # takes the place of the waiting message
    await ctx.send("more")
    await ctx.send("secret", ephemeral=True)


@i.slash_command(name="file", description="Gives a file back")
@i.slash_option("file", "File", i.OptionType.ATTACHMENT, required=True)
async def file(ctx: i.SlashContext, file: i.Attachment) -> None:
    async with aiohttp.ClientSession() as session, session.get(file.url) as got:
        data = await got.read()
    await ctx.send(f"{file.filename} {len(data)}", files=i.File(io.BytesIO(data), file_name="back.txt"))


@i.message_context_menu(name="Quote")
async def quote(ctx: i.ContextMenuContext) -> None:
    await ctx.send(f"quote {ctx.target.content}", ephemeral=True)


@i.user_context_menu(name="Greet")
async def greet(ctx: i.ContextMenuContext) -> None:
    await ctx.send(f"greet {ctx.target.display_name}", ephemeral=True)


@i.component_callback("edit")
async def edit(ctx: i.ComponentContext) -> None:
    await ctx.edit_origin(content="edited")


@i.component_callback("form")
async def form(ctx: i.ComponentContext) -> None:
    await ctx.send_modal(i.Modal(i.ShortText(label="Name", custom_id="name"), title="Form", custom_id="form"))


@i.component_callback("pick")
async def pick(ctx: i.ComponentContext) -> None:
    await ctx.send(f"picked {ctx.values[0]}")


@i.modal_callback("form")
async def filled(ctx: i.ModalContext, name: str) -> None:
    await ctx.send(f"form {name}", ephemeral=True)


@i.listen()
async def on_message_create(event: i.events.MessageCreate) -> None:
    message = event.message
    if message.guild is None and message.content == "hi":
        await message.channel.send(f"hello {message.author.display_name}")


@i.listen()
async def on_message_reaction_add(event: i.events.MessageReactionAdd) -> None:
    if event.author.id != bot.user.id:
        await event.message.add_reaction("👍")


bot.start(os.environ["DISCORD_TOKEN"])
