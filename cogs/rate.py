"""Rate: cards that ask, buttons that save."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.domain.errors import NothingToRate, NotYourCard, UnknownPlaylist, UnknownTrack
from bot.domain.ratings import Question
from bot.domain.tracks import sent_id
from bot.flow import rate as flow
from bot.flow.rate import Round
from cogs.public import play_ahead, post_first
from cogs.ui import cards, pick, text, text_commands, text_errors
from cogs.ui.access import allow, private, services
from cogs.ui.cards import ONE, STATE, CardState
from cogs.ui.in_time import in_time, reply
from cogs.ui.items import LastingItem, LastingView

PAGE = 10


def round_of(interaction: discord.Interaction, playlist_id: int | None = None) -> Round:
    return Round(interaction.user.id, interaction.guild_id, playlist_id)


async def card_for(
    interaction: discord.Interaction, question: Question, notice: str | None = None, playlist: str | None = None
) -> cards.Message:
    """The caller's card for a question, with its sound where there is some, and what they are to be told."""
    s = services(interaction)
    state = CardState(interaction.user.id, question.track.id, playlist or str(question.playlist_id or 0))
    clip = await s.clips.of(question.track, interaction.user.id, interaction.guild_id)
    if question.unclear is not None:
        unclear = text.unclear_digits(
            await s.playlists.track(question.unclear, interaction.user.id, interaction.guild_id)
        )
        notice = f"{notice}\n{unclear}" if notice else unclear
        await s.digits.told(interaction.user.id)
    return cards.private_card(question, state, notice, clip)


async def next_card(interaction: discord.Interaction, state: CardState, notice: str) -> None:
    """Turn the clicked card into the next one, or into a closing word."""
    if state.playlist == ONE:
        await interaction.response.edit_message(**cards.said(notice))
        return
    try:
        question = await services(interaction).questions.next(round_of(interaction, state.playlist_id))
    except (NothingToRate, UnknownPlaylist) as over:
        await interaction.response.edit_message(**cards.said(f"{notice}\n{text_errors.error(over)}"))
        return
    await interaction.response.edit_message(**await card_for(interaction, question, notice))
    await play_ahead(interaction, question)


class CardButton(LastingItem, template="earmark:never:card"):
    """A button of a private card, which nobody but its owner may press."""

    @property
    def card(self) -> CardState:
        return CardState(self.number("owner"), self.number("track"), self.state["playlist"])

    async def act(self, interaction: discord.Interaction) -> None:
        if interaction.user.id != self.card.owner_id:
            raise NotYourCard(owner_id=self.card.owner_id)
        try:
            await self.press(interaction)
        except UnknownTrack as gone:
            await next_card(interaction, self.card, text_errors.error(gone))

    async def press(self, interaction: discord.Interaction) -> None:
        raise NotImplementedError


class RateButton(CardButton, template=rf"earmark:rate:{STATE}:(?P<stars>10|[1-9])"):
    async def press(self, interaction: discord.Interaction) -> None:
        s = services(interaction)
        stars = self.number("stars")
        track = await flow.rate(s.playlists, s.ratings, round_of(interaction), self.card.track_id, stars)
        await next_card(interaction, self.card, text.saved(track, stars))


class SkipButton(CardButton, template=rf"earmark:skip:{STATE}"):
    async def press(self, interaction: discord.Interaction) -> None:
        s = services(interaction)
        track = await flow.skip(s.playlists, s.ratings, round_of(interaction), self.card.track_id)
        await next_card(interaction, self.card, text.skipped(track))


class UndoButton(CardButton, template=rf"earmark:undo:{STATE}"):
    async def press(self, interaction: discord.Interaction) -> None:
        s = services(interaction)
        track_id, stars = await s.ratings.undo(interaction.user.id)
        notice = text.undone(await s.playlists.track(track_id, interaction.user.id, interaction.guild_id), stars)
        try:
            question = await s.questions.about(round_of(interaction, self.card.playlist_id), track_id)
        except (UnknownTrack, UnknownPlaylist):  # unlinked since; what was taken back stays so
            await next_card(interaction, self.card, notice)
            return
        await interaction.response.edit_message(**await card_for(interaction, question, notice))


class StopButton(CardButton, template=rf"earmark:stop:{STATE}"):
    async def press(self, interaction: discord.Interaction) -> None:
        rated = await services(interaction).ratings.count(interaction.user.id)
        await interaction.response.edit_message(**cards.said(text.stopped(rated)))


