"""The kernel on ranks, and Bayesian regression with it: arrays in, arrays out, nothing but NumPy and SciPy.

Sources: Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), 2.7 (unknown mean) and 5.4.2
(leave-one-out in closed form); the rank transform makes every feature's scale that of its distribution.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NOISES: Array = np.geomspace(0.1, 1000.0, 12)
# The belief, before any rating is seen, that features say nothing at all about this listener. It fades with evidence.
PRIOR_OF_NOTHING = 0.15
PRECISE = 200  # ratings; with more, matrices are decomposed in single precision: half the time, 1e-4 stars off
IN_CACHE = 16_000  # distances computed at a time: three such tables stay in a core's cache
VARIANCE = 0.6  # of likeness about its mean, where the length is that between tracks; the lines' is the sum of weights
OUTLIERS = 0.02  # share at each end of a feature's values that lines do not follow


@dataclass(frozen=True)
class Shape:
    """A family of tastes.

    Attributes:
        length: how far a rating tells of other tracks: multiples of the mean distance between tracks.
        linear: share of straight lines, one a feature, 0..1; the rest is likeness that falls with distance.
        prior: belief in it before any rating is seen, among the shapes.

    """

    length: float
    linear: float
    prior: float


SHAPES: tuple[Shape, ...] = (Shape(0.5, 0.0, 0.4), Shape(1.0, 0.0, 0.4), Shape(1.0, 0.5, 0.2))


@dataclass(frozen=True)
class Space:
    """Where tracks are compared: each feature as its mid-rank among reference values.

    Attributes:
        reference: (m, d), NaN unknown: the rows whose distribution defines the ranks.
        weights: (d,) each feature's share in the distance.
        periods: (d,) after how much a feature comes round again; NaN: never. Such a feature is not ranked.
        quick: use SciPy, which a process that only chooses questions need not load.

    """

    reference: Array
    weights: Array
    periods: Array
    quick: bool = True

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

    def values(self, ranks: Array) -> Array:
        """The values (n, d) that have these ranks, where they are among the reference."""
        X = np.full(ranks.shape, np.nan)
        for j, known in enumerate(self._sorted):
            rank, at = ranks[:, j], ~np.isnan(ranks[:, j])
            if not np.isnan(self.periods[j]):
                X[:, j] = rank * self.periods[j]
            elif len(known):
                X[at, j] = known[np.minimum((rank[at] * len(known)).astype(int), len(known) - 1)]
        return X

    @cached_property
    def _sorted_ranks(self) -> list[Array]:
        ranks = self.ranks(self.reference)
        return [np.sort(column[~np.isnan(column)]) for column in ranks.T]

    @cached_property
    def _apart(self) -> Array:
        """How far apart two tracks of which feature j is unknown are expected to be, (d,)."""
        return np.array([np.mean(self._expected(j, u)) if len(u) else 1 / 3 for j, u in enumerate(self._sorted_ranks)])

    def _expected(self, j: int, u: Array) -> Array:
        """How far (n,) ranks in feature j are expected to be from a track of which it is unknown."""
        known = self._sorted_ranks[j]
        if not len(known):
            return np.full(len(u), 1 / 3)
        if not np.isnan(self.periods[j]):
            values, counts = np.unique(known, return_counts=True)
            gap = np.abs(u[:, None] - values)
            return 2 * np.minimum(gap, 1 - gap) @ (counts / len(known))
        # The mean of |u - v| over sorted v, from sums of those below and above.
        sums = np.concatenate([[0.0], np.cumsum(known)])
        below = np.searchsorted(known, u)
        return (u * (2 * below - len(known)) + sums[-1] - 2 * sums[below]) / len(known)

    def gaps(self, j: int, u: Array, v: Array) -> Array:
        """Weighted distance in feature j, (n, m); where one side is unknown, the distance to expect.

        The mean over all that the unknown values may be keeps the kernel positive definite, as "leave it out and scale
        up the rest" does not.
        """
        gap = np.empty((len(u), len(v)))
        self._gap(j, u[:, j], v[:, j], self._expectations(j, u[:, j], v[:, j]), gap)
        return gap

    def _expectations(self, j: int, u: Array, v: Array) -> tuple[Array, Array]:
        """The distance to expect of each side in feature j, where the other is unknown."""
        from_u = self._expected(j, u) if np.isnan(v).any() else u
        return np.where(np.isnan(from_u), self._apart[j], from_u), self._expected(j, v) if np.isnan(u).any() else v

    def _gap(self, j: int, u: Array, v: Array, expected: tuple[Array, Array], gap: Array) -> None:
        np.subtract(u[:, None], v, out=gap)
        np.abs(gap, out=gap)
        if not np.isnan(self.periods[j]):
            np.minimum(gap, 1 - gap, out=gap)
            gap *= 2.0
        unknown = np.isnan(u), np.isnan(v)
        if unknown[0].any():
            gap[unknown[0]] = expected[1]
        if unknown[1].any():
            gap[:, unknown[1]] = expected[0][:, None]
        if self.weights[j] != 1.0:
            gap *= self.weights[j]

    def distances(self, U: Array, V: Array) -> Array:
        """Distances (n, m) in [0, sum of weights]."""
        total = np.zeros((len(U), len(V)))
        slow = np.flatnonzero(self.weights)
        if self.quick:
            from scipy.spatial.distance import cdist  # noqa: PLC0415 - heavy

            unknown = np.isnan(U[:, slow]).any(axis=0) | np.isnan(V[:, slow]).any(axis=0)
            plain = np.isnan(self.periods[slow]) & ~unknown
            weights, slow, plain = self.weights[slow[plain]], slow[~plain], slow[plain]
            if len(plain):
                cdist(U[:, plain] * weights, V[:, plain] * weights, "cityblock", out=total)
        expected = {j: self._expectations(j, U[:, j], V[:, j]) for j in slow.tolist()}
        # In parts that stay in a core's cache.
        step = max(1, IN_CACHE // max(len(V), 1))
        for start in range(0, len(U), step):
            part = slice(start, start + step)
            gap = np.empty_like(total[part])
            for j, (from_u, from_v) in expected.items():
                self._gap(j, U[part, j], V[:, j], (from_u[part], from_v), gap)
                total[part] += gap
        return total

    @cached_property
    def owners(self) -> NDArray[np.intp]:
        """Of which feature each column of `lines` is, (q,): a feature that comes round again has two."""
        round_again = ~np.isnan(self.periods)
        return np.repeat(np.arange(len(self.weights)), 1 + round_again)

    @cached_property
    def _measures(self) -> list[tuple[float, float, float, float]]:
        """Of each feature the mean, 1 / deviation, and the ends beyond which a line does not go."""
        found: list[tuple[float, float, float, float]] = []
        for known in self._sorted:
            spread = float(known.std()) if len(known) else 0.0
            if spread <= 1e-12 * max(1.0, float(np.abs(known).max(initial=0.0))):
                found.append((0.0, 0.0, 0.0, 0.0))
            else:
                end = round(OUTLIERS * (len(known) - 1))
                found.append((float(known.mean()), 1 / spread, float(known[end]), float(known[-1 - end])))
        return found

    def lines(self, X: Array) -> Array:
        """Standardised features (n, q), weighted, outliers drawn in; what is unknown is 0, the mean."""
        columns: list[Array] = []
        for j, (middle, scale, low, high) in enumerate(self._measures):
            weight = np.sqrt(self.weights[j])
            if np.isnan(self.periods[j]):
                columns.append(weight * scale * (np.clip(X[:, j], low, high) - middle))
            else:
                angle = 2 * np.pi / self.periods[j] * X[:, j]
                columns += [weight * np.cos(angle), weight * np.sin(angle)]
        return np.nan_to_num(np.stack(columns, axis=1))

    def scale(self, length: float) -> float:
        """The distance over which likeness falls to 1/e."""
        return length * float(self.weights.sum()) / 3


@dataclass(frozen=True)
class Basis:
    """The centred kernel of one shape, decomposed: C K C = V diag(e) V', without the constant direction.

    K is `near` x likeness + `straight` x the product of the lines.
    """

    shape: Shape
    near: float
    straight: float
    row_means: Array  # (n,) of K
    mean: float  # of K
    values: Array  # (n - 1,)
    vectors: Array  # (n, n - 1)

    @cached_property
    def diagonals(self) -> Array:
        """Diagonals (n, noises) of the inverse of the centred covariance, for every amount of noise."""
        return self.vectors**2 @ (1 / (self.values[:, None] + NOISES))

    @classmethod
    def of(cls, likeness: Array, product: Array, shape: Shape, everything: float) -> "Basis":
        """Decompose; `likeness` and `product` (of the lines) are (n, n), `everything` is the sum of the weights."""
        from scipy.linalg import eigh  # noqa: PLC0415 - heavy, and choosing a question needs none of it

        near, straight = 1.0, 0.0
        if shape.linear:
            near, straight = (1 - shape.linear) / VARIANCE, shape.linear / everything
        K = near * likeness + straight * product if shape.linear else likeness
        row_means = K.mean(axis=0)
        centred = K - row_means[:, None]
        centred -= row_means
        # Lifted above all other eigenvalues (their sum is the trace), the constant direction comes last and goes.
        centred += row_means.mean() + 1.0 + K.trace() / len(K)
        if len(K) > PRECISE:
            centred = centred.astype(np.float32)
        values, vectors = eigh(centred, driver="evd", check_finite=False, overwrite_a=True)
        values, vectors = values.astype(np.float64, copy=False), vectors.astype(np.float64, copy=False)
        return cls(
            shape, near, straight, row_means, float(row_means.mean()), np.maximum(values[:-1], 0.0), vectors[:, :-1]
        )

    def across(self, likeness: Array, product: Array) -> Array:
        """The kernel (m, n) between new rows and the rated ones; it may be the `likeness` given."""
        if not self.shape.linear:
            return likeness
        return self.near * likeness + self.straight * product


@dataclass(frozen=True)
class Posterior:
    """Weights of all hypotheses (shape, noise) and of "nothing to learn", given ratings.

    Attributes:
        weights: (shapes, noises), sums to 1 with `nothing`.
        variances: (shapes, noises) signal variances s2, stars squared.

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
    log_evidence += _log_priors(bases)[:, None]
    top = max(float(log_evidence.max()), float(log_nothing))
    weights, nothing = np.exp(log_evidence - top), float(np.exp(log_nothing - top))
    total = float(weights.sum()) + nothing
    return Posterior(weights / total, variances, nothing / total, spread)


def _log_priors(bases: list[Basis]) -> Array:
    """Of one hypothesis of each shape, (shapes,)."""
    priors = np.array([basis.shape.prior for basis in bases])
    return np.log((1 - PRIOR_OF_NOTHING) * priors / priors.sum() / len(NOISES))


def dual(bases: list[Basis], posterior: Posterior, y: Array) -> Array:
    """Dual coefficients (shapes, n): the averaged prediction is mean + sum over shapes of (k - row means) . a."""
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
    for basis, prior in zip(bases, _log_priors(bases), strict=True):
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
