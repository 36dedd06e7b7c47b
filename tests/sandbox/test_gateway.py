"""The gateway over real sockets."""

import json
import sys
import zlib
from collections.abc import AsyncIterator

import aiohttp
import discord
import pytest
from aiohttp import web

from bot.sandbox.gateway import Gateway
from bot.sandbox.gateway_session import GUILD_MEMBERS, MESSAGE_CONTENT, without_content

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GUILD = 5 << 22
TOKEN = "MQ.x.y"
ALL = 1 | 1 << 9


class Server:
    def __init__(self) -> None:
        self.url = ""
        self.traced: list[dict] = []
        self.readies = 0

    async def start(self, **options) -> None:
        self.gateway = Gateway(
            token=TOKEN, url=lambda: self.url, trace=self.traced.append,
            ready=lambda _: {"v": 10, "user": {"id": "1"}, "guilds": []},
            guilds=lambda shard: [{"id": str(GUILD), "name": "é" * 5000}] if shard in (None, (1, 2)) else [],
            members=lambda _guild, query, _limit, ids: [{"user": {"id": str(i)}} for i in ids or range(2500)
                                                       if query in str(i)],
            **options,
        )  # fmt: skip
        self.gateway.on_ready(lambda: setattr(self, "readies", self.readies + 1))
        app = web.Application()
        app.router.add_get("/gateway", self.gateway.handle)
        self.runner = web.AppRunner(app, shutdown_timeout=0.5)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"ws://127.0.0.1:{self.runner.addresses[0][1]}/gateway"
        self.http = aiohttp.ClientSession()

    async def connect(self, query: str = "v=10&encoding=json") -> "Raw":
        return Raw(await self.http.ws_connect(f"{self.url}?{query}"), query)

    async def stop(self) -> None:
        await self.http.close()
        await self.gateway.close()
        await self.runner.cleanup()


class Raw:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse, query: str) -> None:
        self.socket = socket
        self.unpack = lambda data: data
        if "zlib-stream" in query:
            self.unpack = zlib.decompressobj().decompress
        elif "zstd-stream" in query:
            self.unpack = zstd.ZstdDecompressor().decompress

    async def send(self, op: int, d: object = None) -> None:
        await self.socket.send_json({"op": op, "d": d})

    async def get(self) -> dict:
        frame = await self.socket.receive(timeout=5)
        assert frame.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY), frame
        return json.loads(self.unpack(frame.data))

    async def closed(self) -> int | None:
        while not self.socket.closed:
            await self.socket.receive(timeout=5)
        return self.socket.close_code

    async def identify(self, intents: int = ALL, **values) -> dict:
        assert (await self.get())["op"] == 10
        await self.send(2, {"token": TOKEN, "intents": intents, "properties": {}} | values)
        return await self.get()

    async def resume(self, session: str, seq: int, token: str = TOKEN) -> dict:
        assert (await self.get())["op"] == 10
        await self.send(6, {"token": token, "session_id": session, "seq": seq})
        return await self.get()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    await server.start()
    yield server
    await server.stop()


@pytest.mark.parametrize("query", ["v=10", "v=10&compress=zlib-stream", "v=10&encoding=json&compress=zstd-stream"])
async def test_ready_guilds_heartbeat_and_events(server, query) -> None:
    client = await server.connect(query)
    ready = await client.identify()
    assert (ready["t"], ready["s"], ready["d"]["resume_gateway_url"]) == ("READY", 1, server.url)
    assert (await client.get())["t"] == "GUILD_CREATE"
    await client.send(1, 2)
    assert (await client.get())["op"] == 11
    server.gateway.ask_heartbeat()
    assert (await client.get())["op"] == 1
    server.gateway.dispatch("TYPING_START", {}, guild_id=GUILD, intent=1 << 11)
    server.gateway.dispatch("INTERACTION_CREATE", {"é": 1}, guild_id=GUILD)
    assert await client.get() == {"op": 0, "t": "INTERACTION_CREATE", "s": 3, "d": {"é": 1}}
    assert server.gateway.connected
    assert server.readies == 1
    assert {"from": "client", "op": 1}.items() <= next(t for t in server.traced if t["op"] == 1).items()
    await client.socket.close()


