"""Autocomplete: members choose playlists and tracks by name; the value carries the id."""

from collections.abc import Iterable
from itertools import chain, count

import discord
from discord import app_commands

from bot.domain.errors import TooOften, UnknownPlaylist, UnknownTrack
from bot.domain.tracks import Track, sent_id
from bot.flow.predict import track_named
from cogs.ui import text
from cogs.ui.access import allow, services

MAX_INPUT = 100  # characters of an id; what is longer is a name
NAME = 95  # letters of a choice, so that a number fits behind it
ID = "#"  # a value that starts so was chosen from the list, not typed


async def playlist_choices(interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
    visible = await services(interaction).playlists.visible(interaction.user.id, interaction.guild_id)
    fitting = [playlist for playlist in visible if current.casefold() in playlist.name.casefold()]
    return _choices((text.bare(p.name, NAME), p.id) for p in fitting[:25])


async def own_playlist_choices(interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
    own = await services(interaction).playlists.of(interaction.user.id)
    fitting = [playlist for playlist in own if current.casefold() in playlist.name.casefold()]
    return _choices((text.bare(p.name, NAME), p.id) for p in fitting[:25])


async def playlist_id(interaction: discord.Interaction, value: str) -> int:
    """The id that a chosen or typed playlist means; raises UnknownPlaylist."""
    visible = await services(interaction).playlists.visible(interaction.user.id, interaction.guild_id)
    for playlist in visible:
        if value == f"{ID}{playlist.id}" or value.casefold() == playlist.name.casefold():
            return playlist.id
    raise UnknownPlaylist(asked=value)


async def track_choices(interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
    try:
        allow(interaction, "suggest")
    except TooOften:  # nothing can be said here; the name can be typed
        return []
    found = await services(interaction).playlists.search(interaction.user.id, interaction.guild_id, current)
    return _choices((text.song_bare(track, NAME), track.id) for track in found[:25])


def _choices(named: Iterable[tuple[str, int]]) -> list[app_commands.Choice[str]]:
    """Choices whose names differ, as Discord wants them: of two that are called alike, the second says so."""
    values: dict[str, str] = {}
    for name, number in named:
        shown = next(one for one in chain((name,), (f"{name} ({n})" for n in count(2))) if one not in values)
        values[shown] = f"{ID}{number}"
    return [app_commands.Choice(name=name, value=value) for name, value in values.items()]


async def track(interaction: discord.Interaction, value: str) -> Track:
    """The visible track that a chosen or typed value means; raises UnknownTrack, and TooOften where it was typed."""
    playlists = services(interaction).playlists
    if value.startswith(ID) and value[1:].isascii() and value[1:].isdecimal() and len(value) < MAX_INPUT:
        return await playlists.visible_track(interaction.user.id, interaction.guild_id, sent_id(value[1:]))
    if not value.strip():
        raise UnknownTrack(asked=value)
    allow(interaction, "search")
    return await track_named(playlists, interaction.user.id, interaction.guild_id, value)
