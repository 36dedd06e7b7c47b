"""The page, its static files, attachments and avatars."""

import asyncio
import re
from html import escape
from pathlib import Path
from secrets import compare_digest

from aiohttp import web

from bot.sandbox import media, payloads
from bot.sandbox.media import File
from bot.sandbox.world import World

_WEB = Path(__file__).parent / "web"
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
# What the page may load: only from here, and no inline script.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob: https:; "
    "media-src 'self' blob: https:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_META = re.compile(r'(<meta\s+name="sandbox-token"\s+content=")[^"]*(")')


class Assets:
    """Serves everything that is neither REST nor the human API."""

    def __init__(self, world: World, page_token: str) -> None:
        self._world, self._token = world, page_token

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/", self._page)
        app.router.add_get("/static/{name:.+}", self._static)
        app.router.add_get("/attachments/{channel}/{id}/{filename}", self._attachment)
        app.router.add_get("/avatars/{user}/{name}", self._avatar)
        app.router.add_get("/embed/avatars/{name}", self._default_avatar)

    async def _page(self, _: web.Request) -> web.Response:
        index = _WEB / "index.html"
        if not index.is_file():
            return web.Response(status=404, text="The page's files are missing from this installation.")
        text = _META.sub(rf"\g<1>{escape(self._token)}\g<2>", index.read_text("utf-8"))
        headers = {
            "Content-Security-Policy": PAGE_POLICY,
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
        }
        return web.Response(text=text, content_type="text/html", charset="utf-8", headers=_plain(headers))

    async def _static(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        path = (_WEB / name.replace("\0", "")).resolve()
        if not path.is_relative_to(_WEB.resolve()) or not path.is_file():
            return web.Response(status=404, text="There is no such file.")
        return web.FileResponse(path, headers=_plain({"Cache-Control": "no-cache"}))

    async def _attachment(self, request: web.Request) -> web.Response:
        number = request.match_info["id"]
        file = (
            self._world.files.get(int(number)) if number.isascii() and number.isdigit() and len(number) < 20 else None
        )
        right = "" if file is None else payloads.file_url(self._world, file)
        if file is None or not compare_digest(f"{self._world.url}{request.path_qs}".encode(), right.encode()):
            return web.Response(status=404, text="This content is no longer available.")
        data = file.data if file.path is None else await asyncio.to_thread(Path(file.path).read_bytes)
        return _ranged(request, file, data)

    async def _avatar(self, request: web.Request) -> web.Response:
        color = request.match_info["name"].split(".")[0]
        try:
            drawn = media.avatar(int(color, 16) & 0xFFFFFF)
        except ValueError:
            return web.Response(status=404)
        return web.Response(body=drawn, content_type="image/png", headers=_plain({"Cache-Control": "max-age=3600"}))

    async def _default_avatar(self, _: web.Request) -> web.Response:
        return web.Response(body=media.avatar(0x5865F2), content_type="image/png", headers=_plain({}))


def _plain(headers: dict[str, str]) -> dict[str, str]:
    return headers | {"X-Content-Type-Options": "nosniff"}


def _ranged(request: web.Request, file: File, data: bytes) -> web.Response:
    """Serve bytes, or the part that an audio player asks for."""
    shown = file.content_type.startswith(media.SHOWN)
    headers = _plain({
        "Content-Type": file.content_type,
        "Accept-Ranges": "bytes",
        # An uploaded document must not run in the page's origin.
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Disposition": f'{"inline" if shown else "attachment"}; filename="{file.filename}"',
    })  # fmt: skip
    match = _RANGE.fullmatch(request.headers.get("Range", ""))
    if match is None or not any(match.groups()):
        return web.Response(body=data, headers=headers)
    first, last = match.groups()
    start = int(first) if first else max(0, len(data) - int(last))
    stop = min(int(last) + 1 if first and last else len(data), len(data))
    if start >= stop:
        return web.Response(status=416, headers=_plain({"Content-Range": f"bytes */{len(data)}"}))
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
    return web.Response(status=206, body=data[start:stop], headers=headers)
