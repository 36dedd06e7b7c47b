"""What changes in the guild itself: channels and threads come, change and go; members leave and come back."""

from bot.sandbox import guilds, payloads, permissions
from bot.sandbox.entities import FORUM, PRIVATE_THREAD, PUBLIC_THREAD, TEXT, VOICE, Channel, Json, Message, Thread
from bot.sandbox.errors import DiscordError
from bot.sandbox.gateway_session import GUILD_MEMBERS
from bot.sandbox.world import GUILDS, World, now

KINDS = {"text": TEXT, "voice": VOICE, "forum": FORUM}
HAS_THREAD = 1 << 5
_CREATED = 18  # type of the message that tells of a new thread


def obstacle(world: World, member_id: int, channel: Channel, *needed: int) -> DiscordError | None:
    """Say why a member may not speak in a channel; `needed` are further permissions."""
    has = world.permissions(member_id, channel)
    if not has & permissions.VIEW_CHANNEL:
        return DiscordError(403, 50001, "Missing Access")
    if channel.type == FORUM:
        return DiscordError(400, 40058, "Cannot send messages in a forum channel")
    speak = permissions.SEND_MESSAGES if channel.thread is None else permissions.SEND_MESSAGES_IN_THREADS
    if any(not has & bit for bit in (speak, *needed)):
        return DiscordError(403, 50013, "Missing Permissions")
    if channel.thread is not None and channel.thread.locked and not has & permissions.MANAGE_THREADS:
        return DiscordError(403, 160005, "Thread is locked")
    return None


def check_open(channel: Channel) -> None:
    """Raise 50083 in an archived thread, in which nothing may change."""
    if channel.thread is not None and channel.thread.archived:
        raise DiscordError(400, 50083, "Thread is archived")


def check_unlocked(world: World, member_id: int, channel: Channel) -> None:
    """Raise 160005 in a locked thread, whose messages only moderators may edit."""
    locked = channel.thread is not None and channel.thread.locked
    if locked and not world.permissions(member_id, channel) & permissions.MANAGE_THREADS:
        raise DiscordError(403, 160005, "Thread is locked")


# -- channels --------------------------------------------------------------------------------------------------------


def create(world: World, name: str, kind: int = TEXT) -> Channel:
    channel = Channel(world.snowflake(), name, guild_id=world.guild_id, type=kind)
    world.add_channel(channel)
    _tell(world, "CHANNEL_CREATE", channel)
    return channel


def start_thread(
    world: World, parent: Channel, owner_id: int, name: str, *, message: Message | None = None, private: bool = False
) -> Channel:
    """Start a thread in a text channel, at a message or by itself, or in a forum, where a first message follows."""
    at, kind = now(), PRIVATE_THREAD if private else PUBLIC_THREAD
    number = world.snowflake() if message is None else message.id
    thread = Thread(owner_id, at, at, members={owner_id: at})
    channel = Channel(number, name, guild_id=world.guild_id, type=kind, parent_id=parent.id, thread=thread)
    world.add_channel(channel)
    _tell(world, "THREAD_CREATE", channel, newly_created=True)
    if message is not None:
        message.flags |= HAS_THREAD
        world.update(message, edited=False)
    elif parent.type == TEXT and not private:
        told = world.new_message(parent, owner_id, content=name, type=_CREATED)
        world.post(told)
    return channel


def start_post(world: World, forum: Channel, name: str, first: Message) -> Channel:
    """Start a thread in a forum with its first message, whose id is the thread's."""
    thread = start_thread(world, forum, first.author_id, name)
    first.id = first.channel_id = thread.id
    world.post(first)
    return thread


def change(world: World, channel: Channel, **values: str | bool) -> None:
    """Set a channel's `name`, or a thread's `archived` and `locked`."""
    if "name" in values:
        channel.name = str(values["name"])
    if channel.thread is not None:
        if bool(values.get("archived", channel.thread.archived)) != channel.thread.archived:
            channel.thread.archived, channel.thread.changed = bool(values["archived"]), now()
        channel.thread.locked = bool(values.get("locked", channel.thread.locked))
    _tell(world, "CHANNEL_UPDATE" if channel.thread is None else "THREAD_UPDATE", channel)


