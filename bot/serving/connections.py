"""Bounds for an HTTP server that anybody can reach: how many connections, and how long each may take.

aiohttp waits for a request's header as long as the other side likes, so half-open connections would take all
descriptors, and with them the bot's own connection to Discord.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

MAX_CONNECTIONS = 100
HEADER_TIMEOUT_S = 5.0
REQUEST_TIMEOUT_S = 30.0  # from its header to the end of the answer


class OpenConnections:
    """The open connections of one server; each serves one request.

    Where there are too many, the oldest makes room, one without a request first: who asks for something gets an answer
    within milliseconds, whatever others keep open.
    """

    def __init__(self) -> None:
        self._silent: dict[Any, asyncio.TimerHandle] = {}  # by age; have sent no whole header
        self._asking: dict[Any, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        return len(self._silent) + len(self._asking)

    def opened(self, connection: "BoundedConnection") -> None:
        if len(self) >= MAX_CONNECTIONS:
            oldest = next(iter(self._silent or self._asking))
            self.closed(oldest)
            _drop(oldest)
        self._silent[connection] = _timer(HEADER_TIMEOUT_S, connection)

    def closed(self, connection: "BoundedConnection") -> None:
        timer = self._silent.pop(connection, None) or self._asking.pop(connection, None)
        if timer is not None:
            timer.cancel()

    def bound(self, site: web.Application) -> None:
        """Time a site's requests, and end each connection with its answer."""

        @web.middleware
        async def timed(
            request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
        ) -> web.StreamResponse:
            connection: Any = request.protocol
            timer = self._silent.pop(connection, None)
            if timer is not None:
                timer.cancel()
                self._asking[connection] = _timer(REQUEST_TIMEOUT_S, connection)
            return await handler(request)

        async def last(_: web.Request, response: web.StreamResponse) -> None:
            response.headers["Connection"] = "close"  # else clients would try to use it again
            response.force_close()

        site.middlewares.append(timed)
        site.on_response_prepare.append(last)


class BoundedConnection(web.RequestHandler):
    """What serves one connection; without an access log, which would hold the codes that Spotify sends back."""

    def __init__(self, among: OpenConnections, server: web.Server) -> None:
        super().__init__(server, loop=asyncio.get_running_loop())
        self.access_logger = None
        self._among = among

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._among.opened(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._among.closed(self)
        super().connection_lost(exc)


def _timer(seconds: float, connection: BoundedConnection) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(seconds, _drop, connection)


def _drop(connection: BoundedConnection) -> None:
    if connection.transport is not None:
        connection.transport.abort()
