"""Discord's REST API v10: authorisation, rate limits, Discord-shaped errors and the record of what was said."""

import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.sandbox import bodies
from bot.sandbox.compose import Upload
from bot.sandbox.entities import Channel, Json, Message
from bot.sandbox.errors import DiscordError
from bot.sandbox.limits import Buckets
from bot.sandbox.limits_errors import snowflake
from bot.sandbox.trace import Exchange, Trace, redact_path
from bot.sandbox.world import World

_log = logging.getLogger(__name__)
PREFIX = "/api/v10"


@dataclass(frozen=True)
class Call:
    """One REST request, read and authorised."""

    world: World
    params: dict[str, str]
    query: dict[str, str]
    body: Any = None
    uploads: list[Upload] = field(default_factory=list)

    def number(self, name: str) -> int:
        """Read a snowflake out of the path; raise the 400 that Discord answers."""
        number = snowflake(self.params[name])
        if number is None:
            problem = {"code": "NUMBER_TYPE_COERCE", "message": f'Value "{self.params[name]}" is not snowflake.'}
            raise DiscordError(400, 50035, "Invalid Form Body", {name: {"_errors": [problem]}})
        return number

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        """Read a whole number out of the query; raise the 400 that Discord answers."""
        text = self.query.get(name, str(default))
        if not text.isascii() or not text.isdigit():
            problem = {"code": "NUMBER_TYPE_COERCE", "message": f'Value "{text}" is not int.'}
        elif len(text) > 20 or not low <= int(text) <= high:
            problem = {"code": "NUMBER_TYPE_MAX", "message": f"int value should be between {low} and {high}."}
        else:
            return int(text)
        raise DiscordError(400, 50035, "Invalid Form Body", {name: {"_errors": [problem]}})

    def channel(self) -> Channel:
        found = self.world.channels.get(self.number("channel_id"))
        if found is None:
            raise DiscordError(404, 10003, "Unknown Channel")
        return found

    def message(self) -> Message:
        """Find the message of the path; an ephemeral one does not exist for a channel's routes."""
        found = self.channel().messages.get(self.number("message_id"))
        if found is None or found.seen_by is not None:
            raise DiscordError(404, 10008, "Unknown Message")
        return found

    def mapping(self) -> Json:
        """Give the body as an object; raise the 400 that Discord answers to anything else."""
        if not isinstance(self.body, dict):
            problem = {"code": "MODEL_TYPE_CONVERT", "message": "Only dictionaries may be used in a ModelType"}
            raise DiscordError(400, 50035, "Invalid Form Body", {"_errors": [problem]})
        return self.body


@dataclass(frozen=True)
class Answer:
    """A reply with a status of its own; every other reply is 200, or 204 for None."""

    status: int
    data: Any = None


Handler = Callable[[Call], Awaitable[Any]]


@dataclass(frozen=True)
class Route:
    """A handler at a path written as the published description writes it."""

    method: str
    template: str
    handle: Handler
    open: bool = False  # needs no Authorization: the token stands in the path


class Rest:
    """Serves routes for a World and remembers every exchange.

    Attributes:
        exchanges: the latest 20,000.
        unknown_routes: "METHOD path" of every request that no route took.
        trouble: on request, what every route answers instead: a status, and the body.

    """

    def __init__(self, world: World, routes: list[Route], trace: Trace | None = None) -> None:
        self._world, self._routes, self._trace = world, routes, trace
        self.buckets = Buckets()
        self.exchanges: deque[Exchange] = deque(maxlen=20_000)
        self.unknown_routes: list[str] = []
        self.trouble: tuple[int, Json] | None = None

    def add_to(self, app: web.Application) -> None:
        for route in self._routes:
            app.router.add_route(route.method, PREFIX + route.template, self._handler(route))
        app.router.add_route("*", "/api{tail:.*}", self._unknown)

    def _handler(self, route: Route) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            return await self._serve(route, request)

        return handle

    async def _serve(self, route: Route, request: web.Request) -> web.Response:
        sent, headers = b"", {}
        try:
            self._authorise(route, request)
            verdict = self.buckets.take(request.method, request.path.removeprefix(PREFIX))
            headers = dict(verdict.headers)
            if self.trouble is not None:
                status, answer = self.trouble
            elif not verdict.allowed:
                status, answer = 429, verdict.body
            else:
                sent, body, uploads = await bodies.read(request)
                call = Call(self._world, dict(request.match_info), dict(request.query), body, uploads)
                status, answer = _status(await route.handle(call))
        except DiscordError as error:
            status, answer = error.status, error.body()
        except Exception:  # noqa: BLE001  # an answer of any kind beats a dropped connection, and the log says why
            _log.exception("the sandbox failed at %s %s", request.method, redact_path(request.path))
            status, answer = 500, {"message": "500: Internal Server Error", "code": 0}
        return self._reply(request, route.template, status, answer, sent, headers)

    def _authorise(self, route: Route, request: web.Request) -> None:
        if not route.open and request.headers.get("Authorization") != f"Bot {self._world.bot_token}":
            raise DiscordError(401, 0, "401: Unauthorized")

    async def _unknown(self, request: web.Request) -> web.Response:
        path = redact_path(request.path)
        self.unknown_routes.append(f"{request.method} {path}")
        _log.warning("nothing here answers %s %s", request.method, path)
        return self._reply(request, path, 404, {"message": "404: Not Found", "code": 0}, b"", {})

    def _reply(
        self, request: web.Request, template: str, status: int, answer: Any, sent: bytes, headers: dict[str, str]
    ) -> web.Response:
        data = b"" if answer is None else json.dumps(answer, separators=(",", ":"), default=str).encode()
        path = redact_path(request.path.removeprefix(PREFIX))
        exchange = Exchange(request.method, template, status, path, request.query_string, sent, data)
        self.exchanges.append(exchange)
        if self._trace is not None:
            self._trace.exchange(exchange)
        if answer is None:
            return web.Response(status=status, headers=headers)
        # Exactly this content type: with a charset added, clients take the answer for text.
        return web.Response(body=data, status=status, headers=headers, content_type="application/json")


def _status(answer: Any) -> tuple[int, Any]:
    if isinstance(answer, Answer):
        return answer.status, answer.data
    return (204, None) if answer is None else (200, answer)
