"""Discord waits three seconds for an answer: what takes longer says first that it will come."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any, TypeVar

import discord

from cogs.ui import cards

T = TypeVar("T")
PATIENCE = 1.0  # seconds, so that two pieces of work in a row are in time as well


async def in_time(interaction: discord.Interaction, work: Coroutine[Any, Any, T], *, ephemeral: bool) -> T:
    """Do some work; where it takes long, promise Discord an answer meanwhile."""
    doing = asyncio.create_task(work, name="in-time")
    try:
        await asyncio.wait((doing,), timeout=PATIENCE)
        if not doing.done() and not interaction.response.is_done():
            with contextlib.suppress(discord.HTTPException):  # the answer itself will say so, once the work is known
                await interaction.response.defer(ephemeral=ephemeral, thinking=True)
        return await doing
    finally:
        doing.cancel()


async def reply(interaction: discord.Interaction, message: cards.Message, *, ephemeral: bool) -> int | None:
    """Send an answer, or keep the promise of one; gives the message's id."""
    if promised(interaction):
        return (await interaction.edit_original_response(**message)).id
    return (await interaction.response.send_message(**cards.new(message), ephemeral=ephemeral)).message_id


def promised(interaction: discord.Interaction) -> bool:
    return interaction.response.type is discord.InteractionResponseType.deferred_channel_message
