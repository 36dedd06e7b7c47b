"""The bot's own web pages: one that says it is up, and one to which Spotify leads members back."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from html import escape
from urllib.parse import urlsplit

from aiohttp import web

from bot.config import Config
from bot.errors import EarmarkError
from bot.flow.connect import Connections
from cogs.ui import text_errors, text_spotify

log = logging.getLogger(__name__)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the address holds a code
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


@asynccontextmanager
async def answering(config: Config, connections: Connections) -> AsyncGenerator[None]:
    """Bind $PORT, and PUBLIC_URL's port where that is on this machine; without either, nothing is bound."""
    places: list[tuple[str, int]] = []
    if config.port is not None:
        # Only here is every interface bound: a host that hands out $PORT asks from outside.
        places.append(("0.0.0.0", config.port))  # noqa: S104
    here = urlsplit(config.public_url or "")
    if here.scheme == "http" and here.hostname and here.port and here.port != config.port and connections.possible:
        places.append((here.hostname, here.port))
    if not places:
        yield
        return
    runner = web.AppRunner(_site(connections), access_log=None)  # a log would hold codes
    await runner.setup()
    try:
        for host, port in places:
            await web.TCPSite(runner, host, port).start()
        yield
    finally:
        await runner.cleanup()


def _site(connections: Connections) -> web.Application:
    site = web.Application(client_max_size=10_000)

    async def alive(_: web.Request) -> web.Response:
        return web.Response(text="Earmark is running.\n")

    async def back(request: web.Request) -> web.Response:
        state, code = request.query.get("state", ""), request.query.get("code", "")
        try:
            await connections.finish(state[:200], code[:2000])
        except EarmarkError as problem:
            return _page(text_errors.error(problem), 400)
        except Exception:
            log.exception("the way back from Spotify failed")
            return _page(text_errors.unexpected("-"), 500)
        return _page(text_spotify.CONNECTED_PAGE, 200)

    site.router.add_get("/", alive)
    site.router.add_get("/healthz", alive)
    if connections.possible:
        site.router.add_get("/spotify/callback", back)
    return site


def _page(words: str, status: int) -> web.Response:
    """Words on a page; everything in them is text."""
    body = f"<!doctype html><meta charset=utf-8><title>Earmark</title><p>{escape(words.replace('`', ''))}</p>"
    return web.Response(text=body, status=status, content_type="text/html", headers=HEADERS)
