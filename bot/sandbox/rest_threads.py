"""REST routes of threads, and of what a bot may change about a channel."""

from typing import Any

from bot.sandbox import compose, payloads, permissions, places
from bot.sandbox.entities import FORUM, PRIVATE_THREAD, TEXT, Channel, Json, Thread
from bot.sandbox.errors import DiscordError
from bot.sandbox.limits_errors import Problems
from bot.sandbox.rest import Answer, Call, Route
from bot.sandbox.rest_people import check_guild

_CHANNEL = "/channels/{channel_id}"
_MEMBERS = _CHANNEL + "/thread-members"
_PRIVATE = PRIVATE_THREAD


def _named(call: Call) -> str:
    problems, name = Problems(), call.mapping().get("name")
    problems.length(("name",), name, 1, 100, needed=True)
    problems.check()
    return str(name)


async def start_at_message(call: Call) -> Answer:
    name, parent = _named(call), call.channel()
    compose.require(call.world, parent, permissions.CREATE_PUBLIC_THREADS, permissions.READ_MESSAGE_HISTORY)
    message = call.message()
    if parent.type != TEXT or parent.guild_id is None:
        raise DiscordError(400, 50024, "Cannot execute action on this channel type")
    if message.id in call.world.channels:
        raise DiscordError(400, 160004, "A thread has already been created for this message")
    thread = places.start_thread(call.world, parent, call.world.bot.id, name, message=message)
    return Answer(201, payloads.channel(call.world, thread))


async def start(call: Call) -> Answer:
    name, parent, body = _named(call), call.channel(), call.mapping()
    if parent.type == FORUM:
        return await _post(call, parent, name, body)
    if parent.type != TEXT or parent.guild_id is None:
        raise DiscordError(400, 50024, "Cannot execute action on this channel type")
    private = body.get("type", _PRIVATE) == _PRIVATE
    bit = permissions.CREATE_PRIVATE_THREADS if private else permissions.CREATE_PUBLIC_THREADS
    compose.require(call.world, parent, bit)
    thread = places.start_thread(call.world, parent, call.world.bot.id, name, private=private)
    return Answer(201, payloads.channel(call.world, thread))


async def _post(call: Call, forum: Channel, name: str, body: Json) -> Answer:
    world = call.world
    compose.require(world, forum, permissions.SEND_MESSAGES)
    content: Any = body.get("message")
    if not isinstance(content, dict):
        problem = {"code": "BASE_TYPE_REQUIRED", "message": "This field is required"}
        raise DiscordError(400, 50035, "Invalid Form Body", {"message": {"_errors": [problem]}})
    first = world.new_message(forum, world.bot.id)
    compose.apply(world, first, content, call.uploads, edit=False)
    thread = places.start_post(world, forum, name, first)
    return Answer(201, payloads.channel(world, thread) | {"message": payloads.message(world, first)})


async def change(call: Call) -> Json:
    world, channel, body = call.world, call.channel(), call.mapping()
    if channel.guild_id is None:
        raise DiscordError(403, 50003, "Cannot execute action on a DM channel")
    compose.require(world, channel)
    problems = Problems()
    problems.length(("name",), body.get("name"), 1, 100)
    problems.check()
    if not _may_change(call, channel, body):
        raise DiscordError(403, 50013, "Missing Permissions")
    wanted: dict[str, Any] = {name: body[name] for name in ("name", "archived", "locked") if body.get(name) is not None}
    if channel.thread is not None and channel.thread.archived and wanted.get("archived") is not False:
        places.check_open(channel)
    places.change(world, channel, **wanted)
    return payloads.channel(world, channel)


def _may_change(call: Call, channel: Channel, body: Json) -> bool:
    has = call.world.permissions(call.world.bot.id, channel)
    if channel.thread is None:
        return bool(has & permissions.MANAGE_CHANNELS)
    own = channel.thread.owner_id == call.world.bot.id and not channel.thread.locked and "locked" not in body
    return own or bool(has & permissions.MANAGE_THREADS)


