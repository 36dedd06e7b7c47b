"""What stands under messages: reactions, pins and votes."""

from bot.sandbox import payloads
from bot.sandbox.entities import Json, Message
from bot.sandbox.world import GUILD_MESSAGES, GUILD_POLLS, GUILD_REACTIONS, GUILDS, World, now, with_guild


def pin(world: World, message: Message, by: int | None) -> None:
    """Pin a message in the name of a member, who is told to have done so; None takes it down."""
    channel = world.channels[message.channel_id]
    message.pinned = None if by is None else now()
    world.update(message, edited=False)
    data: Json = {"channel_id": str(channel.id), "last_pin_timestamp": message.pinned}
    intent = GUILDS if channel.guild_id is not None else GUILD_MESSAGES
    world.emit("CHANNEL_PINS_UPDATE", with_guild(data, channel), channel, intent)
    if by is not None:
        world.post(world.new_message(channel, by, type=6, reply_to=message.id))


def vote(world: World, message: Message, member_id: int, answer: int) -> None:
    """Choose an answer of a poll, or take the choice back; one answer at a time unless it takes several."""
    assert message.poll is not None
    who = message.votes.setdefault(str(answer), [])
    if member_id in who:
        who.remove(member_id)
        _voted(world, "REMOVE", message, member_id, answer)
        return
    if not message.poll["allow_multiselect"]:
        for other, voters in message.votes.items():
            if member_id in voters:
                voters.remove(member_id)
                _voted(world, "REMOVE", message, member_id, int(other))
    who.append(member_id)
    _voted(world, "ADD", message, member_id, answer)


def _voted(world: World, how: str, message: Message, member_id: int, answer: int) -> None:
    channel = world.channels[message.channel_id]
    data = {"user_id": str(member_id), "channel_id": str(channel.id), "message_id": str(message.id),
            "answer_id": answer}  # fmt: skip
    world.save(f"message:{message.id}", message.state() if world.journal is not None else None)
    world.emit(f"MESSAGE_POLL_VOTE_{how}", with_guild(data, channel), channel, GUILD_POLLS)
    world.tell("update", message, lambda viewer: {"message": payloads.human_message(world, message, viewer)})


def react(world: World, message: Message, member_id: int, emoji: str, *, burst: bool = False) -> None:
    who = (message.bursts if burst else message.reactions).setdefault(emoji, [])
    if member_id not in who:
        who.append(member_id)
        _reacted(world, "MESSAGE_REACTION_ADD", message, member_id, emoji, burst=burst)


def unreact(world: World, message: Message, member_id: int, emoji: str) -> None:
    for kind in (message.reactions, message.bursts):
        who = kind.get(emoji, [])
        if member_id in who:
            who.remove(member_id)
            if not who:
                del kind[emoji]
            burst = kind is message.bursts
            _reacted(world, "MESSAGE_REACTION_REMOVE", message, member_id, emoji, burst=burst)


def clear(world: World, message: Message, emoji: str | None = None) -> None:
    """Take away everybody's reactions, of one emoji or of all."""
    for kind in (message.reactions, message.bursts):
        for name in [name for name in kind if emoji in (None, name)]:
            del kind[name]
    data: Json = {"channel_id": str(message.channel_id), "message_id": str(message.id)}
    if emoji is not None:
        data["emoji"] = payloads.emoji_object(emoji)
    event = "MESSAGE_REACTION_REMOVE_" + ("ALL" if emoji is None else "EMOJI")
    _tell(world, event, data, message)


def _reacted(world: World, event: str, message: Message, member_id: int, emoji: str, *, burst: bool) -> None:
    channel = world.channels[message.channel_id]
    data: Json = {
        "user_id": str(member_id), "channel_id": str(channel.id), "message_id": str(message.id),
        "emoji": payloads.emoji_object(emoji), "burst": burst, "type": int(burst),
    }  # fmt: skip
    if event.endswith("ADD"):
        data["message_author_id"] = str(message.author_id)
        if burst:
            data["burst_colors"] = list(payloads.BURST_COLORS)
        if channel.guild_id is not None:
            data["member"] = payloads.guild_member(world.members[member_id])
    _tell(world, event, data, message)


def _tell(world: World, event: str, data: Json, message: Message) -> None:
    channel = world.channels[message.channel_id]
    world.save(f"message:{message.id}", message.state() if world.journal is not None else None)
    world.emit(event, with_guild(data, channel), channel, GUILD_REACTIONS)
    world.tell("reaction", message, lambda viewer: {"message": payloads.human_message(world, message, viewer)})