async def test_payload_compression(server) -> None:
    client = await server.connect()
    assert (await client.identify(compress=True))["t"] == "READY"
    frame = await client.socket.receive(timeout=5)
    assert json.loads(zlib.decompress(frame.data))["t"] == "GUILD_CREATE"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"op": 99, "d": {}}, 4001), ({"op": 8, "d": {}}, 4003), ([], 4002), ({"d": 1}, 4002), ({"op": 2}, 4002),
        ({"op": 2, "d": {"token": "x", "intents": 0, "properties": {}}}, 4004),
        ({"op": 2, "d": {"token": TOKEN, "intents": 0}}, 4002),
        ({"op": 2, "d": {"token": TOKEN, "intents": 0, "properties": {}, "shard": [2, 2]}}, 4010),
        ({"op": 2, "d": {"token": TOKEN, "intents": "all", "properties": {}}}, 4013),
        ({"op": 2, "d": {"token": TOKEN, "intents": GUILD_MEMBERS, "properties": {}}}, 4014),
        ({"op": 6, "d": {"token": "x", "session_id": "y", "seq": 1}}, 4004),
        ({"op": 3, "d": {"x": "x" * 5000}}, 4002),
    ],
)  # fmt: skip
async def test_close_codes(server, sent, code) -> None:
    client = await server.connect()
    await client.get()
    await client.socket.send_json(sent)
    assert await client.closed() == code


async def test_more_close_codes(server) -> None:
    for query, code in (("v=8", 4012), ("v=10&encoding=etf", 4002), ("v=10&compress=lz4", 4002)):
        assert await (await server.connect(query)).closed() == code
    twice = await server.connect()
    await twice.identify()
    await twice.send(2, {"token": TOKEN, "intents": 0, "properties": {}})
    assert await twice.closed() == 4005
    text = await server.connect()
    await text.socket.send_str("{")
    assert await text.closed() == 4002
    deep = await server.connect()
    await deep.socket.send_str("[" * 4000)
    assert await deep.closed() == 4002
    fast = await server.connect()
    for _ in range(121):
        await fast.send(1)
    assert await fast.closed() == 4008


async def test_a_missing_heartbeat_ends_the_session() -> None:
    server = Server()
    await server.start(heartbeat_ms=100)
    client = await server.connect()
    session = (await client.identify())["d"]["session_id"]
    assert await client.closed() == 4009
    assert (await (await server.connect()).resume(session, 1))["op"] == 9
    assert not server.gateway.connected
    await server.stop()


@pytest.mark.parametrize("code", [4000, 1006])
async def test_resume_replays_what_was_missed(server, code) -> None:
    client = await server.connect()
    session = (await client.identify())["d"]["session_id"]
    await client.get()
    server.gateway.drop(code)
    assert await client.closed() == code
    for i in range(3):
        server.gateway.dispatch("X", {"i": i})
    again = await server.connect("v=10&compress=zlib-stream")
    first = await again.resume(session, 3)
    rest = [await again.get() for _ in range(2)]
    assert [(p["s"], p["t"]) for p in (first, *rest)] == [(4, "X"), (5, "X"), (6, "RESUMED")]
    taken = await server.connect()
    assert (await taken.resume(session, 6))["t"] == "RESUMED"
    assert await again.closed() == 4000
    assert server.gateway.connected


async def test_resume_that_cannot_be(server) -> None:
    client = await server.connect()
    session = (await client.identify())["d"]["session_id"]
    other = await server.connect()
    assert await other.resume("unknown", 1) == {"op": 9, "d": False, "s": None, "t": None}
    await other.send(2, {"token": TOKEN, "intents": 0, "properties": {}})
    assert (await other.get())["t"] == "READY"
    ahead = await server.connect()
    await ahead.get()
    await ahead.send(6, {"token": TOKEN, "session_id": session, "seq": 99})
    assert await ahead.closed() == 4007
    server.gateway.drop()
    await client.closed()
    for _ in range(2500):
        server.gateway.dispatch("X", {})
    assert (await (await server.connect()).resume(session, 2))["op"] == 9
    goodbye = await server.connect()
    session = (await goodbye.identify())["d"]["session_id"]
    await goodbye.socket.close(code=1000)
    assert (await (await server.connect()).resume(session, 1))["op"] == 9


