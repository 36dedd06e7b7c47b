"""Reads the bodies of requests: JSON, forms and forms with files."""

import json
import math
import re
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web

from bot.sandbox.compose import Upload
from bot.sandbox.errors import DiscordError

MAX_DEPTH = 100  # lists and objects inside each other
_PART = re.compile(r"files?\[(\d{1,3})\]")
_WORDS = {"true": True, "false": False}


async def read(request: web.Request) -> tuple[bytes, Any, list[Upload]]:
    """Read a body: (its JSON as bytes, the JSON, the files); raise the error that Discord answers."""
    try:
        if request.content_type.startswith("multipart/"):
            return await _read_multipart(request)
        raw = await request.read() if request.can_read_body else b""
    except web.HTTPRequestEntityTooLarge:
        raise DiscordError(413, 40005, "Request entity too large") from None
    if not raw:
        return b"", None, []
    if request.content_type == "application/json":
        return raw, parse(raw), []
    if request.content_type == "application/x-www-form-urlencoded":
        return *_form(dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))), []
    problem = {"code": "CONTENT_TYPE_INVALID", "message": 'Expected "Content-Type" header to be application/json'}
    raise DiscordError(400, 50035, "Invalid Form Body", {"_errors": [problem]})


def parse(raw: bytes) -> Any:
    """Parse JSON; raise 50109 for what is none, is nested too deeply or holds what no text can."""
    try:
        value = json.loads(raw, parse_constant=_refuse, parse_float=_finite)
        if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH:
            _check_depth(value)
        if b"\\u" in raw:  # half a surrogate pair
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise DiscordError(400, 50109, "The request body contains invalid JSON.") from None
    return value


def _refuse(word: str) -> float:
    raise ValueError(word)


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse(text)


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        inside = [part for part in level if isinstance(part, dict | list)]
        level = [child for part in inside for child in (part.values() if isinstance(part, dict) else part)]
    if level:
        raise RecursionError


def _form(fields: dict[str, str]) -> tuple[bytes, Any]:
    """Give a form's JSON: what `payload_json` holds, else the fields themselves."""
    if "payload_json" in fields:
        raw = fields["payload_json"].encode()
        return raw, parse(raw)
    body: dict[str, Any] = dict(fields)
    for name in {"flags", "type"} & {*fields}:
        if (text := fields[name]).isascii() and text.isdigit() and len(text) < 10:
            body[name] = int(text)
    if "tts" in fields:
        body["tts"] = _WORDS.get(fields["tts"], fields["tts"])
    return json.dumps(body).encode(), body


async def _read_multipart(request: web.Request) -> tuple[bytes, Any, list[Upload]]:
    fields: dict[str, str] = {}
    uploads: list[Upload] = []
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader):
                continue
            data, name = bytes(await part.read()), part.name or ""
            if part.filename is not None and name != "payload_json":
                match = _PART.fullmatch(name)
                uploads.append(Upload(int(match[1]) if match else len(uploads), part.filename, data))
            else:
                fields[name] = data.decode("utf-8", "replace")
    except (ValueError, AssertionError, LookupError):
        raise DiscordError(400, 0, "400: Bad Request") from None
    return *_form(fields), uploads
