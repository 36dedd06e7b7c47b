"""The table `name_searches`: what came of looking for a member's names, so that nobody's quota is spent on it again.

Each member has what that member's own searches found; what one asked for changes nothing for another.
"""

import time
from collections.abc import Collection, Mapping

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert as upsert

from storage.database import Database
from storage.listeners import Began, began, ensure
from storage.rows import in_parts
from storage.schema import tracks
from storage.schema_spotify import name_searches

KEPT = 14 * 86_400  # seconds after which a name is looked for again
AHEAD = 3600  # seconds by which a time may lie ahead; what a wrong clock dated later is looked for again


class NameSearches:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def began(self, listener_id: int) -> Began:
        """What to note before names are looked for, and to hand to `keep`."""
        return await began(self._database, listener_id)

    async def of(self, listener_id: int, track_ids: Collection[int]) -> dict[int, str | None]:
        """Of the tracks whose names were looked for lately: the doubtful candidate, as it was kept; None: nothing."""
        now = int(time.time())
        found: dict[int, str | None] = {}
        async with self._database.reading() as connection:
            for part in in_parts(track_ids):
                query = select(name_searches.c.track_id, name_searches.c.doubtful).where(
                    name_searches.c.listener_id == listener_id,
                    name_searches.c.track_id.in_(part),
                    name_searches.c.at.between(now - KEPT, now + AHEAD),
                )
                found |= {row.track_id: row.doubtful for row in await connection.execute(query)}
        return found

    async def keep(self, listener_id: int, outcomes: Mapping[int, str | None], since: Began) -> None:
        """Keep what came of looking for tracks' names, by their ids; raises ErasedMeanwhile."""
        if not outcomes:
            return
        now = int(time.time())
        row = upsert(name_searches)
        again = row.on_conflict_do_update(
            index_elements=["listener_id", "track_id"],
            set_={name: row.excluded[name] for name in ("doubtful", "at")},
        )
        old = (name_searches.c.listener_id == listener_id) & (name_searches.c.at < now - KEPT)
        async with self._database.transaction() as connection:
            await ensure(connection, listener_id, since)
            await connection.execute(delete(name_searches).where(old))
            there: set[int] = set()
            for part in in_parts(outcomes):
                there |= set(await connection.scalars(select(tracks.c.id).where(tracks.c.id.in_(part))))
            rows = [
                {"listener_id": listener_id, "track_id": i, "doubtful": doubtful, "at": now}
                for i, doubtful in outcomes.items()
                if i in there
            ]
            if rows:
                await connection.execute(again, rows)
