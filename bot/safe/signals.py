"""The signals that end the program, on every system."""

import asyncio
import signal
from collections.abc import Callable


def at_end_signals(end: Callable[[], None]) -> None:
    """Call `end` in the running event loop at SIGINT and SIGTERM."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, end)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(end))
