"""A listener's taste at a glance, which the pictures of `/taste show` are drawn from, and two tastes side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from bot.domain import Prediction, Track, Verdict

Sharing = Literal["off", "server", "everywhere"]  # with whom a member compares tastes


@dataclass(frozen=True, slots=True)
class Consent:
    """What a member said of comparing tastes.

    Attributes:
        servers: in how many the member allows it, where not everywhere.
        openly: others may tell what the member gave.

    """

    scope: Sharing
    servers: int
    openly: bool


class SharedRating(NamedTuple):
    """What somebody who shares gave to a track; a tuple, for there may be very many."""

    track_id: int
    listener_id: int
    stars: int
    mean: float  # of all that this listener gave
    openly: bool


@dataclass(frozen=True, slots=True)
class ItemEffect:
    """What others say of a track: how far above average it is, in stars, and how many they are."""

    stars: float
    raters: int


@dataclass(frozen=True, slots=True)
class Leaning:
    """What a feature does to this listener's stars, all else equal.

    Attributes:
        feature: its name in `bot.taste.features`.
        values: (m,) of it, ascending.
        stars: (m,) above the listener's mean.
        unsure: (m,) standard deviations of `stars`.
        best, worst: the values at which `stars` is highest and lowest.
        swing: stars between these.
        sure: the swing is larger than what may be chance.
        rated: (n, 2) a rated track's value, and its stars above the mean.

    """

    feature: str
    values: Sequence[float]
    stars: Sequence[float]
    unsure: Sequence[float]
    best: float
    worst: float
    swing: float
    sure: bool
    rated: Sequence[tuple[float, float]] = ()


@dataclass(frozen=True, slots=True)
class Glance:
    """What is known of a taste.

    Attributes:
        ratings: tracks with features that were rated, n.
        leanings: strongest first.
        axes: the two most telling features (or one, or none); valence and mode where none is sure.
        points: (n, len(axes)) values of these; NaN unknown.
        places: (n, 2) where tracks that sound alike lie near each other.
        given: (n,) stars.
        titles: (n,)
        growth: (number of ratings, skill then) as the ratings came in.
        weaker: how many more features have an effect, but a weaker one than `leanings`.

    """

    verdict: Verdict
    ratings: int
    leanings: Sequence[Leaning]
    axes: Sequence[str]
    points: Sequence[Sequence[float]]
    places: Sequence[tuple[float, float]]
    given: Sequence[int]
    titles: Sequence[str]
    growth: Sequence[tuple[int, float]]
    weaker: int = 0


@dataclass(frozen=True, slots=True)
class InCommon:
    """A track that two listeners rated."""

    track: Track
    mine: int  # stars
    theirs: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two listeners' tastes, side by side.

    Attributes:
        common: what both rated, the most different first.
        apart: mean distance of their stars on these; None: there are none.
        agreement: rank correlation on these, -1..1; None: fewer than five, or all rated the same.
        predicted: how many others both models could predict.
        likeness: rank correlation of these predictions; None where a model is missing or says the same of all.
        for_me: what the one who asks would like most of the other's tracks, best first; `for_them` the other way.
        untrained: who has no model yet.
        unsure: whose model knows too little to be believed.

    """

    common: Sequence[InCommon]
    apart: float | None
    agreement: float | None
    predicted: int
    likeness: float | None
    for_me: Sequence[Prediction]
    for_them: Sequence[Prediction]
    untrained: Sequence[int]
    unsure: Sequence[int]
