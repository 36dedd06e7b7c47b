"""The sandbox alone, for a bot in another process or for any other client."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from bot.sandbox.server import Sandbox


async def serve(
    port: int, data: Path | None, trace: Path | None, ready: Callable[[str, str], Awaitable[None]], **world: Any
) -> None:
    """Run until SIGINT or SIGTERM; `ready` is told the address and the bot's token; `world` goes to World's options."""
    sandbox = await Sandbox.start(port=port, data=data, trace=trace, **world)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows has no such handlers
            loop.add_signal_handler(name, stop.set)
    try:
        await ready(sandbox.url, sandbox.bot_token)
        await stop.wait()
    finally:
        await sandbox.close()
