"""The rules of embeds."""

from datetime import datetime
from typing import Any, cast

from bot.sandbox.limits_errors import Json, Path, Problems, dictionary, rows

_WEB = ("http", "https")
_MEDIA = ("http", "https", "attachment")
_EMPTY = frozenset({"color", "type", "timestamp", "flags"})


def shows(embed: Any) -> bool:
    """Say whether an embed has anything to show."""
    return isinstance(embed, dict) and any(v for k, v in cast("Json", embed).items() if k not in _EMPTY)


def check_embeds(problems: Problems, given: Any) -> None:
    """Check a message's embeds, and their 6000 characters in total."""
    problems.length(("embeds",), given, 0, 10)
    total = 0
    for path, embed in rows(problems, ("embeds",), given):
        problems.length((*path, "title"), embed.get("title"), 0, 256)
        problems.length((*path, "description"), embed.get("description"), 0, 4096)
        problems.url((*path, "url"), embed.get("url"), _WEB)
        _time(problems, (*path, "timestamp"), embed.get("timestamp"))
        problems.between((*path, "color"), embed.get("color"), 0, 0xFFFFFF)
        total += _length(embed.get("title")) + _length(embed.get("description"))
        total += _parts(problems, path, embed) + _fields(problems, path, embed)
        if total > 6000:
            told = "Embed size exceeds maximum size of 6000"
            problems.add(path, "MAX_EMBED_SIZE_EXCEEDED", told)


def _time(problems: Problems, path: Path, value: Any) -> None:
    try:
        datetime.fromisoformat(value if value is not None else "2026-01-01")
    except (TypeError, ValueError):
        told = f"Could not parse {str(value)[:100]}. Should be ISO8601."
        problems.add(path, "DATE_TIME_TYPE_PARSE", told)


def _length(text: Any) -> int:
    return len(text) if isinstance(text, str) else 0


def _parts(problems: Problems, path: Path, embed: Json) -> int:
    total = 0
    for part, name, most in (("footer", "text", 2048), ("author", "name", 256), ("image", "", 0), ("thumbnail", "", 0)):
        if embed.get(part) is None or (it := dictionary(problems, (*path, part), embed[part])) is None:
            continue
        if name:
            problems.length((*path, part, name), it.get(name), 0, most, needed=True)
            problems.url((*path, part, "icon_url"), it.get("icon_url"), _MEDIA)
            total += _length(it.get(name))
        if part != "footer":
            schemes = _WEB if part == "author" else _MEDIA
            problems.url((*path, part, "url"), it.get("url"), schemes, needed=part != "author")
    return total


def _fields(problems: Problems, path: Path, embed: Json) -> int:
    path, total = (*path, "fields"), 0
    problems.length(path, embed.get("fields"), 0, 25)
    for where, it in rows(problems, path, embed.get("fields")):
        problems.flags(where, it, "inline")
        for name, most in (("name", 256), ("value", 1024)):
            text = it.get(name)
            problems.length((*where, name), text.strip() if isinstance(text, str) else text, 1, most, needed=True)
            total += _length(text)
    return total
