"""Taste: what the caller likes, in words and pictures."""

import io

import discord
from discord import app_commands
from discord.ext import commands

from bot.flow.taste import look
from cogs.ui import text_taste
from cogs.ui.access import private, services
from cogs.ui.cards import COLOUR


class Taste(commands.GroupCog, group_name="taste", group_description="Your taste, as I have learned it"):
    @app_commands.command(description="What you like and dislike, in words and pictures, and how often I was right")
    async def show(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=private(interaction), thinking=True)
        s = services(interaction)
        seen = await look(s.ratings, s.models, s.predictions, s.workers, interaction.user.id)
        files = [discord.File(io.BytesIO(png), name, description=words[:1024]) for name, png, words in seen.pictures]
        words = text_taste.glance(seen.glance, seen.record)
        embed = discord.Embed(title=text_taste.TITLE, description=words, colour=COLOUR)
        await interaction.edit_original_response(embed=embed, attachments=files)


async def setup(bot: commands.Bot) -> None:
    await bot.add_cog(Taste())
