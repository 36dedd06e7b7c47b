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
from cogs.session_access import stage
from cogs.ui import text_account, text_commands
from cogs.ui.access import allow, private, services
from cogs.ui.cards import COLOUR
from cogs.ui.deliver import deliver
from cogs.ui.items import LastingModal


class EraseModal(LastingModal, title=text_commands.ERASE_FORM):
    """Asks for a word, so that nobody erases themselves by a slip of the finger."""

    word = discord.ui.Label(
        text=text_commands.ERASE_FORM_WORD,
        description=text_commands.ERASE_FORM_GOES,
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
        sessions = await s.sessions.live_of(user)
        await erase(s.accounts, s.outside.connections, user)
        stage(interaction).forget(user, sessions)
        await studies_of(interaction).stop(user)
        await interaction.edit_original_response(content=text_account.erased(s.accounts.settled))


class Account(commands.GroupCog, group_name="account", group_description=text_commands.ACCOUNT):
    @app_commands.command(description=text_commands.ACCOUNT_SHOW)
    async def show(self, interaction: discord.Interaction) -> None:
        s, user = services(interaction), interaction.user.id
        held = await holdings(s.accounts, user)
        said = text_account.holdings(held.since, held.rows, await s.sessions.consent(user))
        await interaction.response.send_message(said, ephemeral=private(interaction))

    @app_commands.command(description=text_commands.ACCOUNT_SHARING)
    @app_commands.rename(scope="with")
    @app_commands.describe(
        **text_commands.ACCOUNT_SHARING_OPTIONS,
    )
    @app_commands.choices(
        scope=[app_commands.Choice(name=name, value=scope) for scope, name in text_commands.SHARING_SCOPES.items()]
    )
    async def sharing(
        self, interaction: discord.Interaction, scope: Sharing | None = None, openly: bool | None = None
    ) -> None:
        shares, user, guild_id = services(interaction).shares, interaction.user.id, interaction.guild_id
        if scope is None and openly is not None:
            scope = (await shares.of(user, guild_id)).scope
        if scope == "server" and not interaction.is_guild_integration():
            await interaction.response.send_message(text_account.share_in_server(), ephemeral=private(interaction))
            return
        if scope is not None:
            await shares.allow(user, scope, guild_id, openly=bool(openly))
        said = text_account.sharing(await shares.of(user, guild_id))
        await interaction.response.send_message(said, ephemeral=private(interaction))

    @app_commands.command(description=text_commands.ACCOUNT_VOTES)
    @app_commands.describe(**text_commands.ACCOUNT_VOTES_OPTIONS)
    async def votes(self, interaction: discord.Interaction, become_ratings: bool | None = None) -> None:
        sessions, user = services(interaction).sessions, interaction.user.id
        if become_ratings is not None:
            await let_learn(sessions, Actor(user), become_ratings, int(time.time()))
        said = text_account.votes(await sessions.consent(user))
        await interaction.response.send_message(said, ephemeral=private(interaction))

    @app_commands.command(description=text_commands.ACCOUNT_EXPORT)
    async def export(self, interaction: discord.Interaction) -> None:
        allow(interaction, "export")
        await interaction.response.defer(ephemeral=private(interaction), thinking=True)
        s = services(interaction)
        user, limit = interaction.user.id, interaction.filesize_limit
        archive = await export(
            s.accounts,
            s.playlists,
            s.ratings,
            s.models,
            s.uploads,
            s.sessions,
            s.studies,
            s.workers,
            user,
            text_account.readme(),
            limit,
        )
        if len(archive) > limit:
            await deliver(interaction, content=text_account.export_too_large(len(archive), limit))
            return
        file = discord.File(io.BytesIO(archive), "earmark.zip")
        await deliver(interaction, content=text_account.exported(), attachments=[file])

    @app_commands.command(description=text_commands.ACCOUNT_ERASE)
    async def erase(self, interaction: discord.Interaction) -> None:
        await holdings(services(interaction).accounts, interaction.user.id)
        await interaction.response.send_modal(EraseModal())

    @app_commands.command(description=text_commands.ACCOUNT_PRIVACY)
    async def privacy(self, interaction: discord.Interaction) -> None:
        embed = discord.Embed(description=text_account.privacy(), colour=COLOUR)
        await interaction.response.send_message(embed=embed, ephemeral=private(interaction))


async def setup(bot: commands.Bot) -> None:
    bot.add_view(EraseModal())
    await bot.add_cog(Account())
