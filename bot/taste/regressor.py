"""TasteRegressor: one listener's taste, as an estimator with scikit-learn's contract."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from bot.domain.features import FEATURES
from bot.taste import kernel
from bot.taste.kernel import NOISES, SHAPES, Basis, Posterior, Space

Array = NDArray[np.float64]

BLOCK = 500  # rows predicted at a time, so that memory stays flat
CAP = 1500  # ratings learned from; the time grows with their cube
KIND = "rank-kernel-2"
_LENGTHS = tuple(dict.fromkeys(shape.length for shape in SHAPES))


class TasteRegressor(RegressorMixin, BaseEstimator):
    """Regression by a kernel on ranks, averaged over its hyperparameters by their evidence.

    Parameters
    ----------
        reference: (m, d) rows whose distribution defines the ranks; None: the training rows.
        low, high: the range of answers; None: unbounded.

    Attributes
    ----------
        loo_: (n,) leave-one-out predictions in the order of the rows given to `fit`.
        order_: (k,) which rows were learned from, in the order in which the model holds them; k is n, at most CAP.

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
        reference = X if self.reference is None else np.asarray(self.reference, dtype=np.float64)
        self.space_ = _space(np.sort(reference, axis=0), X.shape[1])
        self.order_ = order[_sample(len(y))]
        self._learn(X[self.order_], y[self.order_])
        self.loo_, self.loo_std_ = np.empty(len(y)), np.empty(len(y))
        self.loo_[self.order_], self.loo_std_[self.order_] = self._loo, self._loo_deviation
        rest = np.delete(order, _sample(len(y)))
        if len(rest):  # the model has not seen these, so predicting them leaves them out as well
            self.loo_[rest], self.loo_std_[rest] = self.predict(X[rest], return_std=True)
        self.loo_ = self._clip(self.loo_)
        return self

    def _learn(self, rows: Array, y: Array) -> None:
        self.rows_, self.ranks_, self.lines_ = rows, self.space_.ranks(rows), self.space_.lines(rows)
        self.y_, self.mean_ = y, float(y.mean())
        if len(y) < 2 or np.ptp(y) == 0:
            self.bases_: list[Basis] = []
            self._loo, self._loo_deviation = np.full(len(y), self.mean_), np.zeros(len(y))
            self.posterior_ = Posterior(np.zeros((len(SHAPES), len(NOISES))), np.zeros(1), 1.0, 0.0)
            self.dual_ = np.zeros((len(SHAPES), len(y)))
        else:
            likeness = self._likeness(self.ranks_)
            product, everything = self.lines_ @ self.lines_.T, float(self.space_.weights.sum())
            self.bases_ = [Basis.of(likeness[shape.length], product, shape, everything) for shape in SHAPES]
            self.posterior_ = kernel.judge(self.bases_, y)
            self.dual_ = kernel.dual(self.bases_, self.posterior_, y)
            predictions, variances = kernel.leave_one_out(self.bases_, y[:, None])
            self._loo, self._loo_deviation = predictions[:, 0], np.sqrt(variances[:, 0])
        self.errors_ = np.sort(np.abs(y - self._loo) / np.maximum(self._loo_deviation, 1e-9))

    def _likeness(self, ranks: Array) -> dict[float, Array]:
        """Likeness (m, n) of rows to those rated, for each length."""
        distances = self.space_.distances(ranks, self.ranks_)
        return {length: np.exp(distances * (-1 / self.space_.scale(length))) for length in _LENGTHS}

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
        n, posterior = len(self.y_), self.posterior_
        variance = np.full(len(X), posterior.nothing * posterior.spread * (1 + 1 / n))
        if not self.bases_ or posterior.nothing == 1.0:
            return mean, np.sqrt(variance)
        likeness, lines = self._likeness(self.space_.ranks(X)), self.space_.lines(X)
        product = lines @ self.lines_.T
        kernels = [basis.across(likeness[basis.shape.length], product) for basis in self.bases_]
        squares = (lines**2).sum(axis=1)
        owns = [basis.near + basis.straight * squares for basis in self.bases_]
        adds, unsure = self.told(kernels, owns, with_std)
        noise = float((posterior.weights * posterior.variances * NOISES).sum()) * (1 + 1 / n)
        return mean + adds, np.sqrt(variance + unsure + noise)

    def told(self, kernels: list[Array], owns: list[Array], with_variance: bool = True) -> tuple[Array, Array]:
        """What the ratings tell of m values: how far each is above the mean, and its variance (0 where not wanted).

        Of each shape, `kernels` holds the covariance (m, n) of the values with those rated, and `owns` their own
        variance (m,), in units of the signal's.
        """
        adds, unsure = np.zeros(len(owns[0])), np.zeros(len(owns[0]))
        rows = zip(
            self.bases_, kernels, owns, self.dual_, self.posterior_.weights, self.posterior_.variances, strict=True
        )
        for basis, K, own, dual, weights, variances in rows:
            adds += K @ dual - basis.row_means @ dual
            if with_variance:
                shares = weights * variances
                inverse = (shares / (basis.values[:, None] + NOISES)).sum(axis=1)
                known = ((K - basis.row_means) @ basis.vectors) ** 2 @ inverse
                unsure += np.maximum(shares.sum() * (own - 2 * K.mean(axis=1) + basis.mean) - known, 0.0)
        return adds, unsure

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
        return reach(self.errors_, coverage)

    def smoother(self, x: Array) -> Array:
        """Weights (n,) of the ratings, in stored order, in the prediction of one row: mean + h . (y - mean)."""
        h = np.zeros(len(self.y_))
        if not self.bases_ or self.posterior_.nothing == 1.0:
            return h
        likeness = self._likeness(self.space_.ranks(x[None, :]))
        product = self.space_.lines(x[None, :]) @ self.lines_.T
        for basis, weights in zip(self.bases_, self.posterior_.weights, strict=True):
            k = basis.across(likeness[basis.shape.length], product)[0] - basis.row_means
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
            "rows": self.rows_,
            "y": self.y_,
            "order": self.order_,
            "loo": self.loo_,
            "loo_std": self.loo_std_,
        }
        return arrays, {"low": self.low, "high": self.high, "kind": KIND}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]], meta: dict[str, Any]) -> "TasteRegressor":
        """Make the same model again; its predictions are equal to the bit.

        What version 0.1.0 stored (ranks instead of rows) is learned from anew.
        """
        model = cls(low=meta["low"], high=meta["high"])
        width = arrays["reference"].shape[1]
        model.__dict__["n_features_in_"] = width
        model.space_ = _space(arrays["reference"], width)
        model.order_ = arrays["order"]
        rows = arrays["rows"] if "rows" in arrays else model.space_.values(arrays["ranks"])
        model._learn(rows, arrays["y"])
        if "loo" in arrays:
            model.loo_, model.loo_std_ = arrays["loo"], arrays["loo_std"]
        else:
            model.loo_, model.loo_std_ = np.empty(len(rows)), np.empty(len(rows))
            model.loo_[model.order_], model.loo_std_[model.order_] = model._clip(model._loo), model._loo_deviation
        return model

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def reach(errors: Array, coverage: float) -> float:
    """How many standard deviations a range extends to each side, given (n,) errors, ascending, in such deviations."""
    from scipy.stats import norm  # noqa: PLC0415 - heavy

    normal = float(norm.ppf(0.5 + coverage / 2))
    n = len(errors)
    if n < 5:
        return normal
    observed = float(np.quantile(errors, min(1.0, coverage * (n + 1) / n)))
    return (n * observed + 10 * normal) / (n + 10)


def _sample(n: int) -> NDArray[np.intp]:
    """Which of n rows, in canonical order, are learned from: all, or a random sample of them, the same each time.

    Random, as tracks far from all others, which a space-filling choice would prefer, are the least typical of a taste.
    """
    if n <= CAP:
        return np.arange(n)
    return np.sort(np.random.default_rng(n).choice(n, CAP, replace=False))


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
