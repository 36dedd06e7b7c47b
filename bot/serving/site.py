"""The bot's own small site: whether it is well, and its figures; nothing of any person."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import aiohttp
from aiohttp import web

from bot.domain.errors import NotRunning, PortInUse
from bot.serving.connections import BoundedConnection, OpenConnections
from bot.telemetry.metrics import Metrics

PATIENCE = 2.0  # seconds that the database has for an answer


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the bot does what it is for.

    Attributes:
        gateway: Discord's events arrive.
        database: it answers, and the last write did not fail.

    """

    gateway: bool
    database: bool

    @property
    def well(self) -> bool:
        return self.gateway and self.database


async def look(connected: Callable[[], bool], ping: Callable[[], Awaitable[Any]]) -> Health:
    """Ask both."""
    try:
        async with asyncio.timeout(PATIENCE):
            await ping()
    except Exception:  # noqa: BLE001 - whatever it is, the answer is no
        return Health(connected(), database=False)
    return Health(connected(), database=True)


@dataclass(frozen=True, slots=True)
class Status:
    """What a running bot says of itself; `figures` are those without labels, by name, sums of the others."""

    health: Health
    figures: Mapping[str, float]

    def lines(self) -> list[str]:
        """The figures in words."""
        total = self.figures.get
        answers, slow = total("earmark_answer_seconds_count", 0), total("earmark_answer_seconds_sum", 0)
        mean = f", {slow / answers * 1000:.0f} ms on average" if answers else ""
        late = total("earmark_unanswered_total", 0)
        return [
            f"Clicks and commands answered: {answers:,.0f}{mean}; {late:,.0f} not in time.",
            f"Something did not go: {total('earmark_errors_total', 0):,.0f}.",
            f"Models trained: {total('earmark_models_trained_total', 0):,.0f}.",
            f"Waiting: {total('earmark_writes_waiting', 0):.0f} writes, {total('earmark_jobs_waiting', 0):.0f} jobs.",
        ]


async def ask(port: int) -> Status:
    """Ask the bot of this machine that answers on a port; raise NotRunning where none does."""
    timeout = aiohttp.ClientTimeout(total=10)
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", timeout=timeout) as session:
            async with session.get("/healthz") as answer:
                health = Health(**await answer.json())
            async with session.get("/metrics") as answer:
                text = await answer.text()
    except (aiohttp.ClientError, TimeoutError, TypeError, ValueError):
        raise NotRunning(port=port) from None
    figures: dict[str, float] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            name = name.partition("{")[0]
            figures[name] = figures.get(name, 0.0) + float(value)
    return Status(health, figures)


@asynccontextmanager
async def answering(
    health: Callable[[], Awaitable[Health]],
    metrics: Metrics,
    *places: tuple[str, int],
    routes: Sequence[web.RouteDef] = (),
) -> AsyncGenerator[None]:
    """Serve `/`, `/healthz` (503 while the bot is not well), `/metrics` and `routes` at each (host, port).

    Raises:
        PortInUse: another program has the port.

    """
    site = web.Application(client_max_size=10_000)

    async def alive(_: web.Request) -> web.Response:
        return web.Response(text="Earmark is running.\n")

    async def healthz(_: web.Request) -> web.Response:
        found = await health()
        return web.json_response(asdict(found), status=200 if found.well else 503, dumps=json.dumps)

    async def figures(_: web.Request) -> web.Response:
        return web.Response(body=metrics.text().encode(), headers={"Content-Type": "text/plain; version=0.0.4"})

    for path, handler in (("/", alive), ("/healthz", healthz), ("/metrics", figures)):
        site.router.add_get(path, handler)
    site.add_routes(routes)
    connections = OpenConnections()
    connections.bound(site)
    runner = web.AppRunner(site)
    async with contextlib.AsyncExitStack() as stack:
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        assert runner.server is not None
        new = partial(BoundedConnection, connections, runner.server)
        for host, port in places:
            try:
                listening = await asyncio.get_running_loop().create_server(new, host, port)
            except OSError:
                raise PortInUse(port=port) from None
            stack.callback(listening.close)
        yield
