"""Find: a link, an ISRC or a name that nobody has linked becomes a stored track, with its sound where that is known."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from bot.domain.errors import NotOnSpotify, SpotifyError, UnknownTrack
from bot.domain.names import fold, without_guests, without_version
from bot.domain.tracks import Track, TrackSource
from bot.flow.outside import Outside, measure
from bot.sources.collect import isrc, spotify_id
from storage.playlists import Playlists

SURE = 0.92  # from here on, a match needs nobody's word
LIKELY = 0.6  # below, it is none
LONGEST = 200  # characters of a text that may be a name
FILTERS = re.compile('[":]')  # would be understood as such in a search


@dataclass(frozen=True, slots=True)
class Found:
    """A track that was looked for, and how sure it is the one, 0..1."""

    track: Track
    certainty: float


def certainty(artist: str, title: str, candidate: TrackSource) -> float:
    """How surely a track is the one that a name means: the title counts three, the artist two parts of five."""
    titles = max(
        _alike(title, candidate.title),
        _alike(without_version(title), without_version(candidate.title)) - 0.02,
    )
    artists = max([_alike(artist, candidate.artist), *(_alike(artist, one) for one in candidate.artist.split(", "))])
    return max(0.6 * titles + 0.4 * artists if artist else 0.9 * titles, 0.0)


def _alike(a: str, b: str) -> float:
    a, b = (fold(without_guests(name)) or name.strip() for name in (a, b))  # a name may be all signs
    return SequenceMatcher(None, a, b, autojunk=False).ratio() if a and b else 0.0


def best(artist: str, title: str, candidates: Sequence[TrackSource]) -> tuple[TrackSource, float] | None:
    """The likeliest candidate, with its certainty; of equals the one that Spotify named first."""
    rated = [(one, certainty(artist, title, one)) for one in candidates]
    return max(rated, key=lambda pair: pair[1], default=None)


def query(artist: str, title: str) -> str:
    """What to search for; quotes and colons would be understood as filters."""
    title = without_version(without_guests(title))  # what is not asked for still counts when finds are rated
    clean = [" ".join(FILTERS.sub(" ", part).split()) for part in (title, artist)]
    return " ".join(filter(None, clean))


async def find_outside(outside: Outside, playlists: Playlists, listener_id: int, text: str) -> Found:
    """Look for a track at the services that are allowed, keep it, and let them say how it sounds.

    Raises:
        UnknownTrack: the text names none, or nobody may be asked.
        SpotifyError: Spotify knows that there is none, or asks to wait.
        ErasedMeanwhile: the listener was erased while services were asked.

    """
    since = await playlists.began(listener_id)
    source, sure = await _source(outside, listener_id, text)
    track = await playlists.note(listener_id, source, since)
    await measure(outside, listener_id, track_id=track.id)
    return Found(await playlists.track(track.id, listener_id), sure)


async def _source(outside: Outside, listener_id: int, text: str) -> tuple[TrackSource, float]:
    text = text.strip()
    track_id, code = spotify_id(text), isrc(text) if len(text) < 20 else None
    if outside.spotify is None and (outside.reccobeats is None or not (track_id or code)):
        raise UnknownTrack(asked=text[:80])
    if track_id:
        link = f"https://open.spotify.com/track/{track_id}"
        stand_in = TrackSource(f"Track {track_id}", spotify_id=track_id, url=link)
        if outside.spotify is None:
            return stand_in, 1.0
        try:
            asker = await outside.asker(listener_id)
            return await asker.ask(lambda access: asker.spotify.track(track_id, access)), 1.0
        except NotOnSpotify:
            raise
        except SpotifyError:
            if outside.reccobeats is None:
                raise
            return stand_in, 1.0
    if code:
        return await _by_code(outside, listener_id, code), 1.0
    return await _by_name(outside, listener_id, text)


async def _by_code(outside: Outside, listener_id: int, code: str) -> TrackSource:
    if outside.spotify is None:
        return TrackSource(f"Recording {code}", isrc=code)
    asker = await outside.asker(listener_id)
    found = await asker.ask(lambda access: asker.spotify.search(f"isrc:{code}", access))
    if not found:
        raise UnknownTrack(asked=code)
    return found[0]


async def _by_name(outside: Outside, listener_id: int, text: str) -> tuple[TrackSource, float]:
    artist, dash, title = text.partition(" - ")
    if outside.spotify is None or len(text) > LONGEST or "\n" in text or "://" in text or not fold(text):
        raise UnknownTrack(asked=text[:80])
    if not dash:
        artist, title = "", text
    asker = await outside.asker(listener_id)
    candidates = await asker.ask(lambda access: asker.spotify.search(query(artist, title), access))
    found = best(artist, title, candidates)
    if found is None or found[1] < LIKELY:
        raise UnknownTrack(asked=text[:80])
    return found
