"""Discord takes the answer to a command for fifteen minutes: what takes longer reaches the member another way."""

import contextlib
import io
import logging
from collections.abc import Sequence
from typing import Any

import aiohttp
import discord

from cogs.ui import text

UNREACHABLE = (discord.HTTPException, aiohttp.ClientError, OSError)
EXPIRED = 50027  # Discord's code once the fifteen minutes are over

log = logging.getLogger(__name__)


async def tell(interaction: discord.Interaction, words: str, view: discord.ui.View | None = None) -> None:
    """Say how far the work is, in the promised answer; whatever keeps Discord from showing it, the work goes on."""
    with contextlib.suppress(*UNREACHABLE):
        await interaction.edit_original_response(content=words, view=view)


async def deliver(
    interaction: discord.Interaction, *, attachments: Sequence[discord.File] = (), **message: Any
) -> None:
    """Edit the promised answer; once Discord takes it no more, send it as a direct message.

    Where those are closed, the channel hears that there was an answer, and nothing of what it says.
    """
    kept = [(file.fp.read(), file.filename, file.description) for file in attachments]  # sending uses files up
    try:
        await interaction.edit_original_response(attachments=_files(kept), **message)
    except discord.HTTPException as problem:
        if problem.code != EXPIRED:
            raise
        there = {key: value for key, value in message.items() if value is not None}
        try:
            await interaction.user.send(files=_files(kept), **there)
        except discord.Forbidden:
            await _mention(interaction)


def _files(kept: Sequence[tuple[bytes, str, str | None]]) -> list[discord.File]:
    return [discord.File(io.BytesIO(data), name, description=words) for data, name, words in kept]


async def _mention(interaction: discord.Interaction) -> None:
    if interaction.guild_id is None or interaction.channel_id is None:
        return
    channel = interaction.client.get_partial_messageable(interaction.channel_id, guild_id=interaction.guild_id)
    mentions = discord.AllowedMentions(users=True)
    with contextlib.suppress(discord.HTTPException):
        await channel.send(text.took_too_long(interaction.user.id), allowed_mentions=mentions)
        return
    log.warning("an answer that took long could not be delivered")
