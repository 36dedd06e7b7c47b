"""The one handler: every failure becomes one sentence for the member and, if unexpected, one entry in the log."""

import logging
import secrets
from collections.abc import Awaitable, Callable

import aiohttp
import discord
from discord import app_commands

from bot.domain.errors import EarmarkError, StorageBusy
from bot.i18n import speak
from cogs.ui import text_errors
from cogs.ui.access import services
from cogs.ui.deliver import EXPIRED, deliver

log = logging.getLogger(__name__)

GONE = (10008, 10062, 10015, EXPIRED)  # unknown message, interaction, webhook: nobody is left to answer


# Discord's own trouble, which passes by itself and is nobody's to mend here.
DISCORD_FAILED = (discord.DiscordServerError, aiohttp.ClientConnectionError)


def expected(error: Exception) -> bool:
    """Whether an error is one of those that happen: with a sentence of its own, or Discord's trouble."""
    gone = isinstance(error, discord.HTTPException) and error.code in GONE
    return gone or isinstance(error, (EarmarkError, *DISCORD_FAILED))


async def guard(interaction: discord.Interaction, act: Callable[[discord.Interaction], Awaitable[None]]) -> None:
    """Run a click's work in the member's language, and answer for whatever it raises."""
    speak(services(interaction).languages.of(interaction.locale))
    try:
        await act(interaction)
    except Exception as error:  # noqa: BLE001 - the handler is the last to see it
        await answer(interaction, error)


async def answer(interaction: discord.Interaction, error: Exception) -> None:
    """Say what went wrong, to this member only."""
    if isinstance(error, app_commands.CommandInvokeError):
        error = error.original
    services(interaction).metrics.failed(error, unexpected=not expected(error))
    if isinstance(error, discord.HTTPException) and error.code in GONE:
        # The answer came too late, or what it was to change was deleted: what was saved is saved.
        log.warning("nobody was left to answer: %s", error.code)
        return
    if interaction.client.is_closed() and not isinstance(error, EarmarkError):
        log.info("the bot ended before it could answer: %s", type(error).__name__)
        return
    await say(interaction, sentence(error))


def sentence(error: Exception) -> str:
    """Put an error into words; log it whole, with an id, when nobody expected it."""
    if isinstance(error, StorageBusy):
        log.error("the database could not be written: SQLite's code %s", error.code)
    if isinstance(error, EarmarkError):
        return text_errors.error(error)
    if isinstance(error, DISCORD_FAILED):
        log.warning("Discord failed: %s", getattr(error, "status", type(error).__name__))
        return text_errors.discord_failed()
    error_id = secrets.token_hex(4)
    log.error("unexpected error %s", error_id, exc_info=error, extra={"error_id": error_id})
    return text_errors.unexpected(error_id)


async def say(interaction: discord.Interaction, words: str) -> None:
    """Answer privately, whether or not the interaction was answered before."""
    try:
        if not interaction.response.is_done():
            await interaction.response.send_message(words, ephemeral=True)
        elif interaction.response.type is discord.InteractionResponseType.deferred_channel_message:
            await deliver(interaction, content=words, embed=None, view=None)
        else:
            await interaction.followup.send(words, ephemeral=True)
    except discord.HTTPException as problem:
        if problem.code not in GONE:
            log.warning("an answer could not be delivered: %s", problem.code)
    except Exception as problem:
        if not interaction.client.is_closed():
            raise
        log.info("an answer came too late, the bot has ended: %s", type(problem).__name__)
