"""A small bot on hikari, as round.py asks for."""

import os

import hikari

bot = hikari.GatewayBot(
    os.environ["DISCORD_TOKEN"], rest_url=os.environ["SANDBOX_URL"] + "/api/v10", banner=None, logs="WARNING"
)  # fmt: skip
REPLY, UPDATE = hikari.ResponseType.MESSAGE_CREATE, hikari.ResponseType.MESSAGE_UPDATE


def card() -> list[hikari.api.ComponentBuilder]:
    buttons = bot.rest.build_message_action_row()
    for name in ("edit", "form"):
        buttons.add_interactive_button(hikari.ButtonStyle.PRIMARY, name, label=name)
    menu = bot.rest.build_message_action_row().add_text_menu("pick")
    for letter in "abc":
        menu.add_option(letter, letter)
    return [buttons, menu.parent]


def commands() -> list[hikari.api.CommandBuilder]:
    slash, option = bot.rest.slash_command_builder, hikari.CommandOption
    text = option(
        type=hikari.OptionType.STRING, name="text", description="Text", is_required=True, autocomplete=True
    )  # fmt: skip
    file = option(type=hikari.OptionType.ATTACHMENT, name="file", description="File", is_required=True)
    return [
        slash("echo", "Says it again").add_option(text),
        slash("later", "Takes a while"),
        slash("file", "Gives a file back").add_option(file),
        bot.rest.context_menu_command_builder(hikari.CommandType.MESSAGE, "Quote"),
        bot.rest.context_menu_command_builder(hikari.CommandType.USER, "Greet"),
    ]


@bot.listen()
async def on_started(_: hikari.StartedEvent) -> None:
    application = await bot.rest.fetch_application()
    await bot.rest.set_application_commands(application.id, commands())


@bot.listen()
async def on_command(event: hikari.CommandInteractionCreateEvent) -> None:
    it = event.interaction
    if it.command_name == "echo":
        await it.create_initial_response(REPLY, f"echo {it.options[0].value}", components=card())
    elif it.command_name == "later":
        await it.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_CREATE)
        await it.edit_initial_response("done")
        await it.execute("more")
        await it.execute("secret", flags=hikari.MessageFlag.EPHEMERAL)
    elif it.command_name == "file":
        attachment = it.resolved.attachments[it.options[0].value]
        data = await attachment.read()
        back = hikari.Bytes(data, "back.txt")
        await it.create_initial_response(REPLY, f"{attachment.filename} {len(data)}", attachment=back)
    elif it.command_name == "Quote":
        text = f"quote {it.resolved.messages[it.target_id].content}"
        await it.create_initial_response(REPLY, text, flags=hikari.MessageFlag.EPHEMERAL)
    elif it.command_name == "Greet":
        text = f"greet {it.resolved.users[it.target_id].display_name}"
        await it.create_initial_response(REPLY, text, flags=hikari.MessageFlag.EPHEMERAL)


@bot.listen()
async def on_autocomplete(event: hikari.AutocompleteInteractionCreateEvent) -> None:
    typed = event.interaction.options[0].value
    await event.interaction.create_response([hikari.impl.AutocompleteChoiceBuilder(f"{typed}!", f"{typed}!")])


@bot.listen()
async def on_component(event: hikari.ComponentInteractionCreateEvent) -> None:
    it = event.interaction
    if it.custom_id == "edit":
        await it.create_initial_response(UPDATE, "edited")
    elif it.custom_id == "form":
        row = bot.rest.build_modal_action_row().add_text_input("name", "Name")
        await it.create_modal_response("Form", "form", components=[row])
    elif it.custom_id == "pick":
        await it.create_initial_response(REPLY, f"picked {it.values[0]}")


@bot.listen()
async def on_modal(event: hikari.ModalInteractionCreateEvent) -> None:
    value = event.interaction.components[0].components[0].value
    await event.interaction.create_initial_response(REPLY, f"form {value}", flags=hikari.MessageFlag.EPHEMERAL)


@bot.listen()
async def on_direct(event: hikari.DMMessageCreateEvent) -> None:
    if event.content == "hi":
        await event.message.respond(f"hello {event.author.display_name}")


@bot.listen()
async def on_reaction(event: hikari.ReactionAddEvent) -> None:
    if event.user_id != bot.get_me().id:
        await bot.rest.add_reaction(event.channel_id, event.message_id, "👍")


bot.run(check_for_updates=False)
