"""The sandbox's Discord as it is now: who is there, what was said, and who is told about it."""

import base64
import hmac
import secrets
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.sandbox import media, payloads, permissions
from bot.sandbox.entities import DIRECT, PRIVATE_THREAD, Channel, Json, Member, Message
from bot.sandbox.journal import Journal, moved
from bot.sandbox.media import File

if TYPE_CHECKING:
    import asyncio

GUILDS, GUILD_MESSAGES, GUILD_REACTIONS, GUILD_TYPING = 1 << 0, 1 << 9, 1 << 10, 1 << 11
GUILD_POLLS = 1 << 24
# What stands for them in conversations of two.
_DIRECT = {GUILD_MESSAGES: 1 << 12, GUILD_REACTIONS: 1 << 13, GUILD_TYPING: 1 << 14, GUILD_POLLS: 1 << 25}
NAMES = (("Ada", 0xC2410C), ("Ben", 0x1D4ED8), ("Chloe", 0x15803D), ("Dan", 0x7E22CE))
_EPOCH = 1420070400000  # Discord's first millisecond

ROOMS = ("general", "music")
_OURS = ("guild", "bot", "role")  # names of ids that are no channels

Dispatch = Callable[[str, Json, int | None, int], None]
Watcher = tuple[int, "asyncio.Queue[Json]"]


def _cast(count: int) -> list[tuple[str, int]]:
    """The first `count` people: four with names, then as many as a load test wants."""
    crowd = [(f"Guest {number}", 0x475569) for number in range(len(NAMES) + 1, count + 1)]
    return [*NAMES[: max(count, 1)], *crowd]


def _rooms(count: int) -> list[str]:
    """The names of the first `count` text channels."""
    return [*ROOMS[: max(count, 1)], *(f"room-{number}" for number in range(len(ROOMS) + 1, count + 1))]


