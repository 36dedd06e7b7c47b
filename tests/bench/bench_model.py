"""How good the model is beside others, on the same draws: `uv run python -m tests.bench.bench_model FILE.csv ...`

Each method learns from the same n ratings of a listener and predicts others (at most 500). Printed are mean skill and
its standard error, the paired difference from ours, the worst cell, and the regret: how far ours stays behind the best
of ridge, forest and the 2020 pipeline. CatBoost takes part where it is installed. `--keep FILE` remembers every draw,
so that a long run may be done in parts and a changed model be compared with the last one.
"""

import argparse
import functools
import json
import math
import multiprocessing
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from bot.commands import evaluate
from bot.commands.ratings_files import Listener, read
from bot.taste import baselines
from bot.taste.baselines import Fit

Cell = tuple[str, int]  # file, n
Draw = dict[str, float]  # what one draw measured
OLD = ("ridge", "forest", "2020")
SLOW = ("2020", "extra trees", "matern", "catboost")


def extra_trees(X, y, test):
    from sklearn.ensemble import ExtraTreesRegressor

    X, test = baselines.filled(X, test)
    return ExtraTreesRegressor(100, min_samples_leaf=3, random_state=0, n_jobs=1).fit(X, y).predict(test)


def matern(X, y, test):
    """A Gaussian process with one length, amplitude and noise, chosen by their likelihood."""
    import warnings

    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
    from sklearn.preprocessing import StandardScaler

    X, test = baselines.filled(X, test)
    scaler = StandardScaler().fit(X)
    kernel = ConstantKernel() * Matern(4.0, (0.3, 100), nu=1.5) + WhiteKernel(1.0, (1e-3, 1e2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a length at its bound is an answer
        model = GaussianProcessRegressor(kernel, normalize_y=True, random_state=0).fit(scaler.transform(X), y)
        return model.predict(scaler.transform(test))


def catboost(X, y, test):
    from catboost import CatBoostRegressor

    X, test = baselines.filled(X, test)
    if np.ptp(y) == 0:
        return np.full(len(test), y.mean())
    options = {"verbose": False, "random_seed": 0, "thread_count": 1, "allow_writing_files": False}
    return CatBoostRegressor(**options).fit(X, y).predict(test)


METHODS: dict[str, Fit | None] = {
    "earmark": None,
    "mean": baselines.predict_mean,
    "ridge": baselines.ridge,
    "forest": baselines.forest,
    "2020": baselines.network_of_2020,
    "extra trees": extra_trees,
    "matern": matern,
    "catboost": catboost,
}


def draws_of(listeners: Sequence[Listener], n: int, count: int) -> list[tuple[int, int]]:
    """(listener, draw) pairs, going round the first 20 listeners with enough ratings, up to `count` of them."""
    fitting = [place for place, listener in enumerate(listeners) if len(listener.y) >= n + 10][:20]
    return [(place, draw) for draw in range(math.ceil(count / max(len(fitting), 1))) for place in fitting][:count]


listeners_of = functools.cache(read)  # once a process


def measure(file: Path, n: int, method: str, wanted: Sequence[tuple[int, int]]) -> dict[str, Draw]:
    """Run one method on the draws of a cell."""
    listeners = listeners_of(file)
    results: dict[str, Draw] = {}
    for place, draw in wanted:
        listener = listeners[place]
        order = np.random.default_rng((place, draw, n)).permutation(len(listener.y))
        train, test = order[:n], order[n : n + evaluate.TEST_ROWS]
        results[f"{place}/{draw}"] = evaluate._once(listener, train, test, METHODS[method])
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--ratings", default="10,15,30,60,120,400")
    parser.add_argument("--draws", type=int, default=10, help="a file and number (default 10; 100 for a verdict)")
    parser.add_argument("--slow-draws", type=int, default=3, help=f"of {', '.join(SLOW)} (default 3)")
    parser.add_argument("--methods", default="", help="only these, separated by commas")
    parser.add_argument("--minutes", type=float, default=10, help="start nothing new after this long (default 10)")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="results are read from and added to this file")
    parser.add_argument("--again", default="", help="measure these anew though they are kept, separated by commas")
    options = parser.parse_args()
    kept: dict[str, dict[str, Draw]] = {}
    if options.keep and options.keep.exists():
        kept = json.loads(options.keep.read_text())
        again = options.again.split(",")
        kept = {key: draws for key, draws in kept.items() if key.split("|")[2] not in again}
    _run(options, kept)
    report({_key(key): draws for key, draws in kept.items()})


def _key(text: str) -> tuple[str, int, str]:
    file, n, method = text.split("|")
    return file, int(n), method


def _run(options: argparse.Namespace, kept: dict[str, dict[str, Draw]]) -> None:
    end = time.monotonic() + 60 * options.minutes
    jobs = list(_jobs(options, kept))
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = "1"  # read by the processes that start below
    with ProcessPoolExecutor(options.processes, multiprocessing.get_context("spawn")) as pool:
        waiting = list(reversed(jobs))
        running = {}
        while waiting or running:
            while waiting and len(running) < options.processes and time.monotonic() < end:
                key, arguments = waiting.pop()
                running[pool.submit(measure, *arguments)] = key
            if not running:
                print(f"{len(waiting)} parts were left out: time is up.")
                break
            done = next((future for future in running if future.done()), None)
            if done is None:
                time.sleep(0.02)
                continue
            kept.setdefault(running.pop(done), {}).update(done.result())
            if options.keep:
                options.keep.write_text(json.dumps(kept))


def _jobs(options: argparse.Namespace, kept: dict[str, dict[str, Draw]]) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Parts of at most ten draws, quick methods first."""
    names = options.methods.split(",") if options.methods else list(METHODS)
    listeners = {file: read(file) for file in options.files}
    for method in names:
        if method == "catboost" and find_spec("catboost") is None:
            continue
        count = options.slow_draws if method in SLOW else options.draws
        for n in (int(part) for part in options.ratings.split(",")):
            for file in options.files:
                key = f"{file.stem}|{n}|{method}"
                draws = draws_of(listeners[file], n, count)
                missing = [pair for pair in draws if f"{pair[0]}/{pair[1]}" not in kept.get(key, {})]
                for start in range(0, len(missing), 10):
                    yield key, (file, n, method, missing[start : start + 10])


def report(results: dict[tuple[str, int, str], dict[str, Draw]]) -> None:
    """Print the table of cells, and what they come to."""
    skill = _paired(results)
    cells = sorted({key[:2] for key in results if key[2] == "earmark"})
    print(
        f"{'file':24} {'n':>4} {'method':12} {'draws':>5} {'skill':>7} {'± se':>6} {'ours - it':>10} {'± se':>6}  80 %"
    )
    for file, n in cells:
        for method in METHODS:
            if (file, n, method) in results:
                _print_cell(file, n, method, results, skill)
    _summary(cells, results, skill)


def _paired(results: dict[tuple[str, int, str], dict[str, Draw]]) -> Callable[[Cell, str, str], np.ndarray]:
    def shared(cell: Cell, one: str, other: str) -> np.ndarray:
        """Skills (draws, 2) of two methods on the draws that both made."""
        a, b = results.get((*cell, one), {}), results.get((*cell, other), {})
        return np.array([[a[key]["skill"], b[key]["skill"]] for key in a if key in b]).reshape(-1, 2)

    return shared


def _error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else math.nan


def _print_cell(file: str, n: int, method: str, results, skill) -> None:
    draws = results[file, n, method]
    own = np.array([draw["skill"] for draw in draws.values()])
    both = skill((file, n), "earmark", method)
    apart = both[:, 0] - both[:, 1]
    held = [draw["coverage"] for draw in draws.values() if "coverage" in draw]
    coverage = f"{np.mean(held):5.2f}" if held else ""
    print(
        f"{file[:24]:24} {n:>4} {method:12} {len(own):>5} {own.mean():+7.3f} {_error(own):6.3f} "
        f"{apart.mean() if len(apart) else math.nan:+10.3f} {_error(apart):6.3f} {coverage}"
    )


def _summary(cells: Sequence[Cell], results, skill) -> None:
    by_n: dict[int, list[Cell]] = defaultdict(list)
    for cell in cells:
        by_n[cell[1]].append(cell)
    print("\nmean skill over the sets; (ours on the same draws)")
    for n, those in sorted(by_n.items()):
        parts = []
        for method in METHODS:
            pairs = [skill(cell, "earmark", method) for cell in those]
            means = np.array([pair.mean(axis=0) for pair in pairs if len(pair)])
            if len(means):
                parts.append(f"{method} {means[:, 1].mean():+.3f} ({means[:, 0].mean():+.3f})")
        print(f"n = {n:>3}, {len(those)} sets: " + ", ".join(parts))
    print("\nregret against the best of ridge, forest and 2020 (of the latter where it made at least 10 draws)")
    regrets: dict[Cell, tuple[float, str]] = {}
    for cell in cells:
        behind = []
        for method in OLD:
            pair = skill(cell, "earmark", method)
            if len(pair) >= 10:
                behind.append((float((pair[:, 1] - pair[:, 0]).mean()), method))
        if behind:
            regrets[cell] = max(behind)
    if regrets:
        worst = max(regrets, key=lambda cell: regrets[cell][0])
        mean = np.mean([max(behind, 0.0) for behind, _ in regrets.values()])
        print(f"mean {mean:.4f}; worst {regrets[worst][0]:+.3f} against {regrets[worst][1]} at {worst}")
    ours = {cell: np.array([draw["skill"] for draw in results[(*cell, "earmark")].values()]) for cell in cells}
    low = min(ours, key=lambda cell: ours[cell].mean() + _error(ours[cell]))
    print(f"worst cell of ours: {low}: {ours[low].mean():+.4f} ± {_error(ours[low]):.4f}")


if __name__ == "__main__":
    main()
