"""A listener's taste at a glance: what the pictures of `/taste show` are drawn from."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain import Verdict


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

    """

    feature: str
    values: Sequence[float]
    stars: Sequence[float]
    unsure: Sequence[float]
    best: float
    worst: float
    swing: float
    sure: bool


@dataclass(frozen=True, slots=True)
class Glance:
    """What is known of a taste.

    Attributes:
        ratings: tracks with features that were rated, n.
        leanings: strongest first.
        axes: the two most telling features (or one, or none).
        points: (n, len(axes)) values of these; NaN unknown.
        places: (n, 2) where tracks that sound alike lie near each other.
        given: (n,) stars.
        titles: (n,)
        growth: (number of ratings, skill then) as the ratings came in.

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