class PageButton(LastingItem, template=r"earmark:history:(?P<owner>\d{1,20}):(?P<page>\d{1,6})"):
    """Turns the pages of a member's history."""

    async def act(self, interaction: discord.Interaction) -> None:
        if interaction.user.id != self.number("owner"):
            raise NotYourCard(owner_id=self.number("owner"))
        await interaction.response.edit_message(**await history_page(interaction, self.number("page")))


class ChangeSelect(LastingItem, template=r"earmark:change:(?P<owner>\d{1,20})"):
    """Picks a rated track from the history to rate it again."""

    async def act(self, interaction: discord.Interaction) -> None:
        if interaction.user.id != self.number("owner"):
            raise NotYourCard(owner_id=self.number("owner"))
        track_id = sent_id(self.chosen)
        question = await services(interaction).questions.about(round_of(interaction), track_id)
        card = await card_for(interaction, question, playlist=ONE)
        await interaction.response.send_message(**cards.new(card), ephemeral=private(interaction))


async def history_page(interaction: discord.Interaction, page: int) -> cards.Message:
    """One page of the caller's ratings, newest first, each changeable."""
    owner = interaction.user.id
    ratings, total = await services(interaction).ratings.page(owner, page, PAGE)
    pages = max(1, -(-total // PAGE))
    page = min(page, pages - 1)
    view = LastingView()
    if ratings:
        options = [
            discord.SelectOption(
                label=text.bare(r.track.title), description=text.you_gave(r.stars), value=str(r.track.id)
            )
            for r in ratings
        ]
        view.add_item(
            discord.ui.Select(custom_id=f"earmark:change:{owner}", placeholder=text.button("change"), options=options)
        )
    if pages > 1:
        for label, to in (("newer", page - 1), ("older", page + 1)):
            turn = cards.button(
                text.button(label), f"earmark:history:{owner}:{max(to, 0) if to < page else to}", 1, quiet=True
            )
            turn.disabled = not 0 <= to < pages
            view.add_item(turn)
    content = text.history(ratings, page, pages, total)
    return cards.Message(content=content, embed=None, view=view if view.children else None)


class Rate(commands.GroupCog, group_name="rate", group_description=text_commands.RATE):
    @app_commands.command(description=text_commands.RATE_START)
    @app_commands.describe(**text_commands.RATE_START_OPTIONS)
    @app_commands.autocomplete(playlist=pick.playlist_choices)
    async def start(self, interaction: discord.Interaction, playlist: str | None = None, public: bool = False) -> None:
        allow(interaction, "search")
        playlist_id = await pick.playlist_id(interaction, playlist) if playlist else None
        asking = services(interaction).questions.next(round_of(interaction, playlist_id))
        question = await in_time(interaction, asking, ephemeral=private(interaction) and not public)
        if public:
            await post_first(interaction, question)
            return
        card = await in_time(interaction, card_for(interaction, question), ephemeral=private(interaction))
        await reply(interaction, card, ephemeral=private(interaction))
        await play_ahead(interaction, question)

    @app_commands.command(description=text_commands.RATE_HISTORY)
    async def history(self, interaction: discord.Interaction) -> None:
        message = await history_page(interaction, 0)
        await interaction.response.send_message(**cards.new(message), ephemeral=private(interaction))

    @app_commands.command(description=text_commands.RATE_TRACK)
    @app_commands.describe(**text_commands.RATE_TRACK_OPTIONS)
    @app_commands.autocomplete(track=pick.track_choices)
    async def track(
        self, interaction: discord.Interaction, track: str, stars: app_commands.Range[int, 1, 10] | None = None
    ) -> None:
        s = services(interaction)
        chosen = await pick.track(interaction, track)
        if stars is None:
            question = await s.questions.about(round_of(interaction), chosen.id)
            card = await card_for(interaction, question, playlist=ONE)
            await interaction.response.send_message(**cards.new(card), ephemeral=private(interaction))
            return
        await flow.rate(s.playlists, s.ratings, round_of(interaction), chosen.id, stars)
        await interaction.response.send_message(text.saved(chosen, stars), ephemeral=private(interaction))


async def setup(bot: commands.Bot) -> None:
    bot.add_dynamic_items(RateButton, SkipButton, UndoButton, StopButton, PageButton, ChangeSelect)
    await bot.add_cog(Rate())
