"""How many ratings each rule of asking needs: `uv run python -m tests.bench.bench_choose FILE.csv ...`

Of a listener, at most 500 tracks may be asked about and at most 300 others are predicted. Printed is, for each set,
after how many answers a rule's mean error falls to that of 30, 45 and 60 random ones (between two sizes by a straight
line), and the error saved at 30 answers, paired with random on the same draws. `--keep FILE` remembers every draw.
"""

import argparse
import json
import math
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bot.commands.ratings_files import Listener, read
from bot.domain.features import FEATURES, NAMES
from bot.domain.ratings import MAX_STARS, MIN_RATINGS, MIN_STARS
from bot.flow.rate import EVERY
from bot.taste import active, choose
from bot.taste.kernel import NOISES, SHAPES, Space
from bot.taste.regressor import TasteRegressor

SIZES = (10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 70, 80)
GOALS = (30, 45, 60)
POOL, TEST = choose.CANDIDATES, 300
Rule = Callable[[np.ndarray, np.ndarray, np.random.Generator], list[int]]


def kernel(X: np.ndarray, length: float) -> np.ndarray:
    weights = np.array([feature.weight for feature in FEATURES])
    periods = np.array([np.nan if feature.period is None else feature.period for feature in FEATURES])
    tells = np.array([len(np.unique(column[~np.isnan(column)])) > 1 for column in X.T])
    space = Space(X[:, tells], weights[tells], periods[tells])
    ranks = space.ranks(X[:, tells])
    return np.exp(-space.distances(ranks, ranks) / space.scale(length))


def at_random(X, y, rng):
    return rng.permutation(len(X)).tolist()


def lowest_variance(length: float, noise: float) -> Rule:
    """Each time the track after whose answer the variances of all others have the least sum (Krause, 2008)."""

    def order(X, y, rng):
        left, taken = kernel(X, length), []
        while len(taken) < min(SIZES[-1], len(X)):
            gains = (left**2).sum(axis=0) / (np.diag(left) + noise)
            gains[taken] = -np.inf
            taken.append(int(np.argmax(gains + 1e-9 * rng.random(len(X)))))
            column = left[:, taken[-1]] / math.sqrt(left[taken[-1], taken[-1]] + noise)
            left = left - np.outer(column, column)
        return taken

    return order


def as_asked(X, y, rng):
    """What the bot does: an order that no answer changes, and from MIN_RATINGS on what the answers so far ask for."""
    rows = [{name: float(v) for name, v in zip(NAMES, row, strict=True) if not np.isnan(v)} for row in X]
    seed, order = int(rng.integers(1 << 30)), []
    artists = [str(i) for i in range(len(X))]
    order = [asked.place for asked in choose.rank_questions(rows, [], artists=artists, seed=seed)]
    asked = order[:MIN_RATINGS]
    while len(asked) < min(SIZES[-1], len(X)):
        left = np.setdiff1d(np.arange(len(X)), asked)
        told = active.next_questions(X[asked], y[asked], X[left], artists=[artists[i] for i in left], seed=seed)
        following = [int(left[one.place]) for one in told] or [i for i in order if i not in asked]
        asked += following[:EVERY]
    return asked


def as_before(X, y, rng):
    """The bot's first order throughout."""
    rows = [{name: float(v) for name, v in zip(NAMES, row, strict=True) if not np.isnan(v)} for row in X]
    ranked = choose.rank_questions(rows, [], artists=[str(i) for i in range(len(X))], seed=int(rng.integers(1 << 30)))
    return [asked.place for asked in ranked]


def farthest(X, y, rng):
    """Each time the track farthest from all that were asked about."""
    K = kernel(X, 1.0)
    order = [int(rng.integers(len(X)))]
    nearest = K[order[0]].copy()
    while len(order) < min(SIZES[-1], len(X)):
        nearest[order] = np.inf
        order.append(int(np.argmin(nearest)))
        nearest = np.maximum(nearest, K[order[-1]])
    return order


def typical(length: float) -> Rule:
    """Each time the track that makes the rest most like something asked about (facility location)."""

    def order(X, y, rng):
        K = kernel(X, length)
        covered, taken = np.zeros(len(X)), []
        while len(taken) < min(SIZES[-1], len(X)):
            gains = np.maximum(K, covered).sum(axis=1)
            gains[taken] = -np.inf
            taken.append(int(np.argmax(gains + 1e-9 * rng.random(len(X)))))
            covered = np.maximum(covered, K[taken[-1]])
        return taken

    return order


def mixed(one: Rule, other: Rule, first: int) -> Rule:
    """So many by one rule, then by turns."""

    def order(X, y, rng):
        taken, sources = [], [iter(one(X, y, rng)), iter(other(X, y, rng))]
        while len(taken) < min(SIZES[-1], len(X)):
            source = sources[0] if len(taken) < first else sources[len(taken) % 2]
            chosen = next((i for i in source if i not in taken), None)
            if chosen is None:
                chosen = next(i for i in range(len(X)) if i not in taken)
            taken.append(chosen)
        return taken

    return order


