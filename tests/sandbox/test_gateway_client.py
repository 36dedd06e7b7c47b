"""The gateway with the stock discord.py, through faults."""

import asyncio
import time

import pytest
from discord import utils

from bot.safe.zstd import zstd
from bot.sandbox.point import aim
from bot.sandbox.server import Sandbox

from .conftest import log_in


async def until(condition) -> None:
    limit = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < limit
        await asyncio.sleep(0.02)


class Zstd:
    """As discord.py's own on Python 3.14, with the same library under its other name."""

    COMPRESSION_TYPE = "zstd-stream"

    def __init__(self) -> None:
        self._stream = zstd.ZstdDecompressor()

    def decompress(self, data: bytes, /) -> str | None:
        return self._stream.decompress(data).decode()


@pytest.mark.parametrize("compression", ["zlib", "zstd"])
async def test_stock_client_resumes_and_identifies_again(sandbox: Sandbox, monkeypatch, compression) -> None:
    if compression == "zstd":
        monkeypatch.setattr(utils, "_ActiveDecompressionContext", Zstd)
    with aim(sandbox.url):
        bot, task = await log_in(sandbox)
        heard: list[str] = []
        bot.on_resumed = lambda: _note(heard, "resumed")
        sandbox.gateway.reconnect()
        await until(lambda: heard == ["resumed"])
        sandbox.gateway.drop(1006)
        await until(lambda: heard == ["resumed"] * 2)
        sandbox.gateway.drop(4000)
        await until(lambda: heard == ["resumed"] * 3)
        first = bot.ws.session_id
        sandbox.gateway.invalidate(False)
        await until(lambda: sandbox.gateway.connected and bot.ws.session_id not in (None, first))
        assert bot.guilds[0].name == "Listening Room"
        found = await bot.guilds[0].query_members("ada")
        assert [member.display_name for member in found] == ["Ada"]
        await bot.close()
        await task


async def _note(heard: list[str], what: str) -> None:
    heard.append(what)
