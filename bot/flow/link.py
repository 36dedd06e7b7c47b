"""Link: a playlist in any form becomes stored tracks with features."""

import asyncio
from dataclasses import replace

from bot.domain.names import free_name, tidy
from bot.domain.tracks import LinkedPlaylist, PlaylistSource
from bot.flow.sent import Sent
from bot.flow.workers import Workers
from bot.sources import bach
from bot.sources.files import read_lines, read_playlists
from storage.playlists import Playlists

NAME_LENGTH = 80


async def link_file(
    playlists: Playlists, workers: Workers, owner_id: int, file: Sent, name: str | None = None
) -> list[LinkedPlaylist]:
    """Store every playlist that a file holds, all or none; `name` renames it when it holds one.

    One whose namesake has other tracks gets another name, and its owner is asked.

    Raises:
        LinkError: the file is empty, too large, unreadable or without tracks; nothing is stored.
        FileTooSlow, Interrupted: it was not read to its end; nothing is stored.
        Busy: another file of this member is being linked.
        TooMuchStored, ErasedMeanwhile: nothing is stored.

    """
    async with workers.only_one("linking", owner_id):
        since = await playlists.began(owner_id)
        sources = await _read(workers, owner_id, file)
        if len(sources) == 1:
            sources = [named(sources[0], name)]
        return await playlists.link_all(owner_id, sources, since, ask=True)


async def _read(workers: Workers, owner_id: int, file: Sent) -> list[PlaylistSource]:
    """Read a file in a process, where nobody's click waits for it: how long a small one takes cannot be known."""
    async with workers.room_for(owner_id):
        return await workers.read_for(owner_id, read_playlists, file.name, await file.fetch())


async def link_text(playlists: Playlists, owner_id: int, text: str, name: str | None = None) -> list[LinkedPlaylist]:
    """Store a pasted list of track links or `Artist - Title` lines; without a name it never replaces another.

    Raises:
        LinkError: no line names a track; nothing is stored.

    """
    since = await playlists.began(owner_id)
    source = await asyncio.to_thread(read_lines, text)
    taken = {playlist.name for playlist in await playlists.of(owner_id)}
    source = named(replace(source, name=free_name(source.name, taken)), name)
    return await playlists.link_all(owner_id, [source], since, ask=True)


async def link_catalogue(playlists: Playlists, owner_id: int, name: str | None = None) -> list[LinkedPlaylist]:
    """Store the catalogue that comes with the bot, for whoever has no file at hand."""
    since = await playlists.began(owner_id)
    return await playlists.link_all(owner_id, [named(bach.catalogue(), name)], since, ask=True)


def named(source: PlaylistSource, name: str | None) -> PlaylistSource:
    """Give a playlist the name that its member typed, made harmless; a blank one counts as none."""
    tidied = tidy(name or "", NAME_LENGTH)
    return replace(source, name=tidied) if tidied else source