class World:
    """One guild, its channels and members, and a conversation of each member with the bot.

    Attributes:
        url: the address it is served at, without a slash at the end.
        dispatch: sends (event, data, guild id, intent bit) to the gateway's sessions.
        cast: (name, colour) of everybody who lives here.
        guild_install: whether the bot is a member of the guild.
        user_installs: the members who installed the bot for themselves.
        intents: the privileged intents that the bot holds: "message-content", "members", "presences".
        gone: the members who left the guild.
        locales: member id -> the language of their client, where it is not English.
        text_channels: the guild's channels that are no threads, in order.
        watchers: (member id, queue) of everybody who follows the human event stream.

    """

    def __init__(
        self,
        url: str = "http://127.0.0.1",
        data: Path | None = None,
        *,
        guild_install: bool = True,
        user_installs: Iterable[str] = (),
        intents: Iterable[str] = (),
        members: int = len(NAMES),
        channels: int = len(ROOMS),
    ) -> None:
        self.url = url
        self.cast, self._rooms = _cast(members), _rooms(channels)
        self.guild_install, self.intents = guild_install, frozenset(intents)
        self.gone: set[int] = set()
        self.locales: dict[int, str] = {}
        self.dispatch: Dispatch = lambda *_: None
        self.watchers: list[Watcher] = []
        self.guild_name, self.locale = "Listening Room", "en-US"
        self.bot_base = permissions.EVERYONE
        self.members: dict[int, Member] = {}
        self.channels: dict[int, Channel] = {}
        self.files: dict[int, File] = {}
        self.closed_dms: set[int] = set()
        self._last = 0
        self._where: dict[int, int] = {}
        self.journal = Journal(data) if data is not None else None
        self._saved = self.journal.read() if self.journal is not None else {}
        self._settle(self._saved.get("world") or self._new())
        if self.journal is not None:
            self._restore()
        self.user_installs = {self.member(name).id for name in user_installs}

    # -- beginning -----------------------------------------------------------------------------------------------

    def _new(self) -> Json:
        ids = {name: self.snowflake() for name in (*_OURS, *self._rooms)}
        people = {name: {"id": self.snowflake(), "dm": self.snowflake()} for name, _ in self.cast}
        head = base64.urlsafe_b64encode(str(ids["bot"]).encode()).decode().rstrip("=")
        token = f"{head}.{secrets.token_urlsafe(5)[:6]}.{secrets.token_urlsafe(28)}"
        return {"ids": ids, "people": people, "token": token, "url": self.url}

    def _settle(self, state: Json) -> None:
        ids = state["ids"]
        self.bot_token: str = state["token"]
        self.guild_id: int = ids["guild"]
        self.bot_role_id: int = ids["role"]
        self.bot = Member(ids["bot"], "Earmark", 0x4F46E5, bot=True, roles=(self.bot_role_id,))
        self.application_id = self.bot.id
        colors = dict(_cast(len(state["people"])))
        self.people = [Member(known["id"], name, colors[name]) for name, known in state["people"].items()]
        self.members = {member.id: member for member in (*self.people, self.bot)}
        rooms = [name for name in ids if name not in _OURS]
        self.text_channels = [Channel(ids[name], name, guild_id=self.guild_id) for name in rooms]
        direct = [
            Channel(state["people"][person.name]["dm"], person.name, member_id=person.id, type=DIRECT)
            for person in self.people
        ]
        self.channels = {channel.id: channel for channel in (*self.text_channels, *direct)}
        self._identity = state

    def _restore(self) -> None:
        assert self.journal is not None
        was = self._identity["url"]
        for key, value in self._saved.items():
            if key.startswith("channel:"):
                self._restore_channel(int(key.partition(":")[2]), value)
            elif key == "guild":
                self.gone = set(value["gone"])
                self.locales = {int(who): locale for who, locale in value["locales"].items()}
                self.guild_install = self.guild_install and self.bot.id not in self.gone
        for key, value in self._saved.items():
            if key.startswith("message:"):
                message = Message.restore(moved(value, was, self.url), self.journal.files)
                self.channels[message.channel_id].messages[message.id] = message
                self._where[message.id] = message.channel_id
                self.files |= {file.id: file for file in message.files}
                self._last = max(self._last, message.id)
                message.embeds, message.components = self._signed(message.embeds), self._signed(message.components)
        self.journal.sweep({str(number) for number in self.files})
        self._saved["world"] = self._identity | {"url": self.url}
        self.journal.open({k: moved(v, was, self.url) for k, v in self._saved.items()})

    def _signed(self, value: Any) -> Any:
        """Sign the links to attachments in a message that was stored before they were signed."""
        if isinstance(value, dict):
            return {name: self._signed(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self._signed(part) for part in value]
        if isinstance(value, str) and value.startswith(f"{self.url}/attachments/") and "?" not in value:
            file = self.files.get(int(value.split("/")[-2]))
            return value if file is None else payloads.file_url(self, file)
        return value

    def _restore_channel(self, number: int, state: Json) -> None:
        self._last = max(self._last, number)
        known = self.channels.get(number)
        if state.get("deleted"):
            self.forget_channel(number)
        elif known is not None:
            known.name, known.overwrites[:] = state["name"], state["overwrites"]
        else:
            self.add_channel(Channel.restore(state))

    def add_channel(self, channel: Channel) -> None:
        self.channels[channel.id] = channel
        if channel.thread is None:
            self.text_channels.append(channel)

    def forget_channel(self, number: int) -> None:
        self.channels.pop(number, None)
        self.text_channels = [channel for channel in self.text_channels if channel.id != number]

    def saved(self, key: str) -> Json | None:
        """Give what `save` kept under a key in an earlier life."""
        return self._saved.get(key)

    def save(self, key: str, value: Json | None) -> None:
        """Keep a JSON value for the next start, where the World has a folder."""
        if self.journal is not None:
            self.journal.put(key, value)

    def snowflake(self) -> int:
        """Give an id later than every other, carrying the time as Discord's do."""
        self._last = max(self._last + 1, (int(time.time() * 1000) - _EPOCH) << 22)
        return self._last

    # -- finding -------------------------------------------------------------------------------------------------

    def member(self, name_or_id: str | int) -> Member:
        """Find a person or the bot by name or id; raise KeyError."""
        if isinstance(name_or_id, int) or name_or_id.isdigit():
            return self.members[int(name_or_id)]
        found = [m for m in self.members.values() if m.name.casefold() == name_or_id.casefold()]
        if not found:
            raise KeyError(name_or_id)
        return found[0]

    def present(self) -> list[Member]:
        """List the guild's members, the bot at the end."""
        return [m for m in self.members.values() if self.base_permissions(m.id)]

    def direct(self, member_id: int) -> Channel:
        """Give a member's conversation with the bot; raise KeyError."""
        for channel in self.channels.values():
            if channel.member_id == member_id:
                return channel
        raise KeyError(member_id)

    def message(self, message_id: int) -> Message:
        """Find a message anywhere; raise KeyError."""
        return self.channels[self._where[message_id]].messages[message_id]

    def sees(self, member_id: int, message: Message) -> bool:
        """Say whether a member can see a message."""
        return message.seen_by in (None, member_id) and self.in_channel(member_id, self.channels[message.channel_id])

    def in_channel(self, member_id: int, channel: Channel) -> bool:
        return bool(self.permissions(member_id, channel) & permissions.VIEW_CHANNEL)

    def may_read(self, message: Message) -> bool:
        """Say whether the bot may read a message's content without the privileged intent."""
        if "message-content" in self.intents or self.channels[message.channel_id].guild_id is None:
            return True
        return message.author_id == self.bot.id or self.bot.id in message.mentions

    def permissions(self, member_id: int, channel: Channel) -> int:
        """Compute a member's permission bits in a channel."""
        if channel.guild_id is None:
            return permissions.DIRECT if member_id in (channel.member_id, self.bot.id) else 0
        base = self.base_permissions(member_id)
        if not base or base == permissions.ALL:
            return base
        parent = channel if channel.parent_id is None else self.channels[channel.parent_id]
        roles = list(self.members[member_id].roles)
        found = permissions.effective(base, parent.overwrites, member_id, self.guild_id, roles)
        if channel.thread is not None and channel.type == PRIVATE_THREAD and member_id not in channel.thread.members:
            return found if found & permissions.MANAGE_THREADS else found & ~permissions.VIEW_CHANNEL
        return found

    @property
    def owner_id(self) -> int:
        return self.people[0].id

    def base_permissions(self, member_id: int) -> int:
        """Compute a member's permission bits in the guild; 0 for whoever is not there."""
        if member_id in self.gone or (member_id == self.bot.id and not self.guild_install):
            return 0
        if member_id == self.owner_id:
            return permissions.ALL
        return self.bot_base if member_id == self.bot.id else permissions.EVERYONE

    def deny(self, channel: Channel, bits: int, member_id: int | None = None) -> None:
        """Take permissions from a member (by default the bot) in a channel."""
        who = str(self.bot.id if member_id is None else member_id)
        channel.overwrites[:] = [o for o in channel.overwrites if o["id"] != who]
        if bits:
            channel.overwrites.append({"id": who, "type": 1, "allow": "0", "deny": str(bits)})
        self.save(f"channel:{channel.id}", channel.state())
        self.emit("CHANNEL_UPDATE", payloads.channel(self, channel), channel, GUILDS)

    # -- changing ------------------------------------------------------------------------------------------------

    def new_message(self, channel: Channel, author_id: int, **values: Any) -> Message:
        """Build a message without posting it."""
        return Message(self.snowflake(), channel.id, author_id, now(), **values)

    def post(self, message: Message) -> None:
        self.channels[message.channel_id].messages[message.id] = message
        self._where[message.id] = message.channel_id
        self._changed(message, "MESSAGE_CREATE", "message")

    def update(self, message: Message, *, edited: bool = True) -> None:
        if edited:
            message.edited = now()
        self._changed(message, "MESSAGE_UPDATE", "update")

    def _changed(self, message: Message, event: str, kind: str) -> None:
        self.save(f"message:{message.id}", message.state() if self.journal is not None else None)
        channel = self.channels[message.channel_id]
        # Discord tells a bot nothing of ephemeral messages but in the answers to its own requests.
        if message.seen_by is None:
            self.emit(event, payloads.message_event(self, message), channel, GUILD_MESSAGES)
        self.tell(kind, message, lambda viewer: {"message": payloads.human_message(self, message, viewer)})

    def remove(self, message: Message) -> None:
        channel = self.channels[message.channel_id]
        channel.messages.pop(message.id, None)
        self._where.pop(message.id, None)
        self.save(f"message:{message.id}", None)
        if message.seen_by is None:
            data = {"id": str(message.id), "channel_id": str(channel.id)}
            self.emit("MESSAGE_DELETE", with_guild(data, channel), channel, GUILD_MESSAGES)
        self.tell("delete", message, lambda _: {})

    def forget_messages(self, channel: Channel) -> None:
        """Drop all messages of a channel that is going."""
        for number in channel.messages:
            self._where.pop(number, None)
            self.save(f"message:{number}", None)
        channel.messages.clear()

    def typing(self, channel: Channel, member_id: int) -> None:
        data = {"channel_id": str(channel.id), "user_id": str(member_id), "timestamp": int(time.time())}
        self.emit("TYPING_START", with_guild(data, channel), channel, GUILD_TYPING)
        self.tell("typing", channel, lambda _: {"member_id": str(member_id)})

    def store(self, channel_id: int, filename: str, data: bytes, **values: Any) -> File:
        """Keep an uploaded file and give it an address."""
        number, size = self.snowflake(), media.image_size(data[:65536])
        kept = {"path": self.journal.save_file(number, data)} if self.journal is not None else {"data": data}
        values["title"] = values.get("title") or media.title(filename)
        file = File(
            id=number, channel_id=channel_id, filename=media.safe_name(filename),
            content_type=media.content_type(filename), size=len(data),
            width=size[0] if size else None, height=size[1] if size else None, **kept, **values,
        )  # fmt: skip
        self.files[number] = file
        return file

    def signature(self, file: File) -> str:
        """Give what an attachment's address must end with; unlike Discord's it does not run out."""
        signed = f"{file.channel_id}/{file.id}/{file.filename}"
        mac = hmac.new(self.bot_token.encode(), signed.encode(), "sha256").hexdigest()
        since = ((file.id >> 22) + _EPOCH) // 1000
        return f"ex=ffffffff&is={since:x}&hm={mac}"

    # -- telling -------------------------------------------------------------------------------------------------

    def emit(self, event: str, data: Json, channel: Channel | None, intent: int) -> None:
        """Tell the gateway's sessions, if the bot is where it happened."""
        if channel is not None and channel.guild_id is None:
            self.dispatch(event, data, None, _DIRECT.get(intent, intent))
        elif self.guild_install and (
            channel is None or self.permissions(self.bot.id, channel) & permissions.VIEW_CHANNEL
        ):
            self.dispatch(event, data, self.guild_id, intent)

    def tell(self, kind: str, about: Message | Channel, build: Callable[[int], Json], only: int | None = None) -> None:
        """Tell the people who watch and may see it; `build` makes the rest of the event for one viewer."""
        for viewer, queue in self.watchers:
            if isinstance(about, Message):
                head = {"type": kind, "channel_id": str(about.channel_id), "message_id": str(about.id)}
                sees = self.sees(viewer, about)
            else:
                head = {"type": kind, "channel_id": str(about.id)}
                sees = self.in_channel(viewer, about)
            if sees and only in (None, viewer):
                queue.put_nowait(head | build(viewer))

    def announce(self, event: Json) -> None:
        """Tell everybody who watches."""
        for _, queue in self.watchers:
            queue.put_nowait(event)

    def close(self) -> None:
        if self.journal is not None:
            self.journal.close()


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def with_guild(data: Json, channel: Channel) -> Json:
    return data if channel.guild_id is None else data | {"guild_id": str(channel.guild_id)}