async def test_shards_and_members(server) -> None:
    zero, one = await server.connect(), await server.connect()
    assert (await zero.identify(shard=[0, 2]))["d"]["shard"] == [0, 2]
    assert (await one.identify(shard=[1, 2]))["t"] == "READY"
    assert (await one.get())["t"] == "GUILD_CREATE"
    server.gateway.dispatch("G", {}, guild_id=GUILD)
    server.gateway.dispatch("D", {})
    assert ((await zero.get())["t"], (await one.get())["t"]) == ("D", "G")
    await one.send(8, {"guild_id": str(GUILD), "user_ids": ["7", "8"], "limit": 0, "nonce": "n"})
    chunk = (await one.get())["d"]
    assert [m["user"]["id"] for m in chunk["members"]] == ["7", "8"]
    assert (chunk["chunk_index"], chunk["chunk_count"], chunk["nonce"]) == (0, 1, "n")
    await one.send(8, {"guild_id": str(GUILD), "query": "", "limit": 0})
    assert (await one.get())["d"]["members"] == []
    await one.send(8, {"user_ids": []})
    assert await one.closed() == 4002


async def test_members_come_in_chunks() -> None:
    server = Server()
    await server.start(privileged=GUILD_MEMBERS)
    client = await server.connect()
    await client.identify(intents=GUILD_MEMBERS)
    await client.send(8, {"guild_id": str(GUILD), "query": "", "limit": 0})
    chunks = [(await client.get())["d"] for _ in range(3)]
    assert [(c["chunk_index"], c["chunk_count"], len(c["members"])) for c in chunks] == [
        (0, 3, 1000), (1, 3, 1000), (2, 3, 500),
    ]  # fmt: skip
    await server.stop()


def test_message_content_is_hidden() -> None:
    said = {"guild_id": "9", "author": {"id": "2"}, "content": "c", "embeds": [1], "attachments": [1], "mentions": []}
    assert without_content("MESSAGE_CREATE", said, "1")["content"] == ""
    assert without_content("MESSAGE_CREATE", said, "1")["attachments"] == []
    for open_ in (said | {"mentions": [{"id": "1"}]}, said | {"author": {"id": "1"}}):
        assert without_content("MESSAGE_UPDATE", open_, "1") is open_
    direct = {k: v for k, v in said.items() if k != "guild_id"}
    assert without_content("MESSAGE_CREATE", direct, "1") is direct
    assert discord.Intents(message_content=True).value == MESSAGE_CONTENT


async def test_a_client_hears_its_own_close_code(server) -> None:
    for code in (4000, 3024, 1000):
        client = await server.connect()
        await client.identify()
        await client.socket.close(code=code)
        assert client.socket.close_code == code


NASTY = (None, True, -1, 1.5, 2**70, "", "\0", [], {}, [[]], [{}], {"x": {}})


@pytest.mark.parametrize("op", [2, 3, 4, 6, 8, 31])
async def test_wrong_payloads_end_in_a_close_code_or_in_nothing(server, op) -> None:
    right = {"token": TOKEN, "intents": ALL, "properties": {}, "shard": [0, 1], "session_id": "x", "seq": 1,
             "guild_id": str(GUILD), "query": "", "limit": 1, "user_ids": ["1"], "guild_ids": [str(GUILD)]}  # fmt: skip
    for wrong in (*NASTY, *({**right, name: nasty} for name in right for nasty in NASTY)):
        client = await server.connect()
        if op in (2, 6):
            await client.get()
        else:
            await client.identify()
        await client.send(op, wrong)
        await client.socket.send_str("{")  # ends what is still open
        assert await client.closed() in (4002, 4004, 4007, 4010, 4013, 4014), wrong


async def test_asking_for_sounds(server) -> None:
    client = await server.connect()
    await client.identify(intents=0)
    await client.send(31, {"guild_ids": [str(GUILD)]})
    told = await client.get()
    assert (told["t"], told["d"]) == ("SOUNDBOARD_SOUNDS", {"guild_id": str(GUILD), "soundboard_sounds": []})
