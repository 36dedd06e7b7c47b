"""Builds Discord's objects from the World's."""

from typing import TYPE_CHECKING, Any

from bot.sandbox import polls
from bot.sandbox.entities import EPHEMERAL, FORUM, PRIVATE_THREAD, VOICE, Channel, Member, Message, Thread
from bot.sandbox.media import File

if TYPE_CHECKING:
    from bot.sandbox.world import World

Json = dict[str, Any]
ATTACHMENT_LIMIT = 10 * 1024 * 1024  # bytes
BURST_COLORS = ("#ff5733",)
JOINED = "2026-01-01T00:00:00+00:00"


def user(member: Member) -> Json:
    built: Json = {
        "id": str(member.id),
        "username": member.name.lower(),
        "discriminator": "0000" if member.bot else "0",
        "global_name": None if member.bot else member.name,
        "avatar": f"{member.color:032x}",
        "banner": None,
        "accent_color": None,
        "avatar_decoration_data": None,
        "collectibles": None,
        "primary_guild": None,
        "public_flags": 0,
        "flags": 0,
    }
    if member.bot:
        built |= {"bot": True, "username": member.name}
    return built


def me(member: Member) -> Json:
    """Build the bot's own account, as /users/@me and READY give it."""
    return user(member) | {"mfa_enabled": True, "verified": True, "email": None, "locale": "en-US"}


def guild_member(member: Member, *, with_user: bool = True, permissions: int | None = None) -> Json:
    built: Json = {
        "avatar": None,
        "banner": None,
        "communication_disabled_until": None,
        "deaf": False,
        "flags": 0,
        "joined_at": JOINED,
        "mute": False,
        "nick": None,
        "pending": False,
        "premium_since": None,
        "roles": [str(role) for role in member.roles],
    }
    if with_user:
        built["user"] = user(member)
    if permissions is not None:
        built["permissions"] = str(permissions)
    return built


def channel(world: "World", it: Channel, *, permissions: int | None = None) -> Json:
    last = str(next(reversed(it.messages))) if it.messages else None
    built: Json = {"id": str(it.id), "type": it.type, "flags": 0, "last_message_id": last}
    if it.member_id is not None:
        built["recipients"] = [user(world.members[it.member_id])]
    elif it.thread is not None:
        built |= {"guild_id": str(it.guild_id), "name": it.name, "parent_id": str(it.parent_id)}
        built |= _thread(it, it.thread, world.bot.id)
    else:
        built |= {
            "guild_id": str(it.guild_id),
            "name": it.name,
            "position": world.text_channels.index(it),
            "topic": None,
            "nsfw": False,
            "parent_id": None,
            "rate_limit_per_user": 0,
            "permission_overwrites": it.overwrites,
        } | _OF_TYPE.get(it.type, {})
    if permissions is not None:
        built["permissions"] = str(permissions)
    return built


_OF_TYPE: dict[int, Json] = {
    VOICE: {"bitrate": 64000, "user_limit": 0, "rtc_region": None},
    FORUM: {"available_tags": [], "default_reaction_emoji": None, "default_sort_order": None,
            "default_forum_layout": 0, "template": ""},
}  # fmt: skip


def _thread(it: Channel, thread: Thread, bot_id: int) -> Json:
    count = sum(message.id != it.id and message.seen_by is None for message in it.messages.values())
    built: Json = {
        "owner_id": str(thread.owner_id),
        "rate_limit_per_user": 0,
        "message_count": count,
        "total_message_sent": count,
        "member_count": min(len(thread.members), 50),
        "thread_metadata": {
            "archived": thread.archived,
            "archive_timestamp": thread.changed,
            "auto_archive_duration": thread.archives_after,
            "locked": thread.locked,
            "create_timestamp": thread.created,
        },
    }
    if it.type == PRIVATE_THREAD:
        built["thread_metadata"]["invitable"] = True
    if bot_id in thread.members:
        built["member"] = thread_member(it.id, bot_id, thread.members[bot_id])
    return built


def thread_member(thread_id: int, member_id: int, joined: str) -> Json:
    return {"id": str(thread_id), "user_id": str(member_id), "join_timestamp": joined, "flags": 0}


def attachment(world: "World", file: File) -> Json:
    url = file_url(world, file)
    built: Json = {
        "id": str(file.id),
        "filename": file.filename,
        "size": file.size,
        "url": url,
        "proxy_url": url,
        "content_type": file.content_type,
    }
    if file.width is not None:
        built |= {"width": file.width, "height": file.height}
    for name in ("description", "title"):
        if (value := getattr(file, name)) is not None:
            built[name] = value
    if file.ephemeral:
        built["ephemeral"] = True
    return built


