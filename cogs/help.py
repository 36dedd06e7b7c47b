"""Help: what to do, and what to do next."""

import logging

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Earmark
from bot.domain.errors import TooOften
from cogs.ui import text, text_commands
from cogs.ui.access import private, services
from cogs.ui.cards import COLOUR
from cogs.ui.errors import answer

log = logging.getLogger(__name__)


class Help(commands.Cog):
    def __init__(self, bot: Earmark) -> None:
        self.bot = bot

    @app_commands.command(description=text_commands.HELP)
    async def help(self, interaction: discord.Interaction) -> None:
        s, user = services(interaction), interaction.user.id
        step = text.next_step(
            len(await s.playlists.visible(user, interaction.guild_id)),
            await s.ratings.count(user),
            await s.models.load(user) is not None,
        )
        embed = discord.Embed(description=f"{text.help_()}\n\n{step}", colour=COLOUR)
        await interaction.response.send_message(embed=embed, ephemeral=private(interaction))

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Answer whoever speaks to the bot in a direct message, once a minute."""
        if message.guild is not None or message.author.bot or message.is_system():
            return
        try:
            self.bot.services.limits.take("hello", message.author.id, None)
            await self.bot.pace.turn()
            await message.channel.send(text.hello())
        except TooOften:
            return
        except discord.HTTPException as problem:
            log.info("a direct message could not be answered: %s", problem.code)


async def setup(bot: commands.Bot) -> None:
    assert isinstance(bot, Earmark)
    bot.tree.error(answer)  # type: ignore[arg-type]
    await bot.add_cog(Help(bot))
