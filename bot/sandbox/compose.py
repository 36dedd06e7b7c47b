"""Turns the body of a request into a message, as Discord does: ids filled in, attachments resolved."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from bot.sandbox import limits, media, payloads, permissions, polls
from bot.sandbox.entities import COMPONENTS_V2, EPHEMERAL, Channel, Json, Message
from bot.sandbox.errors import DiscordError
from bot.sandbox.limits_errors import snowflake
from bot.sandbox.media import File
from bot.sandbox.world import World

_MENTION = re.compile(r"<@!?([0-9]{1,20})>")
_CREATE_FLAGS = 1 << 2 | 1 << 12 | COMPONENTS_V2
# What Discord adds to a component of each type when the request leaves it out.
_DEFAULTS: dict[int, Json] = {
    3: {"min_values": 1, "max_values": 1}, 5: {"min_values": 1, "max_values": 1}, 6: {"min_values": 1, "max_values": 1},
    7: {"min_values": 1, "max_values": 1}, 8: {"min_values": 1, "max_values": 1},
    11: {"description": None, "spoiler": False}, 13: {"spoiler": False}, 14: {"divider": True, "spacing": 1},
    17: {"accent_color": None, "spoiler": False},
}  # fmt: skip


@dataclass(frozen=True)
class Upload:
    """One file part of a multipart request; `index` is n of files[n]."""

    index: int
    filename: str
    data: bytes


def without_nulls(value: Any) -> Any:
    """Copy JSON without its nulls: in a request they say "not given", and Discord sends none of them back."""
    if isinstance(value, dict):
        return {name: without_nulls(part) for name, part in value.items() if part is not None}
    return [without_nulls(part) for part in value] if isinstance(value, list) else value


def walk(components: list[Json]) -> Iterator[Json]:
    """Go through components depth first, as Discord numbers them."""
    for component in components:
        yield component
        yield from walk(component.get("components") or [])
        for name in ("accessory", "component"):
            if component.get(name):
                yield from walk([component[name]])


def apply(
    world: World, message: Message, body: Json, uploads: list[Upload], *, edit: bool, checked: bool = False
) -> None:
    """Write a request's body into a message; raise DiscordError, with the message unchanged, if it breaks a limit.

    `checked` says that `limits` has seen the body already, as part of a callback.
    """
    if not checked:
        limits.check_message(body, edit=edit, files=len(uploads))
    _check_size(uploads)
    _check_kind(message, body, edit=edit)
    draft = replace(message, files=_files(world, message, body, uploads))
    _check_not_empty(draft, body)
    if not edit:
        draft.flags |= (body.get("flags") or 0) & _CREATE_FLAGS
        draft.nonce = body.get("nonce")
        if body.get("poll"):
            draft.poll = polls.built(body["poll"])
    elif (body.get("flags") or 0) & COMPONENTS_V2:
        draft.flags |= COMPONENTS_V2
    if "content" in body:
        draft.content = (body["content"] or "").strip()
    if "embeds" in body:
        draft.embeds = [_embed(world, draft, embed) for embed in without_nulls(body["embeds"] or [])]
    if "components" in body:
        draft.components = numbered(_components(world, draft, without_nulls(body["components"] or [])))
    draft.hidden_files = _referenced(world, draft)
    mentions(world, draft, body)
    vars(message).update(vars(draft))


def _check_size(uploads: list[Upload]) -> None:
    if any(len(upload.data) > payloads.ATTACHMENT_LIMIT for upload in uploads):
        raise DiscordError(413, 40005, "Request entity too large")


def _check_kind(message: Message, body: Json, *, edit: bool) -> None:
    """Refuse classic content in a message of components, which it can never leave."""
    if edit and (message.flags | (body.get("flags") or 0)) & COMPONENTS_V2:
        wrong = [name for name in ("content", "embeds") if body.get(name, getattr(message, name))]
        if wrong:
            problem = {"code": "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", "message": (
                "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2")}  # fmt: skip
            raise DiscordError(400, 50035, "Invalid Form Body", {name: {"_errors": [problem]} for name in wrong})


def _check_not_empty(message: Message, body: Json) -> None:
    left = [body.get(name, getattr(message, name)) for name in ("content", "embeds", "components", "poll")]
    if not message.files and not any(left):
        raise DiscordError(400, 50006, "Cannot send an empty message")


def _files(world: World, message: Message, body: Json, uploads: list[Upload]) -> list[File]:
    described = {str(a.get("id")): a for a in body.get("attachments") or []}
    kept = message.files
    if body.get("attachments") is not None:
        kept = [file for file in message.files if str(file.id) in described]
        kept = [replace(f, description=described[str(f.id)].get("description", f.description)) for f in kept]
    hidden = message.seen_by is not None
    for upload in uploads:
        about = described.get(str(upload.index), {})
        name = about.get("filename") or upload.filename
        file = world.store(
            message.channel_id, name, upload.data,
            description=about.get("description"), title=about.get("title"), ephemeral=hidden,
        )  # fmt: skip
        kept = [*kept, file]
    return kept


def numbered(components: list[Json]) -> list[Json]:
    """Give every component without an id the next free one."""
    taken = {component["id"] for component in walk(components) if component.get("id")}
    following = 1
    for component in walk(components):
        if not component.get("id"):
            while following in taken:
                following += 1
            component["id"] = following
            taken.add(following)
    return components


def _components(world: World, message: Message, components: list[Json]) -> list[Json]:
    return [_component(world, message, component) for component in components]


def _component(world: World, message: Message, raw: Json) -> Json:
    built = _DEFAULTS.get(raw["type"], {}) | raw
    for it in (built, *built.get("options", [])):
        if "id" in it.get("emoji", {}):
            it["emoji"] = it["emoji"] | {"id": str(it["emoji"]["id"])}
    if "components" in built:
        built["components"] = _components(world, message, built["components"])
    for name in ("accessory", "component"):
        if name in built:
            built[name] = _component(world, message, built[name])
    if "media" in built:
        built["media"] = _unfurled(world, message, built["media"])
    if "file" in built:
        built["file"] = _unfurled(world, message, built["file"])
        file = world.files.get(snowflake(built["file"].get("attachment_id")) or 0)
        built |= {"name": file.filename if file else None, "size": file.size if file else None}
    if built["type"] == 12:
        built["items"] = [
            {"description": None, "spoiler": False} | item | {"media": _unfurled(world, message, item["media"])}
            for item in built.get("items", [])
        ]
    return built


def _named(message: Message, url: str) -> File | None:
    name = url.removeprefix("attachment://")
    if name == url:
        return None
    name = media.safe_name(name)
    return next((file for file in message.files if file.filename == name), None)


def _unfurled(world: World, message: Message, item: Json) -> Json:
    url = str(item.get("url", ""))
    file = _named(message, url) or _stored(world, url)
    if file is None:
        if url.startswith("attachment://"):
            problem = {"code": "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
                       "message": f"The referenced attachment {url} was not found"}  # fmt: skip
            raise DiscordError(400, 50035, "Invalid Form Body", {"components": {"_errors": [problem]}})
        return {"id": str(world.snowflake()), "url": url, "proxy_url": url, "width": None, "height": None,
                "content_type": None, "loading_state": 2, "flags": 0}  # fmt: skip
    address = payloads.file_url(world, file)
    return {
        "id": str(file.id), "url": address, "proxy_url": address, "width": file.width, "height": file.height,
        "content_type": file.content_type, "attachment_id": str(file.id), "loading_state": 2, "flags": 0,
    }  # fmt: skip


def _stored(world: World, url: str) -> File | None:
    if not url.startswith(f"{world.url}/attachments/"):
        return None
    file = world.files.get(snowflake(url.partition("?")[0].split("/")[-2]) or 0)
    return file if file is not None and payloads.file_url(world, file) == url else None


def _embed(world: World, message: Message, raw: Json) -> Json:
    built: Json = {"type": "rich"} | raw
    if "fields" in built:
        built["fields"] = [{"inline": False} | field for field in built["fields"]]
    for name, key in (("image", "url"), ("thumbnail", "url"), ("author", "icon_url"), ("footer", "icon_url")):
        part = dict(built.get(name) or {})
        file = _named(message, str(part.get(key) or ""))
        if file is not None:
            part[key] = part[f"proxy_{key}"] = payloads.file_url(world, file)
            if key == "url":
                part |= without_nulls({"width": file.width, "height": file.height})
                part["content_type"] = file.content_type
            built[name] = part
    return built


def _referenced(world: World, message: Message) -> set[int]:
    """Find the files shown inside embeds or components: Discord does not list those beside the message."""
    found: set[int] = set()
    parts = [embed.get(name) or {} for embed in message.embeds for name in ("image", "thumbnail")]
    shown: list[Any] = [part.get("url") for part in parts]
    for component in walk(message.components):
        shown += [(component.get(name) or {}).get("url") for name in ("media", "file")]
        shown += [item["media"]["url"] for item in component.get("items") or []]
    for url in shown:
        file = _stored(world, str(url or ""))
        if file is not None:
            found.add(file.id)
    return found


def mentions(world: World, message: Message, body: Json) -> None:
    """Note whom a message mentions, as far as `allowed_mentions` lets it."""
    if "content" not in body and "components" not in body:
        return
    allowed: Json = body.get("allowed_mentions") or {"parse": ["users", "everyone"]}
    parse, named = allowed.get("parse") or [], {snowflake(u) for u in allowed.get("users") or []}
    text = message.content + "".join(c.get("content", "") for c in walk(message.components) if c["type"] == 10)
    found = [number for number in map(int, dict.fromkeys(_MENTION.findall(text))) if number in world.members]
    message.mentions = [m for m in found if "users" in parse or m in named]
    may = world.permissions(message.author_id, world.channels[message.channel_id]) & permissions.MENTION_EVERYONE
    message.mention_everyone = bool(may and "everyone" in parse and ("@everyone" in text or "@here" in text))


def require(world: World, channel: Channel, *needed: int) -> None:
    """Raise 50001 where the bot cannot see the channel, 50013 where it lacks a permission."""
    has = world.permissions(world.bot.id, channel)
    if not has & permissions.VIEW_CHANNEL:
        raise DiscordError(403, 50001, "Missing Access")
    if any(not has & bit for bit in needed):
        raise DiscordError(403, 50013, "Missing Permissions")


def visibility(body: Json) -> bool:
    """Say whether an interaction's answer asks to be ephemeral."""
    flags = body.get("flags")
    return isinstance(flags, int) and bool(flags & EPHEMERAL)
