"""`earmark evaluate`: measures the model on rating files, beside what anybody would try first.

A file is a CSV with the columns user_id, track_id, rating (any scale) or rating_norm (0..1), and features. Ratings are
rescaled to 1..10; of likes and dislikes a prediction is the probability of a like, and instead of the 80 % range its
Brier score and calibration are printed. For each n, n ratings of a listener are drawn for training, and others (at most
500) are predicted; skill is 1 - MSE / MSE of the training mean, averaged over draws and listeners.
"""

import argparse
import csv
import json
import math
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.domain import MAX_STARS, MIN_STARS
from bot.taste.features import NAMES, clean, column_name, matrix
from bot.taste.regressor import TasteRegressor
from bot.taste.scales import SPEAKERS, common, comparable
from bot.taste.validate import spearman

Array = NDArray[np.float64]
Fit = Callable[[Array, Array, Array], Array]  # training X, y and test X -> predictions
Progress = Callable[[str], None]

TEST_ROWS = 500
HEADER = "file                        n method     skill   ± se    MAE    rho   80 %  Brier  calib       ms"
SLOW_DRAWS = 3  # of the 2020 pipeline, which takes several hundred times as long


@dataclass(frozen=True, slots=True)
class Listener:
    name: str
    X: Array  # (n, d)
    y: Array  # (n,) stars, 1..10

    @property
    def binary(self) -> bool:
        """Likes and dislikes, for which a range means little."""
        return len(np.unique(self.y)) <= 2

    @property
    def equal(self) -> bool:
        """All ratings are the same: there is nothing to learn."""
        return bool(np.ptp(self.y) == 0)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a method on a file with n ratings. Values that do not apply are None."""

    file: str
    n: int
    method: str
    skill: float
    error: float  # standard error of the mean skill
    mae: float | None
    spearman: float | None
    coverage: float | None  # of the 80 % range
    brier: float | None  # of the probability of a like
    calibration: float | None  # mean distance of that probability from the share of likes, in five groups by it
    milliseconds: float
    draws: int


def main(argv: Sequence[str]) -> int:
    """Print the table; returns 0, or 2 when a file cannot be read."""
    parser = argparse.ArgumentParser(prog="earmark evaluate", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.csv")
    parser.add_argument("--ratings", default="15,30,60,120", help="numbers of ratings to learn from")
    parser.add_argument("--draws", type=int, default=20, help="random draws a listener and number (default 20)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    options = parser.parse_args(list(argv))
    sizes = _sizes(options.ratings)
    if not sizes or options.draws < 1:
        print("--ratings takes whole numbers from 2 on, such as 15,30,60; --draws one from 1 on.", file=sys.stderr)
        return 2
    if not options.json:
        print(HEADER)
    say = partial(print, file=sys.stderr if options.json else sys.stdout)
    progress = Patience()
    for file in options.files:
        try:
            everybody = read_all(file)
        except (OSError, UnicodeDecodeError, csv.Error) as problem:
            print(unreadable(file, problem), file=sys.stderr)
            return 2
        listeners = [listener for listener in everybody if not listener.equal]
        if not listeners:
            nothing = "all ratings in it are the same" if everybody else "no ratings of tracks with features in it"
            say(f"{file.stem}: {nothing}; skipped.")
            continue
        for size in sizes:
            rows = evaluate(file.stem, listeners, size, options.draws, progress)
            if not rows:
                most = max(len(listener.y) for listener in listeners)
                say(f"{file.stem}: at most {most} ratings of one listener; {size} to learn from need {size + 10}.")
            for row in rows:
                print(json.dumps(asdict(row)) if options.json else _line(row), flush=True)
    return 0


class Patience:
    """Says on stderr what is being measured, once nothing was said for some seconds."""

    def __init__(self, seconds: float = 5.0) -> None:
        self._seconds = seconds
        self._last = time.monotonic()

    def __call__(self, doing: str) -> None:
        now = time.monotonic()
        if now - self._last >= self._seconds:
            self._last = now
            print(f"... {doing}", file=sys.stderr, flush=True)


def _sizes(text: str) -> list[int]:
    """The numbers in "15,30,60"; empty where they are none, or too small to learn from."""
    parts = text.split(",")
    if not all(part.strip().isdecimal() and int(part) >= 2 for part in parts):
        return []
    return [int(part) for part in parts]


def unreadable(file: Path, problem: Exception) -> str:
    """Say why a file of ratings cannot be read."""
    if isinstance(problem, UnicodeDecodeError):
        return f"{file} cannot be read: it is not a text in UTF-8. Save it as CSV in UTF-8."
    return f"{file} cannot be read: {getattr(problem, 'strerror', None) or problem}."


def read(file: Path) -> list[Listener]:
    """Read a file's listeners whose ratings differ."""
    return [listener for listener in read_all(file) if not listener.equal]


