"""The sandbox alone, for a bot in another process or for any other client."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from bot.safe.signals import at_end_signals
from bot.sandbox.server import Sandbox


async def serve(
    port: int, data: Path | None, trace: Path | None, ready: Callable[[str, str], Awaitable[None]], **world: Any
) -> None:
    """Run until SIGINT or SIGTERM; `ready` is told the address and the bot's token; `world` goes to World's options."""
    sandbox = await Sandbox.start(port=port, data=data, trace=trace, **world)
    stop = asyncio.Event()
    at_end_signals(stop.set)
    try:
        await ready(sandbox.url, sandbox.bot_token)
        await stop.wait()
    finally:
        await sandbox.close()
