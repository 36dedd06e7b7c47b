"""Why a prediction is what it is: the ratings that carry it, what each feature adds, and what would be if.

The effects are Shapley values (Shapley 1953; for product kernels: Chen and others, Shapley values for kernel methods,
2022): a product of d factors, each weakened by the same share q, is a polynomial in q, which Gauss-Legendre quadrature
integrates. They add up to the prediction minus the mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.domain.features import FEATURES, NAMES
from bot.domain.taste import Effect, Reason, WhatIf
from bot.taste.regressor import TasteRegressor

Array = NDArray[np.float64]

GROUPS = ("pitch", "timbre")
NODES = 8  # of the quadrature: 20 are exact for 40 features, 8 leave an error below 1e-8
IN_CACHE = 100_000  # gaps held at a time
CLIPPED = 1e-3  # stars: what single precision leaves open is less


def reasons(
    model: TasteRegressor, x: Array, rated: Sequence[tuple[str, str, int]], most: int = 3
) -> tuple[Reason, ...]:
    """The rated tracks that carry the prediction of the row x (d,) most.

    `rated` holds (title, artist, stars) in the order of the rows that the model was fitted on. All weights together
    are the prediction minus the mean, before it is clipped.
    """
    carried, likeness = np.zeros(len(rated)), np.zeros(len(rated))
    likeness[model.order_] = model.smoother(x)
    carried[model.order_] = likeness[model.order_] * (model.y_ - model.mean_)
    strongest = [i for i in np.argsort(-np.abs(carried), kind="stable")[:most] if abs(carried[i]) > 0.01]
    return tuple(
        Reason(*rated[i][:2], stars=rated[i][2], weight=float(carried[i]), alike=bool(likeness[i] > 0))
        for i in strongest
    )


def effects(model: TasteRegressor, x: Array, average: Array | None = None) -> tuple[Effect, ...]:
    """What each feature of the row x (d,) adds to the mean, in stars, strongest first; 12 pitches are one effect.

    `average` is `average_shapley` of the model, for a caller who has it already.
    """
    adds = shapley(model, x[None, :])[0] - (average_shapley(model) if average is None else average)
    known = ~np.isnan(x)
    adds[known] += adds[~known].sum() / max(known.sum(), 1)
    adds[~known] = 0.0
    total, target = float(adds.sum()), float(model.predict(x[None, :])[0]) - model.mean_
    if abs(target - total) > CLIPPED:  # the scale ends there: that shortens all of them alike
        adds *= target / total
    return _grouped(x, adds, model.space_.ranks(x[None, :])[0])


def _grouped(x: Array, adds: Array, ranks: Array) -> tuple[Effect, ...]:
    found: list[Effect] = []
    together: dict[str, float] = {}
    for feature, value, stars, rank in zip(FEATURES, x, adds, ranks, strict=True):
        if np.isnan(value):
            continue
        group = next((name for name in GROUPS if feature.name.startswith(f"{name}_")), None)
        if group is None:
            place = None if feature.period or np.isnan(rank) else float(rank)
            found.append(Effect(feature.name, float(value), float(stars), place))
        else:
            together[group] = together.get(group, 0.0) + float(stars)
    found += [Effect(group, None, stars) for group, stars in together.items()]
    return tuple(sorted(found, key=lambda effect: -abs(effect.stars)))


def average_shapley(model: TasteRegressor) -> Array:
    """The mean Shapley values (d,) of all rated tracks that the model holds: what effects are compared with."""
    return shapley(model, model.rows_).mean(axis=0)


def shapley(model: TasteRegressor, X: Array) -> Array:
    """Shapley values (m, d) of the kernel expansion at the rows X (m, d)."""
    total = np.zeros(X.shape)
    if not model.bases_:
        return total
    near: dict[float, Array] = {}
    slopes = np.zeros(model.lines_.shape[1])
    for basis, dual in zip(model.bases_, model.dual_, strict=True):
        near[basis.shape.length] = near.get(basis.shape.length, 0.0) + basis.near * dual
        slopes += basis.straight * (model.lines_.T @ dual)
    np.add.at(total.T, model.space_.owners, (model.space_.lines(X) * slopes).T)
    telling = np.flatnonzero(model.space_.weights)
    U = model.space_.ranks(X)
    step = max(1, IN_CACHE // (len(model.y_) * max(len(telling), 1)))
    for start in range(0, len(X), step):
        rows = slice(start, start + step)
        total[rows, telling] += _products(model, U[rows], telling, near)
    return total


def _products(model: TasteRegressor, U: Array, telling: NDArray[np.intp], near: dict[float, Array]) -> Array:
    space = model.space_
    gaps = np.stack([space.gaps(j, U, model.ranks_) for j in telling])  # (features, m, n)
    nodes, shares = np.polynomial.legendre.leggauss(min(len(telling) // 2 + 1, NODES))
    total = np.zeros((len(telling), len(U)))
    for length, dual in near.items():
        less = np.exp(gaps / -space.scale(length)) - 1  # in (-1, 0]
        for q, share in zip((nodes + 1) / 2, shares / 2, strict=True):
            factors = 1 + q * less
            product = factors.prod(axis=0)
            np.divide(less, factors, out=factors)
            total += share * np.einsum("jmn,mn->jm", factors, product * dual)
    return total.T


def what_if(model: TasteRegressor, x: Array, feature: int, value: float) -> float:
    """The prediction for the row x (d,) if this one feature had this value: "the same at 140 bpm: 5.9"."""
    changed = x.copy()
    changed[feature] = value
    return float(model.predict(changed[None, :])[0])


TURNED = tuple(NAMES.index(name) for name in ("tempo", "energy", "valence", "danceability", "acousticness", "mode"))
WORTH_SAYING = 0.3  # stars


def best_change(model: TasteRegressor, x: Array) -> WhatIf | None:
    """The one change to the row x (d,) after which it would be liked best, within what was rated.

    A feature is turned to a low, a middling or a high value of the rated tracks; None where no turn adds 0.3 stars.
    """
    now = float(model.predict(x[None, :])[0])
    best: WhatIf | None = None
    for feature in TURNED:
        seen = model.rows_[:, feature]
        seen = seen[~np.isnan(seen)]
        if np.isnan(x[feature]) or not len(seen):
            continue
        for value in np.unique(np.quantile(seen, (0.1, 0.5, 0.9), method="nearest")).tolist():
            stars = what_if(model, x, feature, value)
            if stars - now >= WORTH_SAYING and (best is None or stars > best.stars):
                best = WhatIf(NAMES[feature], float(x[feature]), value, stars)
    return best


OFFERED = tuple(
    NAMES.index(name)
    for name in (
        "tempo", "energy", "loudness", "valence", "danceability", "acousticness", "instrumentalness", "speechiness",
        "liveness", "mode", "key", "time_signature", "duration_ms", "year", "mean_mode", "key_changes",
    )
)  # fmt: skip
ENDS = (0.1, 0.9)  # the values among the rated tracks to which a feature is turned
APART = 0.1  # share of the rated tracks that lie between a value and what it is turned to


def turns(model: TasteRegressor, x: Array) -> list[tuple[int, float]]:
    """The changes to the row x (d,) that make sense to ask about: (feature, value), the most telling features first.

    Values stay within what was rated, and only features that tell tracks apart are turned.
    """
    telling = [j for j in OFFERED if model.space_.weights[j] and not np.isnan(x[j])]
    return [(j, value) for j in telling for value in _values(model, x, j)]


def _values(model: TasteRegressor, x: Array, feature: int) -> list[float]:
    seen = model.rows_[:, feature]
    seen = seen[~np.isnan(seen)]
    others, counts = np.unique(seen[seen != x[feature]], return_counts=True)
    if not len(others):
        return []
    match NAMES[feature]:
        case "key":  # twelve would be many: the one that suits the listener best, and the worst
            stars = [what_if(model, x, feature, value) for value in others.tolist()]
            return list(dict.fromkeys(float(others[i]) for i in (np.argmax(stars), np.argmin(stars))))
        case "mode" | "time_signature":
            return [float(others[np.argmax(counts)])]
        case _:
            rows = np.tile(x, (len(ENDS) + 1, 1))
            rows[1:, feature] = np.quantile(seen, ENDS, method="nearest")
            ranks = model.space_.ranks(rows)[:, feature]
            far = (float(row[feature]) for row, rank in zip(rows, ranks, strict=True) if abs(rank - ranks[0]) >= APART)
            return list(dict.fromkeys(far))  # both ends are one value where most tracks have it


@dataclass(frozen=True, slots=True)
class Curve:
    """What a feature does to a prediction, all else as in the rated tracks.

    Attributes:
        values: (m,) of the feature, ascending.
        stars: (m,) how far the mean prediction is above the listener's mean.
        unsure: (m,) standard deviations of `stars`.

    """

    values: Array
    stars: Array
    unsure: Array


def curve(model: TasteRegressor, feature: int, points: int = 25) -> Curve | None:
    """The effect of a feature over the range seen; None where it is the same, or unknown, in all rated tracks.

    It is the mean prediction over the rated tracks, each with this feature set to a value (partial dependence, Friedman
    2001). In a product kernel that mean factorises, so that its covariance with the ratings, and so its uncertainty, is
    exact.
    """
    space = model.space_
    seen = np.unique(model.rows_[:, feature])
    seen = seen[~np.isnan(seen)]
    if len(seen) < 2 or not space.weights[feature]:
        return None
    low, high = (float(np.quantile(seen, share)) for share in (0.02, 0.98))
    values = seen if len(seen) <= points else np.linspace(low, high, points)
    if not model.bases_:
        return Curve(values, np.zeros(len(values)), np.zeros(len(values)))
    rows = np.full((len(values), len(space.weights)), np.nan)
    rows[:, feature] = values
    U, ranks = space.ranks(rows), model.ranks_
    others = space.distances(ranks, ranks) - space.gaps(feature, ranks, ranks)
    mine = space.owners == feature
    lines = np.where(mine, space.lines(rows), model.lines_.mean(axis=0))
    gaps, product, squares = space.gaps(feature, U, ranks), lines @ model.lines_.T, (lines**2).sum(axis=1)
    kernels: list[Array] = []
    owns: list[Array] = []
    for basis in model.bases_:
        scale = space.scale(basis.shape.length)
        rest = np.exp(others / -scale)
        kernels.append(basis.across(np.exp(gaps / -scale) * rest.mean(axis=0), product))
        owns.append(basis.near * rest.mean() + basis.straight * squares)
    stars, variance = model.told(kernels, owns)
    return Curve(values, stars, np.sqrt(variance))


def map_of(model: TasteRegressor, X: Array) -> Array:
    """Where the rows X lie on a map (m, 2) on which tracks near each other are alike (kernel PCA, Schölkopf 1998).

    The same ratings give the same map: of each axis the rated track farthest out lies on the positive side.
    """
    places = np.zeros((len(X), 2))
    basis = next((basis for basis in model.bases_ if not basis.shape.linear and basis.shape.length >= 1), None)
    if basis is None:
        return places
    space = model.space_
    K = np.exp(space.distances(space.ranks(X), model.ranks_) / -space.scale(basis.shape.length)) - basis.row_means
    for axis in range(min(2, len(basis.values))):
        vector, value = basis.vectors[:, -1 - axis], basis.values[-1 - axis]
        if value > 1e-9:
            sign = np.sign(vector[np.argmax(np.abs(vector))])
            places[:, axis] = sign * (K - K.mean(axis=1, keepdims=True)) @ vector / np.sqrt(value)
    return places
