"""From an interaction to the session and the stage it belongs to."""

import discord

from bot.domain.errors import MissingPermissions, NoSession, NotInServer, ThreadLocked
from bot.domain.session import Session
from bot.flow.session_events import Actor
from cogs.stage import Stage
from cogs.ui import session_cards
from cogs.ui.access import part, services
from cogs.ui.items import LastingItem

NEEDED = ("view_channel", "send_messages", "embed_links", "attach_files", "add_reactions", "read_message_history")


def actor(interaction: discord.Interaction) -> Actor:
    return Actor(interaction.user.id, manages=interaction.permissions.manage_events)


def stage(interaction: discord.Interaction) -> Stage:
    return part(interaction, Stage)


class SessionItem(LastingItem, template="earmark:never:session"):
    """A button or select of a session, which works on that session's server only."""

    async def act(self, interaction: discord.Interaction) -> None:
        session = await services(interaction).sessions.get(self.number("id"))
        if session.guild_id != interaction.guild_id:
            raise NoSession(asked=session.id)
        await self.press(interaction, session)

    async def press(self, interaction: discord.Interaction, session: Session) -> None:
        raise NotImplementedError


async def here(interaction: discord.Interaction) -> Session:
    """The live session of this channel; raises NoSession."""
    assert interaction.channel_id is not None
    found = await services(interaction).sessions.in_channel(interaction.channel_id)
    if found is None:
        raise NoSession(asked=0)
    return found


def check_place(interaction: discord.Interaction) -> None:
    """Say before it is needed what is missing to speak here.

    Raises:
        NotInServer: a session posts by itself, which only an invited bot may.
        MissingPermissions: with the names of those that are missing.
        ThreadLocked: the bot may not speak in it, whatever else it may.

    """
    if interaction.guild_id is None or not interaction.is_guild_integration():
        raise NotInServer
    needed, allowed = NEEDED, interaction.app_permissions
    if isinstance(interaction.channel, discord.Thread):
        needed = tuple(name.replace("send_messages", "send_messages_in_threads") for name in NEEDED)
        if interaction.channel.locked and not allowed.manage_threads:
            raise ThreadLocked(channel_id=interaction.channel.id)
    missing = [name for name in needed if not getattr(allowed, name)]
    if missing:
        raise MissingPermissions(names=tuple(name.replace("_", " ").title() for name in missing))


async def welcome(interaction: discord.Interaction, session: Session) -> None:
    """Tell a member who has just come in what others will see of them, and what they can choose."""
    if interaction.user.id in session.members:
        await interaction.followup.send(**session_cards.membership(session, interaction.user.id), ephemeral=True)
