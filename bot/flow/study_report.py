"""The study's report: tables, and pictures with alt texts, in Markdown; figures only, no rows of the data."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.charts.study import Correlated, Figures, LeftOut, draw
from bot.domain.features import NAMES
from bot.taste.matrices import telling
from bot.taste.study import Plan, Result, components_for, left_out, r2
from bot.taste.study_leak import Leak
from bot.taste.validate import learning_curve, spearman

Array = NDArray[np.float64]


def write(
    out: Path, name: str, X: Array, y: Array, plan: Plan, results: Mapping[str, Sequence[Result]], leak: Leak | None
) -> Path:
    """Write `study.md` and its pictures into the folder `out`; returns the report's path."""
    out.mkdir(parents=True, exist_ok=True)
    flat = [result for part in results.values() for result in part]
    kept, of = components_for(X)
    lines = [
        f"# The study of 2020 on {name}, without its leak",
        "",
        f"{len(y)} ratings, {of} features; {plan.folds} folds, {plan.repeats} times;",
        f"the network is chosen among {len(plan.networks)} in {plan.inner} folds inside each fold.",
        f"99 % of the features' variance needs {kept} of {of} principal components.",
        "",
        *_table(y, flat),
        "",
        *_chosen(flat),
        *_leak(leak),
        *_pictures(out, X, y, flat),
    ]
    report = out / "study.md"
    report.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return report


def _table(y: Array, flat: Sequence[Result]) -> list[str]:
    lines = [
        "What counts is the last column, of ratings left out: below 0 % a method errs less than the mean does.",
        "*R2 test* is that of all ratings of a repeat together. *R2 by fold*, the figure of 2020, takes each fold's",
        "own mean for 0: even the mean is below it, and far below where a fold holds few ratings.",
        "",
        "| method | R2 train | R2 test | gap | R2 by fold | MSE train | MSE test | error beside the mean's |",
        "|---|---|---|---|---|---|---|---|",
    ]
    mean = _error(y, flat, "mean")
    for method in dict.fromkeys(result["method"] for result in flat):
        own = [result for result in flat if result["method"] == method]
        train, by_fold, seen = (
            float(np.mean([result[key] for result in own])) for key in ("train_r2", "test_r2", "train_mse")
        )
        test, unseen = r2(*left_out(y, flat, method)), _error(y, flat, method)
        lines.append(
            f"| {method} | {train:+.3f} | {test:+.3f} | {train - test:.3f} | {by_fold:+.3f} "
            f"| {seen:.2f} | {unseen:.2f} | {unseen / mean - 1:+.1%} |"
        )
    return lines


def _error(y: Array, flat: Sequence[Result], method: str) -> float:
    actual, predicted = left_out(y, flat, method)
    return float(np.mean((actual - predicted) ** 2))


def _chosen(flat: Sequence[Result]) -> list[str]:
    networks = [result for result in flat if "network" in result]
    if not networks:
        return []
    common = ", ".join(f"{network} ({count} times)" for network, count in _count(networks))
    unfinished, fits = (sum(result[key] for result in networks) for key in ("unfinished", "fits"))
    return [
        f"Chosen most often: {common}.",
        f"{unfinished} of {fits} networks had not converged when they were stopped; they count as they were.",
        "",
    ]


def _count(networks: Sequence[Result]) -> list[tuple[str, int]]:
    return Counter(str(result["network"]) for result in networks).most_common(3)


def _leak(leak: Leak | None) -> list[str]:
    if leak is None:
        return []
    noise = ", ".join(f"{value:.2f}" for value in leak.shuffled)
    return [
        "## What the protocol of 2020 claims",
        "",
        "Scaler and LDA learn from all rows before these are split into folds, and the row number is a feature, though",
        "the table was written in the order of the ratings.",
        "",
        "| protocol | R2 by fold |",
        "|---|---|",
        f"| as in 2020 | {leak.claimed:+.3f} |",
        f"| the same without the row number | {leak.without_row_number:+.3f} |",
        f"| the same on shuffled ratings, where there is nothing to find: {noise} | {np.mean(leak.shuffled):+.3f} |",
        f"| the same network, everything inside the fold | {leak.honest:+.3f} |",
        "",
    ]


def _pictures(out: Path, X: Array, y: Array, flat: Sequence[Result]) -> list[str]:
    lines = ["## Pictures", ""]
    for title, alt, file in draw(out, figures(X, y, flat)):
        lines += [f"**{title}**", "", f"![{alt}]({file})", ""]
    return lines


def figures(X: Array, y: Array, flat: Sequence[Result]) -> Figures:
    """What the pictures show of features X (n, d), stars y (n,) and the study's results."""
    networks = dict.fromkeys(result["method"] for result in flat if "network" in result)
    best = min(networks, key=lambda method: _error(y, flat, method))
    sizes = sorted({int(size) for size in np.geomspace(10, max(11, 0.8 * len(y)), 6) if size < len(y) - 4})
    return Figures(
        stars=y.tolist(),
        features=[_correlated(name, X[:, NAMES.index(name)], y) for name in telling(X)],
        left_out=[_left_out(method, *left_out(y, flat, method)) for method in ("kernel", best)],
        curve=learning_curve(X, y, sizes, draws=20),
    )


def _correlated(name: str, column: Array, y: Array) -> Correlated:
    known = ~np.isnan(column)
    return Correlated(name, column.tolist(), spearman(column[known], y[known]))


def _left_out(method: str, actual: Array, predicted: Array) -> LeftOut:
    return LeftOut(method, actual.tolist(), predicted.tolist(), spearman(actual, predicted))