async def remove(call: Call) -> Json:
    channel = call.channel()
    if channel.guild_id is not None:
        bit = permissions.MANAGE_CHANNELS if channel.thread is None else permissions.MANAGE_THREADS
        compose.require(call.world, channel, bit)
    built = payloads.channel(call.world, channel)
    if channel.guild_id is not None:  # a conversation is only closed, and stays as it was
        places.delete(call.world, channel)
    return built


def _thread(call: Call) -> tuple[Channel, Thread]:
    channel = call.channel()
    compose.require(call.world, channel)
    if channel.thread is None:
        raise DiscordError(400, 50024, "Cannot execute action on this channel type")
    return channel, channel.thread


async def members(call: Call) -> list[Json]:
    channel, thread = _thread(call)
    return [payloads.thread_member(channel.id, who, at) for who, at in thread.members.items()]


def _who(call: Call) -> int:
    """Give the member of the path; without one, the bot."""
    if "user_id" not in call.params:
        return call.world.bot.id
    number = call.number("user_id")
    if number not in call.world.members:
        raise DiscordError(404, 10013, "Unknown User")
    return number


async def member(call: Call) -> Json:
    (channel, thread), who = _thread(call), _who(call)
    if who not in thread.members:
        raise DiscordError(404, 10007, "Unknown Member")
    return payloads.thread_member(channel.id, who, thread.members[who])


async def join(call: Call) -> None:
    (channel, _), who = _thread(call), _who(call)
    places.check_open(channel)
    places.join_thread(call.world, channel, who)


async def leave(call: Call) -> None:
    (channel, thread), who = _thread(call), _who(call)
    places.check_open(channel)
    if call.world.bot.id not in {who, thread.owner_id}:
        compose.require(call.world, channel, permissions.MANAGE_THREADS)
    places.leave_thread(call.world, channel, who)


async def active(call: Call) -> Json:
    check_guild(call)
    return _listed(call, [it for it in _threads(call) if not it[1].archived])


async def archived(call: Call) -> Json:
    parent = call.channel()
    compose.require(call.world, parent, permissions.READ_MESSAGE_HISTORY)
    private = call.params.get("kind") == "private"
    there = [it for it in _threads(call) if it[0].parent_id == parent.id and it[1].archived]
    found = [it for it in there if (it[0].type == _PRIVATE) == private]
    return _listed(call, found)


def _threads(call: Call) -> list[tuple[Channel, Thread]]:
    world = call.world
    there = [(it, it.thread) for it in world.channels.values() if it.thread is not None]
    return [(it, thread) for it, thread in there if world.in_channel(world.bot.id, it)]


def _listed(call: Call, found: list[tuple[Channel, Thread]]) -> Json:
    bot = call.world.bot.id
    mine = [payloads.thread_member(it.id, bot, thread.members[bot]) for it, thread in found if bot in thread.members]
    return {"threads": [payloads.channel(call.world, it) for it, _ in found], "members": mine, "has_more": False}


ROUTES = [
    Route("POST", _CHANNEL + "/messages/{message_id}/threads", start_at_message),
    Route("POST", _CHANNEL + "/threads", start),
    Route("PATCH", _CHANNEL, change),
    Route("DELETE", _CHANNEL, remove),
    Route("GET", _MEMBERS, members),
    Route("PUT", _MEMBERS + "/@me", join),
    Route("DELETE", _MEMBERS + "/@me", leave),
    Route("GET", _MEMBERS + "/{user_id}", member),
    Route("PUT", _MEMBERS + "/{user_id}", join),
    Route("DELETE", _MEMBERS + "/{user_id}", leave),
    Route("GET", "/guilds/{guild_id}/threads/active", active),
    Route("GET", _CHANNEL + "/threads/archived/{kind:public|private}", archived),
]
