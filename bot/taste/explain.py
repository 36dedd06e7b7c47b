"""Why a prediction is what it is: the ratings that carry it, and what each feature adds.

The effects are Shapley values (Shapley 1953; for product kernels: Chen and others, Shapley values for kernel methods,
2022), exact: a product of d factors, each weakened by the same share q, is a polynomial in q, which Gauss-Legendre
quadrature integrates without error. They add up to the prediction minus the mean.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bot.domain import Effect, Reason
from bot.taste.features import FEATURES
from bot.taste.regressor import TasteRegressor

Array = NDArray[np.float64]

GROUPS = ("pitch", "timbre")
BACKGROUND = 150  # rated tracks over which the average effect is taken exactly


def reasons(
    model: TasteRegressor, x: Array, rated: Sequence[tuple[str, str, int]], most: int = 3
) -> tuple[Reason, ...]:
    """The rated tracks that carry the prediction of the row x (d,) most.

    `rated` holds (title, artist, stars) in the order of the rows that the model was fitted on. All weights together
    are the prediction minus the mean, before it is clipped.
    """
    carried, likeness = np.empty(len(model.y_)), np.empty(len(model.y_))
    likeness[model.order_] = model.smoother(x)
    carried[model.order_] = likeness[model.order_] * (model.y_ - model.mean_)
    strongest = [i for i in np.argsort(-np.abs(carried), kind="stable")[:most] if abs(carried[i]) > 0.01]
    return tuple(
        Reason(*rated[i][:2], stars=rated[i][2], weight=float(carried[i]), alike=bool(likeness[i] > 0))
        for i in strongest
    )


def effects(model: TasteRegressor, x: Array) -> tuple[Effect, ...]:
    """What each feature of the row x (d,) adds to the mean, in stars, strongest first; 12 pitches are one effect."""
    mine = shapley(model, x)
    ranks = model.ranks_
    background = ranks if len(ranks) <= BACKGROUND else ranks[:: -(-len(ranks) // BACKGROUND)]
    average = np.mean([_shapley_of_ranks(model, row) for row in background], axis=0)
    adds = mine - average
    known = ~np.isnan(x)
    adds[known] += adds[~known].sum() / max(known.sum(), 1)
    adds[~known] = 0.0
    # What the sample of the background leaves open, and what clipping takes, is shared equally.
    target = float(model.predict(x[None, :])[0]) - model.mean_
    adds[known] += (target - adds.sum()) / max(known.sum(), 1)
    return _grouped(x, adds)


def _grouped(x: Array, adds: Array) -> tuple[Effect, ...]:
    together: dict[str, tuple[float | None, float]] = {}
    for feature, value, stars in zip(FEATURES, x, adds, strict=True):
        if np.isnan(value):
            continue
        group = next((name for name in GROUPS if feature.name.startswith(f"{name}_")), None)
        if group is None:
            together[feature.name] = (float(value), float(stars))
        else:
            together[group] = (None, together.get(group, (None, 0.0))[1] + float(stars))
    found = [Effect(name, value, stars) for name, (value, stars) in together.items()]
    return tuple(sorted(found, key=lambda effect: -abs(effect.stars)))


def shapley(model: TasteRegressor, x: Array) -> Array:
    """Shapley values (d,) of the kernel expansion at the row x."""
    return _shapley_of_ranks(model, model.space_.ranks(x[None, :])[0])


def _shapley_of_ranks(model: TasteRegressor, u: Array) -> Array:
    space, d = model.space_, len(u)
    gaps = np.stack([space.gaps(j, u[None, :], model.ranks_)[0] for j in range(d)], axis=1)  # (n, d)
    both = ~np.isnan(gaps)
    known = (both * space.weights).sum(axis=1)
    everything = float(space.weights.sum())
    stretch = np.where(known > 0, everything / np.maximum(known, 1e-12), 0.0)
    gaps = np.where(both, gaps, 0.0) * stretch[:, None]
    nodes, shares = np.polynomial.legendre.leggauss(d // 2 + 1)
    nodes, shares = (nodes + 1) / 2, shares / 2
    total = np.zeros(d)
    for basis, dual in zip(model.bases_, model.dual_, strict=True):
        if not dual.any():
            continue
        less = np.exp(-gaps / space.scale(basis.length)) - 1  # (n, d), in (-1, 0]
        for q, share in zip(nodes, shares, strict=True):
            factors = 1 + q * less
            total += share * (dual * factors.prod(axis=1)) @ (less / factors)
    return total
