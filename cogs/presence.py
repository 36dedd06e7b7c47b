"""Presence: what members share with a server ends when they leave it, or when the bot does."""

import logging

import discord
from discord.ext import commands, tasks

from bot.client import Earmark
from bot.domain.errors import EarmarkError
from storage.presence import DAY

UNKNOWN = {10007, 10013}  # Discord's codes for members who are not in the server, or nowhere any more
AGE = DAY / 2  # seconds after which a member is looked for again: half a day is left in which that may fail
MOST = 5000  # members a sweep
MINUTES = 10  # between two sweeps

log = logging.getLogger(__name__)


class Presences(commands.Cog):
    """Looks for each member who shares with a server, since no privileged intent tells who leaves."""

    def __init__(self, bot: Earmark) -> None:
        self._bot = bot
        self._presence = bot.services.presence

    async def cog_load(self) -> None:
        self._sweeping.start()

    async def cog_unload(self) -> None:
        self._sweeping.cancel()

    @commands.Cog.listener()
    async def on_guild_remove(self, _: discord.Guild) -> None:
        await self._presence.only([guild.id for guild in self._bot.guilds])

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """End what is shared with servers that the bot left while it was away."""
        await self._presence.only([guild.id for guild in self._bot.guilds])

    @tasks.loop(minutes=MINUTES)
    async def _sweeping(self) -> None:
        try:
            await self.sweep()
        except EarmarkError as problem:
            log.info("members not looked for: %s", type(problem).__name__)

    @_sweeping.before_loop
    async def _until_ready(self) -> None:
        await self._bot.wait_until_ready()

    async def sweep(self) -> None:
        """Look for everybody who was not seen for AGE."""
        for guild_id, member_id in await self._presence.due(AGE, MOST):
            guild = self._bot.get_guild(guild_id)
            if guild is None:
                continue
            await self._bot.errands.turn()
            try:
                await guild.fetch_member(member_id)
            except discord.HTTPException as problem:
                if problem.code not in UNKNOWN:
                    log.info("a member was not looked for: Discord said %s", problem.code)
                    continue
                await self._presence.left(guild_id, member_id)
            else:
                await self._presence.seen(guild_id, member_id)


async def setup(bot: commands.Bot) -> None:
    assert isinstance(bot, Earmark)
    await bot.add_cog(Presences(bot))
