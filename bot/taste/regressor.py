"""TasteRegressor: one listener's taste, as an estimator with scikit-learn's contract."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from bot.taste import kernel
from bot.taste.features import FEATURES
from bot.taste.kernel import NOISES, Basis, Posterior, Space

Array = NDArray[np.float64]

BLOCK = 500  # rows predicted at a time, so that memory stays flat


class TasteRegressor(RegressorMixin, BaseEstimator):
    """Regression by a kernel on ranks, averaged over its hyperparameters by their evidence.

    Parameters
    ----------
        reference: (m, d) rows whose distribution defines the ranks; None: the training rows.
        low, high: the range of answers; None: unbounded.

    Attributes
    ----------
        loo_: (n,) leave-one-out predictions in the order of the rows given to `fit`.

    """

    def __init__(self, reference: Any = None, low: float | None = None, high: float | None = None) -> None:
        self.reference = reference
        self.low = low
        self.high = high

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Learn from (n, d) features, NaN unknown, and (n,) ratings; the order of the rows does not matter."""
        validate: Any = validate_data  # its stubs do not know what it takes
        checked = validate(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan", y_numeric=True)
        X, y = _finite(checked[0]), np.asarray(checked[1], dtype=np.float64)
        # A canonical order, so that rounding too is the same whatever the order of the rows.
        order = np.lexsort((*np.nan_to_num(X, nan=-1e300).T, y))
        rows, ratings = X[order], y[order]
        reference = rows if self.reference is None else np.asarray(self.reference, dtype=np.float64)
        self.space_ = _space(np.sort(reference, axis=0), X.shape[1])
        self._learn(self.space_.ranks(rows), ratings)
        loo = np.empty(len(y))
        loo[order] = self._loo
        self.loo_ = self._clip(loo)
        deviations = np.empty(len(y))
        deviations[order] = self._loo_deviation
        self.loo_std_ = deviations
        self.order_ = order
        return self

    def _learn(self, ranks: Array, y: Array) -> None:
        self.ranks_, self.y_, self.mean_ = ranks, y, float(y.mean())
        self._decompose()
        if len(y) < 2 or np.ptp(y) == 0:
            self._loo, self._loo_deviation = np.full(len(y), self.mean_), np.zeros(len(y))
            self.posterior_ = Posterior(np.zeros((len(kernel.LENGTHS), len(NOISES))), np.zeros(1), 1.0, 0.0)
            self.dual_ = np.zeros((len(kernel.LENGTHS), len(y)))
        else:
            self.posterior_ = kernel.judge(self.bases_, y)
            self.dual_ = kernel.dual(self.bases_, self.posterior_, y)
            predictions, variances = kernel.leave_one_out(self.bases_, y[:, None])
            self._loo, self._loo_deviation = predictions[:, 0], np.sqrt(variances[:, 0])
        self.errors_ = np.sort(np.abs(y - self._loo) / np.maximum(self._loo_deviation, 1e-9))

    def _decompose(self) -> None:
        if len(self.ranks_) < 2:
            self.bases_ = []
            return
        distances = self.space_.distances(self.ranks_, self.ranks_)
        self.bases_ = [Basis.of(distances, self.space_.scale(length), length) for length in kernel.LENGTHS]

    def predict(self, X: ArrayLike, return_std: bool = False) -> Any:
        """Predict (n,) ratings; with `return_std` also their standard deviations, noise included."""
        check_is_fitted(self)
        validate: Any = validate_data
        X = _finite(validate(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False))
        parts = [self._predict(X[start : start + BLOCK], return_std) for start in range(0, len(X), BLOCK)]
        mean = self._clip(np.concatenate([part[0] for part in parts]))
        return (mean, np.concatenate([part[1] for part in parts])) if return_std else mean

    def _predict(self, X: Array, with_std: bool) -> tuple[Array, Array]:
        mean = np.full(len(X), self.mean_)
        variance = np.full(len(X), self.posterior_.nothing * self.posterior_.spread * (1 + 1 / len(self.y_)))
        if not self.bases_ or self.posterior_.nothing == 1.0:
            return mean, np.sqrt(variance)
        distances = self.space_.distances(self.space_.ranks(X), self.ranks_)
        parts: list[tuple[Array, Array]] = []
        for basis, dual, weights in zip(self.bases_, self.dual_, self.posterior_.weights, strict=True):
            if weights.sum() < 1e-12:
                parts.append((np.empty((len(X), 0)), np.zeros(len(X))))
                continue
            K = distances * (-1 / self.space_.scale(basis.length))
            np.exp(K, out=K)
            own = 1 - 2 * K.mean(axis=1) + basis.mean
            K -= basis.row_means
            mean += K @ dual
            parts.append((K, own))
        if with_std:
            variance += self._variance(parts)
        return mean, np.sqrt(variance)

    def _variance(self, parts: list[tuple[Array, Array]]) -> Array:
        total = np.zeros(len(parts[0][0]))
        rows = zip(self.bases_, parts, self.posterior_.weights, self.posterior_.variances, strict=True)
        for basis, (K, own), weights, variances in rows:
            if weights.sum() < 1e-3:
                total += (weights * variances * NOISES).sum()
                continue
            squares = (K @ basis.vectors) ** 2
            for weight, s2, noise in zip(weights, variances, NOISES, strict=True):
                if weight > 1e-4:
                    left = np.maximum(own - squares @ (1 / (basis.values + noise)), 0.0)
                    total += weight * s2 * (left + noise * (1 + 1 / len(self.y_)))
        return total

    def interval(self, X: ArrayLike, coverage: float = 0.8) -> tuple[Array, Array]:
        """Ranges (low, high), each (n,), that hold a new rating with probability `coverage`.

        Their width is calibrated on leave-one-out errors (conformal prediction), with the normal distribution's
        quantile weighing as much as ten ratings.
        """
        mean, deviation = self.predict(X, return_std=True)
        reach = self.reach(coverage) * deviation
        return self._clip(mean - reach), self._clip(mean + reach)

    def reach(self, coverage: float) -> float:
        """How many standard deviations a range extends to each side."""
        from scipy.stats import norm  # noqa: PLC0415 - heavy

        normal = float(norm.ppf(0.5 + coverage / 2))
        n = len(self.errors_)
        if n < 5:
            return normal
        observed = float(np.quantile(self.errors_, min(1.0, coverage * (n + 1) / n)))
        return (n * observed + 10 * normal) / (n + 10)

    def smoother(self, x: Array) -> Array:
        """Weights (n,) of the ratings, in stored order, in the prediction of one row: mean + h . (y - mean)."""
        h = np.zeros(len(self.y_))
        if not self.bases_ or self.posterior_.nothing == 1.0:
            return h
        distances = self.space_.distances(self.space_.ranks(x[None, :]), self.ranks_)
        for basis, weights in zip(self.bases_, self.posterior_.weights, strict=True):
            k = np.exp(-distances[0] / self.space_.scale(basis.length)) - basis.row_means
            inverse = (weights / (basis.values[:, None] + NOISES)).sum(axis=1)
            h += basis.vectors @ ((basis.vectors.T @ k) * inverse)
        return h

    def _clip(self, values: Array) -> Array:
        if self.low is None and self.high is None:
            return values
        return np.clip(values, self.low, self.high)

    def to_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """All that predicting needs, as arrays and JSON."""
        check_is_fitted(self)
        arrays = {
            "reference": self.space_.reference,
            "ranks": self.ranks_,
            "y": self.y_,
            "order": self.order_,
        }
        return arrays, {"low": self.low, "high": self.high, "kind": "rank-kernel-1"}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]], meta: dict[str, Any]) -> "TasteRegressor":
        """Make the same model again; its predictions are equal to the bit."""
        model = cls(low=meta["low"], high=meta["high"])
        width = arrays["ranks"].shape[1]
        model.__dict__["n_features_in_"] = width
        model.space_ = _space(arrays["reference"], width)
        model.order_ = arrays["order"]
        model._learn(arrays["ranks"], arrays["y"])
        loo = np.empty(len(model.y_))
        loo[model.order_] = model._loo
        model.loo_ = model._clip(loo)
        deviations = np.empty(len(model.y_))
        deviations[model.order_] = model._loo_deviation
        model.loo_std_ = deviations
        return model

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def _finite(X: Array) -> Array:
    """Refuse infinity; NaN, which is an unknown value, may pass."""
    if np.isinf(X).any():
        raise ValueError("X contains infinity")
    return X


def _space(reference: Array, width: int) -> Space:
    """Our features have weights and periods of their own; columns of any other number are all alike."""
    if width == len(FEATURES):
        weights = np.array([feature.weight for feature in FEATURES])
        periods = np.array([np.nan if feature.period is None else feature.period for feature in FEATURES])
    else:
        weights, periods = np.ones(width), np.full(width, np.nan)
    # What is unknown of every track, or the same for all of them, cannot tell tracks apart.
    tells = np.array([len(np.unique(column[~np.isnan(column)])) > 1 for column in reference.T])
    return Space(reference, np.where(tells, weights, 0.0) if tells.any() else weights, periods)
