"""Public cards: everybody rates the same track, by button or by reaction, each for themselves."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import discord
from discord.ext import commands

from bot.client import Earmark
from bot.domain.errors import EarmarkError, NothingToRate, StorageBusy, UnknownTrack
from bot.domain.ratings import Question
from bot.flow import rate as flow
from bot.flow.digits import CardDigits
from bot.flow.rate import Reaction, Round
from bot.i18n import speaking
from cogs.ui import cards, digits, text, text_errors
from cogs.ui.access import paces, part, server_language, services
from cogs.ui.digits import Digit
from cogs.ui.errors import say
from cogs.ui.in_time import in_time, promised, reply
from cogs.ui.in_turn import InTurn
from cogs.ui.items import LastingItem
from storage.cards import PublicCard
from storage.listeners import Began

T = TypeVar("T")
PAUSES = (1.0, 3.0, 10.0)  # seconds
CAUGHT_UP = 7 * 24 * 3600  # seconds; under older cards nothing is looked for after a time away
KNOWN_SINCE = "digits-known-since"
NO_MESSAGE = 10008

log = logging.getLogger(__name__)


def can_react(interaction: discord.Interaction) -> bool:
    """Whether digit reactions work here: not for an app that is only user-installed, nor without the permission."""
    if interaction.guild_id is None:
        return interaction.context.dm_channel
    allowed = interaction.app_permissions
    return interaction.is_guild_integration() and allowed.add_reactions and allowed.read_message_history


async def play_ahead(interaction: discord.Interaction, question: Question) -> None:
    """Have the sound of the cards after this one ready when they are asked for."""
    s = services(interaction)
    if not s.clips.plays(question.track):  # what comes after is mostly from the same playlist
        return
    with contextlib.suppress(UnknownTrack):  # gone since the questions were put in order
        s.clips.ahead(
            [await s.playlists.track(track_id, interaction.user.id, interaction.guild_id) for track_id in question.then]
        )


async def post_first(interaction: discord.Interaction, question: Question) -> None:
    """Answer a command with a public card."""
    s, owner, by_reaction = services(interaction), interaction.user.id, can_react(interaction)
    since = await s.playlists.began(owner)
    clip = await in_time(interaction, s.clips.of(question.track, owner, interaction.guild_id), ephemeral=False)
    with speaking(server_language(interaction)):
        card = cards.public_card(question.track, owner, question.playlist_id, by_reaction=by_reaction, clip=clip)
    async with _posting(interaction):
        message_id = await reply(interaction, card, ephemeral=False)
        if message_id is not None:
            await _remember(interaction, message_id, question, since)
    await play_ahead(interaction, question)
    if by_reaction and message_id is not None:
        assert interaction.channel_id is not None
        channel = interaction.client.get_partial_messageable(interaction.channel_id, guild_id=interaction.guild_id)
        await digits.offer(channel.get_partial_message(message_id), *paces(interaction))


def _posting(interaction: discord.Interaction) -> contextlib.AbstractAsyncContextManager[None]:
    """Wait until every card that is being posted in this channel is remembered."""
    return part(interaction, Reactions).posting.of(interaction.channel_id)


async def _remember(interaction: discord.Interaction, message_id: int, question: Question, since: Began) -> None:
    assert interaction.channel_id is not None
    card = PublicCard(
        message_id=message_id,
        channel_id=interaction.channel_id,
        guild_id=interaction.guild_id,
        owner_id=interaction.user.id,
        track_id=question.track.id,
        playlist_id=question.playlist_id,
    )
    try:
        await services(interaction).cards.add(card, since)
    except EarmarkError:
        # Digits under a card that nobody remembers would be lost without a word.
        if not promised(interaction):  # else the reason takes its place
            with contextlib.suppress(discord.HTTPException):
                await interaction.delete_original_response()
        raise


class VoteButton(LastingItem, template=r"earmark:vote:(?P<track>\d{1,19}):(?P<stars>10|[1-9])"):
    """Anybody's click on a public card is that member's own rating."""

    async def act(self, interaction: discord.Interaction) -> None:
        s = services(interaction)
        of, stars = Round(interaction.user.id, interaction.guild_id), self.number("stars")
        async with _posting(interaction):
            asked_by = interaction.message.id if interaction.message else None
        track = await flow.rate(s.playlists, s.ratings, of, self.number("track"), stars, asked_by)
        await say(interaction, text.saved(track, stars))


class NextButton(LastingItem, template=r"earmark:next:(?P<owner>\d{1,20}):(?P<track>\d{1,19}):(?P<playlist>\d{1,19})"):
    """The owner's Next posts the next card as a new message; the old one goes on taking votes."""

    async def act(self, interaction: discord.Interaction) -> None:
        owner_id, track_id = self.number("owner"), self.number("track")
        if interaction.user.id != owner_id:
            await say(interaction, text.next_is_its_owners(owner_id))
            return
        s = services(interaction)
        # A track that its owner passed over is not asked again in this round.
        of = Round(owner_id, interaction.guild_id, self.number("playlist") or None)
        with contextlib.suppress(UnknownTrack):
            if await s.ratings.get(owner_id, track_id) is None:
                await flow.skip(s.playlists, s.ratings, of, track_id)
        try:
            question = await s.questions.next(of)
        except NothingToRate as done:
            await say(interaction, text_errors.error(done))
            return
        await post_first(interaction, question)


