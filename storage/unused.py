"""Which tracks are in use, and the end of those that are not."""

from collections.abc import Collection

from sqlalchemy import and_, delete, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.rows import in_parts
from storage.schema import metadata, track_values, tracks
from storage.schema_spotify import feature_misses, name_searches

# The columns that say that a track is in use.
NAMING = tuple(
    key.parent
    for table in metadata.sorted_tables
    for key in table.foreign_keys
    if key.column.table is tracks and table not in {track_values, feature_misses, name_searches}
)


async def drop_unused(connection: AsyncConnection, candidates: Collection[int]) -> None:
    """Delete those of the tracks that nobody lists, rated, skipped or heard in a session."""
    unused = and_(*(~exists(select(1).where(column == tracks.c.id)) for column in NAMING))
    for part in in_parts(candidates):
        await connection.execute(delete(tracks).where(tracks.c.id.in_(part), unused))
