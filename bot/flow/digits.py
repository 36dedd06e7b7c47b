"""Digits under public cards, while the bot is there and after a time away: whose rating they are, and which counts."""

import contextlib
from collections.abc import Collection
from dataclasses import dataclass

from bot.domain.errors import ErasedMeanwhile, UnknownTrack
from bot.flow import rate as flow
from bot.flow.rate import Reaction, Round
from storage.cards import PublicCard
from storage.digits import Digits
from storage.playlists import Playlists
from storage.ratings import Ratings


@dataclass(frozen=True, slots=True)
class CardDigits:
    """Turns digits under public cards into ratings."""

    playlists: Playlists
    ratings: Ratings
    digits: Digits

    async def put(self, card: PublicCard, who: int, stars: int, reaction: Reaction) -> None:
        """Count a digit."""
        of = Round(who, card.guild_id)
        # The card is gone with its owner meanwhile, or the digit came before an erasure: it counts for nothing.
        with contextlib.suppress(UnknownTrack, ErasedMeanwhile):
            await flow.rate(self.playlists, self.ratings, of, card.track_id, stars, card.message_id, reaction)

    async def take_back(self, card: PublicCard, who: int, stars: int) -> bool:
        """Let a digit that was taken back count no longer; says whether the bot had heard of it."""
        return await self.ratings.unreact(who, card.track_id, stars, card.message_id)

    async def differing(self, card: PublicCard, standing: dict[int, set[int]]) -> list[int]:
        """The members of whose digits the bot has not heard all."""
        known = await self.digits.under(card.message_id)
        return [who for who in sorted({*known, *standing}) if set(known.get(who, ())) != standing.get(who, set())]

    async def catch_up(self, card: PublicCard, who: int, standing: Collection[int], online: int) -> None:
        """Make up for what a member did under a card while the bot was away.

        A rating that was given since, by a button say, is newer than any digit. Of several new digits Discord does
        not say which came last: the rating that a standing one gave stays, and the member's next card says so.
        Digits of somebody who was erased since the card was posted count for nothing.

        `standing` are the member's digits, as Discord shows them; `online` is since when the bot hears of them, in
        nanoseconds since 1970.
        """
        known = (await self.digits.under(card.message_id)).get(who, [])
        rated_at = await self.ratings.rated_at(who, card.track_id)
        for stars in known:
            if stars not in standing:
                await self.take_back(card, who, stars)
        new, since = sorted(set(standing) - set(known)), await self.playlists.began(who)
        if not new or since.erased_since(card.posted_at):
            return
        if len(new) == 1 and (rated_at is None or rated_at < online // 1_000_000_000):
            await self.put(card, who, new[0], Reaction(since, online))
            return
        with contextlib.suppress(ErasedMeanwhile):
            await self.digits.put(who, card.message_id, new, since, online)
