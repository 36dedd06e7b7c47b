"""How services fail: what stands between a fake and its client, one fault after the other."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
STATUSES = {401: "The access token expired", 403: "Forbidden", 404: "Not found.", 429: "API rate limit exceeded"}


@dataclass
class Fault:
    """One way to fail.

    Attributes:
        kind: a status such as "429", or "hang", "truncated", "garbage", "drip", "cut", "json" (`body`, with `status`),
            "headers" (dripped without an end); "lost" and "late" do what was asked and give no answer, "late" after a
            while.
        method: only requests of this method.
        path: only requests in whose path this stands.
        times: for so many requests.
        after: once so many fitting ones went well.

    """

    kind: str
    path: str = ""
    times: int = 1
    after: int = 0
    retry_after: str = "1"
    reason: str = ""
    message: str = ""
    method: str = ""
    body: str = ""
    status: int = 200


@dataclass
class Faults:
    """A queue of faults; a request meets the first that fits it."""

    waiting: list[Fault] = field(default_factory=list)
    delay: float = 0.0  # seconds before each answer
    drip: float = 0.3  # seconds between the bytes of a slow answer
    late: float = 1.5  # seconds until what is "late" is done
    begun: int = 0  # requests that came, answered or not
    met: int = 0
    done: int = 0  # of what was asked for and had no answer

    def add(self, kind: str, **how: Any) -> None:
        self.waiting.append(Fault(kind, **how))

    def _next(self, path: str, method: str) -> Fault | None:
        for fault in self.waiting:
            if fault.path not in path or fault.method not in method:
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            fault.times -= 1
            if fault.times <= 0:
                self.waiting.remove(fault)
            self.met += 1
            return fault
        return None

    async def around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.begun += 1
        if self.delay:
            await asyncio.sleep(self.delay)
        fault = self._next(request.path, request.method)
        if fault is None:
            return await handler(request)
        if fault.kind.isdigit():
            status = int(fault.kind)
            error = {"status": status, "message": fault.message or STATUSES.get(status, "Service unavailable")}
            if fault.reason:
                error["reason"] = fault.reason
            headers = {"Retry-After": fault.retry_after} if status == 429 else {}
            return web.json_response({"error": error}, status=status, headers=headers)
        if fault.kind == "hang":
            await asyncio.sleep(60)
        if fault.kind == "cut" and request.transport is not None:
            request.transport.abort()
            return web.Response()
        if fault.kind in {"lost", "late"} and request.transport is not None:
            if fault.kind == "late":
                await asyncio.sleep(self.late)
            await handler(request)
            self.done += 1
            request.transport.abort()
            return web.Response()
        if fault.kind == "json":
            return web.Response(text=fault.body, status=fault.status, content_type="application/json")
        if fault.kind == "headers" and request.transport is not None:
            assert isinstance(request.transport, asyncio.WriteTransport)
            request.transport.write(b"HTTP/1.1 200 OK\r\n")
            while not request.transport.is_closing():
                request.transport.write(b"X-More: of this\r\n")
                await asyncio.sleep(self.drip)
            return web.Response()
        if fault.kind == "garbage":
            return web.Response(text="<html>not today", content_type="text/html")
        answer = await handler(request)
        assert isinstance(answer, web.Response)
        assert isinstance(answer.body, bytes)
        if fault.kind == "truncated":
            return web.Response(body=answer.body[: len(answer.body) // 2], content_type="application/json")
        return await self._drip(request, answer.body)

    async def _drip(self, request: web.Request, body: bytes) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        for byte in body:
            try:
                await response.write(bytes([byte]))
            except ConnectionError:
                break
            await asyncio.sleep(self.drip)
        return response


@dataclass
class Exchange:
    """What went over the wire once."""

    method: str
    path: str
    query: dict[str, str]
    status: int
    asked: Any
    answered: Any
    at: float


def recording(faults: Faults, exchanges: list[Exchange]) -> Any:
    """Make a middleware that lets faults happen and writes down what was asked and answered."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        asked = await request.text() if request.can_read_body else ""
        started = asyncio.get_running_loop().time()
        try:
            answer = await faults.around(request, handler)
        except web.HTTPException as problem:
            answer = problem
        body = getattr(answer, "body", None)
        exchanges.append(
            Exchange(
                request.method, request.path, dict(request.query), answer.status, _json(asked), _json(body), started
            )
        )
        if isinstance(answer, web.HTTPException):
            raise answer
        return answer

    return middleware


def _json(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text


class Server:
    """A fake that listens on a free port of 127.0.0.1."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.exchanges: list[Exchange] = []
        self.url = ""
        self._runner: web.AppRunner | None = None

    def routes(self) -> list[web.AbstractRouteDef]:
        raise NotImplementedError

    async def __aenter__(self) -> Any:
        app = web.Application(middlewares=[recording(self.faults, self.exchanges)])
        app.add_routes(self.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def asked(self, part: str = "") -> int:
        """How many requests came to paths with this in them."""
        return sum(part in exchange.path for exchange in self.exchanges)
