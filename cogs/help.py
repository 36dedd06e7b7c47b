"""Help: what to do, and what to do next."""

import discord
from discord import app_commands
from discord.ext import commands

from cogs.ui import text
from cogs.ui.access import private, services
from cogs.ui.cards import COLOUR
from cogs.ui.errors import answer


class Help(commands.Cog):
    @app_commands.command(description="How this works, and what to do next")
    async def help(self, interaction: discord.Interaction) -> None:
        s, user = services(interaction), interaction.user.id
        step = text.next_step(
            len(await s.playlists.visible(user, interaction.guild_id)),
            await s.ratings.count(user),
            await s.models.load(user) is not None,
        )
        embed = discord.Embed(description=f"{text.HELP}\n\n{step}", colour=COLOUR)
        await interaction.response.send_message(embed=embed, ephemeral=private(interaction))


async def setup(bot: commands.Bot) -> None:
    bot.tree.error(answer)  # type: ignore[arg-type]
    await bot.add_cog(Help())
