"""Discord's permission bits, and who may do what where."""

from typing import Any

ADD_REACTIONS = 1 << 6
VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
MANAGE_MESSAGES = 1 << 13
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_MESSAGE_HISTORY = 1 << 16
MENTION_EVERYONE = 1 << 17
USE_EXTERNAL_EMOJIS = 1 << 18
USE_APPLICATION_COMMANDS = 1 << 31
USE_EXTERNAL_APPS = 1 << 50
EVERYONE = (
    ADD_REACTIONS | VIEW_CHANNEL | SEND_MESSAGES | EMBED_LINKS | ATTACH_FILES | READ_MESSAGE_HISTORY
    | USE_EXTERNAL_EMOJIS | USE_APPLICATION_COMMANDS | USE_EXTERNAL_APPS
)  # fmt: skip
# What anybody may do in a conversation of two.
DIRECT = EVERYONE | MENTION_EVERYONE


def effective(base: int, overwrites: list[dict[str, Any]], user_id: int, everyone_id: int, roles: list[int]) -> int:
    """Compute a member's permission bits in a channel, in Discord's order of overwrites."""
    groups: list[list[dict[str, Any]]] = [
        [o for o in overwrites if int(o["id"]) == everyone_id],
        [o for o in overwrites if int(o["id"]) in roles],
        [o for o in overwrites if int(o["id"]) == user_id],
    ]
    for group in groups:
        deny = allow = 0
        for overwrite in group:
            deny |= int(overwrite["deny"])
            allow |= int(overwrite["allow"])
        base = (base & ~deny) | allow
    # A member who cannot see a channel can do nothing in it.
    return base if base & VIEW_CHANNEL else 0
