"""How a stored playlist is read: its row, and what is counted of it."""

from typing import Any

from sqlalchemy import exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import UnknownPlaylist
from bot.domain.tracks import Playlist
from storage.schema import playlist_shares, playlist_tracks, playlists, track_values


def sounds(track_id: Any, listener: Any) -> Any:
    """Whether a listener's own files, services or several contributors say how a track sounds."""
    row = track_values.c
    said = select(row.id).where(row.track_id == track_id, row.features.is_not(None)).correlate_except(track_values)
    return or_(exists(said.where(row.contributor_id == listener)), exists(said.where(row.contributor_id.is_(None))))


def summary() -> Any:
    """Of each playlist, what `playlist` makes one of."""
    on_it = select(func.count()).where(playlist_tracks.c.playlist_id == playlists.c.id).scalar_subquery()
    known = sounds(playlist_tracks.c.track_id, playlists.c.owner_id)
    with_features = select(func.count()).where(playlist_tracks.c.playlist_id == playlists.c.id, known)
    shares = select(func.group_concat(playlist_shares.c.guild_id)).where(
        playlist_shares.c.playlist_id == playlists.c.id
    )
    return select(
        playlists.c.id,
        playlists.c.owner_id,
        playlists.c.name,
        playlists.c.kind,
        on_it.label("tracks"),
        with_features.scalar_subquery().label("with_features"),
        shares.scalar_subquery().label("shares"),
    )


def playlist(row: Any) -> Playlist:
    shares = tuple(int(guild_id) for guild_id in str(row.shares).split(",")) if row.shares else ()
    return Playlist(row.id, row.owner_id, row.name, row.kind, row.tracks, row.with_features, shares)


async def one(connection: AsyncConnection, playlist_id: int) -> Playlist:
    return playlist((await connection.execute(summary().where(playlists.c.id == playlist_id))).one())


async def own(connection: AsyncConnection, owner_id: int, playlist_id: int) -> Playlist:
    """Raise UnknownPlaylist unless it is the owner's."""
    theirs = (playlists.c.id == playlist_id) & (playlists.c.owner_id == owner_id)
    row = (await connection.execute(summary().where(theirs))).one_or_none()
    if row is None:
        raise UnknownPlaylist(asked="that playlist")
    return playlist(row)