async def _patiently(write: Callable[[], Awaitable[T]]) -> T:
    """A reaction stands on the card and nobody can be told to try again, so a busy database is asked once more."""
    for pause in PAUSES:
        try:
            return await write()
        except StorageBusy:
            await asyncio.sleep(pause)
    return await write()


class Reactions(commands.Cog):
    """Digit reactions, read raw, so that a card of any age counts.

    Attributes:
        posting: by channel, cards that are being posted: each is remembered before an answer to it is looked at.

    """

    def __init__(self, bot: Earmark) -> None:
        self.bot = bot
        bot.provide(self)
        self.posting = InTurn()
        s = bot.services
        self._digits = CardDigits(s.playlists, s.ratings, s.digits)
        self._in_turn = InTurn()
        self._taken_back = digits.TakenBack()
        self._catching_up: asyncio.Task[None] | None = None
        self._heard: dict[tuple[int, int], dict[int, bool]] = {}  # put or taken back while it catches up

    async def cog_unload(self) -> None:
        if self._catching_up is not None:
            self._catching_up.cancel()

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Read what stands under recent cards: after a long silence of the gateway, too, reactions were missed."""
        await self.cog_unload()
        self._heard.clear()
        self._catching_up = asyncio.create_task(self._catch_up(time.time_ns()), name="public-cards")

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        async with self._in_turn.of((payload.message_id, payload.user_id)):
            stars, card = await self._card(payload)
            if card is None or (payload.member is not None and payload.member.bot):
                return
            who = payload.user_id
            self._hear(payload, stars, there=True)
            if not self._taken_back.was(Digit(card.message_id, who, stars)):
                reaction = Reaction(await self.bot.services.playlists.began(who))
                await _patiently(lambda: self._digits.put(card, who, stars, reaction))

    @commands.Cog.listener()
    async def on_raw_reaction_remove(self, payload: discord.RawReactionActionEvent) -> None:
        async with self._in_turn.of((payload.message_id, payload.user_id)):
            stars, card = await self._card(payload)
            if card is None:
                return
            who = payload.user_id
            self._hear(payload, stars, there=False)
            if not await _patiently(lambda: self._digits.take_back(card, who, stars)):
                self._taken_back.note(Digit(card.message_id, who, stars))

    def _hear(self, payload: discord.RawReactionActionEvent, stars: int, *, there: bool) -> None:
        if self._catching_up is not None and not self._catching_up.done():
            self._heard.setdefault((payload.message_id, payload.user_id), {})[stars] = there

    async def _card(self, payload: discord.RawReactionActionEvent) -> tuple[int, PublicCard | None]:
        stars = digits.stars(payload.emoji.name)
        if not stars or payload.user_id == self.bot.application_id:
            return stars, None
        async with self.posting.of(payload.channel_id):
            pass
        return stars, await self.bot.services.cards.get(payload.message_id)

    async def _catch_up(self, online: int) -> None:
        s = self.bot.services
        now = online // 1_000_000_000
        known_since = int(await s.settings.get(KNOWN_SINCE) or now)
        if known_since == now:  # of digits under older cards nothing was kept: nobody could say which are new
            await s.settings.set(KNOWN_SINCE, str(now))
        await s.digits.forget_old()
        for card in await s.cards.since(max(known_since, now - CAUGHT_UP)):
            try:
                await self._catch_up_card(card, online)
            except (EarmarkError, discord.HTTPException) as problem:
                log.info("the digits of a card were not read: %s", type(problem).__name__)

    async def _catch_up_card(self, card: PublicCard, online: int) -> None:
        paces = (self.bot.errands, self.bot.pace)
        for pace in paces:
            await pace.turn()
        channel = self.bot.get_partial_messageable(card.channel_id, guild_id=card.guild_id)
        try:
            standing = await digits.read(await channel.fetch_message(card.message_id), *paces)
        except discord.NotFound as gone:
            if gone.code == NO_MESSAGE:
                await self.bot.services.cards.remove(card.message_id)
            return
        for who in await self._digits.differing(card, standing):
            async with self._in_turn.of((card.message_id, who)):
                heard = self._heard.get((card.message_id, who), {})
                taken = {stars for stars, there in heard.items() if not there}
                there = (standing.get(who, set()) | heard.keys()) - taken
                await self._digits.catch_up(card, who, there, online)


async def setup(bot: commands.Bot) -> None:
    assert isinstance(bot, Earmark)
    bot.add_dynamic_items(VoteButton, NextButton)
    await bot.add_cog(Reactions(bot))
