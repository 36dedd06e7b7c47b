"""Discord's permission bits, and who may do what where."""

from typing import Any

KICK_MEMBERS = 1 << 1
ADMINISTRATOR = 1 << 3
MANAGE_CHANNELS = 1 << 4
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
MANAGE_THREADS = 1 << 34
CREATE_PUBLIC_THREADS = 1 << 35
CREATE_PRIVATE_THREADS = 1 << 36
SEND_MESSAGES_IN_THREADS = 1 << 38
SEND_POLLS = 1 << 49
USE_EXTERNAL_APPS = 1 << 50
PIN_MESSAGES = 1 << 51
ALL = (1 << 53) - 1  # of a guild's owner
EVERYONE = (
    ADD_REACTIONS | VIEW_CHANNEL | SEND_MESSAGES | EMBED_LINKS | ATTACH_FILES | READ_MESSAGE_HISTORY
    | USE_EXTERNAL_EMOJIS | USE_APPLICATION_COMMANDS | USE_EXTERNAL_APPS | SEND_POLLS
    | CREATE_PUBLIC_THREADS | CREATE_PRIVATE_THREADS | SEND_MESSAGES_IN_THREADS
)  # fmt: skip
# What anybody may do in a conversation of two.
DIRECT = EVERYONE | MENTION_EVERYONE | PIN_MESSAGES


def effective(base: int, overwrites: list[dict[str, Any]], user_id: int, everyone_id: int, roles: list[int]) -> int:
    """Compute a member's permission bits in a channel, in Discord's order of overwrites.

    Without VIEW_CHANNEL the others stand, but nothing can be done with them.
    """
    if base & ADMINISTRATOR:
        return ALL
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
    return base
