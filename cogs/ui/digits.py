"""The ten digits that members react with."""

import logging

import discord

from bot.flow.limits import Pace

DIGITS = ("1️⃣", "2️⃣", "3️⃣", "4️⃣", "5️⃣", "6️⃣", "7️⃣", "8️⃣", "9️⃣", "🔟")
PLAIN = {digit.replace("\ufe0f", ""): stars for stars, digit in enumerate(DIGITS, 1)}

log = logging.getLogger(__name__)


def stars(emoji: object) -> int:
    """How many stars an emoji means; 0: none."""
    return PLAIN.get(str(emoji).replace("\ufe0f", ""), 0)


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
