"""Retrain: learn from the caller's ratings, and say honestly how well."""

import asyncio
import io
import logging
import time

import discord
from discord import app_commands
from discord.ext import commands

from bot.charts.ratings import report_alt, report_png
from bot.client import Earmark
from bot.domain.errors import NotYourCard
from bot.flow.retrain import retrain
from bot.flow.study import study
from cogs.ui import cards, text_retrain, text_taste
from cogs.ui.access import allow, private, services
from cogs.ui.cards import COLOUR
from cogs.ui.errors import expected, sentence
from cogs.ui.items import LastingItem, LastingView

BETWEEN_EDITS = 4.0  # seconds
TOKEN_LASTS = 14 * 60  # seconds; Discord's answer to a command can be edited for 15 minutes

log = logging.getLogger(__name__)


def stop_study(interaction: discord.Interaction, owner: int) -> bool:
    """Stop a member's study; says whether there was one."""
    cog = interaction.client.get_cog("Retrain")  # type: ignore[attr-defined] - the client is a Bot
    return isinstance(cog, Retrain) and cog.stop(owner)


class StopStudy(LastingItem, template=r"earmark:study:stop:(?P<owner>\d{1,20})"):
    """Stops a study; after a restart, says that it was interrupted."""

    async def act(self, interaction: discord.Interaction) -> None:
        owner = self.number("owner")
        if interaction.user.id != owner:
            raise NotYourCard(owner_id=owner)
        stopped = stop_study(interaction, owner)
        if stopped:
            await services(interaction).studies.end(owner)
        said = text_taste.STUDY_STOPPED if stopped else text_taste.STUDY_INTERRUPTED
        await interaction.response.edit_message(content=said, embed=None, view=None)


class Retrain(commands.Cog):
    def __init__(self, bot: Earmark) -> None:
        self.bot = bot
        self._studies: dict[int, asyncio.Task[None]] = {}

    @app_commands.command(description="Teach me your taste from your ratings, and see how well I know it")
    @app_commands.describe(thorough="Redo the study of 2020 on your ratings: some minutes, in the background")
    async def retrain(self, interaction: discord.Interaction, thorough: bool = False) -> None:
        allow(interaction, "train")
        await interaction.response.defer(ephemeral=private(interaction), thinking=True)
        if thorough:
            self._study(interaction)
            return
        s = services(interaction)
        report = await retrain(s.ratings, s.models, s.predictions, s.workers, interaction.user.id)
        s.metrics.trained.inc()
        picture = await s.workers.run_for(interaction.user.id, report_png, report)
        file = discord.File(io.BytesIO(picture), "report.png", description=report_alt(report)[:1024])
        title, lines = text_retrain.report_title(report), text_retrain.report_lines(report)
        embed = discord.Embed(title=title, description=lines, colour=COLOUR)
        embed.set_footer(text=text_retrain.AFTER_TRAINING)
        await interaction.edit_original_response(embed=embed, attachments=[file])

    def _study(self, interaction: discord.Interaction) -> None:
        """Run the study in a task of its own, which outlives the command."""
        user = interaction.user.id
        task = asyncio.create_task(self._studying(interaction), name="study")
        if user not in self._studies or self._studies[user].done():
            self._studies[user] = task

    async def _studying(self, interaction: discord.Interaction) -> None:
        began = edited = time.monotonic()
        view = LastingView()
        view.add_item(cards.button("Stop", f"earmark:study:stop:{interaction.user.id}", 0, quiet=True))

        async def progress(done: int, total: int) -> None:
            nonlocal edited
            now = time.monotonic()
            if (done > 1 and now - edited < BETWEEN_EDITS) or now - began > TOKEN_LASTS:
                return
            edited = now
            left = (now - began) / done * (total - done)
            await interaction.edit_original_response(content=text_taste.studying(done, total, left), view=view)

        s = services(interaction)
        try:
            files = await study(s.ratings, s.studies, s.workers, interaction.user.id, progress)
            attached = [
                discord.File(io.BytesIO(data), name, description=alt[:1024] if alt else None)
                for name, data, alt in files
            ]
            if time.monotonic() - began > TOKEN_LASTS:
                await interaction.user.send(text_taste.STUDIED, files=attached)
            else:
                await interaction.edit_original_response(content=text_taste.STUDIED, attachments=attached, view=None)
        except Exception as error:  # noqa: BLE001 - nobody awaits this task, so it is the last to see it
            s.metrics.failed(error, unexpected=not expected(error))
            try:
                await interaction.edit_original_response(content=sentence(error), view=None)
            except discord.HTTPException as problem:
                log.warning("the study's answer could not be delivered: %s", problem.code)

    def stop(self, listener_id: int) -> bool:
        """Stop a member's study; says whether there was one."""
        task = self._studies.pop(listener_id, None)
        return task is not None and not task.done() and task.cancel()

    async def cog_unload(self) -> None:
        """End with the program; what is noted as begun is told at the next start."""
        for task in self._studies.values():
            task.cancel()
        await asyncio.gather(*self._studies.values(), return_exceptions=True)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        under_way = {user for user, task in self._studies.items() if not task.done()}
        for listener_id in await self.bot.services.studies.interrupted():
            if listener_id in under_way:  # only the connection was lost
                await self.bot.services.studies.begin(listener_id)
                continue
            try:
                channel = await self.bot.create_dm(discord.Object(listener_id))
                await channel.send(text_taste.STUDY_INTERRUPTED)
            except discord.HTTPException as problem:
                log.info("an interrupted study could not be told: %s", problem.code)


async def setup(bot: commands.Bot) -> None:
    assert isinstance(bot, Earmark)
    bot.add_dynamic_items(StopStudy)
    await bot.add_cog(Retrain(bot))
