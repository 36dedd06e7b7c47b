"""What Spotify's answers mean: pages and tracks, from JSON of whatever shape arrives."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bot.domain.errors import NotOnTheList, SpotifyDown
from bot.domain.names import tidy
from bot.domain.tracks import TrackSource
from bot.sources.collect import BARE_ID, isrc
from bot.sources.http_client import Answer
from bot.sources.queue import NoAnswer, TooMany, retry_after

ARTWORK = re.compile(r"https://i\.scdn\.co/[0-9A-Za-z/._-]{1,200}")


class Unauthorised(Exception):
    """401: the token is over, or this needs a member's."""


class Forbidden(Exception):
    """403: the app or this member may not."""


class Missing(Exception):
    """404, or 400: there is no such thing."""


def body_of(answer: Answer) -> dict[str, Any]:
    """The JSON of an answer that went well.

    Raises:
        Unauthorised, Forbidden, Missing, NotOnTheList: by status.
        TooMany: 429.
        NoAnswer: 5xx, or no JSON.

    """
    match answer.status:
        case 200 | 201:
            return answer.json()
        case 401:
            raise Unauthorised
        case 403 if b"registered" in answer.body:
            raise NotOnTheList
        case 403:
            raise Forbidden
        case 400 | 404:
            raise Missing
        case 429:
            raise TooMany(retry_after(answer.headers.get("Retry-After")), b"QUOTA_EXCEEDED" in answer.body)
        case status:
            raise NoAnswer(status)


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


@dataclass
class HalfRead:
    """The pages that were read of a list before Spotify refused the rest, by their first entry's place."""

    version: str = ""
    pages: dict[int, Page] = field(default_factory=dict[int, Page])

    def to_json(self) -> str:
        return json.dumps({offset: asdict(page) for offset, page in self.pages.items()})

    @classmethod
    def from_json(cls, version: str, text: str) -> "HalfRead":
        """Read what `to_json` wrote; what an older version of this program wrote otherwise counts as nothing read."""
        try:
            pages = {
                int(offset): Page(tuple(TrackSource(**track) for track in page.pop("tracks")), **page)
                for offset, page in json.loads(text).items()
            }
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls()
        return cls(version, pages)


def track_of(one: Any, album: str = "") -> TrackSource | None:
    """A track as we keep it: what names it and links back, and nothing else of Spotify's."""
    if not isinstance(one, dict):
        return None
    track_id, title = text_of(one, "id"), tidy(text_of(one, "name"))
    if not BARE_ID.fullmatch(track_id) or not title:
        return None
    on = one.get("album")
    ids = one.get("external_ids")
    artists = [tidy(text_of(artist, "name")) for artist in list_of(one, "artists") if isinstance(artist, dict)]
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
    images = list_of(album, "images") if isinstance(album, dict) else ()
    urls = [text_of(image, "url") for image in images if isinstance(image, dict)]
    return next((url for url in reversed(urls) if ARTWORK.fullmatch(url)), None)


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


def version_of(head: Mapping[str, Any]) -> str:
    """A playlist's snapshot id, or "" where none stands."""
    version = text_of(head, "snapshot_id")
    return version if version.isascii() and len(version) <= 200 else ""


def list_of(item: Mapping[str, Any], key: str) -> Sequence[Any]:
    """A list, or an empty one where none stands."""
    value = item.get(key)
    return value if isinstance(value, list) else ()
