"""How described tracks become a playlist, and go: long lists in parts, between which others write.

A part's tracks stand on a stage of the owner's until the playlist is made of them, so that nobody's leaving takes them
away meanwhile, and whatever an end of the program interrupts is known by it. A list that goes is a stage until it is
gone.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import TooMuchStored
from bot.domain.names import free_name
from bot.domain.tracks import LinkedPlaylist, PlaylistSource
from storage import catalogue
from storage.database import Database, run_many
from storage.listeners import Began, ensure
from storage.playlist_rows import one
from storage.rows import in_parts
from storage.schema import playlist_shares, playlist_tracks, playlists
from storage.schema_spotify import playlist_origins
from storage.spotify import require_permission
from storage.unused import drop_unused

PART = 500  # tracks; while they are stored, others' clicks wait
MOST = 50_000  # tracks on the playlists of one member
STAGE = "\n"  # a name that no playlist has, since names are tidied
IS_STAGE = playlists.c.kind == "stage"
PUT = (
    "INSERT INTO playlist_tracks (playlist_id, track_id, position, since)"
    " VALUES (:playlist_id, :track_id, :position, :since)"
)


def is_long(sources: Sequence[PlaylistSource]) -> bool:
    return sum(len(source.tracks) for source in sources) > PART


async def require_room(
    connection: AsyncConnection, owner_id: int, sources: Sequence[PlaylistSource], *, replacing: bool
) -> None:
    """Raise TooMuchStored where a member would list more tracks than MOST; a playlist may replace its namesake."""
    gone = [source.name for source in sources if replacing]
    query = select(func.count()).select_from(playlist_tracks.join(playlists))
    query = query.where(playlists.c.owner_id == owner_id, ~IS_STAGE)
    for part in in_parts(gone):
        query = query.where(playlists.c.name.not_in(part))
    wanted = sum(len(source.tracks) for source in sources)
    if wanted + (await connection.scalar(query) or 0) > MOST:
        raise TooMuchStored(what="tracks", limit=MOST)


def now() -> int:
    """The time in milliseconds: of two lists with a track, the one that showed it first counts."""
    return time.time_ns() // 1_000_000


async def put(
    connection: AsyncConnection, playlist_id: int, track_ids: Sequence[int], since: Mapping[int, int]
) -> None:
    """Put tracks on an empty playlist, in this order; `since` says which were on it before."""
    new = now()
    rows = [
        {"playlist_id": playlist_id, "track_id": i, "position": place, "since": since.get(i, new)}
        for place, i in enumerate(track_ids)
    ]
    await run_many(connection, PUT, rows)


async def stage(database: Database, owner_id: int, sources: Sequence[PlaylistSource], since: Began) -> list[list[int]]:
    """Store the tracks of long lists part by part; gives their ids, list by list.

    Raises:
        ErasedMeanwhile: the erasure took the parts that were stored before.
        TooMuchStored: nothing is stored.

    """
    async with database.transaction() as connection:
        await ensure(connection, owner_id, since)
        await require_room(connection, owner_id, sources, replacing=True)
        values = {"owner_id": owner_id, "name": STAGE, "kind": "stage", "created_at": int(time.time())}
        await connection.execute(upsert(playlists).values(**values).on_conflict_do_nothing())
    ids: list[list[int]] = []
    for source in sources:
        ids.append([])
        for part in in_parts(source.tracks, PART):
            async with database.transaction() as connection:
                await ensure(connection, owner_id, since)
                stored = await catalogue.store(connection, part, owner_id)
                stage_id = await connection.scalar(own_stage(owner_id))
                rows = [{"playlist_id": stage_id, "track_id": i, "position": 0, "since": now()} for i in stored.ids]
                await connection.execute(upsert(playlist_tracks).on_conflict_do_nothing(), rows)
            ids = [stored.now(before) for before in ids]
            ids[-1] += stored.ids
    return ids


def own_stage(owner_id: int) -> Select[Any]:
    return select(playlists.c.id).where(playlists.c.name == STAGE, playlists.c.owner_id == owner_id)


def every_stage() -> Select[Any]:
    return select(playlists.c.id).where(IS_STAGE)


async def leave(connection: AsyncConnection, playlist_id: int) -> Select[Any]:
    """Make a stage of a playlist, which nobody sees any more, for `clear`."""
    this = playlists.c.id == playlist_id
    await connection.execute(delete(playlist_shares).where(playlist_shares.c.playlist_id == playlist_id))
    await connection.execute(update(playlists).where(this).values(name=f"{STAGE}{playlist_id}", kind="stage"))
    return select(playlists.c.id).where(this)


async def clear(database: Database, which: Select[Any], kept: Collection[int] = ()) -> None:
    """Remove stages part by part, and those of their tracks that nobody has; `kept` are known to be in use."""
    async with database.reading() as connection:
        ids = (await connection.scalars(which)).all()
    while ids:
        async with database.transaction() as connection:
            on_them = playlist_tracks.c.playlist_id.in_(ids)
            part = (await connection.scalars(select(playlist_tracks.c.track_id).where(on_them).limit(PART))).all()
            if not part:
                await connection.execute(delete(playlists).where(playlists.c.id.in_(ids)))
                return
            await connection.execute(delete(playlist_tracks).where(on_them, playlist_tracks.c.track_id.in_(part)))
            await drop_unused(connection, set(part).difference(kept))


async def make(
    connection: AsyncConnection,
    owner_id: int,
    source: PlaylistSource,
    given: Sequence[int],
    *,
    keep: bool = False,
    ask: bool = False,
) -> LinkedPlaylist:
    """Make a playlist of stored tracks; one of this name is replaced, or with `keep` made longer.

    With `ask`, one that has a track which the new one lacks stays, and the new one gets another name.

    Raises:
        TooMuchStored: there is no room for both.
        Disconnected: it came through a permission that has ended since.

    """
    if source.origin is not None:
        await require_permission(connection, owner_id, source.origin.permission)
    same = (playlists.c.owner_id == owner_id) & (playlists.c.name == source.name)
    playlist_id = await connection.scalar(select(playlists.c.id).where(same))
    relinked = playlist_id is not None
    if playlist_id is not None and ask and (await _tracks_of(connection, playlist_id)).keys() - set(given):
        await require_room(connection, owner_id, [source], replacing=False)
        mine = select(playlists.c.name).where(playlists.c.owner_id == owner_id)
        other = replace(source, name=free_name(source.name, set(await connection.scalars(mine))))
        linked = await make(connection, owner_id, other, given)
        return replace(linked, namesake=await one(connection, playlist_id))
    if playlist_id is None:
        values = {
            "owner_id": owner_id,
            "name": source.name,
            "kind": source.kind,
            "created_at": int(time.time()),
        }
        playlist_id = await connection.scalar(insert(playlists).values(**values).returning(playlists.c.id))
    assert playlist_id is not None
    kept = list(await _tracks_of(connection, playlist_id)) if keep else []
    ids = list(dict.fromkeys([*kept, *given]))
    await _refill(connection, playlist_id, ids)
    await connection.execute(delete(playlist_origins).where(playlist_origins.c.playlist_id == playlist_id))
    if source.origin is not None:
        origin = {"link": source.origin.link, "version": source.origin.version}
        values = {**origin, "playlist_id": playlist_id, "through_account": int(source.origin.permission is not None)}
        await connection.execute(insert(playlist_origins).values(**values))
    playlist = await one(connection, playlist_id)
    duplicates = source.duplicates + len(kept) + len(given) - len(ids)
    return LinkedPlaylist(playlist, duplicates, source.skipped, source.bad_cells, relinked)


async def _tracks_of(connection: AsyncConnection, playlist_id: int) -> dict[int, int]:
    """The tracks of a playlist in order, and since when each is on it."""
    query = select(playlist_tracks.c.track_id, playlist_tracks.c.since).order_by(playlist_tracks.c.position)
    rows = await connection.execute(query.where(playlist_tracks.c.playlist_id == playlist_id))
    return {row.track_id: row.since for row in rows}


async def _refill(connection: AsyncConnection, playlist_id: int, ids: Sequence[int]) -> None:
    listed = await _tracks_of(connection, playlist_id)
    await connection.execute(delete(playlist_tracks).where(playlist_tracks.c.playlist_id == playlist_id))
    await put(connection, playlist_id, ids, listed)
    await drop_unused(connection, set(listed).difference(ids))


async def take_place(connection: AsyncConnection, playlist_id: int, other_id: int) -> None:
    """Let one playlist's tracks replace those of another, which keeps its name and the servers that see it."""
    ids = list(await _tracks_of(connection, playlist_id))
    await _refill(connection, other_id, ids)
    await connection.execute(delete(playlist_origins).where(playlist_origins.c.playlist_id == other_id))
    origin = update(playlist_origins).where(playlist_origins.c.playlist_id == playlist_id)
    await connection.execute(origin.values(playlist_id=other_id))
    kind = select(playlists.c.kind).where(playlists.c.id == playlist_id).scalar_subquery()
    await connection.execute(update(playlists).where(playlists.c.id == other_id).values(kind=kind))
    await connection.execute(delete(playlists).where(playlists.c.id == playlist_id))
