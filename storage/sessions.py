"""The tables of group sessions: each step is loaded, taken and stored in one transaction.

The state machine runs inside the transaction that stores its outcome, and transactions that write come one after the
other. So no two steps build on the same state, a vote can neither be lost nor counted twice, and after `kill -9` there
is either all of a step or none of it.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import NoSession, SessionRunning
from bot.domain.session import LIVE, OVER, Phase, Session
from storage.database import Database, Statement, fetch_within, run_many
from storage.ids import last_id
from storage.listeners import ensure_now
from storage.ratings import rate_many
from storage.schema import listeners
from storage.schema_sessions import session_debts, session_members, sessions
from storage.seen import THROUGH
from storage.session_rows import PARTS, WHOLE, Key, Part, Rows, rows_of, session_of
from storage.writer import Writer

Debts = Mapping[int, float]  # stars owed, by member
Settle = Callable[[Debts, Debts], Debts]  # debts and the members' means -> debts

ROUND_OF = Statement(text("SELECT session_id, number FROM session_rounds WHERE message_id = :message_id"))
LIVE_NAMES = [str(phase) for phase in LIVE]


@dataclass(frozen=True, slots=True)
class Step:
    """What a step made of a session."""

    before: Session
    after: Session


class Sessions:
    """Group sessions of any age; `settle` says what members are owed when a session with a playlist is done."""

    def __init__(self, database: Database, settle: Settle) -> None:
        self._database = database
        self._settle = settle
        self._writer = Writer(database, rate_many, name="session-writer")

    @property
    def waiting(self) -> int:
        """How many writes have not begun."""
        return self._writer.waiting

    async def start(self) -> None:
        self._writer.start()

    async def close(self) -> None:
        """Finish what was begun, then take nothing more."""
        await self._writer.close()

    async def open(self, session: Session) -> Session:
        """Store a new session and give it its id.

        Raises:
            SessionRunning: the channel has a live session.

        """

        async def write(connection: AsyncConnection) -> Session:
            await _end_deserted(connection)
            here = (sessions.c.channel_id == session.channel_id) & sessions.c.phase.in_(LIVE_NAMES)
            running = await connection.scalar(select(sessions.c.id).where(here))
            if running is not None:
                raise SessionRunning(session_id=running, channel_id=session.channel_id)
            stored = replace(session, id=await last_id(connection, "sessions") + 1)
            await _store(connection, None, stored)
            return stored

        return await self._writer.write(write)

    async def step(self, session_id: int, change: Callable[[Session], Session]) -> Step:
        """Take a step of the state machine; what `change` raises is raised here, and nothing is stored.

        Votes that became final turn into ratings of members who agreed; when the session is done, debts are settled:
        both in the transaction that stores the step.

        Raises:
            NoSession: there is none of this id.

        """

        async def write(connection: AsyncConnection) -> Step:
            before = session_of(await fetch_within(connection, WHOLE, id=session_id))
            if before is None:
                raise NoSession(asked=session_id)
            after = change(before)
            if after is not before:
                await _store(connection, before, after)
                await _remember(connection, _said(before, after))
                await self._learn(connection, before, after)
                if after.phase is Phase.DONE and before.phase is not Phase.DONE and after.slots:
                    await self._balance(connection, after)
            return Step(before, after)

        return await self._writer.write(write)

    async def get(self, session_id: int) -> Session:
        """Raise NoSession where there is none of this id."""
        found = session_of(await self._database.fetch(WHOLE, id=session_id))
        if found is None:
            raise NoSession(asked=session_id)
        return found

    async def in_channel(self, channel_id: int) -> Session | None:
        """The live session of a channel."""
        here = (sessions.c.channel_id == channel_id) & sessions.c.phase.in_(LIVE_NAMES)
        found = await self._ids(select(sessions.c.id).where(here))
        return await self.get(found[0]) if found else None

    async def round_of(self, message_id: int) -> tuple[int, int] | None:
        """The (session id, round) that a message asks about: for a reaction to a message of any age."""
        rows = await self._database.fetch(ROUND_OF, message_id=message_id)
        return (rows[0][0], rows[0][1]) if rows else None

    async def live(self) -> list[Session]:
        """Every session that is not over: what a restart goes on with."""
        query = select(sessions.c.id).where(sessions.c.phase.in_(LIVE_NAMES)).order_by(sessions.c.id)
        return [await self.get(found) for found in await self._ids(query)]

    async def done(self, guild_id: int, limit: int = 10) -> list[Session]:
        """The newest finished sessions of a server, newest first."""
        finished = (sessions.c.guild_id == guild_id) & (sessions.c.phase == Phase.DONE.value)
        query = select(sessions.c.id).where(finished).order_by(sessions.c.id.desc()).limit(limit)
        return [await self.get(found) for found in await self._ids(query)]

    async def season(self, guild_id: int, season: str) -> list[Session]:
        """The finished themed sessions of one season, oldest first."""
        finished = (sessions.c.guild_id == guild_id) & (sessions.c.phase == Phase.DONE.value)
        of_it = func.json_extract(sessions.c.settings, "$.season") == season
        query = select(sessions.c.id).where(finished & of_it).order_by(sessions.c.id)
        found = [await self.get(session_id) for session_id in await self._ids(query)]
        return [session for session in found if session.settings.theme is not None]

    async def debts(self, guild_id: int) -> dict[int, float]:
        """What members of a server are owed from earlier sessions, in stars."""
        async with self._database.reading() as connection:
            return await _debts(connection, guild_id)

    async def consent(self, listener_id: int) -> bool | None:
        """What a member last said of learning from votes; None: never asked."""
        async with self._database.reading() as connection:
            learn = await connection.scalar(select(listeners.c.learn).where(listeners.c.id == listener_id))
        return None if learn is None else bool(learn)

    async def remember(self, listener_id: int, learn: bool) -> None:
        """Keep what a member says of learning from votes, for sessions to come."""

        async def write(connection: AsyncConnection) -> None:
            await ensure_now(connection, listener_id)
            await _remember(connection, {listener_id: learn})

        await self._writer.write(write)

    async def live_of(self, listener_id: int) -> list[int]:
        """The live sessions that a member is in, by id."""
        there = (session_members.c.listener_id == listener_id) & (session_members.c.present == 1)
        query = select(sessions.c.id).join(session_members, session_members.c.session_id == sessions.c.id)
        return await self._ids(query.where(there, sessions.c.phase.in_(LIVE_NAMES)))

    async def _ids(self, query: Select[Any]) -> list[int]:
        async with self._database.reading() as connection:
            return [int(row[0]) for row in await connection.execute(query)]

    async def _learn(self, connection: AsyncConnection, before: Session, after: Session) -> None:
        now, submitted_by = int(time.time()), {track_id: who for who, track_id in after.submissions.items()}
        lessons: list[dict[str, Any]] = []
        for listener_id, track_id, stars in after.lessons(before):
            seen = {"track_id": track_id, "listener_id": listener_id, "guild_id": after.guild_id, "playlist_id": 0}
            rows = await fetch_within(connection, THROUGH, **seen, through=submitted_by.get(track_id, 0))
            through = rows[0][0] or None if rows else None
            row = {"listener_id": listener_id, "track_id": track_id, "stars": stars, "now": now}
            lessons.append({**row, "through": None if through == listener_id else through})
        if lessons:
            await rate_many(connection, lessons)

    async def _balance(self, connection: AsyncConnection, session: Session) -> None:
        there = set(session.present)
        means = {who: mean for who, mean in session.means().items() if who in there}
        before = await _debts(connection, session.guild_id)
        after = {who: stars for who, stars in self._settle(before, means).items() if stars > 0}
        await connection.execute(session_debts.delete().where(session_debts.c.guild_id == session.guild_id))
        if after:
            rows = [{"guild_id": session.guild_id, "listener_id": who, "stars": stars} for who, stars in after.items()]
            await connection.execute(insert(session_debts), rows)


def _said(before: Session, after: Session) -> dict[int, bool]:
    """What members who are in a session have just said of learning from votes."""
    known = {who: before.members[who].learn for who in after.members if who in before.members}
    now = {who: after.members[who].learn for who in known}
    return {who: learn for who, learn in now.items() if learn is not None and learn != known[who]}


async def _remember(connection: AsyncConnection, said: Mapping[int, bool]) -> None:
    for who, learn in said.items():
        await connection.execute(update(listeners).where(listeners.c.id == who).values(learn=int(learn)))


async def _debts(connection: AsyncConnection, guild_id: int) -> dict[int, float]:
    query = select(session_debts.c.listener_id, session_debts.c.stars).where(session_debts.c.guild_id == guild_id)
    return {row.listener_id: row.stars for row in await connection.execute(query)}


async def _store(connection: AsyncConnection, before: Session | None, after: Session) -> None:
    """Write the rows in which two states differ: children go first, parents come first."""
    old, new = rows_of(before), rows_of(after)
    for listener_id in after.members.keys() - (before.members.keys() if before else set[int]()):
        await ensure_now(connection, listener_id)
    for part in reversed(PARTS):
        stored = new[part.table]
        # What no statement may change in its place goes, and comes again: members may have exchanged submissions.
        gone = [part.bind(key) for key, values in old[part.table].items() if not _stays(part, stored, key, values)]
        if gone:
            await run_many(connection, part.drop, gone)
    for part in PARTS:
        stored = old[part.table]
        changed = [
            part.bind(key, values)
            for key, values in sorted(new[part.table].items(), key=lambda item: item[0])
            if key not in stored or stored[key] != values
        ]
        if changed:
            await run_many(connection, part.put, changed)


def _stays(part: Part, rows: Rows, key: Key, values: tuple[Any, ...]) -> bool:
    return key in rows and (not part.exclusive or rows[key] == values)


async def _end_deserted(connection: AsyncConnection) -> None:
    """End live sessions all of whose members were erased: nobody is left who could."""
    anybody = select(session_members.c.listener_id).where(session_members.c.session_id == sessions.c.id).exists()
    deserted = sessions.c.phase.not_in([str(phase) for phase in OVER]) & ~anybody
    await connection.execute(update(sessions).where(deserted).values(phase=Phase.ABANDONED.value))
