"""The table `sharing`: with whom members compare their tastes. Without a row, with nobody."""

import json
from collections.abc import Collection, Mapping

from sqlalchemy import ColumnElement, delete, func, insert, literal_column, or_, select

from bot.domain.taste import Gave, Sharing
from storage.database import Database
from storage.listeners import ensure_now
from storage.schema import ratings, sharing

EVERYWHERE = 0  # in place of a server's id
LISTENED_TO = 150  # members at most, of this server first: more hardly tell more, and a prediction waits for it


class Shares:
    """Each member's consent, which can be taken back at any time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def allow(self, listener_id: int, scope: Sharing, guild_id: int | None) -> None:
        """Share nowhere, everywhere, or in one server more; a server's consent replaces that for everywhere."""
        async with self._database.transaction() as connection:
            await ensure_now(connection, listener_id)
            own = sharing.c.listener_id == listener_id
            if scope == "server":
                assert guild_id is not None
                own &= or_(sharing.c.guild_id == EVERYWHERE, sharing.c.guild_id == guild_id)
            await connection.execute(delete(sharing).where(own))
            if scope != "off":
                place = EVERYWHERE if scope == "everywhere" or guild_id is None else guild_id
                await connection.execute(insert(sharing).values(listener_id=listener_id, guild_id=place))

    async def of(self, listener_id: int, guild_id: int | None) -> tuple[Sharing, int]:
        """What a member's consent is worth here, and in how many servers he gave it."""
        async with self._database.reading() as connection:
            query = select(sharing.c.guild_id).where(sharing.c.listener_id == listener_id)
            places = set(await connection.scalars(query))
        if EVERYWHERE in places:
            return "everywhere", 0
        return ("server" if guild_id in places else "off"), len(places)

    async def members(self, guild_id: int | None) -> set[int]:
        """Everybody whose ratings may be compared with others' here."""
        here = _here(guild_id)
        async with self._database.reading() as connection:
            return set(await connection.scalars(select(sharing.c.listener_id).where(here)))

    async def state(self, guild_id: int | None) -> tuple[int, int]:
        """What is another as soon as anybody's consent here is."""
        query = select(func.count(), func.coalesce(func.max(literal_column("rowid")), 0)).select_from(sharing)
        async with self._database.reading() as connection:
            count, newest = (await connection.execute(query.where(_here(guild_id)))).one()
        return count, newest

    async def gave(self, listener_id: int, guild_id: int | None, asked: Collection[int]) -> Mapping[int, Gave]:
        """What others who share here gave to the tracks asked about and to those that the listener rated.

        Nothing for a listener who does not share here himself.
        """
        here = _here(guild_id)
        query = select(sharing.c.listener_id).where(here).group_by(sharing.c.listener_id)
        query = query.order_by(func.max(sharing.c.guild_id).desc(), sharing.c.listener_id)
        own = select(sharing.c.listener_id).where(here, sharing.c.listener_id == listener_id)
        async with self._database.reading() as connection:
            if (await connection.scalar(own.limit(1))) is None:
                return {}
            raters = query.where(sharing.c.listener_id != listener_id).limit(LISTENED_TO).subquery()
            mean = func.avg(ratings.c.stars).over(partition_by=ratings.c.listener_id)
            theirs = select(ratings.c.track_id, (ratings.c.stars - mean).label("above"))
            each = theirs.join(raters, raters.c.listener_id == ratings.c.listener_id).subquery()
            rated = select(ratings.c.track_id).where(ratings.c.listener_id == listener_id)
            wanted = rated.union_all(select(func.json_each(json.dumps([*asked])).table_valued("value").c.value))
            sums = select(each.c.track_id, func.sum(each.c.above), func.count()).group_by(each.c.track_id)
            sums = sums.where(each.c.track_id.in_(wanted))
            return {track: Gave(above, count) for track, above, count in await connection.execute(sums)}


def _here(guild_id: int | None) -> ColumnElement[bool]:
    """Consents that count in a server, or in direct messages."""
    here = sharing.c.guild_id == EVERYWHERE
    return here if guild_id is None else here | (sharing.c.guild_id == guild_id)