def read_all(file: Path) -> list[Listener]:
    """Read a file's listeners; empty where it holds no ratings of tracks with features."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        table = csv.DictReader(lines)
        table.fieldnames = _columns(table.fieldnames or [])
        rows = [row for row in table if not all(np.isnan(_number(row, column)) for column in ("rating_norm", "rating"))]
    by_user: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        by_user.setdefault(row.get("user_id") or "you", []).append(row)
    listeners: list[Listener] = []
    for name, own in by_user.items():
        given = np.array([_number(row, "rating_norm") for row in own], dtype=np.float64)
        low, high = 0.0, 1.0
        if not ((given >= low) & (given <= high)).all():  # some have none, or it is no share
            given = np.array([_number(row, "rating") for row in own], dtype=np.float64)
            if np.isnan(given).all():
                continue
            low, high = float(np.nanmin(given)), float(np.nanmax(given))
        stars = MIN_STARS + (MAX_STARS - MIN_STARS) * (given - low) / ((high - low) or 1)
        X = matrix(_features(own))
        known = ~np.isnan(X).all(axis=1) & ~np.isnan(given)
        if known.any():
            listeners.append(Listener(name, X[known], stars[known]))
    return listeners


def _features(rows: Sequence[dict[str, str]]) -> list[dict[str, float]]:
    """What a listener's rows say of their tracks, on one scale where they name their sources."""
    values = [clean({column: row.get(column) for column in NAMES if column in row})[0] for row in rows]
    speaks = [{group: row[column] for group, column in SPEAKERS.items() if row.get(column)} for row in rows]
    scales = common(speaks)
    return [comparable(own, said, scales) for own, said in zip(values, speaks, strict=True)]


def _columns(header: Sequence[str]) -> list[str]:
    """Our names for a table's columns, however they are spelled; of two that mean the same, the exact or first one."""
    columns: list[str] = []
    for cell in header:
        name = column_name(cell) or cell.strip().lower().replace(" ", "_")
        columns.append(cell if name in {*header, *columns} else name)
    return columns


def _number(row: dict[str, str], column: str) -> float:
    """The number in a cell; NaN where there is none, or an infinite one."""
    try:
        value = float(row.get(column) or "nan")
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def evaluate(
    file: str, listeners: Sequence[Listener], size: int, draws: int, progress: Progress = lambda _: None
) -> list[Row]:
    """Every method on one file with `size` ratings; listeners with fewer than `size` + 10 are left out."""
    fitting = [listener for listener in listeners if len(listener.y) >= size + 10][:40]
    if not fitting:
        return []
    methods: tuple[tuple[str, Fit | None, int], ...] = (
        ("earmark", None, draws),
        ("mean", predict_mean, draws),
        ("ridge", ridge, draws),
        ("forest", forest, draws),
        ("2020", network_of_2020, min(draws, SLOW_DRAWS)),
    )
    return [_measure(file, fitting, size, name, fit, count, progress) for name, fit, count in methods]


def _measure(
    file: str, listeners: Sequence[Listener], size: int, name: str, fit: Fit | None, draws: int, progress: Progress
) -> Row:
    results: list[dict[str, float]] = []
    for place, listener in enumerate(listeners):
        for draw in range(draws):
            progress(f"{file}, {size} ratings, {name}: {len(results)} of {len(listeners) * draws} draws")
            rng = np.random.default_rng((place, draw, size))
            order = rng.permutation(len(listener.y))
            train, test = order[:size], order[size : size + TEST_ROWS]
            results.append(_once(listener, train, test, fit))

    def mean(key: str) -> float | None:
        values = [result[key] for result in results if key in result]
        return float(np.mean(values)) if values else None

    skills = np.array([result["skill"] for result in results])
    error = float(skills.std(ddof=1) / np.sqrt(len(skills))) if len(skills) > 1 else 0.0
    return Row(
        file, size, name, float(skills.mean()), error, mean("mae"), mean("spearman"), mean("coverage"),
        mean("brier"), mean("calibration"), float(np.median([result["ms"] for result in results])), draws,
    )  # fmt: skip


