"""Sessions in whose channels the bot may not speak: their hosts are told once, and they wait until it may again."""

import logging

import discord

from bot.domain.session import Session
from cogs.ui import text_session

# No access to the channel, no permission to speak in it, an archived thread, a locked one.
MAY_NOT_SPEAK = {50001, 50013, 50083, 160005}

log = logging.getLogger(__name__)


class Muted:
    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._waiting: dict[int, Session] = {}  # by id

    async def add(self, session: Session) -> None:
        """Let a session wait, and tell its host by a direct message why; of one that is over only the card waits."""
        known = session.id in self._waiting
        self._waiting[session.id] = session
        if known or not session.live:
            return
        log.info("session %s waits: the bot may not speak", session.id)
        try:
            direct = await self._client.create_dm(discord.Object(session.host_id))
            await direct.send(text_session.muted(session))
        except discord.HTTPException as problem:  # closed to the bot: the card's buttons say it as well
            log.info("the host of session %s could not be told: %s", session.id, problem.code)

    def discard(self, session_id: int) -> None:
        self._waiting.pop(session_id, None)

    def within(self, guild_id: int) -> list[int]:
        """The sessions of a server that wait."""
        return [session.id for session in self._waiting.values() if session.guild_id == guild_id]

    def live(self) -> list[int]:
        """The sessions that wait and are not over."""
        return [session.id for session in self._waiting.values() if session.live]
