"""Account: what is stored about the caller, to see, to take along and to erase."""

import io
import time

import discord
from discord import app_commands
from discord.ext import commands

from bot.domain.errors import NotConfirmed
from bot.domain.taste import Sharing
from bot.flow.account import erase, export, holdings
from bot.flow.session_events import Actor
from bot.flow.voting import let_learn
from cogs.retrain import studies_of
from cogs.ui import text_account
from cogs.ui.access import allow, private, services
from cogs.ui.cards import COLOUR
from cogs.ui.deliver import deliver
from cogs.ui.items import LastingModal


class EraseModal(LastingModal, title="Erase everything about me"):
    """Asks for a word, so that nobody erases himself by a slip of the finger."""

    word = discord.ui.Label(
        text=f"Type {text_account.ERASE_WORD} to confirm",
        description="Playlists, ratings, your model: all of it goes, for good.",
        component=discord.ui.TextInput(custom_id="word", max_length=20, placeholder=text_account.ERASE_WORD),
    )

    def __init__(self) -> None:
        super().__init__(custom_id="earmark:erase")

    async def act(self, interaction: discord.Interaction) -> None:
        assert isinstance(self.word.component, discord.ui.TextInput)
        if self.word.component.value.strip() != text_account.ERASE_WORD:
            raise NotConfirmed(word=text_account.ERASE_WORD)
        await interaction.response.defer(ephemeral=private(interaction), thinking=True)
        s = services(interaction)
        user = interaction.user.id
        await erase(s.accounts, s.outside.connections, user)
        await studies_of(interaction).stop(user)
        said = text_account.ERASED if s.accounts.settled else f"{text_account.ERASED} {text_account.TRACES}"
        await interaction.edit_original_response(content=said)


class Account(commands.GroupCog, group_name="account", group_description="See, take along or erase what is stored"):
    @app_commands.command(description="What is stored about you, counted")
    async def show(self, interaction: discord.Interaction) -> None:
        s, user = services(interaction), interaction.user.id
        held = await holdings(s.accounts, user)
        said = text_account.holdings(held.since, held.rows, await s.sessions.consent(user))
        await interaction.response.send_message(said, ephemeral=private(interaction))

    @app_commands.command(description="With whom may your taste be compared? Nobody, until you say so")
    @app_commands.rename(scope="with")
    @app_commands.describe(
        scope="Leave it out to see what you have chosen",
        openly="Let your ratings count just as they are, at once: others can then tell what you gave",
    )
    @app_commands.choices(
        scope=[
            app_commands.Choice(name="off: nobody", value="off"),
            app_commands.Choice(name="this server", value="server"),
            app_commands.Choice(name="everywhere", value="everywhere"),
        ]
    )
    async def sharing(
        self, interaction: discord.Interaction, scope: Sharing | None = None, openly: bool | None = None
    ) -> None:
        shares, user, guild_id = services(interaction).shares, interaction.user.id, interaction.guild_id
        if scope is None and openly is not None:
            scope = (await shares.of(user, guild_id)).scope
        if scope == "server" and not interaction.is_guild_integration():
            await interaction.response.send_message(text_account.SHARE_IN_SERVER, ephemeral=private(interaction))
            return
        if scope is not None:
            await shares.allow(user, scope, guild_id, openly=bool(openly))
        said = text_account.sharing(await shares.of(user, guild_id))
        await interaction.response.send_message(said, ephemeral=private(interaction))

    @app_commands.command(description="May your votes in group sessions become ratings of yours?")
    @app_commands.describe(become_ratings="Leave it out to see what you have chosen")
    async def votes(self, interaction: discord.Interaction, become_ratings: bool | None = None) -> None:
        sessions, user = services(interaction).sessions, interaction.user.id
        if become_ratings is not None:
            await let_learn(sessions, Actor(user), become_ratings, int(time.time()))
        said = text_account.votes(await sessions.consent(user))
        await interaction.response.send_message(said, ephemeral=private(interaction))

    @app_commands.command(description="Take everything along, as one archive")
    async def export(self, interaction: discord.Interaction) -> None:
        allow(interaction, "export")
        await interaction.response.defer(ephemeral=private(interaction), thinking=True)
        s = services(interaction)
        user, limit = interaction.user.id, interaction.filesize_limit
        archive = await export(
            s.accounts, s.playlists, s.ratings, s.models, s.uploads, s.sessions, s.studies, s.workers, user, limit
        )
        if len(archive) > limit:
            await deliver(interaction, content=text_account.export_too_large(len(archive), limit))
            return
        file = discord.File(io.BytesIO(archive), "earmark.zip")
        await deliver(interaction, content=text_account.EXPORTED, attachments=[file])

    @app_commands.command(description="Erase everything about you, for good")
    async def erase(self, interaction: discord.Interaction) -> None:
        await holdings(services(interaction).accounts, interaction.user.id)
        await interaction.response.send_modal(EraseModal())

    @app_commands.command(description="What is kept, what for, how long, and who can see it")
    async def privacy(self, interaction: discord.Interaction) -> None:
        embed = discord.Embed(description=text_account.PRIVACY, colour=COLOUR)
        await interaction.response.send_message(embed=embed, ephemeral=private(interaction))


async def setup(bot: commands.Bot) -> None:
    bot.add_view(EraseModal())
    await bot.add_cog(Account())
