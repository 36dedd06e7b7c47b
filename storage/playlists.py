"""The tables of playlists: whose they are, what is on them, and with which servers they are shared."""

import asyncio
import contextlib
import json
import time
from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Select, delete, func, or_, select
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.domain.errors import StorageBusy, UnknownPlaylist, UnknownTrack
from bot.domain.names import search_fold
from bot.domain.tracks import LinkedPlaylist, Playlist, PlaylistSource, Track, TrackSource
from storage import catalogue, linking, seen, values
from storage.database import Database, Statement, fetch_within
from storage.listeners import Began, began, ensure
from storage.playlist_rows import one, own, playlist, summary
from storage.presence import shared_with
from storage.rows import track
from storage.schema import playlist_shares, playlist_tracks, playlists, track_values, tracks

SECOND_LOOK = 600  # seconds
AT_ONCE = 500  # rows of which tracks are made while others' clicks wait


class Playlists:
    """Members' playlists and the tracks that each member can see."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._long = asyncio.Lock()

    async def began(self, owner_id: int) -> Began:
        """What to note before tracks are read or heard, and to hand to whatever keeps them."""
        return await began(self._database, owner_id)

    async def link(self, owner_id: int, source: PlaylistSource) -> LinkedPlaylist:
        """Store a playlist that is at hand; one of the same name by the same owner is replaced."""
        return (await self.link_all(owner_id, [source], await self.began(owner_id)))[0]

    async def link_all(
        self, owner_id: int, sources: Sequence[PlaylistSource], since: Began, *, ask: bool = False
    ) -> list[LinkedPlaylist]:
        """Store several playlists, all of them or none; with `ask`, none that would lose a track is replaced.

        Raises:
            ErasedMeanwhile: the owner was erased since.
            TooMuchStored: the owner would list more tracks than a member may.

        """
        if linking.is_long(sources):
            # One after the other: whoever clicks waits for one part of one list, and a member's stage is one list's.
            async with self._long:
                return await self._link_in_parts(owner_id, sources, since, ask=ask)
        async with self._database.transaction() as connection:
            await ensure(connection, owner_id, since)
            await linking.require_room(connection, owner_id, sources, replacing=True)
            made: list[LinkedPlaylist] = []
            for source in sources:
                stored = await catalogue.store(connection, source.tracks, owner_id)
                made.append(await linking.make(connection, owner_id, source, stored.ids, ask=ask))
            return made

    async def _link_in_parts(
        self, owner_id: int, sources: Sequence[PlaylistSource], since: Began, *, ask: bool
    ) -> list[LinkedPlaylist]:
        mine = linking.own_stage(owner_id)
        try:
            ids = await linking.stage(self._database, owner_id, sources, since)
            async with self._database.transaction() as connection:
                await ensure(connection, owner_id, since)
                made = [
                    await linking.make(connection, owner_id, *each, ask=ask) for each in zip(sources, ids, strict=True)
                ]
        except Exception:
            await self._clear(mine)
            raise
        await self._clear(mine, kept=set(chain.from_iterable(ids)))
        return made

    async def clear_stages(self) -> None:
        """Remove what an end of the program left half linked; to be called when nothing is being linked."""
        await self._clear(linking.every_stage())

    async def _clear(self, stages: Select[Any], kept: Collection[int] = ()) -> None:
        with contextlib.suppress(StorageBusy):  # then the next start does it
            await linking.clear(self._database, stages, kept)

    async def extend(self, owner_id: int, source: PlaylistSource, since: Began) -> tuple[LinkedPlaylist, list[int]]:
        """Add tracks to the owner's playlist of this name, or make it; gives the ids of the given tracks, in order.

        Raises:
            ErasedMeanwhile, TooMuchStored: nothing is added.

        """
        async with self._database.transaction() as connection:
            await ensure(connection, owner_id, since)
            await linking.require_room(connection, owner_id, [source], replacing=False)
            ids = (await catalogue.store(connection, source.tracks, owner_id)).ids
            return await linking.make(connection, owner_id, source, ids, keep=True), ids

    async def of(self, owner_id: int) -> list[Playlist]:
        return await self._list(playlists.c.owner_id == owner_id)

    async def visible(self, listener_id: int, guild_id: int | None) -> list[Playlist]:
        """A member's own playlists, then those shared with this server."""
        found = await self._list(playlists.c.id.in_(seen.lists(listener_id, guild_id)))
        return sorted(found, key=lambda playlist: playlist.owner_id != listener_id)

    async def _list(self, condition: Any) -> list[Playlist]:
        query = summary().where(condition, ~linking.IS_STAGE)
        async with self._database.reading() as connection:
            rows = await connection.execute(query.order_by(playlists.c.created_at, playlists.c.id))
            return [playlist(row) for row in rows]

    async def get(self, playlist_id: int, listener_id: int, guild_id: int | None) -> Playlist:
        """Raise UnknownPlaylist unless the member can see it."""
        visible = playlists.c.id.in_(seen.lists(listener_id, guild_id))
        found = await self._list((playlists.c.id == playlist_id) & visible)
        if not found:
            raise UnknownPlaylist(asked="that playlist")
        return found[0]

    async def unlink(self, owner_id: int, playlist_id: int) -> Playlist:
        """Remove a playlist of the owner's; ratings stay, tracks that nobody has go. Raises UnknownPlaylist."""
        async with self._database.transaction() as connection:
            found = await own(connection, owner_id, playlist_id)
            gone = await linking.leave(connection, playlist_id)
        await self._clear(gone)
        return found

    async def replace(self, owner_id: int, playlist_id: int, other_id: int) -> Playlist:
        """Let a playlist take the place of another of its owner's, which keeps its name; raises UnknownPlaylist."""
        async with self._database.transaction() as connection:
            for each in (playlist_id, other_id):
                await own(connection, owner_id, each)
            if playlist_id != other_id:
                await linking.take_place(connection, playlist_id, other_id)
            return await one(connection, other_id)

    async def share(self, owner_id: int, playlist_id: int, guild_id: int, shared: bool = True) -> Playlist:
        """Share a playlist of the owner's with a server, or stop; raises UnknownPlaylist."""
        async with self._database.transaction() as connection:
            await own(connection, owner_id, playlist_id)
            if shared:
                now = {"seen_at": int(time.time())}
                row = upsert(playlist_shares).values(
                    playlist_id=playlist_id, guild_id=guild_id, since=linking.now(), **now
                )
                await connection.execute(
                    row.on_conflict_do_update(index_elements=["playlist_id", "guild_id"], set_=now)
                )
            else:
                here = (playlist_shares.c.playlist_id == playlist_id) & (playlist_shares.c.guild_id == guild_id)
                await connection.execute(delete(playlist_shares).where(here))
            return await one(connection, playlist_id)

    async def shared_tracks(
        self, owner_ids: Collection[int], guild_id: int, playlist_ids: Collection[int] = ()
    ) -> list[int]:
        """The tracks that these members share with a server, by id, ascending; of these playlists, if any are given."""
        query = (
            select(playlist_tracks.c.track_id)
            .join(playlists, playlists.c.id == playlist_tracks.c.playlist_id)
            .join(playlist_shares, playlist_shares.c.playlist_id == playlists.c.id)
            .where(playlists.c.owner_id.in_(owner_ids), shared_with(guild_id))
            .distinct()
            .order_by(playlist_tracks.c.track_id)
        )
        if playlist_ids:
            query = query.where(playlists.c.id.in_(playlist_ids))
        async with self._database.reading() as connection:
            return list(await connection.scalars(query))

    async def tracks(self, playlist_id: int, listener_id: int | None = None) -> list[Track]:
        """The tracks of a playlist, in order, as a listener sees them through it; without one, as its owner does."""
        values = {"playlist_id": playlist_id, "listener_id": listener_id or 0}
        async with self._database.reading() as connection:
            rows = await fetch_within(connection, seen.ON_PLAYLIST, **values)
        return await _made(rows)

    async def visible_tracks(self, listener_id: int, guild_id: int | None) -> list[Track]:
        """Every track on a playlist that the member can see, once."""
        return await self._tracks(seen.everything(listener_id, guild_id))

    @property
    def version(self) -> tuple[int, int]:
        """What differs once what members see may have changed; `state` says whether it has.

        Without any write, what is shared ends when its owner was not seen for long: so it differs now and then as well.
        """
        return self._database.lists_version, int(time.monotonic() // SECOND_LOOK)

    async def state(self, listener_id: int, guild_id: int | None, playlist_id: int | None = None) -> int:
        """The tracks that the member can see, of one playlist or all, and what is known of them, as one number."""
        async with self._database.reading() as connection:
            if playlist_id is None:
                rows = (await connection.execute(seen.everything(listener_id, guild_id))).all()
            else:
                visible = playlists.c.id.in_(seen.lists(listener_id, guild_id))
                query = select(playlists.c.id).where(playlists.c.id == playlist_id, visible)
                rows = [*await connection.execute(query)]
                values = {"playlist_id": playlist_id, "listener_id": listener_id}
                rows += await fetch_within(connection, seen.ON_PLAYLIST, **values)
        return await asyncio.to_thread(lambda: hash(tuple(map(tuple, rows))))

    async def search(self, listener_id: int, guild_id: int | None, text: str, limit: int = 25) -> list[Track]:
        """Visible tracks in whose artist and title every word of the text occurs."""
        words = [seen.SEARCH_KEY.contains(word, autoescape=True) for word in search_fold(text).split()[:8]]
        return await self._tracks(seen.everything(listener_id, guild_id, words).limit(limit))

    async def titled(self, listener_id: int, guild_id: int | None, titles: Collection[str]) -> list[Track]:
        """Visible tracks that have one of these titles, folded as `search_fold` does; a hundred at most."""
        title = func.substr(seen.SEARCH_KEY, func.instr(seen.SEARCH_KEY, "|") + 1)
        wanted = select(func.json_each(json.dumps(list(titles))).table_valued("value").c.value)
        found = await self._tracks(seen.everything(listener_id, guild_id, [title.in_(wanted)]).limit(100))
        return sorted(found, key=lambda track: -len(search_fold(track.title)))

    async def of_spotify(self, listener_id: int, guild_id: int | None, spotify_id: str) -> Track | None:
        """The visible track of an id at Spotify."""
        query = seen.everything(listener_id, guild_id).where(tracks.c.spotify_id == spotify_id)
        return next(iter(await self._tracks(query)), None)

    async def identify(self, owner_id: int, found: Mapping[int, TrackSource]) -> int:
        """Give tracks on the owner's playlists, known by name alone, their ids; returns how many took theirs.

        Where the catalogue has the recording already, the owner's playlists and ratings move to it.
        """
        done = 0
        async with self._database.transaction() as connection:
            for track_id, source in found.items():
                own = select(tracks.c.id).where(tracks.c.id == track_id, seen.on_list_of(owner_id, tracks.c.id))
                if source.spotify_id and await connection.scalar(own):
                    done += await catalogue.identify(connection, track_id, source, owner_id)
        return done

    async def note(self, listener_id: int, source: TrackSource, since: Began) -> Track:
        """Keep a track that somebody asked about, without a playlist; raises ErasedMeanwhile."""
        async with self._database.transaction() as connection:
            await ensure(connection, listener_id, since)
            (track_id,) = (await catalogue.store(connection, [source], listener_id)).ids
        return await self.track(track_id, listener_id)

    async def twins(self, owner_id: int, recording_ids: Collection[int]) -> list[tuple[int, Track]]:
        """Pairs of a recording of the owner's and a track of the owner's lists that is called the same."""
        recording, row = track_values.alias(), track_values.alias()
        own = (recording.c.contributor_id == owner_id) & (recording.c.source == values.AUDIO)
        said = or_(row.c.contributor_id == owner_id, row.c.contributor_id.is_(None))
        listed = seen.on_list_of(owner_id, row.c.track_id)
        alike = (row.c.name_key == recording.c.name_key) & said & listed & row.c.track_id.not_in(recording_ids)
        query = select(recording.c.track_id, row.c.track_id).select_from(recording).join(row, alike).distinct()
        query = query.where(own, recording.c.track_id.in_(recording_ids))
        async with self._database.reading() as connection:
            pairs = (await connection.execute(query)).all()
        return [(recording_id, await self.track(track_id, owner_id)) for recording_id, track_id in pairs]

    async def lend(self, owner_id: int, recording_id: int, track_id: int) -> bool:
        """Let the sound of the owner's recording be that of a track on the owner's lists, for the owner alone."""
        async with self._database.transaction() as connection:
            return await catalogue.lend(connection, owner_id, recording_id, track_id)

    async def track(
        self, track_id: int, listener_id: int = 0, guild_id: int | None = None, playlist_id: int = 0, through: int = 0
    ) -> Track:
        """A track as a listener sees it; without one, as those who share it with the server do. Raises UnknownTrack.

        The owner of the list `playlist_id`, from which it was asked, names it before the owners of others, and the
        member `through`, who showed it, before all of them.
        """
        return await self._track(
            seen.ONE_TRACK, track_id, listener_id, guild_id, playlist_id=playlist_id, through=through
        )

    async def visible_track(
        self, listener_id: int, guild_id: int | None, track_id: int, playlist_id: int = 0, message_id: int = 0
    ) -> Track:
        """Raise UnknownTrack unless the member can see the track, has rated it before, or is asked about it.

        `message_id` is where the member found it: a public card asks everybody there, and its owner names the track.
        """
        asked_by = {"playlist_id": playlist_id, "message_id": message_id}
        return await self._track(seen.ONE_VISIBLE_TRACK, track_id, listener_id, guild_id, **asked_by)

    async def _track(
        self, statement: Statement, track_id: int, listener_id: int, guild_id: int | None, **asked_by: int
    ) -> Track:
        values = {"track_id": track_id, "listener_id": listener_id, "guild_id": guild_id or 0}
        rows = await self._database.fetch(statement, **values, **asked_by)
        if not rows:
            raise UnknownTrack(asked="that track")
        return track(rows[0])

    async def _tracks(self, query: Select[Any]) -> list[Track]:
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        return await _made(rows)


async def _made(rows: Sequence[Any]) -> list[Track]:
    if len(rows) <= AT_ONCE:
        return [track(row) for row in rows]
    return await asyncio.to_thread(lambda: [track(row) for row in rows])
