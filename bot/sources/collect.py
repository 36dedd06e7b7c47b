"""Gathers tracks in order, counting what is named twice or cannot be used."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.errors import FileTooLarge, NoTracks
from bot.domain.names import tidy
from bot.domain.tracks import PlaylistSource, TrackSource
from bot.sources.decoding import MAX_ROWS

SPOTIFY_TRACK = re.compile(
    r"(?:spotify:track:|(?<![\w./-])(?:https?://)?open\.spotify\.com/(?:intl-[a-z]{2,5}/)?track/)"
    r"([0-9A-Za-z]{22})(?![0-9A-Za-z])"
)
BARE_ID = re.compile(r"[0-9A-Za-z]{22}")
THIS = "this file"  # where its name says nothing
ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")


def spotify_id(text: str) -> str | None:
    """The id in a track's link or URI, or None; nothing else of the text is kept."""
    found = SPOTIFY_TRACK.search(text)
    return found[1] if found else None


def spotify_ids(text: str) -> list[str]:
    """The ids of all tracks that a text links to, in order."""
    return SPOTIFY_TRACK.findall(text)


def isrc(text: str) -> str | None:
    folded = text.strip().upper().replace("-", "")
    return folded if ISRC.fullmatch(folded) else None


@dataclass
class Collector:
    """One playlist being read.

    Raises FileTooLarge from `add` when there are more rows than a playlist may have.
    """

    name: str
    kind: str
    tracks: list[TrackSource] = field(default_factory=list[TrackSource])
    duplicates: int = 0
    skipped: int = 0
    bad_cells: int = 0
    _seen: set[str] = field(default_factory=set[str])

    def add(
        self,
        title: str,
        artist: str = "",
        album: str = "",
        *,
        track_id: str | None = None,
        code: str | None = None,
        duration_ms: int | None = None,
        features: Mapping[str, float] | None = None,
    ) -> None:
        """Take one row; without a title or an id it counts as skipped."""
        if len(self.tracks) + self.duplicates + self.skipped >= MAX_ROWS:
            raise FileTooLarge(name=self.name or THIS, size=MAX_ROWS + 1, limit=MAX_ROWS, unit="rows")
        title, artist, album = tidy(title), tidy(artist), tidy(album)
        if not title and track_id:
            title = f"Track {track_id}"
        if not title:
            self.skipped += 1
            return
        key = track_id or f"{artist.casefold()}|{title.casefold()}"
        if key in self._seen:
            self.duplicates += 1
            return
        self._seen.add(key)
        self.tracks.append(
            TrackSource(
                title=title,
                artist=artist,
                album=album,
                spotify_id=track_id,
                isrc=code,
                url=f"https://open.spotify.com/track/{track_id}" if track_id else None,
                duration_ms=duration_ms,
                features=dict(features or {}),
            )
        )

    def done(self) -> PlaylistSource:
        """The playlist; raises NoTracks where none was found."""
        if not self.tracks:
            raise NoTracks(name=self.name or THIS)
        name = self.name or name_of(self.tracks)
        return PlaylistSource(name, self.kind, self.tracks, self.duplicates, self.skipped, self.bad_cells)


def name_of(tracks: Sequence[TrackSource]) -> str:
    """What a list can be called by what is on it: its album, if it is one, else the artists that are there most."""
    albums = {track.album for track in tracks}
    if len(albums) == 1 and len(tracks) > 1 and (album := albums.pop()):
        return tidy(album, 80)
    artists = Counter(track.artist for track in tracks if track.artist).most_common(2)
    return tidy(", ".join(artist for artist, _ in artists) or tracks[0].title, 80)
