"""`earmark evaluate`: measures the model on rating files, beside what anybody would try first.

Files are as in `ratings_files.py`. Of likes and dislikes a prediction is the probability of a like, and instead of the
80 % range its Brier score and calibration are printed. For each n, n ratings of a listener are drawn for training, and
others (at most 500) are predicted; skill is 1 - MSE / MSE of the training mean, averaged over draws and listeners.
"""

import argparse
import csv
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.commands.ratings_files import Listener, read_all, unreadable
from bot.domain.names import printable
from bot.domain.ratings import MAX_STARS, MIN_STARS
from bot.taste import baselines
from bot.taste.baselines import Fit
from bot.taste.regressor import TasteRegressor
from bot.taste.validate import spearman

Array = NDArray[np.float64]
Progress = Callable[[str], None]

TEST_ROWS = 500
HEADER = "file                        n method     skill   ± se    MAE    rho   80 %  Brier  calib       ms"
SLOW_DRAWS = 3  # of the 2020 pipeline, which takes several hundred times as long


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
            say(printable(f"{file.stem}: {nothing}; skipped."))
            continue
        for size in sizes:
            rows = evaluate(printable(file.stem), listeners, size, options.draws, progress)
            if not rows:
                most = max(len(listener.y) for listener in listeners)
                need = f"at most {most} ratings of one listener; {size} to learn from need {size + 10}."
                say(printable(f"{file.stem}: {need}"))
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


def evaluate(
    file: str, listeners: Sequence[Listener], size: int, draws: int, progress: Progress = lambda _: None
) -> list[Row]:
    """Every method on one file with `size` ratings; listeners with fewer than `size` + 10 are left out."""
    fitting = [listener for listener in listeners if len(listener.y) >= size + 10][:40]
    if not fitting:
        return []
    methods: tuple[tuple[str, Fit | None, int], ...] = (
        ("earmark", None, draws),
        ("mean", baselines.predict_mean, draws),
        ("ridge", baselines.ridge, draws),
        ("forest", baselines.forest, draws),
        ("2020", baselines.network_of_2020, min(draws, SLOW_DRAWS)),
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


def _line(row: Row) -> str:
    def cell(value: float | None, width: int = 6, digits: int = 2) -> str:
        return " " * width if value is None else f"{value:{width}.{digits}f}"

    return (
        f"{row.file[:24]:24} {row.n:>4} {row.method:8} {row.skill:+7.3f} {row.error:6.3f} {cell(row.mae)} "
        f"{cell(row.spearman)} {cell(row.coverage)} {cell(row.brier, digits=3)} "
        f"{cell(row.calibration, digits=3)} {row.milliseconds:8.1f}"
    )
