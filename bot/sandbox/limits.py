"""Refuses what Discord refuses in messages, answers, modals and commands."""

from typing import Any, cast

from bot.sandbox import polls
from bot.sandbox.buckets import Buckets, Verdict
from bot.sandbox.errors import DiscordError
from bot.sandbox.limits_commands import check_choices, check_commands
from bot.sandbox.limits_components import ROW, check_classic, check_form, check_layout
from bot.sandbox.limits_embeds import check_embeds, shows
from bot.sandbox.limits_errors import Json, Path, Problems, dictionary, rows

__all__ = ["Buckets", "Verdict", "check_callback", "check_commands", "check_message", "check_modal"]

COMPONENTS_V2 = 1 << 15
_LEGACY = ("content", "embeds", "sticker_ids", "poll")
_MESSAGE, _UPDATE, _CHOICES, _MODAL = 4, 7, 8, 9
_TYPES = (1, 4, 5, 6, 7, 8, 9, 10, 12)


def check_message(body: Json, *, edit: bool, files: int) -> None:
    """Raise DiscordError if a message's body is against the rules, or if a new message is empty."""
    problems = Problems()
    given = dictionary(problems, (), body)
    problems.check()
    assert given is not None
    _shapes(problems, given)
    problems.check()
    layout = _is_layout(given, edit=edit)
    if layout:
        for name in _LEGACY:
            if given.get(name):
                told = f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
                problems.add((name,), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", told)
        check_layout(problems, given.get("components"))
    else:
        problems.length(("content",), given.get("content"), 0, 2000)
        check_embeds(problems, given.get("embeds"))
        check_classic(problems, given.get("components"))
    if not edit:
        polls.check(problems, given.get("poll"))
    _nonce_and_files(problems, given, files)
    problems.check()
    if not edit and not files and _is_empty(given):
        raise DiscordError(400, 50006, "Cannot send an empty message")


_SHAPES: dict[str, tuple[type, ...]] = {
    "content": (str,), "tts": (bool,), "flags": (int,), "nonce": (str, int), "embeds": (list,), "components": (list,),
    "attachments": (list,), "sticker_ids": (list,), "allowed_mentions": (dict,), "message_reference": (dict,),
    "poll": (dict,),
}  # fmt: skip


def _shapes(problems: Problems, body: Json) -> None:
    """Check the types of a message's parts, and its ids."""
    for name, kinds in _SHAPES.items():
        problems.kind((name,), body.get(name), *kinds)
    flags = body.get("flags")
    if isinstance(flags, int) and not 0 <= flags < 2**53:
        problems.between(("flags",), flags, 0, 2**53)
    for name in ("message_id", "channel_id", "guild_id"):
        problems.snowflake(("message_reference", name), _part(body, "message_reference").get(name))
    allowed = _part(body, "allowed_mentions")
    for name in ("parse", "users", "roles"):
        path = ("allowed_mentions", name)
        if problems.kind(path, allowed.get(name), list):
            for i, value in enumerate(allowed[name]):
                if name != "parse":
                    problems.snowflake((*path, i), value)
                elif value not in ("users", "roles", "everyone"):
                    problems.choice((*path, i), "'everyone', 'roles', 'users'")


def _part(body: Json, name: str) -> Json:
    part = body.get(name)
    return cast("Json", part) if isinstance(part, dict) else {}


def _is_layout(body: Json, *, edit: bool) -> bool:
    flags, components = body.get("flags"), body.get("components")
    if isinstance(flags, int) and flags & COMPONENTS_V2:
        return True
    if not edit or not isinstance(components, list):
        return False
    # An edit need not repeat the flag, which a message never loses.
    inside = cast("list[Any]", components)
    return any(isinstance(it, dict) and cast("Json", it).get("type") != ROW for it in inside)


def _is_empty(body: Json) -> bool:
    content, embeds = body.get("content"), body.get("embeds") or []
    written = isinstance(content, str) and content.strip()
    rest = any(body.get(name) for name in ("components", "sticker_ids", "poll"))
    reference = body.get("message_reference")
    forwarded = isinstance(reference, dict) and cast("Json", reference).get("type") == 1
    return not (written or rest or forwarded or any(map(shows, cast("list[Any]", embeds))))


def _nonce_and_files(problems: Problems, body: Json, files: int) -> None:
    if isinstance(body.get("nonce"), str):
        problems.length(("nonce",), body["nonce"], 0, 25)
    else:
        problems.between(("nonce",), body.get("nonce"), -(2**63), 2**63 - 1)
    kept = rows(problems, ("attachments",), body.get("attachments"))
    if max(files, len(kept)) > 10:
        problems.add(("attachments",), "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    for path, it in kept:
        problems.snowflake((*path, "id"), it.get("id"))
        for name, most in (("filename", 1024), ("title", 1024), ("description", 1024)):
            problems.length((*path, name), it.get(name), 0, most)


def check_callback(body: Json, files: int) -> None:
    """Raise DiscordError if an answer to an interaction is against the rules; its problems stand below "data"."""
    problems = Problems()
    given = dictionary(problems, (), body)
    kind = given.get("type") if given is not None else None
    if given is not None and kind is None:
        problems.required(("type",))
    elif given is not None and (not isinstance(kind, int) or kind not in _TYPES):
        problems.choice(("type",), ", ".join(map(str, _TYPES)))
    problems.check()
    assert given is not None
    data = given.get("data")
    if kind not in (_MESSAGE, _UPDATE, _CHOICES, _MODAL):
        return
    if data is None and kind in (_CHOICES, _MODAL):
        problems.required(("data",))
    fields = dictionary(problems, ("data",), {} if data is None else data)
    problems.check()
    assert fields is not None
    if kind in (_MESSAGE, _UPDATE):
        _below_data(fields, edit=kind == _UPDATE, files=files)
    elif kind == _CHOICES:
        _check_autocomplete(fields)
    else:
        check_modal(fields, base=("data",))


def _below_data(data: Json, *, edit: bool, files: int) -> None:
    try:
        check_message(data, edit=edit, files=files)
    except DiscordError as error:
        if error.errors is not None:
            error.errors = {"data": error.errors}
        raise


def _check_autocomplete(data: Json) -> None:
    problems, path = Problems(), ("data", "choices")
    problems.length(path, data.get("choices"), 0, 25, needed=True)
    check_choices(problems, rows(problems, path, data.get("choices")), text=False)
    problems.check()


def check_modal(data: Json, base: Path = ("data",)) -> None:
    """Raise DiscordError if a modal is against the rules."""
    problems = Problems()
    check_form(problems, data, base)
    problems.check()
