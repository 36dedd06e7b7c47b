"""The stage: brings a stored session before people's eyes and drives it on - posts, edits, waits, goes on.

All that matters is in the database; `drive` looks at a session's state and does whatever is missing. So it is called
after every step and after a restart alike.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Coroutine, Mapping
from typing import Any

import discord

from bot.client import Earmark
from bot.domain import Track
from bot.domain_session import Phase, Round, Session
from bot.errors import EarmarkError, GroupError, SessionError, UnknownTrack
from bot.flow.gather import Pool, gather, make_playlist, next_question, sources, with_votes
from bot.flow.session import apply
from bot.flow.session_events import Cancel, EndRound, Event, OpenRound, Posted, Reveal, RoundPosted
from bot.flow.voting import catch_up, end_abandoned
from cogs.public import BARE_DIGITS, DIGITS
from cogs.ui import session_cards, text
from cogs.ui.errors import sentence
from cogs.ui.in_turn import InTurn

GONE = {10003, 50001, 50013}  # the channel, or the permission to speak in it
NO_MESSAGE = 10008
QUIET = 1.5  # seconds in which several votes become one edit: Discord allows about one a second and channel
SWEEP = 600.0  # seconds between looks for sessions that everybody has left
POOLS = 100  # kept in memory

log = logging.getLogger(__name__)


def now() -> int:
    return int(time.time())


class Stage:
    """Sessions as Discord sees them."""

    def __init__(self, bot: Earmark) -> None:
        self._bot = bot
        self.changes = InTurn()
        self._locks: dict[int, asyncio.Lock] = {}
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._pools: OrderedDict[int, Pool] = OrderedDict()
        self._refreshing: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def step(self, session_id: int, event: Event) -> Session:
        """Take and store a step, and let the stage follow; raises what the state machine raises."""
        step = await self._bot.services.sessions.step(session_id, lambda session: apply(session, event))
        if step.before.present != step.after.present or step.before.submissions != step.after.submissions:
            self._pools.pop(session_id, None)
        self.go_on(session_id)
        return step.after

    def go_on(self, session_id: int) -> None:
        """Drive a session on, soon."""
        self._spawn(self._drive_safely(session_id), f"session-{session_id}")

    def refresh(self, session_id: int) -> None:
        """Show new votes, soon: several of them in one edit."""
        if session_id not in self._refreshing:
            self._refreshing.add(session_id)
            self._spawn(self._refresh(session_id), f"session-{session_id}-votes")

    async def resume(self) -> None:
        """Go on with every live session after a restart, with the reactions that were made meanwhile."""
        for session in await self._bot.services.sessions.live():
            await self._read_reactions(session)
            self.go_on(session.id)
        self._spawn(self._sweep(), "sessions-sweep")

    async def close(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def pool(self, session: Session) -> Pool:
        """What the group can choose from, with the votes given so far; raises NoCandidates."""
        pool = self._pools.get(session.id)
        if pool is None or pool.members != session.present:
            s = self._bot.services
            pool = await gather(s.playlists, s.ratings, s.models, s.workers, session)
            self._pools[session.id] = pool
            while len(self._pools) > POOLS:
                self._pools.popitem(last=False)
        return with_votes(pool, session)

    async def tracks(self, session: Session) -> dict[int, Track]:
        """The tracks that a session's rounds and playlist name."""
        found: dict[int, Track] = {}
        for track_id in {*(r.track_id for r in session.rounds), *(slot.track_id for slot in session.slots)}:
            try:
                found[track_id] = await self._bot.services.playlists.track(track_id)
            except UnknownTrack:
                continue
        return found

    async def names(self, session: Session) -> dict[int, str]:
        """What members are called here, for a picture."""
        guild = self._bot.get_guild(session.guild_id)
        names: dict[int, str] = {}
        for who in session.members:
            try:
                found = await (guild.fetch_member(who) if guild else self._bot.fetch_user(who))
                names[who] = text.bare(found.display_name, 16)
            except discord.HTTPException:
                names[who] = "a member"
        return names

    async def brings(self, session: Session) -> dict[int, int]:
        found: dict[int, int] = {}
        for playlist in await sources(self._bot.services.playlists, session):
            found[playlist.owner_id] = found.get(playlist.owner_id, 0) + playlist.tracks
        return found

    async def playlist(self, session: Session) -> tuple[Any, ...]:
        """The slots of the group's playlist; raises NoCandidates or AllVetoed."""
        s = self._bot.services
        return await make_playlist(
            s.workers, await self.pool(session), session, await s.sessions.debts(session.guild_id)
        )

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drive_safely(self, session_id: int) -> None:
        async with self._locks.setdefault(session_id, asyncio.Lock()):
            try:
                while await self._drive(await self._bot.services.sessions.get(session_id)):
                    pass
            except discord.HTTPException as problem:
                if problem.code in GONE:
                    await self._give_up(session_id)
                else:
                    log.warning("session %s: Discord said %s", session_id, problem.code)
            except EarmarkError as problem:
                await self._tell(session_id, sentence(problem))
            except Exception as problem:  # noqa: BLE001 - nobody above would see it
                await self._tell(session_id, sentence(problem))

    async def _drive(self, session: Session) -> bool:
        """Do the next thing that is missing; True: look again."""
        if session.phase is Phase.GATHERING and session.settings.theme is None:
            return await self._next_round(session)
        if session.phase is Phase.RATING:
            round_ = session.open_round
            if round_ is None:
                await self._show_round(session, session.rounds[-1])
                return await self._next_round(session)
            if round_.message_id is None:
                await self._post_round(session, round_)
                return True
            self._wait(session.id, round_)
        await self._show_card(session)
        return False

    async def _next_round(self, session: Session) -> bool:
        if len(session.rounds) >= session.planned_rounds:
            await self._to_reveal(session)
            return True
        try:
            pool = await self.pool(session)
            track = next_question(pool, session)
        except GroupError:
            if not session.rounds:
                raise
            await self._to_reveal(session)
            return True
        event = OpenRound(at=now(), track_id=track.id, expected=pool.guesses(track.id))
        await self._bot.services.sessions.step(session.id, lambda current: _if_idle(current, event))
        return True

    async def _to_reveal(self, session: Session) -> None:
        await self._bot.services.sessions.step(
            session.id, lambda current: apply(current, Reveal(at=now())) if current.phase is session.phase else current
        )
        await self.post_card(await self._bot.services.sessions.get(session.id))

    async def first_round(self, session: Session) -> None:
        """Go on from the submissions of a themed session to its rounds; raises NoCandidates, WrongPhase."""
        pool = await self.pool(session)
        track = next_question(pool, session)
        await self.step(session.id, OpenRound(at=now(), track_id=track.id, expected=pool.guesses(track.id)))

    async def post_card(self, session: Session) -> None:
        """Put the session's card at the channel's end."""
        sent = await self._channel(session).send(**await self._card(session))
        event = Posted(at=now(), message_id=sent.id)
        await self._bot.services.sessions.step(session.id, lambda current: apply(current, event))

    async def _card(self, session: Session) -> Any:
        tracks = await self.tracks(session)
        picture = await self._picture(session, tracks) if session.phase is Phase.PLAYLIST else None
        brings = await self.brings(session) if session.phase is Phase.LOBBY else {}
        return session_cards.card(session, tracks, brings, picture)

    async def _picture(self, session: Session, tracks: Mapping[int, Track]) -> discord.File:
        return await session_cards.picture(self._bot.services.workers, session, tracks, await self.names(session))

    async def _show_card(self, session: Session) -> None:
        if session.message_id is None:
            return
        content = await self._card(session)
        file = content.pop("file", None)
        await self._edit(session, session.message_id, **content, **({"attachments": [file]} if file else {}))

    async def _post_round(self, session: Session, round_: Round) -> None:
        track = await self._bot.services.playlists.track(round_.track_id)
        sent = await self._channel(session).send(**session_cards.round_card(session, round_, track))
        event = RoundPosted(at=now(), number=round_.number, message_id=sent.id)
        await self._bot.services.sessions.step(session.id, lambda current: apply(current, event))
        self._spawn(_offer(sent), f"session-{session.id}-digits")

    async def _show_round(self, session: Session, round_: Round) -> None:
        if round_.message_id is not None:
            track = await self._bot.services.playlists.track(round_.track_id)
            await self._edit(session, round_.message_id, **session_cards.round_card(session, round_, track))

    async def _refresh(self, session_id: int) -> None:
        try:
            await asyncio.sleep(QUIET)
            self._refreshing.discard(session_id)
            session = await self._bot.services.sessions.get(session_id)
            if session.open_round is not None:
                await self._show_round(session, session.open_round)
        except (EarmarkError, discord.HTTPException) as problem:
            log.info("votes not shown: %s", type(problem).__name__)
        finally:
            self._refreshing.discard(session_id)

    def _wait(self, session_id: int, round_: Round) -> None:
        """Set the clock that ends an open round."""
        old = self._timers.pop(session_id, None)
        if old is not None:
            old.cancel()

        def over() -> None:
            self._spawn(self._end_round(session_id, round_.number), f"session-{session_id}-clock")

        delay = max(0.0, round_.ends_at - time.time()) + 0.05
        self._timers[session_id] = asyncio.get_running_loop().call_later(delay, over)

    async def _end_round(self, session_id: int, number: int) -> None:
        try:
            await self.step(session_id, EndRound(at=now(), number=number))
        except SessionError as early:  # it ended by itself, or the clock was set back
            log.debug("round not ended: %s", type(early).__name__)
            self.go_on(session_id)

    async def _read_reactions(self, session: Session) -> None:
        round_ = session.open_round
        if round_ is None or round_.message_id is None:
            return
        digits: dict[int, set[int]] = {}
        try:
            message = await self._channel(session).fetch_message(round_.message_id)
            for reaction in message.reactions:
                stars = BARE_DIGITS.get(str(reaction.emoji).replace("\ufe0f", ""))
                if stars is None:
                    continue
                async for user in reaction.users():
                    if not user.bot:
                        digits.setdefault(user.id, set()).add(stars)
        except discord.HTTPException as problem:
            log.info("reactions not read: %s", problem.code)
            return
        await catch_up(self._bot.services.sessions, session.id, round_.number, digits, now())

    async def _sweep(self) -> None:
        while True:
            for session in await end_abandoned(self._bot.services.sessions, now()):
                self.go_on(session.id)
            await asyncio.sleep(SWEEP)

    async def _give_up(self, session_id: int) -> None:
        """End a session whose channel is gone, or in which the bot may speak no more."""
        event = Cancel(at=now())
        await self._bot.services.sessions.step(session_id, lambda s: apply(s, event) if s.live else s)

    async def _tell(self, session_id: int, words: str) -> None:
        """Say in the channel why a session does not go on."""
        try:
            session = await self._bot.services.sessions.get(session_id)
            await self._channel(session).send(words)
        except (EarmarkError, discord.HTTPException) as problem:
            log.info("session %s could not be told: %s", session_id, type(problem).__name__)

    async def _edit(self, session: Session, message_id: int, **content: Any) -> None:
        try:
            await self._channel(session).get_partial_message(message_id).edit(**content)
        except discord.NotFound as problem:
            if problem.code != NO_MESSAGE:
                raise
            log.info("a session's message is gone")

    def _channel(self, session: Session) -> discord.PartialMessageable:
        return self._bot.get_partial_messageable(session.channel_id, guild_id=session.guild_id)


def _if_idle(session: Session, event: OpenRound) -> Session:
    """Open a round unless somebody ended the session, or opened one, meanwhile."""
    idle = session.phase in {Phase.GATHERING, Phase.RATING} and session.open_round is None
    return apply(session, event) if idle else session


async def _offer(message: discord.Message) -> None:
    try:
        for digit in DIGITS:
            await message.add_reaction(digit)
    except discord.HTTPException as problem:
        log.info("digits stopped: %s", problem.code)  # the buttons do the same
