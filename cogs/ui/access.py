"""From an interaction to the services behind it."""

from typing import TYPE_CHECKING, TypeVar, cast

import discord

from bot.i18n import Language

if TYPE_CHECKING:
    from bot.client import Earmark, Services
    from bot.flow.limits import Pace

T = TypeVar("T")


def services(interaction: discord.Interaction) -> "Services":
    return cast("Earmark", interaction.client).services


def part(interaction: discord.Interaction, kind: type[T]) -> T:
    """What one cog provides for the others, by its type."""
    return cast("Earmark", interaction.client).part(kind)


def paces(interaction: discord.Interaction) -> "tuple[Pace, Pace]":
    """How fast what may wait goes to Discord."""
    bot = cast("Earmark", interaction.client)
    return bot.errands, bot.pace


def allow(interaction: discord.Interaction, what: str, number: int = 1) -> None:
    """Count what the caller asks for; raises TooOften."""
    services(interaction).limits.take(what, interaction.user.id, interaction.guild_id, number)


def server_language(interaction: discord.Interaction) -> Language:
    """The language of what everybody reads: the server's, and in direct messages the member's own."""
    return services(interaction).languages.of(interaction.guild_locale or interaction.locale)


def private(interaction: discord.Interaction) -> bool:
    """Whether an answer meant for one person must be ephemeral: everywhere but in that person's DM."""
    return interaction.guild_id is not None or not interaction.context.dm_channel
