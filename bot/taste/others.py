"""What other members' ratings of a track add to a prediction: an item effect, followed as far as a listener does.

The model itself learns from its listener alone. What others gave is laid on top when something is predicted, so that
whoever takes back his consent is gone from everybody's predictions at once, and nothing need be trained anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bot.domain.ratings import MAX_STARS, MIN_STARS
from bot.domain.taste import Gave

if TYPE_CHECKING:
    from bot.taste.regressor import TasteRegressor

Array = NDArray[np.float64]

UNSEEN = 3.0  # as if so many more raters had found each track average
MOST_FOLLOWED = 2.0  # stars for each star of the others


@dataclass(frozen=True, slots=True)
class Others:
    """Item effects, in stars, NaN where nobody else rated the track.

    Attributes:
        learned: (n,) of the tracks that the model was trained on, in the order in which it was given them.
        given: (n,) the listener's own stars for these.
        asked: (m,) of the tracks to predict.

    """

    learned: Sequence[float]
    given: Sequence[float]
    asked: Sequence[float]


def item_effect(gave: Gave) -> float:
    """What raters agree on: how far they are above their own means on average, in stars, shrunk towards 0."""
    return gave.above / (gave.raters + UNSEEN)


def others(
    gave: Mapping[int, Gave], learned: Sequence[int], given: Sequence[float], asked: Sequence[int]
) -> Others | None:
    """Bring what others gave, by track id, into the order of the tracks; None where nothing follows from it."""
    if gave.keys().isdisjoint(learned) or gave.keys().isdisjoint(asked):
        return None
    effects = {track: item_effect(one) for track, one in gave.items()}
    nothing = float("nan")
    return Others([effects.get(i, nothing) for i in learned], given, [effects.get(i, nothing) for i in asked])


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

        Returns:
            stars, the ends of their 80 % ranges, and what the others add to the stars (NaN unknown), each (m,).

        """
        from bot.taste.regressor import reach  # noqa: PLC0415 - heavy

        mean, deviation = model.predict(X, return_std=True)
        low, high = model.interval(X)
        stars = np.clip(mean + self.share * (effects - self.centre), MIN_STARS, MAX_STARS)
        wide = reach(self.errors, 0.8) * deviation
        gave = ~np.isnan(effects)
        return (
            np.where(gave, stars, mean),
            np.where(gave, np.clip(stars - wide, MIN_STARS, MAX_STARS), low),
            np.where(gave, np.clip(stars + wide, MIN_STARS, MAX_STARS), high),
            stars - mean,
        )
