"""The study of 2020, without its leak: a network after PCA or LDA, tuned by grid search, beside simpler methods.

Everything that learns - medians, scaling, PCA, LDA, artificial data, the choice of the network - learns inside the
outer fold, from its training rows only. The study is a list of small parts that do not depend on each other; a part's
result is plain JSON, so parts may run in any process, be kept, and be taken up again after an interruption.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bot.domain.ratings import MAX_STARS, MIN_STARS
from bot.taste import baselines
from bot.taste.regressor import TasteRegressor

Array = NDArray[np.float64]
Result = dict[str, Any]

Reduction = Literal["none", "PCA", "LDA"]
REDUCTIONS: tuple[Reduction, ...] = ("none", "PCA", "LDA")
SIMPLE = "mean, ridge, forest, kernel"
VARIANCE = 0.99  # that PCA keeps
ARTIFICIAL = 0.25  # as many artificial rows as this share of the real ones
JITTER = 0.1  # of a feature's standard deviation


@dataclass(frozen=True, slots=True)
class Network:
    """A network of the grid.

    Attributes:
        solver: "adam" as in 2020; "lbfgs" takes a twentieth of the time on so few ratings, and converges.
        penalty: on large weights (scikit-learn's alpha).

    """

    activation: str
    hidden: tuple[int, ...]
    solver: str = "adam"
    penalty: float = 1e-4

    def __str__(self) -> str:
        return f"{self.activation} {'-'.join(map(str, self.hidden))}, penalty {self.penalty:g}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is tried, and how often.

    Attributes:
        folds: of the outer cross-validation; `inner` of the one inside each fold, which chooses the network.
        repeats: how often the outer one is done, each time with other folds.
        iterations: after which a network stops, converged or not.

    """

    networks: tuple[Network, ...]
    folds: int = 5
    inner: int = 3
    repeats: int = 2
    iterations: int = 2000


# 1500 fits of some 40 ms each: a minute or two for 100 ratings.
DEFAULT = Plan(
    tuple(
        Network(activation, hidden, "lbfgs", penalty)
        for activation in ("logistic", "tanh")
        for hidden in ((2, 2), (10,))
        for penalty in (1e-4, 3.0)
    )
)
OF_2020 = Network("logistic", (2, 2))  # what its grid search had chosen
# The grid of 2020 and its 20 repeats: hours.
FULL = Plan(
    tuple(
        Network(activation, hidden)
        for activation in ("identity", "logistic", "tanh", "relu")
        for hidden in ((2,), (5,), (10,), (2, 2), (5, 5), (10, 10))
    ),
    repeats=20,
    iterations=20_000,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One reduction in one outer fold, or all simple methods in it."""

    repeat: int
    fold: int
    method: str  # a reduction, or SIMPLE
    artificial: bool

    @property
    def name(self) -> str:
        return f"{self.repeat}/{self.fold}/{self.method}/{'artificial' if self.artificial else 'real'}"


def parts(plan: Plan) -> Iterator[Part]:
    """All parts of a study, the simple methods of a fold first."""
    for repeat in range(plan.repeats):
        for fold in range(plan.folds):
            yield Part(repeat, fold, SIMPLE, artificial=False)
            for reduction in REDUCTIONS:
                yield Part(repeat, fold, reduction, artificial=False)
                yield Part(repeat, fold, reduction, artificial=True)


def run(
    X: Array,
    y: Array,
    plan: Plan,
    executor: Executor,
    *,
    at_a_time: int = 2,
    done: Mapping[str, list[Result]] | None = None,
    progress: Callable[[int, int, str, list[Result]], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> dict[str, list[Result]] | None:
    """Run all parts but those `done`; returns their results by name, or None when stopped.

    `progress` is told how many parts are done, of how many, and the newest one's name and results.
    """
    todo = list(parts(plan))
    results = {part.name: done[part.name] for part in todo if done and part.name in done}
    waiting = [part for part in reversed(todo) if part.name not in results]
    running: dict[Future[list[Result]], Part] = {}
    while waiting or running:
        if should_stop():
            for future in running:
                future.cancel()
            return None
        while waiting and len(running) < at_a_time:
            part = waiting.pop()
            running[executor.submit(run_part, X, y, plan, part)] = part
        finished, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
        for future in finished:
            part = running.pop(future)
            results[part.name] = future.result()
            if progress:
                progress(len(results), len(todo), part.name, results[part.name])
    return results


def run_part(X: Array, y: Array, plan: Plan, part: Part) -> list[Result]:
    """Measure one part on (n, d) features and (n,) stars: R2 and MSE on the rows trained with and on those left out."""
    train, test = split(len(y), plan.folds, part.repeat)[part.fold]
    if part.method == SIMPLE:
        methods: dict[str, baselines.Fit] = {
            "mean": baselines.predict_mean,
            "ridge": baselines.ridge,
            "forest": baselines.forest,
            "kernel": _kernel,
        }
        return [_scored(name, fit, X, y, train, test) for name, fit in methods.items()]
    seed = 1000 * part.repeat + part.fold
    inner = split(len(train), plan.inner, seed)
    errors: list[float] = []
    unfinished = 0
    for network in plan.networks:
        squares = 0.0
        for learn, check in inner:
            pipe = Pipe(part.method, network, plan.iterations, part.artificial, seed)
            predicted = pipe(X[train[learn]], y[train[learn]], X[train[check]])
            unfinished += pipe.unfinished
            squares += float(((_clip(predicted) - y[train[check]]) ** 2).sum())
        errors.append(squares / len(train))
    best = int(np.argmin(errors))
    pipe = Pipe(part.method, plan.networks[best], plan.iterations, part.artificial, seed)
    name = f"network, {part.method}" + (", with artificial data" if part.artificial else "")
    result = _scored(name, pipe, X, y, train, test)
    more = {"network": str(plan.networks[best]), "inner_mse": errors[best], "components": pipe.components}
    return [result | more | {"unfinished": unfinished + pipe.unfinished, "fits": len(plan.networks) * plan.inner + 1}]


def split(n: int, folds: int, seed: int) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """The rows (training, test) of each fold, drawn anew for each seed."""
    order = np.random.default_rng(seed).permutation(n)
    pieces = np.array_split(order, folds)
    return [(np.concatenate([*pieces[:k], *pieces[k + 1 :]]), pieces[k]) for k in range(folds)]


def _scored(
    name: str, fit: baselines.Fit, X: Array, y: Array, train: NDArray[np.intp], test: NDArray[np.intp]
) -> Result:
    predicted = _clip(fit(X[train], y[train], np.vstack([X[train], X[test]])))
    seen, unseen = predicted[: len(train)], predicted[len(train) :]
    return {
        "method": name,
        "train_mse": float(np.mean((seen - y[train]) ** 2)),
        "test_mse": float(np.mean((unseen - y[test]) ** 2)),
        "train_r2": r2(y[train], seen),
        "test_r2": r2(y[test], unseen),
        "rows": [int(i) for i in test],
        "predicted": [float(value) for value in unseen],
    }


def left_out(y: Array, results: Sequence[Result], method: str) -> tuple[Array, Array]:
    """The ratings that a method's parts left out, and what it predicted of them: each rating once a repeat."""
    own = [result for result in results if result["method"] == method]
    rows = np.array([row for result in own for row in result["rows"]], dtype=np.intp)
    return y[rows], np.array([value for result in own for value in result["predicted"]], dtype=np.float64)


def r2(y: Array, predicted: Array) -> float:
    """Share of the variance of (n,) ratings that is explained; 0 where they are all equal."""
    spread = float(np.sum((y - y.mean()) ** 2))
    return 1 - float(np.sum((y - predicted) ** 2)) / spread if spread > 0 else 0.0


def _clip(values: Array) -> Array:
    return np.clip(values, MIN_STARS, MAX_STARS)


def _kernel(X: Array, y: Array, test: Array) -> Array:
    return TasteRegressor(low=MIN_STARS, high=MAX_STARS).fit(X, y).predict(test)


class Pipe:
    """Medians, artificial data, scaling, reduction, network: learned from the training rows that it is called with.

    Attributes:
        unfinished: 1 when the network had not converged when it was stopped.
        components: how many the reduction left.

    """

    def __init__(self, reduction: str, network: Network, iterations: int, artificial: bool, seed: int) -> None:
        self.reduction = reduction
        self.network = network
        self.iterations = iterations
        self.artificial = artificial
        self.seed = seed
        self.unfinished = 0
        self.components = 0

    def __call__(self, X: Array, y: Array, test: Array) -> Array:
        from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415 - heavy
        from sklearn.neural_network import MLPRegressor  # noqa: PLC0415
        from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

        X, test = baselines.filled(X, test)
        if self.artificial:
            X, y = with_artificial(X, y, self.seed)
        scaler = StandardScaler().fit(X)
        X, test = np.asarray(scaler.transform(X)), np.asarray(scaler.transform(test))
        reduced = reduce(self.reduction, X, np.round(y).astype(int), test)
        if reduced is None:
            return np.full(len(test), y.mean())
        X, test = reduced
        self.components = X.shape[1]
        model = MLPRegressor(
            hidden_layer_sizes=self.network.hidden,
            activation=self.network.activation,
            solver=self.network.solver,
            alpha=self.network.penalty,
            max_iter=self.iterations,
            random_state=self.seed,
        )
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(X, y)
        self.unfinished = int(any(issubclass(warning.category, ConvergenceWarning) for warning in caught))
        return np.asarray(model.predict(test))


def reduce(reduction: str, X: Array, classes: NDArray[np.intp], test: Array) -> tuple[Array, Array] | None:
    """Learn a reduction from scaled X (n, d), and apply it to X and `test`; None where there is nothing to learn."""
    from sklearn.decomposition import PCA  # noqa: PLC0415 - heavy
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis  # noqa: PLC0415

    if np.ptp(X, axis=0).max() == 0 or (reduction == "LDA" and not baselines.separable(X, classes)):
        return None
    if reduction == "none":
        return X, test
    if reduction == "PCA":
        pca: Any = PCA(VARIANCE, svd_solver="full").fit(X)
        return pca.transform(X), pca.transform(test)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that features are collinear is part of it
        components = min(2, len(np.unique(classes)) - 1, X.shape[1])
        lda: Any = LinearDiscriminantAnalysis(n_components=components).fit(X, classes)
    return lda.transform(X), lda.transform(test)


def with_artificial(X: Array, y: Array, seed: int) -> tuple[Array, Array]:
    """Add a quarter of artificial rows: real ones with every feature moved a little, rated the same."""
    rng = np.random.default_rng((seed, len(y)))
    copied = rng.choice(len(y), max(1, round(ARTIFICIAL * len(y))), replace=False)
    moved = X[copied] + JITTER * X.std(axis=0) * rng.standard_normal((len(copied), X.shape[1]))
    return np.vstack([X, moved]), np.concatenate([y, y[copied]])


def components_for(X: Array, share: float = VARIANCE) -> tuple[int, int]:
    """How many principal components hold this share of the variance of (n, d) features, and of how many."""
    from sklearn.decomposition import PCA  # noqa: PLC0415 - heavy
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    X, _ = baselines.filled(X, X)
    explained = np.cumsum(PCA(svd_solver="full").fit(StandardScaler().fit_transform(X)).explained_variance_ratio_)
    return int(np.searchsorted(explained, share - 1e-12) + 1), X.shape[1]
