"""Rate: cards that ask, buttons that save."""

import re
from typing import Any, Self

import discord
from discord import app_commands
from discord.ext import commands

from bot.domain import Question
from bot.errors import NothingToRate, NotYourCard, UnknownTrack
from bot.flow import rate as flow
from bot.flow.rate import Round
from cogs.public import post_first
from cogs.ui import cards, pick, text
from cogs.ui.access import private, services
from cogs.ui.cards import ONE, STATE, CardState
from cogs.ui.errors import guard

PAGE = 10


def round_of(interaction: discord.Interaction, playlist_id: int | None = None) -> Round:
    return Round(interaction.user.id, interaction.guild_id, playlist_id)


def card_for(question: Question, interaction: discord.Interaction, notice: str | None = None) -> cards.Message:
    state = CardState(interaction.user.id, question.track.id, str(question.playlist_id or 0))
    return cards.private_card(question, state, notice)


async def next_card(interaction: discord.Interaction, state: CardState, notice: str) -> None:
    """Turn the clicked card into the next one, or into a closing word."""
    if state.playlist == ONE:
        await interaction.response.edit_message(**cards.said(notice))
        return
    try:
        question = await services(interaction).questions.next(round_of(interaction, state.playlist_id))
    except NothingToRate as done:
        await interaction.response.edit_message(**cards.said(f"{notice}\n{text.error(done)}"))
        return
    await interaction.response.edit_message(**card_for(question, interaction, notice))


class CardButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template="earmark:never"):
    """A button of a private card; it lives on after a restart, for its custom id carries its state."""

    def __init__(self, item: discord.ui.Button[Any], state: CardState, stars: int = 0) -> None:
        super().__init__(item)
        self.state = state
        self.stars = stars

    @classmethod
    async def from_custom_id(cls, _: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str], /) -> Self:
        assert isinstance(item, discord.ui.Button)
        state = CardState(int(match["owner"]), int(match["track"]), match["playlist"])
        return cls(item, state, int(match.groupdict().get("stars") or 0))

    async def callback(self, interaction: discord.Interaction) -> None:
        await guard(interaction, self._checked)

    async def _checked(self, interaction: discord.Interaction) -> None:
        if interaction.user.id != self.state.owner_id:
            raise NotYourCard(owner_id=self.state.owner_id)
        try:
            await self.act(interaction)
        except UnknownTrack as gone:
            await next_card(interaction, self.state, text.error(gone))

    async def act(self, interaction: discord.Interaction) -> None:
        raise AssertionError(interaction)


class RateButton(CardButton, template=rf"earmark:rate:{STATE}:(?P<stars>10|[1-9])"):
    async def act(self, interaction: discord.Interaction) -> None:
        s = services(interaction)
        track = await flow.rate(s.playlists, s.ratings, round_of(interaction), self.state.track_id, self.stars)
        await next_card(interaction, self.state, text.saved(track, self.stars))


class SkipButton(CardButton, template=rf"earmark:skip:{STATE}"):
    async def act(self, interaction: discord.Interaction) -> None:
        s = services(interaction)
        track = await flow.skip(s.playlists, s.ratings, round_of(interaction), self.state.track_id)
        await next_card(interaction, self.state, text.skipped(track))


class UndoButton(CardButton, template=rf"earmark:undo:{STATE}"):
    async def act(self, interaction: discord.Interaction) -> None:
        s = services(interaction)
        track_id, stars = await s.ratings.undo(interaction.user.id)
        question = await s.questions.about(round_of(interaction, self.state.playlist_id), track_id)
        notice = text.undone(question.track, stars)
        await interaction.response.edit_message(**card_for(question, interaction, notice))


class StopButton(CardButton, template=rf"earmark:stop:{STATE}"):
    async def act(self, interaction: discord.Interaction) -> None:
        rated = await services(interaction).ratings.count(interaction.user.id)
        await interaction.response.edit_message(**cards.said(text.stopped(rated)))


class PageButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"earmark:history:(?P<owner>\d{1,20}):(?P<page>\d{1,6})"
):
    """Turns the pages of a member's history."""

    def __init__(self, item: discord.ui.Button[Any], owner_id: int, page: int) -> None:
        super().__init__(item)
        self.owner_id = owner_id
        self.page = page

    @classmethod
    async def from_custom_id(cls, _: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str], /) -> Self:
        assert isinstance(item, discord.ui.Button)
        return cls(item, int(match["owner"]), int(match["page"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        await guard(interaction, self._turn)

    async def _turn(self, interaction: discord.Interaction) -> None:
        if interaction.user.id != self.owner_id:
            raise NotYourCard(owner_id=self.owner_id)
        await interaction.response.edit_message(**await history_page(interaction, self.page))


class ChangeSelect(discord.ui.DynamicItem[discord.ui.Select[Any]], template=r"earmark:change:(?P<owner>\d{1,20})"):
    """Picks a rated track from the history to rate it again."""

    def __init__(self, item: discord.ui.Select[Any], owner_id: int) -> None:
        super().__init__(item)
        self.owner_id = owner_id

    @classmethod
    async def from_custom_id(cls, _: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str], /) -> Self:
        assert isinstance(item, discord.ui.Select)
        return cls(item, int(match["owner"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        await guard(interaction, self._show)

    async def _show(self, interaction: discord.Interaction) -> None:
        if interaction.user.id != self.owner_id:
            raise NotYourCard(owner_id=self.owner_id)
        track_id = int(self.item.values[0])
        question = await services(interaction).questions.about(round_of(interaction), track_id)
        card = cards.private_card(question, CardState(interaction.user.id, track_id, ONE))
        await interaction.response.send_message(**_new(card), ephemeral=private(interaction))


async def history_page(interaction: discord.Interaction, page: int) -> cards.Message:
    """One page of the caller's ratings, newest first, each changeable."""
    owner = interaction.user.id
    ratings, total = await services(interaction).ratings.page(owner, page, PAGE)
    pages = max(1, -(-total // PAGE))
    page = min(page, pages - 1)
    view = discord.ui.View(timeout=None)
    if ratings:
        options = [
            discord.SelectOption(
                label=text.bare(r.track.title), description=f"you gave {r.stars}", value=str(r.track.id)
            )
            for r in ratings
        ]
        view.add_item(
            discord.ui.Select(custom_id=f"earmark:change:{owner}", placeholder="Change a rating …", options=options)
        )
    if pages > 1:
        for label, to in (("Newer", page - 1), ("Older", page + 1)):
            turn = cards.button(label, f"earmark:history:{owner}:{max(to, 0) if to < page else to}", 1, quiet=True)
            turn.disabled = not 0 <= to < pages
            view.add_item(turn)
    content = text.history(ratings, page, pages, total)
    return cards.Message(content=content, embed=None, view=view if view.children else None)


def _new(message: cards.Message) -> Any:
    """Sending, unlike editing, takes no None."""
    return {key: value for key, value in message.items() if value is not None}


class Rate(commands.GroupCog, group_name="rate", group_description="Rate tracks from 1 to 10"):
    @app_commands.command(description="Rate tracks one after the other, from 1 to 10")
    @app_commands.describe(
        playlist="Only from this playlist", public="Post the card for everybody, with digit reactions"
    )
    @app_commands.autocomplete(playlist=pick.playlist_choices)
    async def start(self, interaction: discord.Interaction, playlist: str | None = None, public: bool = False) -> None:
        playlist_id = await pick.playlist_id(interaction, playlist) if playlist else None
        question = await services(interaction).questions.next(round_of(interaction, playlist_id))
        if public:
            await post_first(interaction, question)
            return
        await interaction.response.send_message(**_new(card_for(question, interaction)), ephemeral=private(interaction))

    @app_commands.command(description="See and change what you have rated")
    async def history(self, interaction: discord.Interaction) -> None:
        message = await history_page(interaction, 0)
        await interaction.response.send_message(**_new(message), ephemeral=private(interaction))

    @app_commands.command(description="Rate one track that you can see")
    @app_commands.describe(track="Its name", stars="1 to 10; leave it out to see the card first")
    @app_commands.autocomplete(track=pick.track_choices)
    async def track(
        self, interaction: discord.Interaction, track: str, stars: app_commands.Range[int, 1, 10] | None = None
    ) -> None:
        s = services(interaction)
        chosen = await pick.track(interaction, track)
        if stars is None:
            question = await s.questions.about(round_of(interaction), chosen.id)
            card = cards.private_card(question, CardState(interaction.user.id, chosen.id, ONE))
            await interaction.response.send_message(**_new(card), ephemeral=private(interaction))
            return
        await flow.rate(s.playlists, s.ratings, round_of(interaction), chosen.id, stars)
        await interaction.response.send_message(text.saved(chosen, stars), ephemeral=private(interaction))


async def setup(bot: commands.Bot) -> None:
    bot.add_dynamic_items(RateButton, SkipButton, UndoButton, StopButton, PageButton, ChangeSelect)
    await bot.add_cog(Rate())
