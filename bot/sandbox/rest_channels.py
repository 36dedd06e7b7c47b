"""REST routes of channels: messages, reactions, typing, pins."""

from typing import Any, cast

from bot.sandbox import compose, marks, payloads, permissions, places, polls
from bot.sandbox.entities import Json, Message
from bot.sandbox.errors import DiscordError
from bot.sandbox.limits_errors import Problems, snowflake
from bot.sandbox.rest import Call, Route

_MESSAGES = "/channels/{channel_id}/messages"
_MESSAGE = _MESSAGES + "/{message_id}"
_LATEST = 2**63 - 1  # the largest snowflake
_BULK = "Provided too few or too many messages to delete. Must provide at least 2 and fewer than 100 messages to delete"
_REACTION = _MESSAGE + "/reactions/{emoji_name}"


async def get_channel(call: Call) -> Json:
    compose.require(call.world, call.channel())
    return payloads.channel(call.world, call.channel())


async def list_messages(call: Call) -> list[Json]:
    channel = call.channel()
    compose.require(call.world, channel)
    limit = call.whole("limit", 50, 1, 100)
    if not call.world.permissions(call.world.bot.id, channel) & permissions.READ_MESSAGE_HISTORY:
        return []
    newest = [m for m in reversed(channel.messages.values()) if m.seen_by is None]
    return [payloads.message(call.world, m) for m in _page(newest, call, limit)]


def _page(newest: list[Message], call: Call, limit: int) -> list[Message]:
    if "before" in call.query:
        before = call.whole("before", 0, 0, _LATEST)
        return [m for m in newest if m.id < before][:limit]
    if "after" in call.query:
        after = call.whole("after", 0, 0, _LATEST)
        return [m for m in newest if m.id > after][-limit:]
    if "around" in call.query:
        middle = call.whole("around", 0, 0, _LATEST)
        nearest = sorted(newest, key=lambda m: abs(m.id - middle))[:limit]
        return sorted(nearest, key=lambda m: -m.id)
    return newest[:limit]


async def get_message(call: Call) -> Json:
    compose.require(call.world, call.channel(), permissions.READ_MESSAGE_HISTORY)
    return payloads.message(call.world, call.message())


async def create_message(call: Call) -> Json:
    world, channel, body = call.world, call.channel(), call.mapping()
    needed = [permissions.ATTACH_FILES] * bool(call.uploads) + [permissions.SEND_POLLS] * bool(body.get("poll"))
    if (refused := places.obstacle(world, world.bot.id, channel, *needed)) is not None:
        raise refused
    if channel.member_id in world.closed_dms:
        raise DiscordError(403, 50007, "Cannot send messages to this user")
    message = world.new_message(channel, world.bot.id)
    compose.apply(world, message, body, call.uploads, edit=False)
    if reference := body.get("message_reference"):
        _reply(message, channel.messages, reference)
    places.spoken(world, channel, world.bot.id)
    world.post(message)
    return payloads.message(world, message)


def _reply(message: Message, there: dict[int, Message], reference: Json) -> None:
    target = snowflake(reference.get("message_id")) or 0
    if target in there and there[target].seen_by is None:
        message.type, message.reply_to = 19, target
    elif reference.get("fail_if_not_exists", True):
        problem = {"code": "REPLIES_UNKNOWN_MESSAGE", "message": "Unknown message"}
        raise DiscordError(400, 50035, "Invalid Form Body", {"message_reference": {"_errors": [problem]}})


async def edit_message(call: Call) -> Json:
    compose.require(call.world, call.channel())
    message = call.message()
    if message.author_id != call.world.bot.id:
        raise DiscordError(403, 50005, "Cannot edit a message authored by another user")
    places.check_open(call.channel())
    places.check_unlocked(call.world, call.world.bot.id, call.channel())
    if message.poll is not None:
        raise DiscordError(400, 520003, "Cannot edit a poll message")
    compose.apply(call.world, message, call.mapping(), call.uploads, edit=True)
    call.world.update(message)
    return payloads.message(call.world, message)


async def delete_message(call: Call) -> None:
    compose.require(call.world, call.channel())
    message = call.message()
    if message.author_id != call.world.bot.id:
        if call.channel().guild_id is None:
            raise DiscordError(403, 50003, "Cannot execute action on a DM channel")
        compose.require(call.world, call.channel(), permissions.MANAGE_MESSAGES)
    call.world.remove(message)


async def bulk_delete(call: Call) -> None:
    compose.require(call.world, call.channel(), permissions.MANAGE_MESSAGES)
    wanted = call.mapping().get("messages")
    if not isinstance(wanted, list) or not 2 <= len(cast("list[Any]", wanted)) <= 100:
        raise DiscordError(400, 50016, _BULK)
    problems, numbers = Problems(), [snowflake(number) for number in cast("list[Any]", wanted)]
    for i, number in enumerate(numbers):
        if number is None:
            problems.add(("messages", i), "NUMBER_TYPE_COERCE", "Value is not snowflake.")
    problems.check()
    for number in numbers:
        message = call.channel().messages.get(number or 0)
        if message is not None and message.seen_by is None:
            call.world.remove(message)


async def typing(call: Call) -> None:
    if (refused := places.obstacle(call.world, call.world.bot.id, call.channel())) is not None:
        raise refused
    call.world.typing(call.channel(), call.world.bot.id)


def _emoji(call: Call) -> str:
    emoji = call.params["emoji_name"]
    # Custom emoji come as name:id; anything of ASCII letters alone is no emoji. Digits are, with their keycap.
    if ":" not in emoji and emoji.isascii():
        raise DiscordError(400, 10014, "Unknown Emoji")
    return emoji


