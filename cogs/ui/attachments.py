"""Files that members send, fetched when their turn has come."""

import asyncio

import aiohttp
import discord

from bot.domain.errors import EarmarkError
from bot.flow.sent import Sent

PATIENCE = 60.0  # seconds for one file; others may wait for its room


def sent(file: discord.Attachment, unfetched: EarmarkError) -> Sent:
    """A file to be fetched later; raises `unfetched` then, should Discord not hand it out in time."""

    async def fetch() -> bytes:
        try:
            async with asyncio.timeout(PATIENCE):
                return await file.read()
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError):
            raise unfetched from None

    return Sent(file.filename, file.size, fetch)
