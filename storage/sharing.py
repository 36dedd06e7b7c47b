"""The table `sharing`: with whom members compare their tastes. Without a row, with nobody."""

from sqlalchemy import delete, insert, or_, select

from bot.domain_taste import Sharing
from storage.database import Database
from storage.listeners import ensure
from storage.schema import sharing

EVERYWHERE = 0  # in place of a server's id


class Shares:
    """Each member's consent, which can be taken back at any time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def allow(self, listener_id: int, scope: Sharing, guild_id: int | None) -> None:
        """Share nowhere, everywhere, or in one server more; a server's consent replaces that for everywhere."""
        async with self._database.transaction() as connection:
            await ensure(connection, listener_id)
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
        here = sharing.c.guild_id == EVERYWHERE
        if guild_id is not None:
            here |= sharing.c.guild_id == guild_id
        async with self._database.reading() as connection:
            return set(await connection.scalars(select(sharing.c.listener_id).where(here)))