async def pins(call: Call) -> Json:
    compose.require(call.world, call.channel(), permissions.READ_MESSAGE_HISTORY)
    limit = call.whole("limit", 50, 1, 50)
    before = call.query.get("before", "9")  # later than any time
    found = [m for m in _pinned(call) if (m.pinned or "") < before]
    items = [{"pinned_at": m.pinned, "message": payloads.message(call.world, m)} for m in found[:limit]]
    return {"items": items, "has_more": len(found) > limit}


async def old_pins(call: Call) -> list[Json]:
    compose.require(call.world, call.channel(), permissions.READ_MESSAGE_HISTORY)
    return [payloads.message(call.world, m) for m in _pinned(call)[:50]]


def _pinned(call: Call) -> list[Message]:
    there = [m for m in call.channel().messages.values() if m.pinned]
    return sorted(there, key=lambda m: m.pinned or "", reverse=True)


async def pin(call: Call) -> None:
    _check_pins(call)
    if len(_pinned(call)) >= 250:
        raise DiscordError(400, 30003, "Maximum number of pins reached for the channel (250)")
    if not call.message().pinned:
        marks.pin(call.world, call.message(), call.world.bot.id)


async def unpin(call: Call) -> None:
    _check_pins(call)
    if call.message().pinned:
        marks.pin(call.world, call.message(), None)


def _check_pins(call: Call) -> None:
    compose.require(call.world, call.channel(), permissions.PIN_MESSAGES, permissions.READ_MESSAGE_HISTORY)
    places.check_open(call.channel())


async def voters(call: Call) -> Json:
    compose.require(call.world, call.channel())
    who = sorted(call.message().votes.get(str(call.number("answer_id")), []))
    after, limit = call.whole("after", 0, 0, _LATEST), call.whole("limit", 25, 1, 100)
    return {"users": [payloads.user(call.world.members[m]) for m in who if m > after][:limit]}


async def end_poll(call: Call) -> Json:
    compose.require(call.world, call.channel())
    message = call.message()
    if message.poll is None:
        raise DiscordError(400, 520006, "Cannot expire a non-poll message")
    if message.author_id != call.world.bot.id:
        raise DiscordError(403, 50001, "Missing Access")
    polls.end(message)
    call.world.update(message, edited=False)
    return payloads.message(call.world, message)


async def add_reaction(call: Call) -> None:
    world, message, emoji = call.world, call.message(), _emoji(call)
    compose.require(world, call.channel(), permissions.READ_MESSAGE_HISTORY)
    places.check_open(call.channel())
    if emoji not in message.emojis:
        compose.require(world, call.channel(), permissions.ADD_REACTIONS)
        if len(message.emojis) >= 20:
            raise DiscordError(400, 30010, "Maximum number of reactions reached (20)")
    marks.react(world, message, world.bot.id, emoji)


async def remove_own_reaction(call: Call) -> None:
    compose.require(call.world, call.channel())
    marks.unreact(call.world, call.message(), call.world.bot.id, _emoji(call))


async def remove_reaction(call: Call) -> None:
    if call.number("user_id") != call.world.bot.id:
        compose.require(call.world, call.channel(), permissions.MANAGE_MESSAGES)
    marks.unreact(call.world, call.message(), call.number("user_id"), _emoji(call))


async def clear_reactions(call: Call) -> None:
    compose.require(call.world, call.channel(), permissions.MANAGE_MESSAGES)
    marks.clear(call.world, call.message(), _emoji(call) if "emoji_name" in call.params else None)


async def reacted(call: Call) -> list[Json]:
    compose.require(call.world, call.channel())
    burst = call.whole("type", 0, 0, 1) == 1
    who: list[Any] = (call.message().bursts if burst else call.message().reactions).get(_emoji(call), [])
    after, limit = call.whole("after", 0, 0, _LATEST), call.whole("limit", 25, 1, 100)
    return [payloads.user(call.world.members[m]) for m in sorted(who) if m > after][:limit]


ROUTES = [
    Route("GET", "/channels/{channel_id}", get_channel),
    Route("GET", _MESSAGES, list_messages),
    Route("POST", _MESSAGES, create_message),
    Route("POST", _MESSAGES + "/bulk-delete", bulk_delete),
    Route("GET", _MESSAGES + "/pins", pins),  # before what takes any word for an id
    Route("GET", _MESSAGE, get_message),
    Route("PATCH", _MESSAGE, edit_message),
    Route("DELETE", _MESSAGE, delete_message),
    Route("POST", "/channels/{channel_id}/typing", typing),
    Route("GET", "/channels/{channel_id}/pins", old_pins),
    Route("PUT", "/channels/{channel_id}/pins/{message_id}", pin),
    Route("DELETE", "/channels/{channel_id}/pins/{message_id}", unpin),
    Route("PUT", _MESSAGES + "/pins/{message_id}", pin),
    Route("DELETE", _MESSAGES + "/pins/{message_id}", unpin),
    Route("GET", "/channels/{channel_id}/polls/{message_id}/answers/{answer_id}", voters),
    Route("POST", "/channels/{channel_id}/polls/{message_id}/expire", end_poll),
    Route("PUT", _REACTION + "/@me", add_reaction),
    Route("DELETE", _REACTION + "/@me", remove_own_reaction),
    Route("DELETE", _REACTION + "/{user_id}", remove_reaction),
    Route("GET", _REACTION, reacted),
    Route("DELETE", _REACTION, clear_reactions),
    Route("DELETE", _MESSAGE + "/reactions", clear_reactions),
]
