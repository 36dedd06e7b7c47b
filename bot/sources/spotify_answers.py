"""What Spotify's answers mean: pages and tracks, from JSON of whatever shape arrives."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.errors import SpotifyDown
from bot.domain.names import tidy
from bot.domain.tracks import TrackSource
from bot.sources.collect import isrc


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list."""

    tracks: tuple[TrackSource, ...]
    local: int = 0  # files of the owner's own, which nobody else has
    episodes: int = 0
    gone: int = 0  # entries that Spotify no longer has


def page_of(answer: Mapping[str, Any], album: str = "") -> Page:
    """Read a page's entries; an entry holds its track as `item`, formerly as `track`, or is one itself.

    Raises SpotifyDown where there are no entries.
    """
    items = answer.get("items")
    if not isinstance(items, list):
        raise SpotifyDown(status=0)
    tracks: list[TrackSource] = []
    local = episodes = gone = 0
    for entry in items:
        one = entry.get("item", entry.get("track", entry)) if isinstance(entry, dict) else None
        if not isinstance(one, dict):
            gone += 1
        elif one.get("is_local") or entry.get("is_local"):
            local += 1
        elif one.get("type") == "episode":
            episodes += 1
        else:
            track = track_of(one, album)
            gone += track is None
            tracks += [] if track is None else [track]
    return Page(tuple(tracks), local, episodes, gone)


def track_of(one: Any, album: str = "") -> TrackSource | None:
    """A track as we keep it: what names it and links back, and nothing else of Spotify's."""
    if not isinstance(one, dict):
        return None
    track_id, title = text_of(one, "id"), tidy(text_of(one, "name"))
    if len(track_id) != 22 or not track_id.isalnum() or not title:
        return None
    on = one.get("album")
    ids = one.get("external_ids")
    artists = [tidy(text_of(artist, "name")) for artist in one.get("artists") or () if isinstance(artist, dict)]
    duration = one.get("duration_ms")
    return TrackSource(
        title=title,
        artist=", ".join(filter(None, artists))[:300],
        album=tidy(text_of(on, "name")) if isinstance(on, dict) else album,
        spotify_id=track_id,
        isrc=isrc(text_of(ids, "isrc")) if isinstance(ids, dict) else None,
        url=f"https://open.spotify.com/track/{track_id}",
        artwork_url=_artwork(on),
        duration_ms=duration if isinstance(duration, int) and 0 < duration < 36_000_000 else None,
        measured_by="spotify",
        by_service=True,
    )


def _artwork(album: Any) -> str | None:
    images = album.get("images") if isinstance(album, dict) else None
    urls = [text_of(image, "url") for image in images or () if isinstance(image, dict)]
    return next((url for url in reversed(urls) if url.startswith("https://i.scdn.co/")), None)


def text_of(item: Mapping[str, Any], key: str) -> str:
    """A text, or "" where none stands."""
    value = item.get(key)
    return value if isinstance(value, str) else ""


def whole_number(item: Mapping[str, Any], key: str) -> int:
    """A number from 0 up; raises SpotifyDown where none stands."""
    value = item.get(key)
    if not isinstance(value, int) or value < 0:
        raise SpotifyDown(status=0)
    return value
