"""Playlist files, in every form that members have: bytes in, tracks out. Nothing is ever fetched."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from bot.domain.errors import LinkNotSupported, NoTracks
from bot.domain.tracks import PlaylistSource
from bot.sources.account import read_account
from bot.sources.collect import Collector, spotify_ids
from bot.sources.decoding import MAX_BYTES, MAX_ROWS, decode, playlist_name
from bot.sources.table import looks_like_table, read_table

_LINK = re.compile(r"https?://[^\s<>]+")
_NUMBERED = re.compile(r"^\s*(?:\d{1,4}[.)]\s+|[-*•]\s+)")
_DASH = re.compile(r"\s[-–—]\s")
_LIST_OF_OBJECTS = re.compile(r"\A\[\s*[{\]]")


def read_playlists(file_name: str, data: bytes) -> list[PlaylistSource]:
    """Read a file, which may hold several playlists (Spotify's account data does).

    Raises:
        EmptyFile, FileTooLarge, UnreadableFile, NoTracks, LinkNotSupported: see bot/domain/errors/__init__.py.

    """
    text = decode(file_name, data)
    if text.lstrip()[:1] in {"{", "["}:
        start = text.lstrip()[:1]
        if start == "{" or _LIST_OF_OBJECTS.match(text.lstrip()):
            return read_account(file_name, text)
    if looks_like_table(text):
        return [read_table(file_name, text)]
    return [_read_lines(file_name, text, playlist_name(file_name))]


def read_playlist(file_name: str, data: bytes) -> PlaylistSource:
    """Read the first playlist of a file; raises as `read_playlists`."""
    return read_playlists(file_name, data)[0]


def read_lines(text: str) -> PlaylistSource:
    """Read pasted track links or `Artist - Title` lines; raises NoTracks, LinkNotSupported or FileTooLarge."""
    return _read_lines("your list", decode("your list", text.encode("utf-8", errors="replace")), "Pasted songs")


def _read_lines(file_name: str, text: str, name: str) -> PlaylistSource:
    collector = Collector(name, "lines")
    foreign: str | None = None
    for line in _lines(text):
        track_ids = spotify_ids(line)
        for track_id in track_ids:
            collector.add("", track_id=track_id)
        if track_ids:
            continue
        link = _LINK.search(line)
        if link or line.startswith("spotify:"):
            foreign = foreign or (_host(link[0]) if link else "Spotify playlists")
            collector.skipped += 1
            continue
        artist, dash, title = _split(line)
        if dash:
            collector.add(title, artist)
        else:
            collector.skipped += 1
    if not collector.tracks and foreign is not None:
        raise LinkNotSupported(host=foreign)
    if not collector.tracks:
        raise NoTracks(name=file_name)
    return collector.done()


def _lines(text: str) -> Iterator[str]:
    for raw in text.split("\n"):
        if not raw or raw.isspace():  # before anything that costs: a file may be ten million line ends
            continue
        line = _NUMBERED.sub("", raw).strip()
        if line.startswith("#EXTINF:"):  # an M3U list names its tracks so
            yield line.partition(",")[2].strip()
        elif line and not line.startswith("#"):
            yield line


def _split(line: str) -> tuple[str, bool, str]:
    parts = [part.strip() for part in _DASH.split(line[:2000], maxsplit=1)]
    return (parts[0], True, parts[1]) if len(parts) == 2 and all(parts) else (line, False, "")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "that site"
    except ValueError:
        return "that site"


__all__ = ["MAX_BYTES", "MAX_ROWS", "read_lines", "read_playlist", "read_playlists"]
