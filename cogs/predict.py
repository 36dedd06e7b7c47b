"""Predict: what the caller would give to a track, or to a whole playlist."""

import re

import discord
from discord import app_commands
from discord.ext import commands

from bot.domain.errors import NotYourCard, UnknownTrack
from bot.domain.tracks import sent_id
from bot.flow.find import SURE, Found, find_outside
from bot.flow.predict import predict_playlist, predict_tracks, what_if
from cogs.ui import cards, pick, text, text_commands, text_predict, text_spotify
from cogs.ui.access import allow, private, services
from cogs.ui.audio import is_audio, listen_to
from cogs.ui.deliver import deliver
from cogs.ui.items import LastingItem, LastingView

PAGE = 10
CARD = re.compile(r"earmark:(?:rate:\d+|vote):(\d+)")


async def show_prediction(interaction: discord.Interaction, found: Found) -> None:
    allow(interaction, "predict")
    s = services(interaction)
    track = found.track
    user, guild_id = interaction.user.id, interaction.guild_id
    since = await s.models.began(user)
    (prediction,) = await predict_tracks(
        s.ratings, s.models, s.workers, user, [track], explain=True, shares=s.shares, guild_id=guild_id
    )
    await s.predictions.shown(user, [prediction], since)
    card = cards.prediction_card(prediction, user)
    card["content"] = text_spotify.probably(found.certainty) if found.certainty < SURE else None
    card["attachments"] = cards.sounds(await s.clips.of(track, user, guild_id))
    await deliver(interaction, **card)


class WhatIfSelect(LastingItem, template=r"earmark:whatif:(?P<owner>\d{1,20}):(?P<track>\d{1,19})"):
    """Answers on the card of a prediction what one change would make of it."""

    async def act(self, interaction: discord.Interaction) -> None:
        user, s = interaction.user.id, services(interaction)
        if user != self.number("owner"):
            raise NotYourCard(owner_id=self.number("owner"))
        allow(interaction, "predict")
        await interaction.response.defer()
        since = await s.models.began(user)
        track = await s.playlists.track(self.number("track"), user, interaction.guild_id)
        prediction, asked = await what_if(
            s.ratings, s.models, s.workers, user, track, self.chosen, shares=s.shares, guild_id=interaction.guild_id
        )
        await s.predictions.shown(user, [prediction], since)
        before = next(iter(interaction.message.embeds if interaction.message else []), None)
        await interaction.edit_original_response(**cards.prediction_card(prediction, user, asked, before))


async def ranked_page(interaction: discord.Interaction, playlist_id: int, page: int) -> cards.Message:
    allow(interaction, "predict")
    s = services(interaction)
    user = interaction.user.id
    since = await s.models.began(user)
    ranked = await predict_playlist(
        s.playlists, s.ratings, s.models, s.workers, user, interaction.guild_id, playlist_id, s.shares
    )
    pages = max(1, -(-len(ranked.predictions) // PAGE))
    page = min(page, pages - 1)
    shown = ranked.predictions[page * PAGE : (page + 1) * PAGE]
    await s.predictions.shown(user, shown, since)
    view = LastingView()
    for action, to in (("Back", page - 1), ("More", page + 1)):
        # The action keeps two disabled buttons from sharing one custom id.
        custom_id = f"earmark:ranked:{user}:{playlist_id}:{max(to, 0)}:{action}"
        turn = cards.button(text.button(action.lower()), custom_id, 0, quiet=True)
        turn.disabled = not 0 <= to < pages
        view.add_item(turn)
    verdict = ranked.predictions[0].verdict if ranked.predictions else "unknown"
    content = text_predict.ranked(ranked.name, shown, page, pages, ranked.trained_on, verdict)
    return cards.Message(content=content, view=view if pages > 1 else None)


class RankedButton(
    LastingItem,
    template=r"earmark:ranked:(?P<owner>\d{1,20}):(?P<playlist>\d{1,19}):(?P<page>\d{1,6}):(?:Back|More)",
):
    """Turns the pages of a ranked playlist."""

    async def act(self, interaction: discord.Interaction) -> None:
        if interaction.user.id != self.number("owner"):
            raise NotYourCard(owner_id=self.number("owner"))
        await interaction.response.defer()
        page = await ranked_page(interaction, self.number("playlist"), self.number("page"))
        await interaction.edit_original_response(**page)


class Predict(commands.GroupCog, group_name="predict", group_description=text_commands.PREDICT):
    @app_commands.command(description=text_commands.PREDICT_TRACK)
    @app_commands.describe(**text_commands.PREDICT_TRACK_OPTIONS)
    @app_commands.autocomplete(track=pick.track_choices)
    async def track(self, interaction: discord.Interaction, track: str) -> None:
        await interaction.response.defer(ephemeral=private(interaction), thinking=True)
        await show_prediction(interaction, await _known_or_found(interaction, track))

    @app_commands.command(description=text_commands.PREDICT_AUDIO)
    @app_commands.describe(**text_commands.PREDICT_AUDIO_OPTIONS)
    async def audio(self, interaction: discord.Interaction, file: discord.Attachment) -> None:
        await interaction.response.defer(ephemeral=private(interaction), thinking=True)
        await show_prediction(interaction, Found(await listen_to(interaction, file), 1.0))

    @app_commands.command(description=text_commands.PREDICT_PLAYLIST)
    @app_commands.describe(**text_commands.PREDICT_PLAYLIST_OPTIONS)
    @app_commands.autocomplete(playlist=pick.playlist_choices)
    async def playlist(self, interaction: discord.Interaction, playlist: str) -> None:
        await interaction.response.defer(ephemeral=private(interaction), thinking=True)
        playlist_id = await pick.playlist_id(interaction, playlist)
        message = await ranked_page(interaction, playlist_id, 0)
        await deliver(interaction, **message)


async def predict_this_track(interaction: discord.Interaction, message: discord.Message) -> None:
    await interaction.response.defer(ephemeral=private(interaction), thinking=True)
    await show_prediction(interaction, await _track_of(interaction, message))


async def _known_or_found(interaction: discord.Interaction, asked: str) -> Found:
    """A track that the member can see, else one that services know."""
    s = services(interaction)
    try:
        return Found(await pick.track(interaction, asked), 1.0)
    except UnknownTrack:
        if asked.startswith(pick.ID):
            raise
        return await find_outside(s.outside, s.playlists, interaction.user.id, asked)


async def _track_of(interaction: discord.Interaction, message: discord.Message) -> Found:
    """The track that a message is about: named in a card's buttons, heard in a recording, or said in words."""
    s = services(interaction)
    user, guild_id = interaction.user.id, interaction.guild_id
    for row in message.components:
        for child in getattr(row, "children", []):
            found = CARD.match(getattr(child, "custom_id", None) or "")
            if found:
                return Found(
                    await s.playlists.visible_track(user, guild_id, sent_id(found[1]), message_id=message.id), 1.0
                )
    sound = next((file for file in message.attachments if is_audio(file)), None)
    if sound is not None:
        return Found(await listen_to(interaction, sound), 1.0)
    if not message.content.strip():
        raise UnknownTrack(asked="a track")
    return await _known_or_found(interaction, message.content)


async def setup(bot: commands.Bot) -> None:
    bot.add_dynamic_items(RankedButton, WhatIfSelect)
    bot.tree.add_command(app_commands.ContextMenu(name=text.PREDICT_THIS, callback=predict_this_track))
    await bot.add_cog(Predict())
