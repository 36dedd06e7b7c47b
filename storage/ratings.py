"""The tables `ratings` and `verdicts`: what members gave, and what Undo can take back."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, literal, null, select, union_all
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import NothingToUndo
from bot.domain.ratings import Rating
from storage import digits
from storage.database import Database, Statement, fetch_within, run_many
from storage.listeners import Began, ensure, ensure_now
from storage.rows import select_tracks, track
from storage.schema import digit_reactions, public_cards, ratings, tracks, verdicts
from storage.writer import Writer

# The way of every click, so written out: compiled once, and run for many rows at a time.
KNOW_LISTENER = "INSERT INTO listeners (id, created_at) VALUES (:listener_id, :now) ON CONFLICT DO NOTHING"
LOG_VERDICT = (
    "INSERT INTO verdicts (listener_id, track_id, stars, previous_stars, at) VALUES (:listener_id, :track_id, :stars,"
    " (SELECT stars FROM ratings WHERE listener_id = :listener_id AND track_id = :track_id), :now)"
)
PUT_RATING = (
    "INSERT INTO ratings (listener_id, track_id, stars, rated_at, through_id)"
    " VALUES (:listener_id, :track_id, :stars, :now, :through)"
    " ON CONFLICT (listener_id, track_id) DO UPDATE SET stars = excluded.stars, rated_at = excluded.rated_at,"
    " through_id = excluded.through_id"
)

LISTENER = bindparam("listener_id")
STANDING = Statement(
    union_all(
        select(literal("rated"), ratings.c.track_id, ratings.c.stars).where(ratings.c.listener_id == LISTENER),
        select(literal("skipped"), verdicts.c.track_id, null()).where(
            verdicts.c.listener_id == LISTENER, verdicts.c.stars.is_(None)
        ),
        select(literal("verdict"), func.max(verdicts.c.id).label("newest"), null())
        .where(verdicts.c.listener_id == LISTENER)
        .having(func.max(verdicts.c.id).is_not(None)),
        select(literal("unclear"), public_cards.c.track_id, null())
        .join(digit_reactions, digit_reactions.c.message_id == public_cards.c.message_id)
        .where(digit_reactions.c.listener_id == LISTENER, digit_reactions.c.unclear == 1),
    )
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a member stands: stars by track id, tracks passed over and not rated, whether Undo has something.

    Attributes:
        unclear: tracks under whose public cards stand several new digits of theirs, of which they were not told yet.

    """

    stars: Mapping[int, int]
    skipped: frozenset[int]
    can_undo: bool
    unclear: frozenset[int] = frozenset()


