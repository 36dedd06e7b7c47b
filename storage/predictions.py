"""The table `predictions`: what was said of tracks before they were rated, so that the bot's claim can be checked."""

import time
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, select, union_all, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.taste import Checked, Prediction
from storage.database import Database
from storage.listeners import Began, ensure
from storage.schema import predictions, ratings
from storage.schema_sessions import (
    session_members,
    session_refused,
    session_rounds,
    session_satisfactions,
    session_slots,
    session_votes,
    sessions,
)

VALUES = ("stars", "low", "high", "seen", "predicted_at", "rated", "rated_at")


class Predictions:
    """Keeps one prediction a listener and track: the last one before the first rating."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def shown(self, listener_id: int, told: Iterable[Prediction], since: Began) -> None:
        """Note what a listener is about to see of stored tracks that they have not rated; raises ErasedMeanwhile."""
        now = int(time.time())
        rows = [
            {
                "listener_id": listener_id,
                "track_id": one.track.id,
                "stars": one.stars,
                "low": one.low,
                "high": one.high,
                "seen": 1,
                "predicted_at": now,
            }
            for one in told
            if one.stars is not None and one.rated is None and one.track.id
        ]
        if not rows:
            return
        async with self._database.transaction(lists=False) as connection:
            await ensure(connection, listener_id, since)
            await _settle(connection, listener_id)
            statement = insert(predictions)
            changed = {name: statement.excluded[name] for name in ("stars", "low", "high", "seen", "predicted_at")}
            unrated, keys = predictions.c.rated.is_(None), ["listener_id", "track_id"]
            replacing = statement.on_conflict_do_update(index_elements=keys, set_=changed, where=unrated)
            await connection.execute(replacing, rows)

    async def add(self, listener_id: int, pairs: Sequence[tuple[int, Checked]], since: Began) -> None:
        """Add pairs (track id, prediction and rating); what is known stays.

        Raises:
            ErasedMeanwhile: nothing is added.

        """
        if not pairs:
            return
        rows = [
            {"listener_id": listener_id, "track_id": track_id, **{name: getattr(pair, name) for name in VALUES}}
            for track_id, pair in pairs
        ]
        async with self._database.transaction(lists=False) as connection:
            await ensure(connection, listener_id, since)
            await connection.execute(insert(predictions).on_conflict_do_nothing(), rows)

    async def tracks(self, listener_id: int) -> set[int]:
        """The tracks of which a prediction is kept."""
        query = select(predictions.c.track_id).where(predictions.c.listener_id == listener_id)
        async with self._database.reading() as connection:
            return set(await connection.scalars(query))

    async def told_by_sessions(self, listener_id: int) -> set[int]:
        """Rated tracks of which a group's playlist had shown what this listener would give."""
        async with self._database.reading() as connection:
            return set(await connection.scalars(_told_by_sessions(listener_id)))

    async def checked(self, listener_id: int) -> list[Checked]:
        """Every prediction that was followed by a rating, in the order of the ratings."""
        async with self._database.transaction(lists=False) as connection:
            await _settle(connection, listener_id)
            rows = await connection.execute(_pairs(listener_id))
            return [
                Checked(row.stars, row.low, row.high, bool(row.seen), row.predicted_at, row.rated, row.rated_at)
                for row in rows
            ]


def _pairs(listener_id: int) -> Select[Any]:
    columns = [predictions.c[name] for name in VALUES]
    rated = (predictions.c.listener_id == listener_id) & predictions.c.rated.is_not(None)
    return select(*columns).where(rated).order_by(predictions.c.rated_at, predictions.c.track_id)


def _told_by_sessions(listener_id: int) -> Select[Any]:
    """Tracks that stood on a playlist, swapped away since or not, and that were rated once its session had begun.

    A vote in one of its rounds came before the playlist, so that who voted had not seen it.
    """
    told = _same(session_slots, session_satisfactions, "session_id", "place")
    there = _same(session_refused, session_members, "session_id")
    known = (session_satisfactions.c.listener_id == listener_id) & (session_satisfactions.c.stand_in == 0)
    shown = select(session_slots.c.session_id, session_slots.c.track_id).join(session_satisfactions, told)
    swapped = select(session_refused.c.session_id, session_refused.c.track_id).join(session_members, there)
    listed = union_all(shown.where(known), swapped.where(session_members.c.listener_id == listener_id)).subquery()
    voted = exists().where(
        _same(session_votes, session_rounds, "session_id", "number"),
        _same(session_rounds, listed, "session_id", "track_id"),
        session_votes.c.listener_id == listener_id,
    )
    given = (ratings.c.listener_id == listener_id) & (ratings.c.track_id == listed.c.track_id)
    query = select(listed.c.track_id).join(sessions, sessions.c.id == listed.c.session_id).join(ratings, given)
    return query.where(ratings.c.rated_at >= sessions.c.created_at, ~voted)


def _same(one: FromClause, other: FromClause, *names: str) -> ColumnElement[bool]:
    return and_(*(one.c[name] == other.c[name] for name in names))


async def _settle(connection: AsyncConnection, listener_id: int) -> None:
    """Put the ratings given since beside what was predicted, so that a click need not do it."""
    same = (ratings.c.listener_id == predictions.c.listener_id) & (ratings.c.track_id == predictions.c.track_id)
    given = select(ratings.c.stars).where(same).scalar_subquery()
    at = select(ratings.c.rated_at).where(same).scalar_subquery()
    waiting = (predictions.c.listener_id == listener_id) & predictions.c.rated.is_(None)
    statement = update(predictions).where(waiting, exists(select(1).where(same)))
    await connection.execute(statement.values(rated=given, rated_at=at))
