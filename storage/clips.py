"""The table `clips`: the first half minute of what members uploaded."""

from collections.abc import Mapping

from sqlalchemy import exists, func, select
from sqlalchemy.dialects.sqlite import insert

from bot.domain.errors import TooMuchStored
from storage.database import Database
from storage.listeners import Began, ensure
from storage.presence import shared_with
from storage.schema import clips, playlist_shares, playlist_tracks, playlists

MOST = 200  # of one member: some 100 MB


class StoredClips:
    """Keeps MP3 files of uploaded tracks; who uploaded one first owns it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def require_room(self, owner_id: int, more: int) -> None:
        """Raise TooMuchStored where so many more would be more than MOST."""
        query = select(func.count()).select_from(clips).where(clips.c.owner_id == owner_id)
        async with self._database.reading() as connection:
            if (await connection.scalar(query) or 0) + more > MOST:
                raise TooMuchStored(what="recordings", limit=MOST)

    async def add(self, owner_id: int, sounds: Mapping[int, bytes], since: Began) -> None:
        """Keep clips by track; a clip of somebody else's stays as it is, one's own is replaced.

        Raises:
            ErasedMeanwhile: nothing is kept.

        """
        rows = [{"track_id": track_id, "owner_id": owner_id, "mp3": mp3} for track_id, mp3 in sounds.items()]
        if not rows:
            return
        async with self._database.transaction() as connection:
            await ensure(connection, owner_id, since)
            added = insert(clips)
            mine = clips.c.owner_id == added.excluded.owner_id
            changed = {"mp3": added.excluded.mp3}
            await connection.execute(
                added.on_conflict_do_update(index_elements=["track_id"], set_=changed, where=mine), rows
            )

    async def get(self, track_id: int, listener_id: int, guild_id: int | None) -> bytes | None:
        """A clip, for its owner, and for a server with which its owner shares a playlist that has the track."""
        allowed = clips.c.owner_id == listener_id
        if guild_id is not None:
            shared = (
                select(1)
                .select_from(playlists)
                .join(playlist_tracks, playlist_tracks.c.playlist_id == playlists.c.id)
                .join(playlist_shares, playlist_shares.c.playlist_id == playlists.c.id)
                .where(
                    playlists.c.owner_id == clips.c.owner_id,
                    playlist_tracks.c.track_id == track_id,
                    shared_with(guild_id),
                )
            )
            allowed |= exists(shared)
        async with self._database.reading() as connection:
            return await connection.scalar(select(clips.c.mp3).where(clips.c.track_id == track_id, allowed))

    async def size(self, owner_id: int) -> int:
        """How many bytes a person's clips have in all."""
        query = select(func.sum(func.length(clips.c.mp3))).where(clips.c.owner_id == owner_id)
        async with self._database.reading() as connection:
            return await connection.scalar(query) or 0

    async def of(self, owner_id: int) -> dict[int, bytes]:
        """Every clip that a person uploaded, by track."""
        async with self._database.reading() as connection:
            found = await connection.execute(select(clips.c.track_id, clips.c.mp3).where(clips.c.owner_id == owner_id))
            return {row.track_id: row.mp3 for row in found}
