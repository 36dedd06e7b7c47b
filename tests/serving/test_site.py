"""The port that anybody can reach, over real sockets."""

import asyncio
import resource
import socket
from pathlib import Path

import aiohttp
import pytest

from bot.serving import connections
from bot.serving.app import raise_descriptor_limit
from bot.serving.site import Health, answering
from bot.telemetry.metrics import Metrics

HALF = b"GET / HTTP/1.1\r\nHost: x\r\nX: "


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def well() -> Health:
    return Health(gateway=True, database=True)


async def status(port: int, path: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as answer:
        await answer.read()
        return answer.status


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_half_open_connections_take_no_more_than_their_share_and_keep_nobody_out(port: int):
    async with answering(well, Metrics(), ("127.0.0.1", port)):
        before, halves = descriptors(), 3 * connections.MAX_CONNECTIONS
        writers: list[asyncio.StreamWriter] = []
        for _ in range(halves):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HALF)
            writers.append(writer)
        assert await status(port, "/healthz") == 200
        assert descriptors() - before < halves + connections.MAX_CONNECTIONS + 10, "ours, and what the server keeps"
        for writer in writers:
            writer.close()


@pytest.mark.parametrize("sent", [b"", HALF])
async def test_whoever_sends_no_whole_header_is_sent_away(monkeypatch: pytest.MonkeyPatch, port: int, sent: bytes):
    monkeypatch.setattr(connections, "HEADER_TIMEOUT_S", 0.1)
    async with answering(well, Metrics(), ("127.0.0.1", port)):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(1), 30)
        writer.close()


async def test_each_connection_serves_one_request(port: int):
    async with answering(well, Metrics(), ("127.0.0.1", port)):
        for path, expected in (("/", b"200"), ("/nothing", b"404")):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            answer = await asyncio.wait_for(reader.read(), 30)  # until the server closes
            assert answer.split()[1] == expected
            assert b"\r\nconnection: close\r\n" in answer.lower(), "whoever keeps connections is told"
            writer.close()


def test_the_soft_limit_of_descriptors_is_raised():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, hard), hard))
        raise_descriptor_limit()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(hard, 65_536)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