def learning(X, y, rng):
    """Random for ten, then five at a time by the variance that the model learned so far would leave."""
    order = at_random(X, y, rng)[:10]
    while len(order) < min(SIZES[-1], len(X)):
        model = TasteRegressor(low=MIN_STARS, high=MAX_STARS).fit(X[order], y[order])
        weights = model.posterior_.weights if len(np.unique(y[order])) > 1 else np.ones((len(SHAPES), len(NOISES)))
        if weights.sum() < 1e-6:
            weights = np.ones_like(weights)
        shape, noise = np.unravel_index(int(np.argmax(weights)), weights.shape)
        K = kernel(X, SHAPES[shape].length)
        told = K[np.ix_(order, order)] + NOISES[noise] * np.eye(len(order))
        left = K - K[:, order] @ np.linalg.solve(told, K[order])
        gains = (left**2).sum(axis=0) / (np.diag(left) + NOISES[noise])
        for _ in range(5):
            gains[order] = -np.inf
            best = int(np.argmax(gains))
            column = left[:, best] / math.sqrt(left[best, best] + NOISES[noise])
            left = left - np.outer(column, column)
            gains = (left**2).sum(axis=0) / (np.diag(left) + NOISES[noise])
            order.append(best)
    return order


RULES: dict[str, Rule] = {
    "random": at_random,
    "variance 1, 3": lowest_variance(1.0, 3.0),
    "variance 1, 30": lowest_variance(1.0, 30.0),
    "variance 2, 10": lowest_variance(2.0, 10.0),
    "variance .5, 3": lowest_variance(0.5, 3.0),
    "as the bot asks": as_asked,
    "the first order": as_before,
    "farthest": farthest,
    "typical": typical(1.0),
    "typical .5": typical(0.5),
    "typical 2": typical(2.0),
    "half random": mixed(lowest_variance(1.0, 3.0), at_random, 0),
    "typical, half random": mixed(typical(1.0), at_random, 0),
    "typical, then variance": mixed(typical(1.0), lowest_variance(0.5, 3.0), 20),
    "learning": learning,
}


def measure(listener: Listener, rule: Rule, seed: tuple[int, int]) -> list[float]:
    """Error (MSE over that of the pool's mean) on tracks never asked about, after each number of answers."""
    order = np.random.default_rng(seed).permutation(len(listener.y))
    size = min(POOL, int(0.6 * len(order)))
    pool, test = order[:size], order[size : size + TEST]
    X, y, truth = listener.X[pool], listener.y[pool], listener.y[test]
    asked = rule(X, y, np.random.default_rng((*seed, 1)))
    against = float(np.mean((truth - y.mean()) ** 2))
    errors: list[float] = []
    for n in SIZES:
        model = TasteRegressor(low=MIN_STARS, high=MAX_STARS).fit(X[asked[:n]], y[asked[:n]])
        errors.append(float(np.mean((truth - model.predict(listener.X[test])) ** 2)) / against)
    return errors


def needed(errors: np.ndarray, goal: float) -> float:
    """After how many answers the error is `goal`; infinite where it never is."""
    for i, error in enumerate(errors):
        if error <= goal:
            if i == 0 or errors[i - 1] <= error:
                return float(SIZES[i])
            part = (errors[i - 1] - goal) / (errors[i - 1] - error)
            return SIZES[i - 1] + part * (SIZES[i] - SIZES[i - 1])
    return math.inf


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--draws", type=int, default=20, help="a set, going round its listeners (default 20)")
    parser.add_argument("--minutes", type=float, default=10, help="start nothing new after this long (default 10)")
    parser.add_argument("--rules", default="", help="only these, separated by semicolons")
    parser.add_argument("--keep", type=Path, help="results are read from and added to this file")
    options = parser.parse_args()
    kept: dict[str, list[float]] = {}
    if options.keep and options.keep.exists():
        kept = json.loads(options.keep.read_text())
    sets = {file.stem: [one for one in read(file) if len(one.y) >= 200] for file in options.files}
    end = time.monotonic() + 60 * options.minutes
    rules = options.rules.split(";") if options.rules else list(RULES)
    for draw in range(options.draws):
        for name, listeners in sets.items():
            for rule in rules:
                key = f"{name}|{rule}|{draw}"
                if not listeners or key in kept or time.monotonic() > end:
                    continue
                place = draw % len(listeners)
                kept[key] = measure(listeners[place], RULES[rule], (place, draw))
        if options.keep:
            options.keep.write_text(json.dumps(kept))
    report(kept)


def report(kept: dict[str, list[float]]) -> None:
    found: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(dict)
    for key, errors in kept.items():
        name, rule, draw = key.split("|")
        found[name, rule][draw] = errors
    print("| set | rule | draws | 30 | 45 | 60 | error saved at 30 |\n|---|---|---|---|---|---|---|")
    for name in dict.fromkeys(name for name, _ in found):
        for rule in RULES:
            own, base = found.get((name, rule), {}), found.get((name, "random"), {})
            both = [draw for draw in own if draw in base]
            if len(both) < 2:
                continue
            mine, theirs = (np.array([results[draw] for draw in both]) for results in (own, base))
            goals = [float(theirs.mean(axis=0)[SIZES.index(n)]) for n in GOALS]
            counts = [needed(mine.mean(axis=0), goal) for goal in goals]
            saved = (theirs - mine)[:, SIZES.index(30)]
            said = " | ".join("over 80" if math.isinf(n) else f"{n:.0f}" for n in counts)
            error = saved.std(ddof=1) / math.sqrt(len(saved))
            print(f"| {name} | {rule} | {len(both)} | {said} | {saved.mean():+.3f} ± {error:.3f} |")
    print("\nmean error over the sets, in shares of the mean's, after 15, 30, 45, 60 answers")
    for rule in RULES:
        sets = [np.array(list(results.values())).mean(axis=0) for (_, own), results in found.items() if own == rule]
        if sets:
            means = np.mean(sets, axis=0)
            print(f"{rule:16}", " ".join(f"{means[SIZES.index(n)]:.4f}" for n in (15, 30, 45, 60)))


if __name__ == "__main__":
    main()
