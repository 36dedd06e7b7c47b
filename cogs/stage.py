"""The stage: brings a stored session before people's eyes and drives it on - posts, edits, waits, goes on.

All that matters is in the database; `_drive` looks at a session's state and does whatever is missing. So it is called
after every step and after a restart alike, and a failure of Discord's is mended by calling it again.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Coroutine
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import discord

from bot.client import Earmark
from bot.domain.errors import EarmarkError, GroupError, SessionError
from bot.domain.session import Phase, Round, Session
from bot.flow.gather import next_question
from bot.flow.learn import due, learn
from bot.flow.pools import Pools
from bot.flow.session import apply
from bot.flow.session_events import Cancel, EndRound, Event, OpenRound, Posted, Reveal, RoundPosted
from bot.flow.voting import catch_up, end_abandoned
from bot.i18n import speaking
from cogs.muted import MAY_NOT_SPEAK, Muted
from cogs.ui import digits, session_cards, text
from cogs.ui.cards import sounds
from cogs.ui.errors import sentence
from cogs.ui.in_turn import InTurn

NO_CHANNEL, NO_MESSAGE = 10003, 10008
QUIET = 1.5  # seconds in which several votes become one edit: Discord allows about one a second and channel
GRACE = 2.5  # seconds for what is at hand when the bot ends
AGAIN = 30.0  # seconds after which a session is driven on once more when Discord or the disk failed
SWEEP = 600.0  # seconds between looks for sessions that everybody has left

log = logging.getLogger(__name__)


def now() -> int:
    return int(time.time())


class Stage:
    """Sessions as Discord sees them.

    Attributes:
        pools: what each session has to choose from.
        changes: lets changes of one session's playlist happen one after the other.

    """

    def __init__(self, bot: Earmark) -> None:
        s = bot.services
        self.pools = Pools(s.sessions, s.playlists, s.ratings, s.shares, s.workers)
        self.changes = InTurn()
        self._bot = bot
        self._sessions = s.sessions
        self._metrics = s.metrics
        self._driving = InTurn()
        self._clocks: dict[int, asyncio.TimerHandle] = {}
        self._refreshing: set[int] = set()
        self._names: dict[int, dict[int, str]] = {}  # by session and member
        self._tasks: set[asyncio.Task[None]] = set()
        self._errands: set[asyncio.Task[None]] = set()  # which may be dropped at any moment
        self._muted = Muted(bot)
        self._closing = asyncio.Event()
        self._sweeping = False

    async def step(self, session_id: int, event: Event) -> Session:
        """Take and store a step, and let the stage follow; raises what the state machine raises."""
        return await self.change(session_id, lambda session: apply(session, event))

    async def change(self, session_id: int, change: Callable[[Session], Session], *, repost: bool = False) -> Session:
        """Take and store several steps at once, and let the stage follow; `repost` puts the card at the end."""
        step = await self._sessions.step(session_id, change)
        if step.before.open_round is not None and step.after.phase is not Phase.RATING:
            self._spawn(self._show_last_round(step.after), f"session-{session_id}-last")
        if repost:
            try:
                await self.post_card(step.after)
            except discord.HTTPException as problem:  # the step is taken all the same
                await self._mend(session_id, problem)
        else:
            self.go_on(session_id)
        return step.after

    def go_on(self, session_id: int) -> None:
        """Drive a session on, soon."""
        self._spawn(self._drive_safely(session_id), f"session-{session_id}")

    def permissions_changed(self, guild_id: int) -> None:
        """Drive on what waits for leave to speak in this server."""
        for session_id in self._muted.within(guild_id):
            self.go_on(session_id)

    def forget(self, listener_id: int, session_ids: Collection[int]) -> None:
        """Keep nothing in memory of somebody who was erased, and show these sessions without them."""
        self.pools.forget(listener_id)
        for names in self._names.values():
            names.pop(listener_id, None)
        for session_id in session_ids:
            self.go_on(session_id)
            self.refresh(session_id)

    def refresh(self, session_id: int) -> None:
        """Show new votes, soon: several of them in one edit."""
        if session_id not in self._refreshing:
            self._refreshing.add(session_id)
            self._spawn(self._refresh(session_id), f"session-{session_id}-votes")

    def resume(self) -> None:
        """Go on with every live session after a time away, with the reactions that were made meanwhile."""
        self._spawn(self._resume_all(), "sessions-resume")
        if not self._sweeping:
            self._sweeping = True
            self._spawn(self._sweep(), "sessions-sweep")

    async def close(self) -> None:
        """Finish the steps at hand, so that no reading or writing is broken off in the middle."""
        self._closing.set()
        for clock in self._clocks.values():
            clock.cancel()
        for errand in self._errands:
            errand.cancel()
        await asyncio.gather(*self._errands, return_exceptions=True)
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=GRACE)
            for task in late:  # one that waits for Discord's rate limit, for example
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def first_round(self, session: Session) -> None:
        """Go on from the submissions of a themed session to its rounds; raises NoCandidates, WrongPhase."""
        await self.step(session.id, await self._opening(session))

    async def post_card(self, session: Session) -> None:
        """Put the session's card at the channel's end; the one before keeps a pointer, and no buttons."""
        content = await self._card(session)
        await self._bot.pace.turn()
        sent = await self._channel(session).send(**content)
        event = Posted(at=now(), message_id=sent.id)
        await self._sessions.step(session.id, lambda current: apply(current, event))
        if session.message_id is not None:
            await self._edit(session, session.message_id, **self._moved(session, sent.jump_url))

    async def adopt(self, session: Session, message_id: int) -> None:
        """Take a card for the session's own that is newer than the known one: the bot was killed as it posted it."""
        if not session.live or message_id <= (session.message_id or 0):
            return
        event = Posted(at=now(), message_id=message_id)
        await self._sessions.step(session.id, lambda current: apply(current, event))
        if session.message_id is None:  # the database was busy as the first card was posted
            return
        # A click waits for this, and not for Discord's rate limit.
        self._spawn(self._point_on(session, session.message_id, message_id), f"session-{session.id}-pointer")

    async def _point_on(self, session: Session, old_id: int, new_id: int) -> None:
        url = self._channel(session).get_partial_message(new_id).jump_url
        await self._edit(session, old_id, **self._moved(session, url))

    def _moved(self, session: Session, url: str) -> Any:
        with self._in_its_language(session):
            return session_cards.moved(session, url)

    def _in_its_language(self, session: Session) -> AbstractContextManager[None]:
        """Speak the language of the session's server."""
        guild = self._bot.get_guild(session.guild_id)
        return speaking(self._bot.services.languages.of(guild and guild.preferred_locale))

    def _spawn(self, work: Coroutine[Any, Any, None], name: str, *, errand: bool = False) -> None:
        task, among = asyncio.create_task(self._safely(work, name), name=name), self._errands if errand else self._tasks
        among.add(task)
        task.add_done_callback(among.discard)

    async def _safely(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Nobody awaits these tasks: what fails is drawn again after the next step, so a line in the log is enough."""
        try:
            await work
        except (EarmarkError, discord.HTTPException) as problem:
            self._metrics.failed(problem)
            log.info("%s: %s", name, type(problem).__name__)
        except Exception as problem:
            if not self._closing.is_set():
                self._metrics.failed(problem, unexpected=True)
                log.exception("%s failed", name)

    async def _pause(self, seconds: float) -> bool:
        """Wait; True: the stage closes meanwhile."""
        try:
            async with asyncio.timeout(seconds):
                return await self._closing.wait()
        except TimeoutError:
            return False

    async def _drive_safely(self, session_id: int) -> None:
        async with self._driving.of(session_id):
            try:
                while not self._closing.is_set() and await self._drive(await self._sessions.get(session_id)):
                    pass
                self._muted.discard(session_id)
            except Exception as problem:  # noqa: BLE001 - nobody above would see it
                unexpected = not isinstance(problem, (EarmarkError, discord.HTTPException))
                self._metrics.failed(problem, unexpected=unexpected)
                await self._mend(session_id, problem)

    async def _mend(self, session_id: int, problem: Exception) -> None:
        """Try again later what may pass, wait for leave to speak, give up what is gone, and tell the rest."""
        if isinstance(problem, discord.HTTPException):
            if problem.code == NO_CHANNEL:
                await self._give_up(session_id)
            elif problem.code in MAY_NOT_SPEAK:
                session = await self._sessions.get(session_id)
                with self._in_its_language(session):
                    await self._muted.add(session)
            else:
                self._try_again(session_id, f"Discord said {problem.code}")
        elif isinstance(problem, EarmarkError) and not isinstance(problem, GroupError):
            self._try_again(session_id, type(problem).__name__)
        else:
            await self._tell(session_id, problem)

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
        """Open a round, or go on to the reveal where none is left; the next look shows it."""
        try:
            event = None if len(session.rounds) >= session.planned_rounds else await self._opening(session)
        except GroupError:
            if not session.rounds:
                raise
            event = None  # every candidate was played
        if due(session):
            self._spawn(self._learn(session), f"session-{session.id}-learn", errand=True)
        if event is not None:
            await self._sessions.step(session.id, lambda current: _if_idle(current, event))
            return True
        revealed = await self._sessions.step(session.id, lambda current: _if_idle(current, Reveal(at=now())))
        if revealed.after.phase is Phase.REVEAL and revealed.before.phase is not Phase.REVEAL:
            await self.post_card(revealed.after)
        return True

    async def _learn(self, session: Session) -> None:
        """Let the models of members who agreed follow the votes."""
        s = self._bot.services
        if trained := await learn(s.ratings, s.models, s.predictions, s.workers, session):
            s.metrics.trained.inc(trained)

    async def _opening(self, session: Session) -> OpenRound:
        pool = await self.pools.of(session)
        track = next_question(pool, session)
        return OpenRound(at=now(), track_id=track.id, expected=pool.guesses(track.id))

    async def _card(self, session: Session) -> Any:
        tracks = await self.pools.tracks(session)
        brings = await self.pools.brings(session) if session.phase is Phase.LOBBY else {}
        picture = None
        if session.phase is Phase.PLAYLIST:
            names = await self._names_of(session)
            with self._in_its_language(session):
                picture = await session_cards.picture(self._bot.services.workers, session, tracks, names)
        else:
            self._names.pop(session.id, None)
        with self._in_its_language(session):
            return session_cards.card(session, tracks, brings, picture)

    async def _show_card(self, session: Session) -> None:
        if session.message_id is None:
            return
        content = await self._card(session)
        file = content.pop("file", None)
        there = await self._edit(session, session.message_id, **content, attachments=[file] if file else [])
        if not there and session.live:
            await self.post_card(session)

    async def _post_round(self, session: Session, round_: Round) -> None:
        track = await self._bot.services.playlists.track(
            round_.track_id, guild_id=session.guild_id, through=round_.submitter_id or 0
        )
        clip = await self._bot.services.clips.of(track, round_.submitter_id or session.host_id, session.guild_id)
        await self._bot.pace.turn()
        at = now()
        if round_.message_id is None:  # nobody could vote before
            round_ = replace(round_, opened_at=at, ends_at=at + session.settings.seconds)
        with self._in_its_language(session):
            card = session_cards.round_card(session, round_, track) | {"files": sounds(clip)}
        sent = await self._channel(session).send(**card)
        event = RoundPosted(at=at, number=round_.number, message_id=sent.id)
        await self._sessions.step(session.id, lambda current: apply(current, event) if current.open_round else current)
        self._spawn(digits.offer(sent, self._bot.errands, self._bot.pace), f"session-{session.id}-digits", errand=True)

    async def _show_round(self, session: Session, round_: Round) -> None:
        if round_.message_id is None:
            return
        track = await self._bot.services.playlists.track(
            round_.track_id, guild_id=session.guild_id, through=round_.submitter_id or 0
        )
        with self._in_its_language(session):
            card = session_cards.round_card(session, round_, track)
        there = await self._edit(session, round_.message_id, **card)
        if not there and round_.open:
            await self._post_round(session, round_)

    async def _show_last_round(self, session: Session) -> None:
        """Take the buttons from a round that ended with its session's rounds."""
        await self._show_round(session, session.rounds[-1])

    async def _refresh(self, session_id: int) -> None:
        if await self._pause(QUIET):
            return
        await self._bot.errands.turn()
        self._refreshing.discard(session_id)  # a vote from here on needs an edit of its own
        async with self._driving.of(session_id):
            session = await self._sessions.get(session_id)
            if session.open_round is not None:
                await self._show_round(session, session.open_round)

    def _wait(self, session_id: int, round_: Round) -> None:
        """Set the clock that ends an open round."""

        def over() -> None:
            self._spawn(self._end_round(session_id, round_.number), f"session-{session_id}-clock")

        # Never longer than it was to last, should the machine's clock have been set back.
        left = min(round_.ends_at - time.time(), round_.ends_at - round_.opened_at)
        self._set_clock(session_id, max(0.0, left) + 0.05, over)

    def _try_again(self, session_id: int, why: str) -> None:
        log.warning("session %s waits: %s", session_id, why)
        self._set_clock(session_id, AGAIN, lambda: self.go_on(session_id))

    def _set_clock(self, session_id: int, seconds: float, then: Callable[[], None]) -> None:
        """Do something later; a session has one clock, and the newest setting counts."""
        old = self._clocks.pop(session_id, None)
        if old is not None:
            old.cancel()

        def ring() -> None:
            self._clocks.pop(session_id, None)
            then()

        self._clocks[session_id] = asyncio.get_running_loop().call_later(seconds, ring)

    async def _end_round(self, session_id: int, number: int) -> None:
        try:
            await self._sessions.step(session_id, lambda session: apply(session, EndRound(at=now(), number=number)))
        except SessionError as early:  # it ended by itself, or the clock was set back
            log.debug("round not ended: %s", type(early).__name__)
        except EarmarkError as problem:
            self._metrics.failed(problem)
            self._try_again(session_id, type(problem).__name__)
            return
        self.go_on(session_id)

    async def _resume_all(self) -> None:
        for session in await self._sessions.live():
            self._spawn(self._resume(session), f"session-{session.id}-resume")

    async def _resume(self, session: Session) -> None:
        try:
            await self._read_reactions(session)
        except (EarmarkError, discord.HTTPException) as problem:
            log.info("reactions not read: %s", type(problem).__name__)
        self.go_on(session.id)

    async def _read_reactions(self, session: Session) -> None:
        round_ = session.open_round
        if round_ is None or round_.message_id is None:
            return
        s, paces = self._bot.services, (self._bot.errands, self._bot.pace)
        message = await self._channel(session).fetch_message(round_.message_id)
        found, known = await digits.read(message, *paces), await s.digits.under(round_.message_id)
        for who in tuple(found):
            since = await s.playlists.began(who)
            if since.erased_since(round_.opened_at):  # what they gave before was erased with them
                del found[who]
                continue
            await s.digits.put(who, round_.message_id, found[who].difference(known.get(who, ())), since=since)
        await catch_up(self._sessions, session.id, round_.number, found, now())

    async def _sweep(self) -> None:
        while not await self._pause(SWEEP):
            try:
                for session in await end_abandoned(self._sessions, now()):
                    self.go_on(session.id)
                for session_id in self._muted.live():
                    self.go_on(session_id)
            except EarmarkError as problem:
                log.info("no look for abandoned sessions: %s", type(problem).__name__)

    async def _give_up(self, session_id: int) -> None:
        """End a session whose channel is gone."""
        event = Cancel(at=now())
        await self._sessions.step(session_id, lambda session: apply(session, event) if session.live else session)

    async def _tell(self, session_id: int, why: Exception) -> None:
        """Say in the channel why a session does not go on."""
        try:
            session = await self._sessions.get(session_id)
            with self._in_its_language(session):
                words = sentence(why)
            await self._channel(session).send(words)
        except (EarmarkError, discord.HTTPException) as problem:
            if isinstance(problem, discord.HTTPException) and problem.code in MAY_NOT_SPEAK:
                await self._mend(session_id, problem)
            log.info("session %s could not be told: %s", session_id, type(problem).__name__)

    async def _names_of(self, session: Session) -> dict[int, str]:
        """What members are called in this server, for a picture; each is asked for once, and forgotten with it."""
        guild, known = self._bot.get_guild(session.guild_id), self._names.get(session.id, {})
        names = {who: known[who] for who in session.members if who in known}
        for who in session.members.keys() - names.keys():
            await self._bot.errands.turn()
            try:
                found = await (guild.fetch_member(who) if guild else self._bot.fetch_user(who))
                names[who] = text.bare(found.display_name, 16)
            except discord.HTTPException:
                continue
        self._names[session.id] = names
        return names

    async def _edit(self, session: Session, message_id: int, **content: Any) -> bool:
        """Edit a message; False: it was deleted."""
        await self._bot.pace.turn()
        try:
            await self._channel(session).get_partial_message(message_id).edit(**content)
        except discord.NotFound as problem:
            if problem.code != NO_MESSAGE:
                raise
            return False
        return True

    def _channel(self, session: Session) -> discord.PartialMessageable:
        return self._bot.get_partial_messageable(session.channel_id, guild_id=session.guild_id)


def _if_idle(session: Session, event: Event) -> Session:
    """Go on unless somebody ended the session, or opened a round, meanwhile."""
    idle = session.phase in {Phase.GATHERING, Phase.RATING} and session.open_round is None
    return apply(session, event) if idle else session
