"""Tracks, playlists and recordings: frozen, with units, without I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

KEYS = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")  # by pitch class


MAX_ID = 2**63 - 1  # that the database can hold; a number that nobody has


def sent_id(text: str) -> int:
    """An id that was sent to us, in decimal digits; one that no database can hold becomes MAX_ID."""
    return min(int(text), MAX_ID)


@dataclass(frozen=True, slots=True)
class TrackSource:
    """A track as a file or a service describes it, before it is stored.

    `features` holds only known, in-range values, by the names in `bot.domain.features`.
    """

    title: str
    artist: str = ""
    album: str = ""
    spotify_id: str | None = None  # 22 characters, base 62
    isrc: str | None = None  # 12 characters
    url: str | None = None
    artwork_url: str | None = None
    duration_ms: int | None = None
    features: Mapping[str, float] = field(default_factory=dict[str, float])
    measured_by: str = "file"  # where all this comes from: a member's file, "audio", our own analysis, or a service
    by_service: bool = False  # the word of a service, or of our own catalogue, on an id or name of its own
    recording: str | None = None  # SHA-256 of an uploaded file, which is a track of its own, whatever it is called


@dataclass(frozen=True, slots=True)
class AudioAnalysis:
    """What an audio file itself tells; None is unknown, a confidence lies in 0..1.

    What audio cannot tell credibly (valence, acousticness, liveness ...) is not here.
    """

    duration_ms: int
    loudness: float  # LUFS (ITU-R BS.1770)
    dynamic_range: float  # LU between the 10th and the 95th percentile of 400 ms
    tempo: float | None  # beats per minute
    tempo_confidence: float
    beat_strength: float  # 0..1: how regularly notes begin on the beat
    onset_rate: float  # notes or chords a second
    key: int | None  # pitch class, 0 = C
    mode: int | None  # 1 = major
    key_confidence: float
    mode_confidence: float
    tuning: float | None  # cents from equal temperament at A = 440 Hz, -50..50
    pitches: tuple[float, ...] | None  # 12, C first: mean share of the strongest pitch class, 0..1
    timbre: tuple[float, ...] | None  # 12: the level in dB, then the spectrum's shape, coarse to fine
    spectral_centroid: float | None  # Hz
    spectral_flatness: float | None  # 0 one tone .. 1 noise
    spectral_flux: float | None  # dB by which bands rise in 12 ms, on average

    def features(self) -> dict[str, float]:
        """The known values, by the names in `bot.domain.features`."""
        named = {
            "duration_ms": self.duration_ms,
            "loudness": self.loudness if self.loudness >= -60 else None,  # below, no provider counts
            "tempo": self.tempo,
            "key": self.key,
            "mode": self.mode,
            **{f"pitch_{place}": value for place, value in enumerate(self.pitches or ())},
            **{f"timbre_{place}": value for place, value in enumerate(self.timbre or ())},
        }
        return {name: float(value) for name, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a playlist was read from, so that it can be read again."""

    link: str  # as in `bot.sources.spotify_links`
    version: str  # empty: unknown, so it is always read again
    permission: int | None  # of its owner's, through which it came and with which it goes; None: anybody may read it


@dataclass(frozen=True, slots=True)
class PlaylistSource:
    """What an importer read: tracks in order, and what it could not use."""

    name: str
    kind: str  # exportify, tunemymusic, soundiiz, spotify-account, lines, csv
    tracks: Sequence[TrackSource]
    duplicates: int = 0  # rows that name a track that stood before
    skipped: int = 0  # rows without a title, podcasts, local files
    bad_cells: int = 0  # feature cells out of range or not numbers; left unknown
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Track:
    """A track as a listener sees it; who shares it names it, where the listener's own files do not."""

    id: int  # 0: heard once, not stored
    title: str
    artist: str = ""
    album: str = ""
    spotify_id: str | None = None
    isrc: str | None = None
    url: str | None = None
    artwork_url: str | None = None
    duration_ms: int | None = None
    features: Mapping[str, float] = field(default_factory=dict[str, float])
    scales: Mapping[str, str] = field(default_factory=dict[str, str])  # by group of `bot.domain.scales`: whose values
    through: int | None = None  # whose list it is seen through; None: no other member's


@dataclass(frozen=True, slots=True)
class Playlist:
    id: int
    owner_id: int
    name: str
    kind: str
    tracks: int
    with_features: int
    shared_guild_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of how many tracks it is known how they sound, and from where."""

    tracks: int
    by_source: Mapping[str, int]  # file, audio, reccobeats, spotify; each track counts once
    unknown: int
    titles: tuple[str, ...] = ()  # some of the unknown
    unanswered: str = ""  # "busy" or "down": a source did not answer, and may later


@dataclass(frozen=True, slots=True)
class LinkedPlaylist:
    """The outcome of linking: the playlist, and what was left out."""

    playlist: Playlist
    duplicates: int
    skipped: int
    bad_cells: int
    relinked: bool  # a playlist of this name by this owner was replaced
    namesake: Playlist | None = None  # one of the wanted name has other tracks: its owner is asked before it goes
    unchanged: bool = False  # it was read before, and nothing has changed since
    local: int = 0  # files of the owner's own on Spotify
    episodes: int = 0
    gone: int = 0  # entries that Spotify no longer has
    coverage: Coverage | None = None
