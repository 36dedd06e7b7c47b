"""Who and what there is in the sandbox's Discord."""

from dataclasses import asdict, dataclass, field
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


@dataclass
class Channel:
    """A channel of the guild (`guild_id`) or the bot's conversation with `member_id`."""

    id: int
    name: str
    guild_id: int | None = None
    member_id: int | None = None
    overwrites: list[Json] = field(default_factory=list)
    messages: dict[int, "Message"] = field(default_factory=dict)

    @property
    def type(self) -> int:
        return 0 if self.member_id is None else 1

    def state(self) -> Json:
        return {"id": self.id, "name": self.name, "guild_id": self.guild_id, "member_id": self.member_id,
                "overwrites": self.overwrites}  # fmt: skip


@dataclass
class Message:
    """A message as it is now.

    Attributes:
        seen_by: the one member who can see it, when it is ephemeral.
        reactions: emoji -> the members who reacted, in order.
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
    seen_by: int | None = None
    webhook_id: int | None = None
    interaction: Json | None = None
    command: str | None = None
    reply_to: int | None = None
    nonce: str | int | None = None
    pinned: bool = False

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
