"""Spotify's account data: playlists and streaming history, as JSON."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from bot.domain.errors import FileTooLarge, NoTracks, UnreadableFile
from bot.domain.names import tidy
from bot.domain.tracks import PlaylistSource
from bot.sources.collect import Collector, spotify_id
from bot.sources.decoding import MAX_ROWS, playlist_name


def read_account(file_name: str, text: str) -> list[PlaylistSource]:
    """Read Playlist1.json (several playlists), StreamingHistory*.json or Streaming_History_Audio*.json.

    Raises:
        UnreadableFile: it is no JSON.
        NoTracks: there is nothing of music in it.
        FileTooLarge: it lists more tracks than a file may have.

    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise UnreadableFile(name=file_name) from None
    if isinstance(data, dict) and isinstance(data.get("playlists"), list):
        return _playlists(file_name, data["playlists"])
    if isinstance(data, dict) and isinstance(data.get("tracks"), list):  # YourLibrary.json
        return [_library(file_name, data["tracks"])]
    if isinstance(data, list):
        return [_history(file_name, data)]
    raise NoTracks(name=file_name)


def _playlists(file_name: str, found: list[Any]) -> list[PlaylistSource]:
    read: list[PlaylistSource] = []
    names: Counter[str] = Counter()
    rows = 0
    for playlist in _dicts(found):
        name = tidy(_text(playlist, "name"), 76) or playlist_name(file_name) or "My playlist"
        names[name] += 1
        collector = Collector(name if names[name] == 1 else f"{name} {names[name]}", "spotify-account")
        for item in _dicts(playlist.get("items")):
            rows += 1
            if rows > MAX_ROWS:
                raise FileTooLarge(name=file_name, size=rows, limit=MAX_ROWS, unit="rows")
            track = item.get("track")
            if not isinstance(track, dict):
                collector.skipped += 1
                continue
            collector.add(
                _text(track, "trackName"),
                _text(track, "artistName"),
                _text(track, "albumName"),
                track_id=spotify_id(_text(track, "trackUri")),
            )
        if collector.tracks:
            read.append(collector.done())
    if not read:
        raise NoTracks(name=file_name)
    return read


def _library(file_name: str, found: list[Any]) -> PlaylistSource:
    collector = Collector("Library", "spotify-account")
    for track in _dicts(found):
        uri = spotify_id(_text(track, "uri"))
        collector.add(_text(track, "track"), _text(track, "artist"), _text(track, "album"), track_id=uri)
    if not collector.tracks:
        raise NoTracks(name=file_name)
    return collector.done()


def _history(file_name: str, found: list[Any]) -> PlaylistSource:
    """The 20,000 most played tracks of a listening history; where and when somebody listened is not kept."""
    plays: Counter[tuple[str, str, str, str | None]] = Counter()
    skipped = 0
    for play in _dicts(found):
        title = _text(play, "trackName") or _text(play, "master_metadata_track_name")
        artist = _text(play, "artistName") or _text(play, "master_metadata_album_artist_name")
        album = _text(play, "master_metadata_album_album_name")
        uri = spotify_id(_text(play, "spotify_track_uri"))
        if title:
            plays[title, artist, album, uri] += 1
        else:
            skipped += 1
    collector = Collector(playlist_name(file_name), "spotify-account")
    for (title, artist, album, uri), _ in plays.most_common(MAX_ROWS):
        collector.add(title, artist, album, track_id=uri)
    collector.skipped += skipped  # after the tracks: podcasts take no track's place
    return collector.done()


def _dicts(found: object) -> Iterable[dict[str, Any]]:
    return (item for item in found if isinstance(item, dict)) if isinstance(found, list) else ()


def _text(item: dict[str, Any], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""
