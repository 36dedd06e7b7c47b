"""Who and what there is in the sandbox's Discord."""

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from bot.sandbox.media import File

Json = dict[str, Any]

EPHEMERAL, LOADING, COMPONENTS_V2 = 1 << 6, 1 << 7, 1 << 15


@dataclass(frozen=True)
class Member:
    """A person, or the bot.

    Attributes:
        color: 0xRRGGBB, of the drawn avatar.

    """

    id: int
    name: str
    color: int
    bot: bool = False
    roles: tuple[int, ...] = ()


TEXT, DIRECT, VOICE, PUBLIC_THREAD, PRIVATE_THREAD, FORUM = 0, 1, 2, 11, 12, 15


@dataclass
class Thread:
    """What only a thread has.

    Attributes:
        created, changed: ISO 8601; `changed` is when it was last archived or brought back.
        members: who joined -> when.

    """

    owner_id: int
    created: str
    changed: str
    archived: bool = False
    locked: bool = False
    archives_after: int = 1440  # minutes
    members: dict[int, str] = field(default_factory=dict)


@dataclass
class Channel:
    """A channel of the guild (`guild_id`), a thread below one, or the bot's conversation with `member_id`."""

    id: int
    name: str
    guild_id: int | None = None
    member_id: int | None = None
    overwrites: list[Json] = field(default_factory=list)
    messages: dict[int, "Message"] = field(default_factory=dict)
    type: int = TEXT
    parent_id: int | None = None
    thread: Thread | None = None

    def state(self) -> Json:
        """Everything but the messages, as JSON."""
        return {k: v for k, v in asdict(replace(self, messages={})).items() if k != "messages"}

    @classmethod
    def restore(cls, state: Json) -> "Channel":
        kept: Json = {name: value for name, value in state.items() if name != "thread"}
        restored = cls(**kept)
        if (thread := state.get("thread")) is not None:
            restored.thread = Thread(**(thread | {"members": {int(who): at for who, at in thread["members"].items()}}))
        return restored


@dataclass
class Message:
    """A message as it is now.

    Attributes:
        seen_by: the one member who can see it, when it is ephemeral.
        reactions: emoji -> the members who reacted, in order; `bursts` of those who did so with a burst.
        pinned: when, ISO 8601.
        poll: Discord's object without its results; `votes` are answer id -> who chose it.
        interaction: Discord's `interaction_metadata`, when it answers one; `command` is the full name used.
        timestamp, edited: ISO 8601.

    """

    id: int
    channel_id: int
    author_id: int
    timestamp: str
    content: str = ""
    edited: str | None = None
    flags: int = 0
    type: int = 0
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    hidden_files: set[int] = field(default_factory=set)
    mentions: list[int] = field(default_factory=list)
    mention_everyone: bool = False
    reactions: dict[str, list[int]] = field(default_factory=dict)
    bursts: dict[str, list[int]] = field(default_factory=dict)
    seen_by: int | None = None
    webhook_id: int | None = None
    interaction: Json | None = None
    command: str | None = None
    reply_to: int | None = None
    nonce: str | int | None = None
    pinned: str | None = None
    poll: Json | None = None
    votes: dict[str, list[int]] = field(default_factory=dict)

    @property
    def emojis(self) -> list[str]:
        return list(dict.fromkeys([*self.reactions, *self.bursts]))

    @property
    def loading(self) -> bool:
        return bool(self.flags & LOADING)

    def state(self) -> Json:
        """Everything needed to bring the message back, as JSON."""
        kept = {k: v for k, v in vars(self).items() if k not in ("files", "hidden_files")}
        return kept | {
            "hidden_files": list(self.hidden_files),
            "files": [{k: v for k, v in asdict(file).items() if k != "data"} for file in self.files],
        }

    @classmethod
    def restore(cls, state: Json, folder: Path) -> "Message":
        """Bring a message back whose files stand in `folder`, wherever that is now."""
        kept: Json = dict(state)
        kept["files"] = [File(**(file | {"path": str(folder / str(file["id"]))})) for file in state["files"]]
        kept["hidden_files"] = set(state["hidden_files"])
        return cls(**kept)