def delete(world: World, channel: Channel) -> None:
    """Delete a channel with its threads and messages."""
    for thread in [it for it in world.channels.values() if it.parent_id == channel.id]:
        delete(world, thread)
    event = "CHANNEL_DELETE" if channel.thread is None else "THREAD_DELETE"
    data = payloads.channel(world, channel)
    if channel.thread is not None:
        data = {key: data[key] for key in ("id", "guild_id", "parent_id", "type")}
    world.emit(event, data, channel, GUILDS)
    world.forget_messages(channel)
    world.forget_channel(channel.id)
    world.save(f"channel:{channel.id}", {"deleted": True})
    world.announce({"type": "channels"})


def join_thread(world: World, channel: Channel, member_id: int) -> None:
    assert channel.thread is not None
    if member_id not in channel.thread.members:
        channel.thread.members[member_id] = now()
        _members_changed(world, channel, added=member_id)


def leave_thread(world: World, channel: Channel, member_id: int) -> None:
    assert channel.thread is not None
    if channel.thread.members.pop(member_id, None) is not None:
        _members_changed(world, channel, removed=member_id)


def spoken(world: World, channel: Channel, member_id: int) -> None:
    """Note that somebody spoke: who speaks in a thread joins it, and brings it back from the archive."""
    if channel.thread is not None:
        join_thread(world, channel, member_id)
        if channel.thread.archived:
            change(world, channel, archived=False)


def _members_changed(world: World, channel: Channel, added: int | None = None, removed: int | None = None) -> None:
    assert channel.thread is not None
    world.save(f"channel:{channel.id}", channel.state())
    data: Json = {"id": str(channel.id), "guild_id": str(channel.guild_id), "member_count": len(channel.thread.members)}
    if added is not None:
        joined = payloads.thread_member(channel.id, added, channel.thread.members[added])
        data["added_members"] = [joined | {"member": payloads.guild_member(world.members[added]), "presence": None}]
    if removed is not None:
        data["removed_member_ids"] = [str(removed)]
    # Without the members intent a bot hears of itself only.
    intent = GUILDS if world.bot.id in (added, removed) else GUILD_MEMBERS
    world.emit("THREAD_MEMBERS_UPDATE", data, channel, intent)


def _tell(world: World, event: str, channel: Channel, **more: bool) -> None:
    world.save(f"channel:{channel.id}", channel.state())
    world.emit(event, payloads.channel(world, channel) | more, channel, GUILDS)
    world.announce({"type": "channels"})


# -- members ---------------------------------------------------------------------------------------------------------


def remove_member(world: World, member_id: int) -> None:
    """Let a member, or the bot, be gone from the guild."""
    data: Json = {"guild_id": str(world.guild_id), "user": payloads.user(world.members[member_id])}
    if member_id == world.bot.id:
        world.dispatch("GUILD_DELETE", {"id": str(world.guild_id)}, world.guild_id, GUILDS)
        world.guild_install = False
    world.gone.add(member_id)
    world.emit("GUILD_MEMBER_REMOVE", data, None, GUILD_MEMBERS)
    _members_saved(world)


def add_member(world: World, member_id: int) -> None:
    """Let a member, or the bot, come (back) to the guild."""
    world.gone.discard(member_id)
    if member_id == world.bot.id:
        world.guild_install = True
        joined = guilds.guild_create(world)
        del joined["unavailable"]  # only guilds that a bot was in when it logged in become available
        world.dispatch("GUILD_CREATE", joined, world.guild_id, GUILDS)
    data = payloads.guild_member(world.members[member_id]) | {"guild_id": str(world.guild_id)}
    world.emit("GUILD_MEMBER_ADD", data, None, GUILD_MEMBERS)
    _members_saved(world)


def speak(world: World, member_id: int, locale: str) -> None:
    """Set the language of a member's client."""
    world.locales[member_id] = locale
    _members_saved(world)


def _members_saved(world: World) -> None:
    world.save("guild", {"gone": sorted(world.gone), "locales": {str(who): it for who, it in world.locales.items()}})
    world.announce({"type": "commands"})
