import asyncio
import signal
from collections.abc import Callable
from typing import Any

import pytest

from bot.safe.signals import at_end_signals


class LikeWindows(asyncio.SelectorEventLoop):
    """An event loop without signal handlers of its own, as Windows' are."""

    def add_signal_handler(self, sig: int, callback: Callable[..., object], *args: Any) -> None:
        raise NotImplementedError


@pytest.mark.parametrize("factory", [asyncio.SelectorEventLoop, LikeWindows])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_program_in_its_own_loop(number: int, factory: Callable[[], asyncio.AbstractEventLoop]):
    async def main() -> None:
        stop = asyncio.Event()
        at_end_signals(stop.set)
        signal.raise_signal(number)
        async with asyncio.timeout(30):
            await stop.wait()

    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(main())
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
