"""What other members' ratings of a track add to a prediction: an item effect, followed as far as a listener does.

The model itself learns from its listener alone. What others gave is laid on top when something is predicted, so that
whoever takes back consent is gone from everybody's predictions at once, and nothing need be trained anew.

What is told of many must not tell what one of them gave, not even to somebody who owns all the other accounts and
changes their ratings at will. So each rating is blurred before anything else is done with it, and all that follows
tells no more than the blurred rating does: it counts only whether it is above or below its listener's mean, and FLIPPED
of them count the other way round. Source: Warner, Randomized Response (1965); a lot that is drawn once and for all, as
in Erlingsson and others, RAPPOR (2014), leaves nothing to average out.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bot.domain.ratings import MAX_STARS, MIN_STARS
from bot.domain.taste import ItemEffect, SharedRating
from bot.taste.blur import lot

if TYPE_CHECKING:
    from bot.taste.regressor import TasteRegressor

Array = NDArray[np.float64]

UNSEEN = 3.0  # as if so many more raters had found each track average
MOST_FOLLOWED = 2.0  # stars for each star of the others
MIN_RATERS = 3  # who do not share openly: fewer say nothing
FLIPPED = 1 / 4  # of blurred ratings: guesses from them err by at least .8 of what guessing the mean errs by
BLURRED_STARS = 0.7  # what one blurred rating moves the sum by, up or down
BLURRED_WEIGHT = 1 / 6  # what it tells, beside a rating that is given openly
STEP = 0.5  # stars in which the others enter what is shown


@dataclass(frozen=True, slots=True)
class Others:
    """Item effects, in stars, NaN where others say nothing of the track.

    Attributes:
        learned: (n,) of the tracks that the model was trained on, in the order in which it was given them.
        given: (n,) the listener's own stars for these.
        asked: (m,) of the tracks to predict.

    """

    learned: Sequence[float]
    given: Sequence[float]
    asked: Sequence[float]


def item_effects(gave: Iterable[SharedRating], secret: bytes) -> dict[int, ItemEffect]:
    """What raters agree on, by track id, shrunk towards 0; no rating counts undisguised unless it is given openly.

    Tracks that fewer than MIN_RATERS rated, those who share openly apart, are told of by these alone. `secret` draws
    the lots.
    """
    openly: dict[int, list[float]] = {}
    blurred: dict[int, list[float]] = {}
    for one in gave:
        if one.openly:
            openly.setdefault(one.track_id, []).append(one.stars - one.mean)
        else:
            blurred.setdefault(one.track_id, []).append(_blurred(one, secret) * BLURRED_STARS)
    blurred = {track: ratings for track, ratings in blurred.items() if len(ratings) >= MIN_RATERS}
    effects: dict[int, ItemEffect] = {}
    for track in openly.keys() | blurred.keys():
        told, hidden = openly.get(track, []), blurred.get(track, [])
        weight = UNSEEN + len(told) + BLURRED_WEIGHT * len(hidden)
        effects[track] = ItemEffect((math.fsum(told) + math.fsum(hidden)) / weight, len(told) + len(hidden))
    return effects


def _blurred(one: SharedRating, secret: bytes) -> int:
    """1 above the mean, -1 below, and the other way round where the lot of this listener and track says so.

    The mean counts in whole stars, and has a part in the lot: where it moved and nothing else did, the ratings that
    lie between would show.
    """
    mean = math.floor(one.mean)
    flipped = lot(secret, one.listener_id, one.track_id, mean) < FLIPPED
    return (1 if one.stars > mean else -1) * (-1 if flipped else 1)


def others(
    effects: Mapping[int, ItemEffect], learned: Sequence[int], given: Sequence[float], asked: Sequence[int]
) -> Others | None:
    """Bring item effects, by track id, into the order of the tracks; None where nothing follows from them."""
    if effects.keys().isdisjoint(learned) or effects.keys().isdisjoint(asked):
        return None
    stars = {track: effect.stars for track, effect in effects.items()}
    nothing = float("nan")
    return Others([stars.get(i, nothing) for i in learned], given, [stars.get(i, nothing) for i in asked])


@dataclass(frozen=True, slots=True, eq=False)
class Following:
    """How far a listener follows the others: stars for each of theirs above `centre`, and what is off all the same.

    Attributes:
        errors: ascending, of leave-one-out predictions, in standard deviations of the model's.

    """

    share: float
    centre: float
    errors: Array

    @classmethod
    def of(cls, model: "TasteRegressor", others: Others) -> "Following":
        """Regress what the model's leave-one-out predictions leave on the item effects.

        The prior of the share is normal with mean 0 and deviation 1, so that few ratings follow little; each error is
        that of a share found without its rating.
        """
        effects = np.asarray(others.learned, dtype=np.float64)
        left = np.asarray(others.given, dtype=np.float64) - model.loo_
        seen = ~np.isnan(effects)
        centre = float(effects[seen].mean())
        a, r = effects[seen] - centre, left[seen] - left[seen].mean()
        noise = max(float(left.var()), 1e-9)
        together, alone = float(a @ r), float(a @ a)
        share = float(np.clip(together / (alone + noise), 0.0, MOST_FOLLOWED))
        without = np.clip((together - a * r) / (alone - a**2 + noise), 0.0, MOST_FOLLOWED)
        errors = np.abs(left[seen] - without * a) / np.maximum(model.loo_std_[seen], 1e-9)
        return cls(share, centre, np.sort(errors))

    def predict(self, model: "TasteRegressor", X: Array, effects: Array) -> tuple[Array, Array, Array, Array]:
        """Lay what others gave, item effects (m,) with NaN unknown, on what the model says of rows X (m, d).

        They move the stars, and widen or narrow the range, by multiples of STEP.

        Returns:
            stars, the ends of their 80 % ranges, and what the others add to the stars (NaN unknown), each (m,).

        """
        from bot.taste.regressor import reach  # noqa: PLC0415 - heavy

        mean, deviation = model.predict(X, return_std=True)
        added = in_steps(self.share * (effects - self.centre))
        stars = np.clip(mean + np.nan_to_num(added), MIN_STARS, MAX_STARS)
        alone = model.reach(0.8) * deviation
        wider = np.where(np.isnan(effects), 0.0, in_steps(reach(self.errors, 0.8) * deviation - alone))
        wide = np.maximum(alone + wider, 0.0)
        return stars, np.clip(stars - wide, MIN_STARS, MAX_STARS), np.clip(stars + wide, MIN_STARS, MAX_STARS), added


def in_steps(stars: Array) -> Array:
    """Round to multiples of STEP; never to a negative zero."""
    return np.round(stars / STEP) * STEP + 0.0
