"""The page to which Spotify leads members back."""

import logging
import re
from html import escape
from urllib.parse import urlsplit

from aiohttp import web

from bot.domain.errors import EarmarkError
from bot.flow.connect import Connections, Identity
from cogs.ui import text_errors, text_spotify
from cogs.ui.text import bare

log = logging.getLogger(__name__)
HEADERS = {
    "Referrer-Policy": "same-origin",  # the address holds a code; without any referrer, a form's Origin would be null
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
NO_SCRIPT = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
TYPED = re.compile("`([^`]*)`")


def callback(connections: Connections) -> list[web.RouteDef]:
    """What `bot.serving.site` serves where members can connect; nothing where they cannot.

    Whoever's browser comes back may have been sent by somebody else, who would read that person's Spotify from then on.
    So the page says whom the account will be connected to, and only its own button does it.
    """

    async def ask(request: web.Request) -> web.Response:
        state, code = request.query.get("state", "")[:200], request.query.get("code", "")[:2000]
        try:
            who = connections.asked_by(state)
        except EarmarkError as problem:
            return _page(text_errors.error(problem, bare), 400)
        if not code:
            return _page(text_spotify.DECLINED_PAGE, 400)
        return _question(who, state, code)

    async def connect(request: web.Request) -> web.Response:
        if not _from_here(request, connections.redirect_uri):
            return _page(text_spotify.FOREIGN_PAGE, 403)
        try:
            form = await request.post()
        except ValueError:
            return _page(text_spotify.FOREIGN_PAGE, 400)
        state, code = str(form.get("state", "")), str(form.get("code") or request.query.get("code", ""))
        try:
            await connections.finish(state[:200], code[:2000])
        except EarmarkError as problem:
            return _page(text_errors.error(problem, bare), 400)
        except Exception:
            log.exception("the way back from Spotify failed")
            return _page(text_errors.unexpected("-"), 500)
        return _page(text_spotify.CONNECTED_PAGE, 200)

    if not connections.possible:
        return []
    return [web.get("/spotify/callback", ask), web.post("/spotify/callback", connect)]


def _from_here(request: web.Request, redirect_uri: str) -> bool:
    """Whether a page of ours sent this: browsers say so of each POST, in one of two headers or in both."""
    here = urlsplit(redirect_uri)
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    return origin in {None, f"{here.scheme}://{here.netloc}"} and site in {None, "same-origin"}


def _question(who: Identity, state: str, code: str) -> web.Response:
    picture = urlsplit(who.picture)
    hidden = "".join(
        f'<input type=hidden name={name} value="{escape(value)}">' for name, value in (("state", state), ("code", code))
    )
    body = (
        f'<p><img src="{escape(who.picture)}" alt="" width=96 height=96></p>'
        f"{_paragraphs(text_spotify.consent(who.handle))}"
        f"<form method=post>{hidden}<button>{escape(text_spotify.consent_button(who.handle))}</button></form>"
    )
    return _answer(body, 200, f"{NO_SCRIPT}; img-src {picture.scheme}://{picture.netloc}")


def _page(words: str, status: int) -> web.Response:
    """Words on a page; everything in them is text, and `...` is to be typed."""
    return _answer(TYPED.sub(r"<code>\1</code>", _paragraphs(words)), status, NO_SCRIPT)


def _paragraphs(words: str) -> str:
    return "".join(f"<p>{escape(line)}</p>" for line in words.splitlines())


def _answer(body: str, status: int, policy: str) -> web.Response:
    return web.Response(
        text=f"<!doctype html><meta charset=utf-8><title>Earmark</title>{body}",
        status=status,
        content_type="text/html",
        headers={**HEADERS, "Content-Security-Policy": policy},
    )
