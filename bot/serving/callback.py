"""The page to which Spotify leads members back."""

import logging
from html import escape

from aiohttp import web

from bot.domain.errors import EarmarkError
from bot.flow.connect import Connections
from cogs.ui import text_errors, text_spotify

log = logging.getLogger(__name__)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the address holds a code
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


def callback(connections: Connections) -> list[web.RouteDef]:
    """What `bot.serving.site` serves where members can connect; nothing where they cannot."""

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

    return [web.get("/spotify/callback", back)] if connections.possible else []


def _page(words: str, status: int) -> web.Response:
    """Words on a page; everything in them is text."""
    body = f"<!doctype html><meta charset=utf-8><title>Earmark</title><p>{escape(words.replace('`', ''))}</p>"
    return web.Response(text=body, status=status, content_type="text/html", headers=HEADERS)
