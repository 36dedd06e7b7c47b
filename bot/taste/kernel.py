"""The kernel on ranks, and Bayesian regression with it: arrays in, arrays out, nothing but NumPy and SciPy.

Sources: Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), 2.7 (unknown mean) and 5.4.2
(leave-one-out in closed form); the rank transform makes every feature's scale that of its distribution.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LENGTHS: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)
NOISES: Array = np.geomspace(0.1, 300.0, 12)
# The belief, before any rating is seen, that features say nothing at all about this listener. It fades with evidence.
PRIOR_OF_NOTHING = 0.3
IN_CACHE = 16_000  # distances computed at a time: three such tables stay in a core's cache


@dataclass(frozen=True)
class Space:
    """Where tracks are compared: each feature as its mid-rank among reference values.

    Attributes:
        reference: (m, d), NaN unknown: the rows whose distribution defines the ranks.
        weights: (d,) each feature's share in the distance.
        periods: (d,) after how much a feature comes round again; NaN: never. Such a feature is not ranked.

    """

    reference: Array
    weights: Array
    periods: Array

    @cached_property
    def _sorted(self) -> list[Array]:
        return [np.sort(column[~np.isnan(column)]) for column in self.reference.T]

    def ranks(self, X: Array) -> Array:
        """Mid-ranks in [0, 1] of (n, d) values; NaN stays, and so does a feature of which no reference is known."""
        U = np.full(X.shape, np.nan)
        for j, known in enumerate(self._sorted):
            if not np.isnan(self.periods[j]):
                U[:, j] = np.mod(X[:, j], self.periods[j]) / self.periods[j]
            elif len(known):
                left, right = np.searchsorted(known, X[:, j], "left"), np.searchsorted(known, X[:, j], "right")
                U[:, j] = np.where(np.isnan(X[:, j]), np.nan, (left + right) / (2 * len(known)))
        return U

    def gaps(self, j: int, u: Array, v: Array) -> Array:
        """Weighted distance in feature j, (n, m); NaN where one side is unknown."""
        gap = np.abs(u[:, j, None] - v[None, :, j])
        if not np.isnan(self.periods[j]):
            gap = 2 * np.minimum(gap, 1 - gap)
        return self.weights[j] * gap

    def distances(self, U: Array, V: Array) -> Array:
        """Distances (n, m) in [0, sum of weights]: over what both know, scaled up to all features."""
        total = np.empty((len(U), len(V)))
        step = max(1, IN_CACHE // max(len(V), 1))
        for start in range(0, len(U), step):
            self._add_up(U[start : start + step], V, total[start : start + step])
        unknown = np.isnan(U), np.isnan(V)
        if unknown[0].any() or unknown[1].any():
            everything = self.weights.sum()
            known = (~unknown[0] * self.weights) @ (~unknown[1]).T
            np.multiply(total, everything / np.maximum(known, 1e-12), out=total)
            # Two tracks that have no known feature in common are as far apart as tracks are on average: a third.
            total[known <= 0] = everything / 3
        return total

    def _add_up(self, U: Array, V: Array, total: Array) -> None:
        """Write into `total` the sum of the gaps that are known."""
        total[:] = 0.0
        gap, other = np.empty_like(total), np.empty_like(total)
        for j in np.flatnonzero(self.weights):
            np.subtract(U[:, j, None], V[None, :, j], out=gap)
            np.abs(gap, out=gap)
            if not np.isnan(self.periods[j]):
                np.subtract(1.0, gap, out=other)
                np.minimum(gap, other, out=gap)
                gap *= 2.0
            if self.weights[j] != 1.0:
                gap *= self.weights[j]
            total += np.fmax(gap, 0.0, out=gap)  # of NaN and 0, 0 is taken

    def scale(self, length: float) -> float:
        """The distance over which likeness falls to 1/e."""
        return length * float(self.weights.sum()) / 3


@dataclass(frozen=True)
class Basis:
    """The centred kernel of one length, decomposed: C K C = V diag(e) V', without the constant direction."""

    length: float
    row_means: Array  # (n,) of K
    mean: float  # of K
    values: Array  # (n - 1,)
    vectors: Array  # (n, n - 1)

    @cached_property
    def diagonals(self) -> Array:
        """Diagonals (n, noises) of the inverse of the centred covariance, for every amount of noise."""
        return self.vectors**2 @ (1 / (self.values[:, None] + NOISES))

    @classmethod
    def of(cls, distances: Array, scale: float, length: float) -> "Basis":
        from scipy.linalg import eigh  # noqa: PLC0415 - heavy, and choosing a question needs none of it

        K = np.exp(-distances / scale)
        row_means = K.mean(axis=0)
        centred = K - row_means[:, None] - row_means[None, :] + row_means.mean()
        # Lifted above all other eigenvalues (which are at most n), the constant direction comes last and is left out.
        values, vectors = eigh(centred + 2.0, driver="evd", check_finite=False, overwrite_a=True)
        return cls(length, row_means, float(row_means.mean()), np.maximum(values[:-1], 0.0), vectors[:, :-1])