def _once(listener: Listener, train: NDArray[np.intp], test: NDArray[np.intp], fit: Fit | None) -> dict[str, float]:
    X, y, unseen, truth = listener.X[train], listener.y[train], listener.X[test], listener.y[test]
    against = float(np.mean((truth - y.mean()) ** 2))
    result: dict[str, float] = {}
    began = time.perf_counter()
    if fit is None:
        model = TasteRegressor(low=MIN_STARS, high=MAX_STARS).fit(X, y)
        result["ms"] = 1000 * (time.perf_counter() - began)
        predicted = model.predict(unseen)
        if not listener.binary:
            low, high = model.interval(unseen)
            result["coverage"] = float(np.mean((truth >= low) & (truth <= high)))
    else:
        predicted = np.clip(fit(X, y, unseen), MIN_STARS, MAX_STARS)
        result["ms"] = 1000 * (time.perf_counter() - began)
    result["skill"] = 1 - float(np.mean((truth - predicted) ** 2)) / against if against > 0 else 0.0
    result["mae"] = float(np.mean(np.abs(truth - predicted)))
    result["spearman"] = spearman(truth, predicted)
    if listener.binary:
        likes = (predicted - MIN_STARS) / (MAX_STARS - MIN_STARS)
        liked = (truth - MIN_STARS) / (MAX_STARS - MIN_STARS)
        result["brier"] = float(np.mean((likes - liked) ** 2))
        result["calibration"] = calibration(likes, liked)
    return result


def calibration(said: Array, happened: Array, groups: int = 5) -> float:
    """How far (n,) probabilities are from how often it happened (n,), on the mean over groups of the same size."""
    pieces = [piece for piece in np.array_split(np.argsort(said, kind="stable"), groups) if len(piece)]
    gaps = [len(piece) * abs(float(said[piece].mean() - happened[piece].mean())) for piece in pieces]
    return sum(gaps) / len(said)


def filled(X: Array, test: Array) -> tuple[Array, Array]:
    """Put each column's training median where a value is unknown; everything is learned from the training rows."""
    known = ~np.isnan(X).all(axis=0)
    middle = np.nanmedian(X[:, known], axis=0)
    return np.where(np.isnan(X[:, known]), middle, X[:, known]), np.where(
        np.isnan(test[:, known]), middle, test[:, known]
    )


def predict_mean(X: Array, y: Array, test: Array) -> Array:  # noqa: ARG001 - every method has this shape
    return np.full(len(test), y.mean())


def ridge(X: Array, y: Array, test: Array) -> Array:
    from sklearn.linear_model import RidgeCV  # noqa: PLC0415 - heavy
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    X, test = filled(X, test)
    return make_pipeline(StandardScaler(), RidgeCV(np.geomspace(0.1, 1000, 9))).fit(X, y).predict(test)


def forest(X: Array, y: Array, test: Array) -> Array:
    from sklearn.ensemble import RandomForestRegressor  # noqa: PLC0415 - heavy

    X, test = filled(X, test)
    return RandomForestRegressor(100, min_samples_leaf=3, random_state=0, n_jobs=1).fit(X, y).predict(test)


def network_of_2020(X: Array, y: Array, test: Array) -> Array:
    """The pipeline of 2020 - LDA to two components, then a network of (2, 2) - with all of it inside the fold."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis  # noqa: PLC0415 - heavy
    from sklearn.neural_network import MLPRegressor  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    X, test = filled(X, test)
    classes = np.round(y).astype(int)
    if not separable(X, classes):
        return np.full(len(test), y.mean())
    steps: list[Any] = [StandardScaler()]
    components = min(2, len(np.unique(classes)) - 1, X.shape[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it does not converge, or that features are collinear, is part of it
        scaled = steps[0].fit(X)
        lda = LinearDiscriminantAnalysis(n_components=components).fit(scaled.transform(X), classes)
        network = MLPRegressor(hidden_layer_sizes=(2, 2), activation="logistic", max_iter=20000, random_state=0)
        model = make_pipeline(StandardScaler(), network).fit(lda.transform(scaled.transform(X)), y)
        return model.predict(lda.transform(scaled.transform(test)))


def separable(X: Array, classes: NDArray[np.intp]) -> bool:
    """Whether LDA can learn from (n, d) rows of these classes: two at least, one of them with rows that differ."""
    found = np.unique(classes)
    return len(found) > 1 and any(np.ptp(X[classes == one], axis=0).max() > 0 for one in found)


def _line(row: Row) -> str:
    def cell(value: float | None, width: int = 6, digits: int = 2) -> str:
        return " " * width if value is None else f"{value:{width}.{digits}f}"

    return (
        f"{row.file[:24]:24} {row.n:>4} {row.method:8} {row.skill:+7.3f} {row.error:6.3f} {cell(row.mae)} "
        f"{cell(row.spearman)} {cell(row.coverage)} {cell(row.brier, digits=3)} "
        f"{cell(row.calibration, digits=3)} {row.milliseconds:8.1f}"
    )