class Ratings:
    """Members' ratings; whoever awaits a write gets its answer after the commit that holds it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writer = Writer(database, rate_many)

    @property
    def waiting(self) -> int:
        """How many writes have not begun."""
        return self._writer.waiting

    async def start(self) -> None:
        self._writer.start()

    async def close(self) -> None:
        """Finish what was begun, then take nothing more."""
        await self._writer.close()

    async def rate(self, listener_id: int, track_id: int, stars: int, *, through: int | None = None) -> None:
        """Store a rating of this very moment, and through whose list the track was seen; it is on disk on return."""
        row = {
            "listener_id": listener_id,
            "track_id": track_id,
            "stars": stars,
            "now": int(time.time()),
            "through": through,
        }
        await self._writer.put(row, key=(listener_id, track_id))

    async def skip(self, listener_id: int, track_id: int) -> None:
        """Note that the member passed a track over; a rating it had stays."""

        async def write(connection: AsyncConnection) -> None:
            await _verdict(connection, listener_id, track_id, None)

        await self._writer.write(write)

    async def react(
        self,
        listener_id: int,
        track_id: int,
        stars: int,
        message_id: int,
        at: int | None,
        since: Began,
        *,
        through: int | None = None,
    ) -> None:
        """Store the rating that a digit under a message means, and the digit (`storage/digits.py`).

        Raises:
            ErasedMeanwhile: the member was erased after it was given.

        """
        row = {"listener_id": listener_id, "track_id": track_id, "stars": stars, "now": int(time.time())}

        async def write(connection: AsyncConnection) -> None:
            await ensure(connection, listener_id, since)
            await rate_many(connection, [{**row, "through": through}])
            await digits.put(connection, listener_id, message_id, [stars], at)

        await self._writer.write(write)

    async def unreact(self, listener_id: int, track_id: int, stars: int, message_id: int) -> bool:
        """Take a digit back: where it was the rating, the digit before it counts again; says whether it was known."""

        async def write(connection: AsyncConnection) -> bool:
            dropped = await digits.drop(connection, listener_id, message_id, stars)
            now = select(ratings.c.stars, ratings.c.rated_at).where(_of(listener_id, track_id))
            rating = (await connection.execute(now)).one_or_none()
            older = rating is None or rating.rated_at * 1_000_000_000 < dropped.at
            if (rating is not None and rating.stars == stars) or (dropped.decides and older):
                if dropped.left is None:
                    await connection.execute(delete(ratings).where(_of(listener_id, track_id)))
                else:
                    await _put(connection, listener_id, track_id, dropped.left)
            return dropped.known

        return await self._writer.write(write)

    async def clear(self, listener_id: int, track_id: int) -> bool:
        """Take a rating away; says whether there was one."""

        async def write(connection: AsyncConnection) -> bool:
            return (await connection.execute(delete(ratings).where(_of(listener_id, track_id)))).rowcount > 0

        return await self._writer.write(write)

    async def rated_at(self, listener_id: int, track_id: int) -> int | None:
        """When a track was rated last, in seconds since 1970; None: not rated."""
        return await self._scalar(select(ratings.c.rated_at).where(_of(listener_id, track_id)))

    async def undo(self, listener_id: int) -> tuple[int, int | None]:
        """Take the newest verdict back; returns (track id, stars now). Raises NothingToUndo."""

        async def write(connection: AsyncConnection) -> tuple[int, int | None]:
            newest = select(verdicts).where(verdicts.c.listener_id == listener_id).order_by(verdicts.c.id.desc())
            row = (await connection.execute(newest.limit(1))).one_or_none()
            if row is None:
                raise NothingToUndo
            await connection.execute(delete(verdicts).where(verdicts.c.id == row.id))
            if row.stars is not None:
                if row.previous_stars is None:
                    await connection.execute(delete(ratings).where(_of(listener_id, row.track_id)))
                else:
                    await _put(connection, listener_id, row.track_id, row.previous_stars)
            return row.track_id, row.previous_stars

        return await self._writer.write(write)

    async def get(self, listener_id: int, track_id: int) -> int | None:
        return await self._scalar(select(ratings.c.stars).where(_of(listener_id, track_id)))

    async def count(self, listener_id: int) -> int:
        return await self._scalar(select(func.count()).where(ratings.c.listener_id == listener_id)) or 0

    async def stars(self, listener_id: int) -> dict[int, int]:
        """All of a member's stars by track id."""
        query = select(ratings.c.track_id, ratings.c.stars).where(ratings.c.listener_id == listener_id)
        return {row.track_id: row.stars for row in await self._rows(query)}

    async def of(self, listener_id: int) -> list[Rating]:
        """All of a member's ratings, oldest first, with tracks and features."""
        async with self._database.reading() as connection:
            rows = await fetch_within(connection, OLDEST_FIRST, listener_id=listener_id)
        return [_rating(listener_id, row) for row in rows]

    async def page(self, listener_id: int, page: int, size: int = 10) -> tuple[list[Rating], int]:
        """One page (0-based) of a member's ratings, newest first, and how many there are in all."""
        total = await self.count(listener_id)
        page = max(0, min(page, (total - 1) // size))
        query = _with_tracks(literal(listener_id)).order_by(ratings.c.rated_at.desc(), ratings.c.track_id.desc())
        rows = await self._rows(query.limit(size).offset(page * size))
        return [_rating(listener_id, row) for row in rows], total

    async def standing(self, listener_id: int) -> Standing:
        """All that choosing the next question needs, read at one moment."""
        rows = await self._database.fetch(STANDING, listener_id=listener_id)
        stars = {track_id: given for kind, track_id, given in rows if kind == "rated"}
        skipped = frozenset(track_id for kind, track_id, _ in rows if kind == "skipped") - stars.keys()
        can_undo = any(kind == "verdict" for kind, _, _ in rows)
        unclear = frozenset(track_id for kind, track_id, _ in rows if kind == "unclear")
        return Standing(stars, skipped, can_undo, unclear)

    async def _rows(self, query: Any) -> list[Row[Any]]:
        async with self._database.reading() as connection:
            return list(await connection.execute(query))

    async def _scalar(self, query: Any) -> Any:
        async with self._database.reading() as connection:
            return await connection.scalar(query)


def _of(listener_id: int, track_id: int) -> Any:
    return (ratings.c.listener_id == listener_id) & (ratings.c.track_id == track_id)


async def _put(connection: AsyncConnection, listener_id: int, track_id: int, stars: int) -> None:
    values = {"stars": stars, "rated_at": int(time.time())}
    statement = insert(ratings).values(listener_id=listener_id, track_id=track_id, **values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["listener_id", "track_id"], set_=values))


async def _verdict(connection: AsyncConnection, listener_id: int, track_id: int, stars: int | None) -> None:
    """Log a verdict, so that Undo can take it back."""
    await ensure_now(connection, listener_id)
    row = {"listener_id": listener_id, "track_id": track_id, "stars": stars, "now": int(time.time())}
    await run_many(connection, LOG_VERDICT, [row])


async def rate_many(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store ratings of different (listener, track) pairs in three statements, however many they are."""
    for statement in (KNOW_LISTENER, LOG_VERDICT, PUT_RATING):
        await run_many(connection, statement, rows)


def _with_tracks(listener: Any) -> Any:
    return (
        select_tracks(listener, func.coalesce(ratings.c.through_id, 0))
        .add_columns(ratings.c.stars, ratings.c.rated_at)
        .join(ratings, ratings.c.track_id == tracks.c.id)
        .where(ratings.c.listener_id == listener)
    )


OLDEST_FIRST = Statement(_with_tracks(LISTENER).order_by(ratings.c.rated_at, ratings.c.track_id))


def _rating(listener_id: int, row: Sequence[Any]) -> Rating:
    *of_track, stars, rated_at = row
    return Rating(listener_id, track(of_track), stars, rated_at)
