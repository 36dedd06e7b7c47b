"""Public cards: everybody rates the same track, by button or by reaction, each for himself."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import discord
from discord.ext import commands

from bot.client import Earmark
from bot.domain.errors import EarmarkError, ErasedMeanwhile, NothingToRate, StorageBusy, UnknownTrack
from bot.domain.ratings import Question
from bot.flow.rate import Round
from cogs.ui import cards, digits, text, text_errors
from cogs.ui.access import paces, services
from cogs.ui.errors import say
from cogs.ui.in_time import in_time, promised, reply
from cogs.ui.in_turn import InTurn
from cogs.ui.items import LastingItem
from storage.cards import PublicCard
from storage.listeners import Began

PAUSES = (1.0, 3.0, 10.0)  # seconds


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
    card = cards.public_card(question.track, owner, question.playlist_id, by_reaction=by_reaction, clip=clip)
    message_id = await reply(interaction, card, ephemeral=False)
    if message_id is not None:
        await _remember(interaction, message_id, question, since)
    await play_ahead(interaction, question)
    if by_reaction and message_id is not None:
        assert interaction.channel_id is not None
        channel = interaction.client.get_partial_messageable(interaction.channel_id, guild_id=interaction.guild_id)
        await digits.offer(channel.get_partial_message(message_id), *paces(interaction))


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
        card = await s.cards.get(interaction.message.id) if interaction.message else None
        track_id, stars, user = self.number("track"), self.number("stars"), interaction.user.id
        asked_by = card.owner_id if card else 0
        track = await s.playlists.track(track_id, user, interaction.guild_id, through=asked_by)
        await s.ratings.rate(user, track.id, stars, through=track.through)
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
        if await s.ratings.get(owner_id, track_id) is None:
            await s.ratings.skip(owner_id, track_id)
        try:
            question = await s.questions.next(Round(owner_id, interaction.guild_id, self.number("playlist") or None))
        except NothingToRate as done:
            await say(interaction, text_errors.error(done))
            return
        await post_first(interaction, question)


async def _patiently(write: Callable[[], Awaitable[object]]) -> None:
    """A reaction stands on the card and nobody can be told to try again, so a busy database is asked once more."""
    for pause in PAUSES:
        try:
            await write()
        except StorageBusy:
            await asyncio.sleep(pause)
        else:
            return
    await write()


class Reactions(commands.Cog):
    """Digit reactions, read raw, so that a card of any age counts."""

    def __init__(self, bot: Earmark) -> None:
        self.bot = bot
        self._in_turn = InTurn()

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        async with self._in_turn.of((payload.message_id, payload.user_id)):
            stars, card = await self._card(payload)
            if card is None or (payload.member is not None and payload.member.bot):
                return
            s, who = self.bot.services, payload.user_id
            since = await s.playlists.began(who)
            with contextlib.suppress(ErasedMeanwhile, UnknownTrack):
                track = await s.playlists.track(card.track_id, who, card.guild_id, through=card.owner_id)
                await _patiently(lambda: s.ratings.rate(who, track.id, stars, since, through=track.through))

    @commands.Cog.listener()
    async def on_raw_reaction_remove(self, payload: discord.RawReactionActionEvent) -> None:
        async with self._in_turn.of((payload.message_id, payload.user_id)):
            stars, card = await self._card(payload)
            if card is not None:
                # Taking back a digit that no longer counts changes nothing.
                await _patiently(lambda: self.bot.services.ratings.clear(payload.user_id, card.track_id, only_if=stars))

    async def _card(self, payload: discord.RawReactionActionEvent) -> tuple[int, PublicCard | None]:
        stars = digits.stars(payload.emoji.name)
        if not stars or payload.user_id == self.bot.application_id:
            return stars, None
        return stars, await self.bot.services.cards.get(payload.message_id)


async def setup(bot: commands.Bot) -> None:
    assert isinstance(bot, Earmark)
    bot.add_dynamic_items(VoteButton, NextButton)
    await bot.add_cog(Reactions(bot))
