"""One process that is a Discord: REST, gateway, page and human API on a port of 127.0.0.1."""

import asyncio
import re
import secrets
import socket
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.domain.errors import PortInUse
from bot.sandbox import guilds, rest_channels, rest_interactions, rest_people, rest_threads
from bot.sandbox.assets import Assets
from bot.sandbox.commands import Commands
from bot.sandbox.crowd import Crowd
from bot.sandbox.gateway import Gateway
from bot.sandbox.gateway_session import PRIVILEGED
from bot.sandbox.human import Human
from bot.sandbox.human_http import HumanApi
from bot.sandbox.interactions import Interactions
from bot.sandbox.rest import Rest
from bot.sandbox.rest_commands import CommandRoutes
from bot.sandbox.trace import Exchange, Trace
from bot.sandbox.world import World

_LOCAL = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?")
_Next = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Sandbox:
    """A running sandbox.

    Attributes:
        url: its address, without a slash at the end.
        bot_token: what the bot logs in with.
        page_token: what calls to /human/... must carry.
        human: acts as any member, in this process.
        crowd: members who play along when asked.

    """

    def __init__(self, world: World, trace: Trace | None) -> None:
        self.world, self._trace = world, trace
        self.page_token = secrets.token_urlsafe(24)
        self.commands = Commands(world)
        self.interactions = Interactions(world)
        self.human = Human(world, self.commands, self.interactions)
        self.gateway = Gateway(
            token=world.bot_token,
            url=lambda: world.url.replace("http", "ws", 1) + "/gateway",
            ready=lambda shard: guilds.ready(world, shard),
            guilds=lambda shard: guilds.guilds_of(world, shard),
            members=lambda guild_id, query, limit, ids: guilds.members_of(world, guild_id, query, limit, ids),
            privileged=sum(PRIVILEGED[name] for name in world.intents),
            trace=trace.write if trace is not None else None,
        )
        world.dispatch = lambda event, data, guild_id, intent: self.gateway.dispatch(
            event, data, guild_id=guild_id, intent=intent
        )
        routes = [
            *rest_people.ROUTES, *rest_channels.ROUTES, *rest_threads.ROUTES,
            *CommandRoutes(self.commands).table(), *rest_interactions.routes(self.interactions),
        ]  # fmt: skip
        self.rest = Rest(world, routes, trace)
        self.crowd = Crowd(self.human)
        self._human_api = HumanApi(self.human, self.crowd, self.page_token, lambda: self.gateway.connected)
        self._runner: web.AppRunner | None = None
        self._online = asyncio.Event()
        self.gateway.on_ready(self._logged_in)

    @classmethod
    async def start(cls, port: int = 0, data: Path | None = None, trace: Path | None = None, **world: Any) -> "Sandbox":
        """Listen on 127.0.0.1 (port 0: any free one) until `close`; `world` goes to World's options.

        Raises:
            PortInUse: another program has the port.

        """
        try:
            listener = socket.create_server(("127.0.0.1", port))
        except OSError:
            raise PortInUse(port=port) from None
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        sandbox = cls(World(url, data, **world), Trace(trace) if trace is not None else None)
        runner = web.AppRunner(sandbox._app(), access_log=None, shutdown_timeout=0.5)
        sandbox._runner = runner
        await runner.setup()
        await web.SockSite(runner, listener).start()
        return sandbox

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[_local_only], client_max_size=64 * 1024 * 1024)
        self.rest.add_to(app)
        self._human_api.add_to(app)
        app.router.add_get("/gateway", self.gateway.handle)
        app.router.add_get("/gateway/", self.gateway.handle)
        Assets(self.world, self.page_token).add_to(app)
        return app

    @property
    def url(self) -> str:
        return self.world.url

    @property
    def bot_token(self) -> str:
        return self.world.bot_token

    @property
    def exchanges(self) -> deque[Exchange]:
        return self.rest.exchanges

    @property
    def unknown_routes(self) -> list[str]:
        return self.rest.unknown_routes

    def _logged_in(self) -> None:
        self._online.set()
        self.world.announce({"type": "online", "online": True})

    async def wait_online(self, timeout: float = 10.0) -> None:  # noqa: ASYNC109
        """Wait until a bot has logged in for the first time."""
        async with asyncio.timeout(timeout):
            await self._online.wait()

    async def close(self) -> None:
        """Disconnect everybody and stop listening."""
        await self.crowd.close()
        await self._human_api.close()
        await self.gateway.close()
        if self._runner is not None:
            await self._runner.cleanup()
        self.interactions.close()
        self.world.close()
        if self._trace is not None:
            self._trace.close()


@web.middleware
async def _local_only(request: web.Request, handler: _Next) -> web.StreamResponse:
    """Refuse what a foreign web page could send: a host that is not this machine, an origin that is not this page."""
    host = request.headers.get("Host", "")
    origin = request.headers.get("Origin")
    if not _LOCAL.fullmatch(host) or (origin is not None and origin != f"http://{host}"):
        return web.json_response({"error": "Only this machine's own page may ask."}, status=403)
    return await handler(request)
