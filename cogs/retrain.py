"""Retrain: learn from the caller's ratings, and say honestly how well."""

import asyncio
import io
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

import discord
from discord import app_commands
from discord.ext import commands

from bot.charts.ratings import report_png
from bot.charts.text import report_alt
from bot.client import Earmark
from bot.domain.errors import NotYourCard
from bot.flow.retrain import retrain
from bot.flow.study import study
from cogs.ui import cards, text, text_commands, text_retrain, text_taste
from cogs.ui.access import allow, part, private, services
from cogs.ui.cards import COLOUR
from cogs.ui.deliver import UNREACHABLE, deliver, tell
from cogs.ui.errors import expected, sentence
from cogs.ui.items import LastingItem, LastingView
from storage.studies import File

BETWEEN_EDITS = 4.0  # seconds
TOKEN_LASTS = 14 * 60  # seconds; Discord's answer to a command can be edited for 15 minutes

log = logging.getLogger(__name__)


@dataclass
class Running:
    """A study that is under way, and how far it was at a moment in seconds since 1970."""

    task: asyncio.Task[None]
    done: int = 0
    total: int = 0
    left: float = 0.0  # seconds
    at: float = 0.0

    @property
    def words(self) -> str:
        if not self.total:
            return text_taste.study_begins()
        return text_taste.studying(self.done, self.total, self.left, self.at)


def studies_of(interaction: discord.Interaction) -> "Retrain":
    """The cog that runs the studies."""
    return part(interaction, Retrain)


async def study_shown(interaction: discord.Interaction, owner: int) -> cards.Message:
    """How far a member's study is, else the report of the last one."""
    running = studies_of(interaction).running(owner)
    if running is not None:
        return cards.Message(content=running.words, embed=None, view=_stop(owner), attachments=[])
    files = await services(interaction).studies.report(owner)
    if files is None:
        return cards.Message(content=text_taste.no_study(), embed=None, view=None, attachments=[])
    return cards.Message(content=text_taste.studied(), embed=None, view=None, attachments=_attached(files))


def _attached(files: Sequence[File]) -> list[discord.File]:
    return [
        discord.File(io.BytesIO(data), name, description=words[:1024] if words else None) for name, data, words in files
    ]


def _stop(owner: int) -> LastingView:
    view = LastingView()
    view.add_item(cards.button(text.button("stop"), f"earmark:study:stop:{owner}", 0, quiet=True))
    return view


class StopStudy(LastingItem, template=r"earmark:study:stop:(?P<owner>\d{1,20})"):
    """Stops a study; one that has ended meanwhile is shown, and one that a restart interrupted is told."""

    async def act(self, interaction: discord.Interaction) -> None:
        owner = self.number("owner")
        if interaction.user.id != owner:
            raise NotYourCard(owner_id=owner)
        studies = services(interaction).studies
        if await studies_of(interaction).stop(owner):
            await studies.end(owner)
            said = text_taste.study_stopped()
        elif await studies.report(owner) is not None:
            await interaction.response.defer()
            await interaction.edit_original_response(**await study_shown(interaction, owner))
            return
        else:
            said = text_taste.study_interrupted()
        await interaction.response.edit_message(content=said, embed=None, view=None)


class Retrain(commands.Cog):
    def __init__(self, bot: Earmark) -> None:
        self.bot = bot
        bot.provide(self)
        self._studies: dict[int, Running] = {}

    @app_commands.command(description=text_commands.RETRAIN)
    @app_commands.describe(**text_commands.RETRAIN_OPTIONS)
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
        embed.set_footer(text=text_retrain.after_training())
        await deliver(interaction, embed=embed, attachments=[file])

    def _study(self, interaction: discord.Interaction) -> None:
        """Run the study in a task of its own, which outlives the command."""
        user = interaction.user.id
        task = asyncio.create_task(self._studying(interaction), name="study")
        if self.running(user) is None:
            self._studies[user] = Running(task)

    async def _studying(self, interaction: discord.Interaction) -> None:
        began = edited = time.monotonic()
        s, user = services(interaction), interaction.user.id

        async def progress(done: int, total: int) -> None:
            nonlocal edited
            now = time.monotonic()
            running = self._studies[user]
            running.done, running.total, running.at = done, total, time.time()
            running.left = (now - began) / done * (total - done)
            if (done > 1 and now - edited < BETWEEN_EDITS) or now - began > TOKEN_LASTS:
                return
            edited = now
            await tell(interaction, running.words, _stop(user))

        try:
            files = await study(s.ratings, s.studies, s.workers, user, progress)
            message = cards.Message(content=text_taste.studied(), view=None, attachments=_attached(files))
        except Exception as error:  # noqa: BLE001 - nobody awaits this task, so it is the last to see it
            s.metrics.failed(error, unexpected=not expected(error))
            message = cards.Message(content=sentence(error), view=None)
        try:
            await deliver(interaction, **message)
        except UNREACHABLE as problem:
            log.warning("the study's answer could not be delivered: %s", type(problem).__name__)

    def running(self, listener_id: int) -> Running | None:
        """A member's study, while it is under way."""
        running = self._studies.get(listener_id)
        return None if running is None or running.task.done() else running

    async def stop(self, listener_id: int) -> bool:
        """Stop a member's study, and wait until it has ended; says whether there was one."""
        running = self.running(listener_id)
        if running is None:
            return False
        running.task.cancel()
        await asyncio.gather(running.task, return_exceptions=True)
        return running.task.cancelled()

    async def cog_unload(self) -> None:
        """End with the program; what is noted as begun is told at the next start."""
        tasks = [running.task for running in self._studies.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        running = [user for user in self._studies if self.running(user) is not None]
        # Those that run on, since only the connection was lost, are not interrupted.
        for listener_id in await self.bot.services.studies.interrupted(running):
            try:
                channel = await self.bot.create_dm(discord.Object(listener_id))
                await channel.send(text_taste.study_interrupted())
            except discord.HTTPException as problem:
                log.info("an interrupted study could not be told: %s", problem.code)


async def setup(bot: commands.Bot) -> None:
    assert isinstance(bot, Earmark)
    bot.add_dynamic_items(StopStudy)
    await bot.add_cog(Retrain(bot))
