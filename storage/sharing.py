"""The table `sharing`: with whom members compare their tastes. Without a row, with nobody."""

import json
import secrets
import time
from collections.abc import Collection

from sqlalchemy import ColumnElement, bindparam, delete, func, or_, select
from sqlalchemy.dialects.sqlite import insert

from bot.domain.taste import Consent, SharedRating, Sharing
from storage.database import Database, Statement
from storage.listeners import ensure_now
from storage.presence import seen_lately
from storage.schema import ratings, settings, sharing

EVERYWHERE = 0  # in place of a server's id
LISTENED_TO = 150  # members at most, of this server first: more hardly tell more, and a prediction waits for it
WEEK = 7 * 24 * 3600  # seconds: an account made to find out what somebody gave has to wait as long
MIN_SHARED_RATINGS = 20
SECRET = "sharing-secret"  # noqa: S105 - under which the settings keep it


class Shares:
    """Each member's consent, which can be taken back at any time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def allow(self, listener_id: int, scope: Sharing, guild_id: int | None, *, openly: bool = False) -> None:
        """Share nowhere, everywhere, or in one server more; a server's consent replaces that for everywhere."""
        now = int(time.time())
        async with self._database.transaction() as connection:
            await ensure_now(connection, listener_id)
            place = None if scope == "off" else guild_id if scope == "server" else EVERYWHERE
            gone = sharing.c.listener_id == listener_id
            if scope == "server":
                gone &= sharing.c.guild_id == EVERYWHERE
            elif place is not None:
                gone &= sharing.c.guild_id != place
            await connection.execute(delete(sharing).where(gone))
            if place is not None:
                chosen = {"openly": int(openly), "seen_at": now}
                row = insert(sharing).values(listener_id=listener_id, guild_id=place, since=now, **chosen)
                await connection.execute(
                    row.on_conflict_do_update(index_elements=["listener_id", "guild_id"], set_=chosen)
                )

    async def of(self, listener_id: int, guild_id: int | None) -> Consent:
        """What the caller's consent is worth here."""
        query = select(sharing.c.guild_id, sharing.c.openly).where(sharing.c.listener_id == listener_id)
        async with self._database.reading() as connection:
            openly = {row.guild_id: bool(row.openly) for row in await connection.execute(query)}
        if EVERYWHERE in openly:
            return Consent("everywhere", 0, openly[EVERYWHERE])
        scope: Sharing = "server" if guild_id in openly else "off"
        return Consent(scope, len(openly), openly.get(guild_id or EVERYWHERE, False))

    async def allows(self, listener_id: int, guild_id: int | None) -> bool:
        """Whether a member's ratings may be compared with others' here: not where the member was not seen lately."""
        query = select(sharing.c.listener_id).where(sharing.c.listener_id == listener_id, _here(guild_id))
        async with self._database.reading() as connection:
            return await connection.scalar(query.limit(1)) is not None

    async def gave(self, listener_id: int, guild_id: int | None, asked: Collection[int]) -> list[SharedRating]:
        """What others who share here gave to the tracks asked about and to those that the listener rated.

        Nothing for a listener who does not share here. Of the others, those who share openly, or for a week, with
        MIN_SHARED_RATINGS.
        """
        if (await self.of(listener_id, guild_id)).scope == "off":
            return []
        values = {"me": listener_id, "asked": json.dumps([*asked]), "since": int(time.time()) - WEEK}
        if guild_id is None:
            rows = await self._database.fetch(GAVE_ANYWHERE, **values)
        else:
            rows = await self._database.fetch(GAVE_IN_GUILD, **values, guild_id=guild_id)
        return [SharedRating(*row) for row in rows]

    async def secret(self) -> bytes:
        """What nobody knows who does not have the file; made at the first need, and kept."""
        async with self._database.reading() as connection:
            known = await connection.scalar(select(settings.c.value).where(settings.c.key == SECRET))
        if known is None:
            made = insert(settings).values(key=SECRET, value=secrets.token_hex(32)).on_conflict_do_nothing()
            async with self._database.transaction() as connection:
                await connection.execute(made)
                known = await connection.scalar(select(settings.c.value).where(settings.c.key == SECRET))
        assert known is not None
        return bytes.fromhex(known)


def _here(guild_id: int | ColumnElement[int] | None) -> ColumnElement[bool]:
    """Consents that count in a server, or in direct messages."""
    everywhere = sharing.c.guild_id == EVERYWHERE
    return everywhere if guild_id is None else or_(everywhere, (sharing.c.guild_id == guild_id) & seen_lately(sharing))


def _gave(guild_id: ColumnElement[int] | None) -> Statement:
    openly = func.max(sharing.c.openly)
    counting = _here(guild_id) & or_(sharing.c.openly == 1, sharing.c.since <= bindparam("since"))
    raters = (
        select(sharing.c.listener_id, openly.label("openly"))
        .where(counting, sharing.c.listener_id != bindparam("me"))
        .group_by(sharing.c.listener_id)
        .order_by(func.max(sharing.c.guild_id).desc(), sharing.c.listener_id)
        .limit(LISTENED_TO)
        .subquery()
    )
    heard = (
        select(ratings.c.listener_id, raters.c.openly, func.avg(ratings.c.stars).label("mean"))
        .join(raters, raters.c.listener_id == ratings.c.listener_id)
        .group_by(ratings.c.listener_id)
        .having(or_(raters.c.openly == 1, func.count() >= MIN_SHARED_RATINGS))
        .subquery()
    )
    rated = select(ratings.c.track_id).where(ratings.c.listener_id == bindparam("me"))
    wanted = rated.union_all(select(func.json_each(bindparam("asked")).table_valued("value").c.value))
    return Statement(
        select(ratings.c.track_id, ratings.c.listener_id, ratings.c.stars, heard.c.mean, heard.c.openly)
        .join(heard, heard.c.listener_id == ratings.c.listener_id)
        .where(ratings.c.track_id.in_(wanted))
    )


GAVE_ANYWHERE = _gave(None)
GAVE_IN_GUILD = _gave(bindparam("guild_id"))
