"""The nouns: frozen, with units, without I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

MIN_STARS = 1
MAX_STARS = 10
MIN_RATINGS = 10  # rated tracks with features before a first model is trained
KEYS = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")  # by pitch class

Verdict = Literal["unknown", "hunch", "fair", "sure"]


@dataclass(frozen=True, slots=True)
class TrackSource:
    """A track as a file or a service describes it, before it is stored.

    `features` holds only known, in-range values, by the names in `bot.taste.features`.
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
    measured_by: str = "file"  # where the features come from: a member's file, or "audio", our own analysis


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
        """The known values, by the names in `bot.taste.features`."""
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
    """A canonical track: the same recording under two names or ids is one track."""

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
    scales: Mapping[str, str] = field(default_factory=dict[str, str])  # by group of `bot.taste.scales`: whose values


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
    unchanged: bool = False  # it was read before, and nothing has changed since
    local: int = 0  # files of the owner's own on Spotify
    episodes: int = 0
    gone: int = 0  # entries that Spotify no longer has
    coverage: Coverage | None = None


@dataclass(frozen=True, slots=True)
class Rating:
    listener_id: int
    track: Track
    stars: int  # 1..10
    rated_at: int  # seconds since 1970, UTC


Why = Literal["typical", "telling", "surprise", "rest", "unheard"]  # a track is asked about


@dataclass(frozen=True, slots=True)
class Question:
    """A track to ask a listener about next, and where he stands."""

    track: Track
    stars: int | None  # the current rating, where there is one
    left: int  # tracks still to rate in this round, this one included
    rated: int  # the listener's ratings in all
    playlist_id: int | None  # the round is limited to this playlist
    can_undo: bool
    then: tuple[int, ...] = ()  # the tracks that will be asked about after this one
    why: Why | None = None  # None: the listener chose it


@dataclass(frozen=True, slots=True)
class Metrics:
    """How good a set of predictions is against the ratings, stars 1..10."""

    skill: float  # 1 - MSE / MSE of the mean of the training ratings
    r2: float
    mae: float  # stars
    spearman: float  # -1..1, 0 where undefined
    order: float  # share of pairs with different ratings put in the right order, 0..1


@dataclass(frozen=True, slots=True)
class TasteReport:
    """What a training found, all of it from leave-one-out predictions unless said otherwise."""

    ratings: int  # used for training
    without_features: int  # rated, but left out
    held_out: Metrics  # leave-one-out
    training: Metrics  # on the ratings the model has seen: the difference is the overfitting
    coverage: float  # share of ratings inside the leave-one-out 80 % range
    mean: float  # the listener's mean, stars
    p_value: float  # how often shuffled ratings would look this good, 0..1
    verdict: Verdict
    more_ratings: int | None  # about this many more should help; None: unknown or enough
    actual: Sequence[float]  # (n,) stars
    predicted: Sequence[float]  # (n,) leave-one-out
    titles: Sequence[str]  # (n,)
    learned: int = 0  # of `ratings`, those that the model holds: fewer where they are very many; 0: not noted
    other_scale: int = (
        0  # ratings of which only what has a unit was used, for a minority of values is another service's
    )


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a rated track that carries the prediction."""

    title: str
    artist: str
    stars: int
    weight: float  # signed effect in stars
    alike: bool = True  # False: it carries the prediction by being unlike


@dataclass(frozen=True, slots=True)
class Effect:
    """What one feature (or group) adds to a prediction, in stars; effects add up to stars - mean.

    Attributes:
        place: where the value stands among those of the rated tracks, 0 lowest .. 1 highest; None: nowhere.

    """

    feature: str
    value: float | None
    stars: float
    place: float | None = None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What would be predicted for the same track with one feature changed from `before` to `value`."""

    feature: str
    before: float
    value: float
    stars: float


@dataclass(frozen=True, slots=True)
class ByOthers:
    """What others who share their ratings add to a prediction."""

    raters: int
    stars: float


@dataclass(frozen=True, slots=True)
class Prediction:
    track: Track
    stars: float | None  # None: no feature of this track is known
    low: float | None  # 80 % range
    high: float | None
    verdict: Verdict  # of the model that says it
    rated: int | None = None  # what the listener gave it, if he did
    reasons: Sequence[Reason] = ()
    effects: Sequence[Effect] = ()
    what_if: WhatIf | None = None  # the change that would do most for it
    others: ByOthers | None = None
    changes: Sequence[WhatIf] = ()  # what its listener may ask about


@dataclass(frozen=True, slots=True)
class Checked:
    """A prediction and the rating that followed it.

    Attributes:
        low, high: the range that was to hold the rating eight times in ten.
        seen: the listener had seen the prediction before rating, so that it may have led him.

    """

    stars: float
    low: float
    high: float
    seen: bool
    predicted_at: int  # seconds since 1970, UTC
    rated: int
    rated_at: int

    @property
    def hit(self) -> bool:
        return self.low <= self.rated <= self.high
