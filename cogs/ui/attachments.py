"""Files that members send, fetched when their turn has come."""

import asyncio
from pathlib import PurePath

import aiohttp
import discord

from bot.domain.errors import EarmarkError
from bot.flow.sent import Sent

PATIENCE = 60.0  # seconds for one file; others may wait for its room


def original_name(file: discord.Attachment) -> str:
    """What a file is called where it comes from: Discord turns letters of most scripts to "_", and keeps a title."""
    title, ending = file.title or "", PurePath(file.filename).suffix
    return title if not title or title.lower().endswith(ending.lower()) else f"{title}{ending}"


def sent(file: discord.Attachment, unfetched: EarmarkError) -> Sent:
    """A file to be fetched later; raises `unfetched` then, should Discord not hand it out in time."""

    async def fetch() -> bytes:
        try:
            async with asyncio.timeout(PATIENCE):
                return await file.read()
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError):
            raise unfetched from None

    return Sent(original_name(file) or file.filename, file.size, fetch)
