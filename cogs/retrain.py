"""Retrain: learn from the caller's ratings, and say honestly how well."""

import io

import discord
from discord import app_commands
from discord.ext import commands

from bot.charts import report_alt, report_png
from bot.flow.retrain import retrain
from cogs.ui import text
from cogs.ui.access import allow, private, services
from cogs.ui.cards import COLOUR


class Retrain(commands.Cog):
    @app_commands.command(description="Teach me your taste from your ratings, and see how well I know it")
    async def retrain(self, interaction: discord.Interaction) -> None:
        allow(interaction, "train")
        await interaction.response.defer(ephemeral=private(interaction), thinking=True)
        s = services(interaction)
        report = await retrain(s.ratings, s.models, s.workers, interaction.user.id)
        s.metrics.trained.add()
        picture = await s.workers.run_for(interaction.user.id, report_png, report)
        file = discord.File(io.BytesIO(picture), "report.png", description=report_alt(report)[:1024])
        embed = discord.Embed(title=text.report_title(report), description=text.report_lines(report), colour=COLOUR)
        embed.set_footer(text=text.AFTER_TRAINING)
        await interaction.edit_original_response(embed=embed, attachments=[file])


async def setup(bot: commands.Bot) -> None:
    await bot.add_cog(Retrain())
