"""Taste: what the caller likes, in words and pictures, and beside another's."""

import io

import discord
from discord import app_commands
from discord.ext import commands

from bot.domain.errors import NobodyToCompare
from bot.flow.compare import compare
from bot.flow.taste import look
from cogs.retrain import study_shown
from cogs.ui import text_commands, text_taste
from cogs.ui.access import allow, private, services
from cogs.ui.cards import COLOUR
from cogs.ui.deliver import deliver

COMPARING = 5  # predictions that a comparison counts for: two models say much of two libraries


class Taste(commands.GroupCog, group_name="taste", group_description=text_commands.TASTE):
    @app_commands.command(description=text_commands.TASTE_SHOW)
    async def show(self, interaction: discord.Interaction) -> None:
        allow(interaction, "predict")
        await interaction.response.defer(ephemeral=private(interaction), thinking=True)
        s = services(interaction)
        seen = await look(s.ratings, s.models, s.predictions, s.workers, interaction.user.id)
        files = [discord.File(io.BytesIO(png), name, description=words[:1024]) for name, png, words in seen.pictures]
        words = text_taste.glance(seen)
        embed = discord.Embed(title=text_taste.TITLE, description=words, colour=COLOUR)
        await deliver(interaction, embed=embed, attachments=files)

    @app_commands.command(description=text_commands.TASTE_COMPARE)
    @app_commands.describe(**text_commands.TASTE_COMPARE_OPTIONS)
    async def compare(self, interaction: discord.Interaction, member: discord.User) -> None:
        allow(interaction, "predict", COMPARING)
        await interaction.response.defer(ephemeral=private(interaction), thinking=True)
        s, me = services(interaction), interaction.user.id
        if member.bot:
            raise NobodyToCompare
        found = await compare(
            s.shares, s.playlists, s.ratings, s.models, s.predictions, s.workers, me, member.id, interaction.guild_id
        )
        embed = discord.Embed(description=text_taste.comparison(found, me, member.id), colour=COLOUR)
        await deliver(interaction, embed=embed)

    @app_commands.command(description=text_commands.TASTE_STUDY)
    async def study(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=private(interaction), thinking=True)
        await deliver(interaction, **await study_shown(interaction, interaction.user.id))


async def setup(bot: commands.Bot) -> None:
    await bot.add_cog(Taste())
