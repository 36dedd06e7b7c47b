"""The ten digits that members react with."""

import logging
import time
from typing import NamedTuple

import discord

from bot.flow.limits import Pace

DIGITS = ("1️⃣", "2️⃣", "3️⃣", "4️⃣", "5️⃣", "6️⃣", "7️⃣", "8️⃣", "9️⃣", "🔟")
PLAIN = {digit.replace("\ufe0f", ""): stars for stars, digit in enumerate(DIGITS, 1)}

log = logging.getLogger(__name__)


def stars(emoji: object) -> int:
    """How many stars an emoji means; 0: none."""
    return PLAIN.get(str(emoji).replace("\ufe0f", ""), 0)


class Digit(NamedTuple):
    """A member's digit under a message."""

    message_id: int
    listener_id: int
    stars: int


class TakenBack:
    """Digits whose end was heard of before their beginning, for Discord promises no order: they count for nothing."""

    SECONDS = 3.0  # as long as the beginning may be late

    def __init__(self) -> None:
        self._until: dict[Digit, float] = {}

    def note(self, digit: Digit) -> None:
        """Of this digit only the end was heard of."""
        now = time.monotonic()
        self._until = {digit: until for digit, until in self._until.items() if until > now}
        self._until[digit] = now + self.SECONDS

    def was(self, digit: Digit) -> bool:
        """Whether the beginning that is heard of now is that of a digit taken back; it is asked once."""
        return self._until.pop(digit, 0.0) > time.monotonic()


async def read(message: discord.Message, *paces: Pace) -> dict[int, set[int]]:
    """The digits that members have put under a message, those of bots left out."""
    found: dict[int, set[int]] = {}
    for reaction in message.reactions:
        number = stars(reaction.emoji)
        if not number or reaction.count <= int(reaction.me):
            continue
        for pace in paces:
            await pace.turn()
        async for user in reaction.users():
            if not user.bot:
                found.setdefault(user.id, set()).add(number)
    return found


async def offer(message: discord.PartialMessage | discord.Message, *paces: Pace) -> None:
    """Put the ten digits under a message; discord.py waits out the rate limit between them."""
    try:
        for digit in DIGITS:
            for pace in paces:
                await pace.turn()
            await message.add_reaction(digit)
    except discord.HTTPException as problem:
        # The buttons do the same; a card that cannot be reacted to, or that is gone, is no reason to fail.
        log.info("digits stopped: %s", problem.code)
