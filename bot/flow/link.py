"""Link: a playlist in any form becomes stored tracks with features."""

import asyncio
from dataclasses import replace

from bot.domain import LinkedPlaylist
from bot.flow.rate import Questions
from bot.sources import bach
from bot.sources.files import read_lines, read_playlists
from storage.playlists import Playlists


async def link_file(
    playlists: Playlists, questions: Questions, owner_id: int, file_name: str, data: bytes, name: str | None = None
) -> list[LinkedPlaylist]:
    """Store every playlist that a file holds; `name` renames it when it holds one.

    Raises:
        LinkError: the file is empty, too large, unreadable or without tracks; nothing is stored.

    """
    sources = await asyncio.to_thread(read_playlists, file_name, data)
    if name and len(sources) == 1:
        sources = [replace(sources[0], name=name)]
    linked = [await playlists.link(owner_id, source) for source in sources]
    questions.forget()
    return linked


async def link_text(
    playlists: Playlists, questions: Questions, owner_id: int, text: str, name: str | None = None
) -> list[LinkedPlaylist]:
    """Store a pasted list of track links or `Artist - Title` lines.

    Raises:
        LinkError: no line names a track; nothing is stored.

    """
    source = await asyncio.to_thread(read_lines, text)
    linked = await playlists.link(owner_id, replace(source, name=name) if name else source)
    questions.forget()
    return [linked]


async def link_catalogue(
    playlists: Playlists, questions: Questions, owner_id: int, name: str | None = None
) -> list[LinkedPlaylist]:
    """Store the catalogue that comes with the bot, for whoever has no file at hand."""
    source = bach.catalogue()
    linked = await playlists.link(owner_id, replace(source, name=name) if name else source)
    questions.forget()
    return [linked]