def file_url(world: "World", file: File) -> str:
    return f"{world.url}/attachments/{file.channel_id}/{file.id}/{file.filename}?{world.signature(file)}"


def reactions(it: Message, viewer_id: int) -> list[Json]:
    return [_reaction(emoji, it.reactions.get(emoji, []), it.bursts.get(emoji, []), viewer_id) for emoji in it.emojis]


def _reaction(emoji: str, normal: list[int], burst: list[int], viewer_id: int) -> Json:
    return {
        "emoji": emoji_object(emoji),
        "count": len(normal) + len(burst),
        "count_details": {"burst": len(burst), "normal": len(normal)},
        "burst_colors": list(BURST_COLORS) if burst else [],
        "me_burst": viewer_id in burst,
        "burst_me": viewer_id in burst,
        "burst_count": len(burst),
        "me": viewer_id in normal,
    }


def emoji_object(emoji: str) -> Json:
    name, _, number = emoji.partition(":")
    return {"id": number, "name": name} if number.isdigit() else {"id": None, "name": emoji}


def message(world: "World", it: Message, viewer_id: int | None = None) -> Json:
    """Build a message as `viewer_id` (the bot by default) receives it over REST."""
    viewer = world.bot.id if viewer_id is None else viewer_id
    hidden = viewer == world.bot.id and not world.may_read(it)
    built: Json = {
        "id": str(it.id),
        "channel_id": str(it.channel_id),
        "type": it.type,
        "author": user(world.members[it.author_id]),
        "content": "" if hidden else it.content,
        "timestamp": it.timestamp,
        "edited_timestamp": it.edited,
        "tts": False,
        "mention_everyone": it.mention_everyone,
        "mentions": [user(world.members[m]) for m in it.mentions],
        "mention_roles": [],
        "attachments": []
        if hidden
        else [attachment(world, file) for file in it.files if file.id not in it.hidden_files],
        "embeds": [] if hidden else it.embeds,
        "components": [] if hidden else it.components,
        "pinned": bool(it.pinned),
        "flags": it.flags,
    }
    if it.emojis:
        built["reactions"] = reactions(it, viewer)
    if it.nonce is not None:
        built["nonce"] = it.nonce
    if it.webhook_id is not None:
        built |= {"webhook_id": str(it.webhook_id), "application_id": str(it.webhook_id)}
    if it.interaction is not None:
        _add_interaction(built, it)
    if it.reply_to is not None:
        _add_reference(world, built, it)
    if it.poll is not None and not hidden:
        built["poll"] = polls.shown(it, viewer)
    begun = world.channels.get(it.id)
    if begun is not None and begun.parent_id == it.channel_id:
        built["thread"] = channel(world, begun)
    return built


def _add_interaction(built: Json, it: Message) -> None:
    assert it.interaction is not None
    built["interaction_metadata"] = it.interaction
    if it.interaction["type"] == 2:
        built["interaction"] = {
            "id": it.interaction["id"],
            "type": 2,
            "name": it.command or "",
            "user": it.interaction["user"],
        }


def _add_reference(world: "World", built: Json, it: Message) -> None:
    built["message_reference"] = {"type": 0, "channel_id": str(it.channel_id), "message_id": str(it.reply_to)}
    place = world.channels[it.channel_id]
    if place.guild_id is not None:
        built["message_reference"]["guild_id"] = str(place.guild_id)
    target = place.messages.get(it.reply_to or 0)
    # Discord sends the message answered without what that one answered in its turn.
    built["referenced_message"] = None if target is None else _without_reply(world, target)


def _without_reply(world: "World", target: Message) -> Json:
    full = message(world, target) if target.reply_to is None else {}
    if target.reply_to is not None:
        was, target.reply_to = target.reply_to, None
        full = message(world, target)
        target.reply_to = was
    return full


def message_event(world: "World", it: Message) -> Json:
    """Build MESSAGE_CREATE's or MESSAGE_UPDATE's data."""
    place = world.channels[it.channel_id]
    built = message(world, it) | {"channel_type": place.type}
    guild_id = place.guild_id
    if guild_id is not None:
        built["guild_id"] = str(guild_id)
        built["member"] = guild_member(world.members[it.author_id], with_user=False)
    return built


def human_message(world: "World", it: Message, viewer: int) -> Json:
    """Build a message as the page shows it to a member."""
    return message(world, it, viewer) | {
        "ephemeral": bool(it.flags & EPHEMERAL),
        "interaction_name": it.command,
        "thinking": it.loading,
    }