@dataclass(frozen=True)
class Posterior:
    """Weights of all hypotheses (length, noise) and of "nothing to learn", given ratings.

    Attributes:
        weights: (lengths, noises), sums to 1 with `nothing`.
        variances: (lengths, noises) signal variances s2, stars squared.

    """

    weights: Array
    variances: Array
    nothing: float
    spread: float  # variance of the ratings, stars squared


def judge(bases: list[Basis], y: Array) -> Posterior:
    """Weigh every hypothesis by its evidence, the signal variance profiled out."""
    freedom = len(y) - 1
    centred = y - y.mean()
    spread = float(centred @ centred) / freedom
    log_evidence = np.empty((len(bases), len(NOISES)))
    variances = np.empty_like(log_evidence)
    for i, basis in enumerate(bases):
        z = basis.vectors.T @ centred
        damped = basis.values[None, :] + NOISES[:, None]
        variances[i] = np.maximum((z**2 / damped).mean(axis=1), 1e-12)
        log_evidence[i] = -0.5 * freedom * np.log(variances[i]) - 0.5 * np.log(damped).sum(axis=1)
    log_nothing = -0.5 * freedom * np.log(max(spread, 1e-12)) + np.log(PRIOR_OF_NOTHING)
    log_evidence += np.log((1 - PRIOR_OF_NOTHING) / log_evidence.size)
    top = max(float(log_evidence.max()), float(log_nothing))
    weights, nothing = np.exp(log_evidence - top), float(np.exp(log_nothing - top))
    total = float(weights.sum()) + nothing
    return Posterior(weights / total, variances, nothing / total, spread)


def dual(bases: list[Basis], posterior: Posterior, y: Array) -> Array:
    """Dual coefficients (lengths, n): the averaged prediction is mean + sum over lengths of (k - row means) . a."""
    centred = y - y.mean()
    return np.stack(
        [
            basis.vectors @ ((basis.vectors.T @ centred) * (weights / (basis.values[:, None] + NOISES)).sum(axis=1))
            for basis, weights in zip(bases, posterior.weights, strict=True)
        ]
    )


def leave_one_out(bases: list[Basis], Y: Array) -> tuple[Array, Array]:
    """Leave-one-out predictions and their variances, each (n, k), for k vectors of ratings (n, k).

    With P the inverse of the centred covariance, the residual of rating i is (P y)_i / P_ii, the mean being estimated
    anew without i. The hypotheses, too, are weighed anew without i, or else the rating to be predicted would have a say
    in how to predict it: without i the quadratic form is y'Py - (P y)_i^2 / P_ii, and the determinant grows by P_ii.
    Equal to fitting n times with the same ranks.
    """
    n = len(Y)
    freedom = max(n - 2, 1)
    centred = Y - Y.mean(axis=0)
    spread = (centred**2).sum(axis=0)
    own = n / (n - 1)
    least = np.maximum(1e-9 * spread / freedom, 1e-12)
    # The belief in nothing comes first: there P is the centring matrix.
    variances = np.maximum((spread - own * centred**2) / freedom, least)
    top = -0.5 * freedom * np.log(variances) + np.log(PRIOR_OF_NOTHING)
    total, residuals, deviations = np.ones_like(Y), own * centred, own * variances
    prior = np.log((1 - PRIOR_OF_NOTHING) / (len(bases) * len(NOISES)))
    for basis in bases:
        Z = (basis.vectors.T @ centred)[:, None, :]
        damped = basis.values[:, None, None] + NOISES[:, None]
        diagonal = basis.diagonals[:, :, None]
        solved = (basis.vectors @ (Z / damped).reshape(n - 1, -1)).reshape(n, len(NOISES), -1)
        variances = np.maximum(((Z**2 / damped).sum(axis=0) - solved**2 / diagonal) / freedom, least)
        evidence = -0.5 * (freedom * np.log(variances) + np.log(damped).sum(axis=0) + np.log(own * diagonal)) + prior
        highest = np.maximum(top, evidence.max(axis=1))
        old, new = np.exp(top - highest), np.exp(evidence - highest[:, None, :])
        top, total = highest, old * total + new.sum(axis=1)
        residuals = old * residuals + (new * solved / diagonal).sum(axis=1)
        deviations = old * deviations + (new * variances / diagonal).sum(axis=1)
    return Y - residuals / total, deviations / total
