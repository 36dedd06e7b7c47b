"""A gateway session: what outlives a connection, so that RESUME loses nothing."""

import secrets
from collections import deque
from typing import Any

from bot.sandbox.gateway_link import Link

Json = dict[str, Any]
GUILD_MEMBERS, GUILD_PRESENCES, MESSAGE_CONTENT = 1 << 1, 1 << 8, 1 << 15
PRIVILEGED = {"members": GUILD_MEMBERS, "presences": GUILD_PRESENCES, "message-content": MESSAGE_CONTENT}
KNOWN_INTENTS = (1 << 18) - 1 | 1 << 20 | 1 << 21 | 1 << 24 | 1 << 25
_KEPT = 2000  # events for a replay
_HIDDEN: Json = {"content": "", "embeds": [], "attachments": [], "components": []}


class Session:
    """One identified client, connected or expected back.

    Attributes:
        seq: the number of its latest event.
        left_at: when its connection ended, in seconds of the gateway's clock; None while connected.

    """

    def __init__(self, intents: int, shard: tuple[int, int] | None, bot_id: str) -> None:
        self.id = secrets.token_hex(16)
        self.intents, self.shard, self._bot_id = intents, shard, bot_id
        self.seq = 0
        self.link: Link | None = None
        self.left_at: float | None = None
        self._events: deque[Json] = deque(maxlen=_KEPT)

    def wants(self, guild_id: int | None, intent: int) -> bool:
        """Say whether an event of a guild (None: of a conversation) goes to this session."""
        if intent and not self.intents & intent:
            return False
        if self.shard is None:
            return True
        number, count = self.shard
        return number == (0 if guild_id is None else (guild_id >> 22) % count)

    def send(self, event: str, data: Json) -> None:
        """Number an event, keep it for a replay and send it if anybody is connected."""
        self.seq += 1
        seen = data if self.intents & MESSAGE_CONTENT else without_content(event, data, self._bot_id)
        if event == "GUILD_CREATE" and not self.intents & GUILD_PRESENCES:
            seen = without_members(seen, self._bot_id)
        payload: Json = {"op": 0, "t": event, "s": self.seq, "d": seen}
        self._events.append(payload)
        if self.link is not None:
            self.link.send(payload)

    def can_replay(self, seq: int) -> bool:
        """Say whether every event after `seq` is still kept."""
        return seq >= self.seq - len(self._events)

    def replay(self, link: Link, seq: int) -> None:
        """Go on over a new connection, from the event after `seq`."""
        self.link, self.left_at = link, None
        for payload in self._events:
            if payload["s"] > seq:
                link.send(payload)
        self.send("RESUMED", {"_trace": ["sandbox"]})


def without_members(guild: Json, bot_id: str) -> Json:
    """Leave no member but the bot, as Discord does without the presence intent."""
    alone = [member for member in guild.get("members", []) if member["user"]["id"] == bot_id]
    return guild | {"members": alone, "presences": []}


def without_content(event: str, data: Json, bot_id: str) -> Json:
    """Blank what the message content intent protects, but in conversations, mentions and the bot's own messages."""
    if event not in ("MESSAGE_CREATE", "MESSAGE_UPDATE") or "guild_id" not in data:
        return data
    if (data.get("author") or {}).get("id") == bot_id or any(m.get("id") == bot_id for m in data.get("mentions") or []):
        return data
    return {k: v for k, v in data.items() if k != "poll"} | _HIDDEN
