"""How fair each strategy is on real juries: `python -m tests.bench.bench_group FILE`. Prints figures; judges nothing.

FILE is a CSV with the columns user_id, track_id and rating (1..10), such as eurovision2016_jurors_spotify.csv. Groups
of 3 to 12 are drawn from it; what a member did not rate is unknown to the strategies too, and the group's taste stands
in for it. Every strategy sees the same groups. `--predicted` hides the ratings behind noise of a known size, so that
they are predictions with an uncertainty, and judges the choice by the true ratings: that is how caution was measured.
"""

import argparse
import csv
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from bot.domain.errors import AllVetoed
from bot.taste.group import fill, owe, recommend
from bot.taste.group_rules import BUDGET, STRATEGIES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--groups", type=int, default=400)
    parser.add_argument("--slots", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--veto", type=float, help="below so many stars; none without it")
    parser.add_argument("--optimum", type=int, default=0, help="of so many groups prove the optimum, which is slow")
    parser.add_argument("--predicted", action="store_true", help="measure caution instead")
    options = parser.parse_args()
    ratings = load(options.file)
    print(f"{ratings.shape[0]} people x {ratings.shape[1]} tracks, {np.isnan(ratings).mean():.0%} unknown")
    rng = np.random.default_rng(options.seed)
    groups = [rng.choice(len(ratings), int(rng.integers(3, 13)), replace=False) for _ in range(options.groups)]
    if options.predicted:
        caution(ratings, groups, options.slots, rng)
        return
    fairness(ratings, groups, options.slots, options.veto)
    if options.optimum:
        optimum(ratings, groups[: options.optimum], options.slots)
    debts(ratings, groups, options.slots)
    speed()


def load(path: Path) -> np.ndarray:
    with path.open(newline="", encoding="utf-8") as file:
        rows = [(row["user_id"], row["track_id"], float(row["rating"])) for row in csv.DictReader(file)]
    people = {name: place for place, name in enumerate(sorted({row[0] for row in rows}))}
    tracks = {name: place for place, name in enumerate(sorted({row[1] for row in rows}))}
    matrix = np.full((len(people), len(tracks)), np.nan)
    for person, track, stars in rows:
        matrix[people[person], tracks[track]] = stars
    return matrix


def fairness(ratings: np.ndarray, groups: Sequence[np.ndarray], slots: int, veto: float | None) -> None:
    got = {name: [] for name in STRATEGIES}
    for group in groups:
        try:
            drawn = {name: recommend(ratings[group], slots, name, veto).means for name in STRATEGIES}
        except AllVetoed:
            continue
        for name, means in drawn.items():
            got[name].append((means.mean(), means.min(), means.min() / means.max()))
    table = {name: np.array(rows) for name, rows in got.items()}
    base = table["average"][:, 0]
    print(f"\n{len(base)} groups, {slots} slots, veto {veto}\n")
    print("| strategy | mean | worst member | min:max | loses of the mean | at most |\n|---|---|---|---|---|---|")
    for name, rows in sorted(table.items(), key=lambda item: -item[1][:, 1].mean()):
        mean, worst, ratio = (f"{m:.3f} ± {e:.3f}" for m, e in zip(rows.mean(0), error(rows), strict=True))
        lost = base - rows[:, 0]
        print(f"| {name} | {mean} | {worst} | {ratio} | {lost.mean():.3f} | {lost.max():.3f} |")
    eligible = {name: rows for name, rows in table.items() if (base - rows[:, 0]).mean() <= BUDGET}
    others = {name: rows for name, rows in eligible.items() if name != "fair"}
    second = max(others, key=lambda name: others[name][:, 1].mean())
    ahead = table["fair"][:, 1] - table[second][:, 1]
    print(f"\nfair - {second}, worst member, paired: {ahead.mean():+.3f} ± {error(ahead):.3f}")


def optimum(ratings: np.ndarray, groups: Sequence[np.ndarray], slots: int) -> None:
    gaps = [best_worst(fill(ratings[group]), slots) - recommend(ratings[group], slots, veto=None).means.min()
            for group in groups]  # fmt: skip
    print(f"short of the proven optimum of {len(gaps)} groups: {np.mean(gaps):.4f} on average, {max(gaps):.3f} at most")


def best_worst(scores: np.ndarray, slots: int) -> float:
    """The best possible worst member within the budget, by integer programming."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    members, tracks = scores.shape
    mean = scores.mean(axis=0)
    floor = np.sort(mean)[-slots:].mean() - BUDGET
    constraints = [
        LinearConstraint(np.hstack([scores / slots, -np.ones((members, 1))]), 0, np.inf),
        LinearConstraint(np.append(np.ones(tracks), 0)[None], slots, slots),
        LinearConstraint(np.append(mean / slots, 0)[None], floor - 1e-9, np.inf),
    ]
    bounds = Bounds(np.zeros(tracks + 1), np.append(np.ones(tracks), 10))
    whole = np.append(np.ones(tracks), 0)
    found = milp(np.append(np.zeros(tracks), -1.0), constraints=constraints, integrality=whole, bounds=bounds)
    return float(-found.fun)


def debts(ratings: np.ndarray, groups: Sequence[np.ndarray], slots: int) -> None:
    """Half of the tracks in one session, half in the next: does who got less catch up?"""
    spread: dict[bool, list[float]] = {False: [], True: []}
    gained = []
    for group in groups:
        first = recommend(ratings[group][:, ::2], slots // 2, veto=None).means
        debt = owe({}, dict(enumerate(first)))
        owed = np.array([debt[i] for i in range(len(group))])
        without, with_debt = (
            recommend(ratings[group][:, 1::2], slots // 2, veto=None, debt=given).means for given in (None, owed)
        )
        gained.append((with_debt - without)[np.argmin(first)])
        spread[False].append(np.ptp(first + without))
        spread[True].append(np.ptp(first + with_debt))
    print(f"\ntwo sessions: who got least gains {np.mean(gained):+.3f} ± {error(np.array(gained)):.3f} by the debt;")
    before, after = (np.array(spread[kind]) / 2 for kind in (False, True))
    print(f"between the best and the worst off {before.mean():.3f} without, {after.mean():.3f} with it")


def caution(ratings: np.ndarray, groups: Sequence[np.ndarray], slots: int, rng: np.random.Generator) -> None:
    """Predictions as a good model makes them: the posterior mean of a noisy view, with its standard deviation."""
    amounts = (0.0, 0.1, 0.25, 0.5, 1.0)
    got = {amount: [] for amount in amounts}
    for group in groups:
        truth = fill(ratings[group])
        own = truth.mean(axis=1, keepdims=True)
        prior = truth.var(axis=1, keepdims=True)
        noise = rng.choice([0.5, 1.0, 2.0, 4.0], truth.shape) ** 2
        seen = truth + rng.normal(size=truth.shape) * np.sqrt(noise)
        share = prior / (prior + noise)
        predicted, deviation = own + share * (seen - own), np.sqrt(prior * (1 - share))
        for amount in amounts:
            order = recommend(predicted, slots, veto=None, uncertainty=deviation, caution=amount).order
            means = truth[:, order].mean(axis=1)
            got[amount].append((means.mean(), means.min(), (truth[:, order] < 3).mean()))
    print("\n| caution | mean | worst member | share of slots below 3 stars |\n|---|---|---|---|")
    for amount, rows in got.items():
        array = np.array(rows)
        cells = (f"{m:.3f} ± {e:.3f}" for m, e in zip(array.mean(0), error(array), strict=True))
        print(f"| {amount} | {' | '.join(cells)} |")


def speed() -> None:
    predictions = np.random.default_rng(0).uniform(1, 10, (40, 5000))
    print("\n40 members x 5,000 tracks, 10 slots (CPU time, the least of three):")
    for name in STRATEGIES:
        seconds = min(timed(lambda name=name: recommend(predictions, 10, name, veto=None)) for _ in range(3))
        print(f"  {name:<24} {seconds * 1000:6.0f} ms")


def timed(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def error(values: np.ndarray) -> np.ndarray:
    return values.std(axis=0, ddof=1) / np.sqrt(len(values))


if __name__ == "__main__":
    main()
