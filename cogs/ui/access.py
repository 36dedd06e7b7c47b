"""From an interaction to the services behind it."""

from typing import TYPE_CHECKING, cast

import discord

if TYPE_CHECKING:
    from bot.client import Earmark, Services


def services(interaction: discord.Interaction) -> "Services":
    return cast("Earmark", interaction.client).services


def private(interaction: discord.Interaction) -> bool:
    """Whether an answer meant for one person must be ephemeral: everywhere but in that person's DM."""
    return interaction.guild_id is not None or not interaction.context.dm_channel
