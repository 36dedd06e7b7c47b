"""What is learned of a taste: reports, predictions and their reasons, a taste at a glance, and comparisons."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from bot.domain.ratings import Verdict
from bot.domain.tracks import Track


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
    learned: int = 0  # of `ratings`, those that the model holds: fewer where they are very many; 0: not noted
    other_scale: int = (
        0  # ratings of which only what has a unit was used, for a minority of values is another service's
    )

    def beyond_the_mean(self) -> tuple[list[float], list[float]]:
        """How far each rating, and what was predicted of it, lies above the mean of the other ratings, stars.

        What `held_out` is measured on: the mean of the others is lower where a rating is higher, so that predictions
        near it would slope down against the ratings, though they say nothing.
        """
        total, others = sum(self.actual), max(len(self.actual) - 1, 1)
        means = [(total - stars) / others if len(self.actual) > 1 else stars for stars in self.actual]
        given = [stars - mean for stars, mean in zip(self.actual, means, strict=True)]
        return given, [stars - mean for stars, mean in zip(self.predicted, means, strict=True)]


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
    rated: int | None = None  # what the listener gave it, if they did
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
        seen: the listener had seen the prediction before rating, so that it may have led them.

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
        feature: its name in `bot.domain.features`.
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
