"""Spotify: `/spotify` connects a member's account, and forgets it."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import NotYourCard
from cogs.ui import cards, text_spotify
from cogs.ui.access import private, services
from cogs.ui.items import LastingItem, LastingModal


class PasteModal(LastingModal, title="Back from Spotify"):
    """Takes the address to which Spotify led, where no page of ours can be reached."""

    address = discord.ui.Label(
        text="The whole address of the page you landed on",
        description="It begins with http and holds code=; that the page shows an error is fine",
        component=discord.ui.TextInput(
            custom_id="address", style=discord.TextStyle.paragraph, required=True, max_length=2000
        ),
    )

    def __init__(self) -> None:
        super().__init__(custom_id="earmark:spotify:back")

    async def act(self, interaction: discord.Interaction) -> None:
        assert isinstance(self.address.component, discord.ui.TextInput)
        address = self.address.component.value
        await interaction.response.defer(ephemeral=private(interaction), thinking=True)
        name = await services(interaction).outside.connections.finish_pasted(interaction.user.id, address)
        await interaction.edit_original_response(content=text_spotify.connected(name))


class PasteButton(LastingItem, template=r"earmark:spotify:paste:(?P<owner>\d{1,20})"):
    """Opens the form for the address."""

    async def act(self, interaction: discord.Interaction) -> None:
        if interaction.user.id != self.number("owner"):
            raise NotYourCard(owner_id=self.number("owner"))
        await interaction.response.send_modal(PasteModal())


class Spotify(commands.GroupCog, group_name="spotify", group_description="Connect your Spotify account, or forget it"):
    @app_commands.command(description="Let me read your playlists, liked songs and top tracks")
    async def connect(self, interaction: discord.Interaction) -> None:
        async def done(name: str) -> None:
            await interaction.edit_original_response(content=text_spotify.connected(name), view=None)

        url = services(interaction).outside.connections.begin(interaction.user.id, done)
        view = discord.ui.View(timeout=None)
        view.add_item(cards.button("Paste the address", f"earmark:spotify:paste:{interaction.user.id}", 0))
        # Whoever has this address could connect their account to this member: it is for one pair of eyes.
        await interaction.response.send_message(text_spotify.connect(url), view=view, ephemeral=private(interaction))

    @app_commands.command(description="Forget your account, and the playlists that came through it")
    async def disconnect(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=private(interaction), thinking=True)
        s = services(interaction)
        owned = await s.playlists.of(interaction.user.id)
        gone = await s.outside.connections.disconnect(interaction.user.id)
        s.questions.forget(interaction.user.id, {guild for one in owned for guild in one.shared_guild_ids})
        await interaction.edit_original_response(content=text_spotify.disconnected(gone))


async def setup(bot: commands.Bot) -> None:
    bot.add_view(PasteModal())
    bot.add_dynamic_items(PasteButton)
    await bot.add_cog(Spotify())
