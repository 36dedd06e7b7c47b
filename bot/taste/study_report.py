"""The study's report: tables and pictures, in Markdown with alt texts; figures only, no rows of the data."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bot.charts import BLUE, FAINT, GROUND, INK, ORANGE
from bot.taste.features import NAMES
from bot.taste.study import Leak, Plan, Result, components_for
from bot.taste.validate import learning_curve, spearman

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

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
        *_table(flat),
        "",
        *_chosen(flat),
        *_leak(leak),
        *_pictures(out, X, y, flat),
    ]
    report = out / "study.md"
    report.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return report


def _table(flat: Sequence[Result]) -> list[str]:
    lines = [
        "| method | R2 train | R2 test | gap | MSE train | MSE test | worse than the mean |",
        "|---|---|---|---|---|---|---|",
    ]
    # R2 of a fold is against that fold's own mean, so that even the mean has a little less than 0.
    for method in dict.fromkeys(result["method"] for result in flat):
        own = [result for result in flat if result["method"] == method]
        train, test, seen, unseen = (
            float(np.mean([result[key] for result in own])) for key in ("train_r2", "test_r2", "train_mse", "test_mse")
        )
        mean = float(np.mean([result["test_mse"] for result in flat if result["method"] == "mean"]))
        lines.append(
            f"| {method} | {train:+.3f} | {test:+.3f} | {train - test:.3f} | {seen:.2f} | {unseen:.2f} "
            f"| {unseen / mean - 1:+.1%} |"
        )
    return lines


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
        "| protocol | R2 |",
        "|---|---|",
        f"| as in 2020 | {leak.claimed:+.3f} |",
        f"| the same without the row number | {leak.without_row_number:+.3f} |",
        f"| the same on shuffled ratings, where there is nothing to find: {noise} | {np.mean(leak.shuffled):+.3f} |",
        f"| the same network, everything inside the fold | {leak.honest:+.3f} |",
        "",
    ]


def _pictures(out: Path, X: Array, y: Array, flat: Sequence[Result]) -> list[str]:
    lines = ["## Pictures", ""]
    for title, (file, alt) in {
        "Two features, coloured by rating": _two_features(out, X, y),
        "Rating against each feature": _each_feature(out, X, y),
        "Predicted against actual": _predicted(out, y, flat),
        "Learning curve": _curve(out, X, y),
    }.items():
        lines += [f"**{title}**", "", f"![{alt}]({file})", ""]
    return lines


def _figure(width: float, height: float) -> "Figure":
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - heavy
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(width, height), dpi=80, facecolor=GROUND, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _style(axes: "Axes", x: str, y: str, title: str = "") -> None:
    axes.set_facecolor(GROUND)
    axes.set_title(title, color=INK, fontsize=11)
    axes.set_xlabel(x, color=INK)
    axes.set_ylabel(y, color=INK)
    axes.tick_params(colors=INK)
    for spine in axes.spines.values():
        spine.set_color(FAINT)
    axes.grid(visible=True, color=FAINT, alpha=0.35, linewidth=0.6)
    axes.set_axisbelow(True)


def _known(X: Array, name: str) -> bool:
    column = X[:, NAMES.index(name)]
    return len(np.unique(column[~np.isnan(column)])) > 1


def _two_features(out: Path, X: Array, y: Array) -> tuple[str, str]:
    named = [name for name in NAMES if _known(X, name)]
    first = "valence" if _known(X, "valence") else named[0]
    second = next(name for name in ("mode", "energy", *named, first) if name != first and _known(X, name))
    figure = _figure(7, 4.5)
    axes: Any = figure.subplots()
    a, b = X[:, NAMES.index(first)], X[:, NAMES.index(second)]
    shift = np.random.default_rng(0).uniform(-0.12, 0.12, len(y)) if second == "mode" else 0.0
    points = axes.scatter(a, b + shift, c=y, cmap="viridis", s=26, vmin=1, vmax=10, edgecolors=GROUND, linewidths=0.4)
    bar = figure.colorbar(points, ax=axes)
    bar.set_label("stars", color=INK)
    bar.ax.tick_params(colors=INK)
    _style(axes, first, second)
    figure.savefig(out / "features.png")
    missing = "" if second == "mode" else f" (instead of mode, which these tracks have none of, {second})"
    return "features.png", (
        f"{first.capitalize()} against {second}{missing}, each track coloured by its rating. Rank correlation with the "
        f"rating: {first} {_rho(a, y):+.2f}, {second} {_rho(b, y):+.2f}."
    )


def _rho(x: Array, y: Array) -> float:
    both = ~np.isnan(x)
    return spearman(x[both], y[both])


def _each_feature(out: Path, X: Array, y: Array) -> tuple[str, str]:
    named = [name for name in NAMES[:14] if _known(X, name)] or [name for name in NAMES if _known(X, name)][:12]
    columns = min(4, len(named))
    figure = _figure(11, 2.4 * -(-len(named) // columns))
    panels = np.atleast_1d(figure.subplots(-(-len(named) // columns), columns)).ravel()
    rho = {name: _rho(X[:, NAMES.index(name)], y) for name in named}
    for axes, name in zip(panels, named, strict=False):
        axes.scatter(X[:, NAMES.index(name)], y, s=10, color=BLUE, alpha=0.8)
        _style(axes, "", "", f"{name}, {rho[name]:+.2f}")
    for axes in panels[len(named) :]:
        axes.set_visible(False)
    figure.savefig(out / "ratings.png")
    said = ", ".join(f"{name} {value:+.2f}" for name, value in sorted(rho.items(), key=lambda item: -abs(item[1])))
    return "ratings.png", f"Rating against each feature, with the rank correlation: {said}."


def _predicted(out: Path, y: Array, flat: Sequence[Result]) -> tuple[str, str]:
    networks = [result["method"] for result in flat if "network" in result]
    means = {
        method: float(np.mean([result["test_mse"] for result in flat if result["method"] == method]))
        for method in dict.fromkeys(networks)
    }
    best = min(means, key=lambda method: means[method])
    figure = _figure(10, 4.6)
    rho: dict[str, float] = {}
    for axes, method, colour in zip(figure.subplots(1, 2), ("kernel", best), (BLUE, ORANGE), strict=True):
        rows, predicted = (
            np.array([value for result in flat if result["method"] == method for value in result[key]])
            for key in ("rows", "predicted")
        )
        actual = y[rows.astype(int)]
        rho[method] = spearman(actual, predicted)
        axes.plot((1, 10), (1, 10), color=FAINT, linestyle="--")
        axes.scatter(actual, predicted, s=12, color=colour, alpha=0.6)
        axes.set(xlim=(0.5, 10.5), ylim=(0.5, 10.5))
        _style(axes, "actual, stars", "predicted, not seen before", method)
    figure.savefig(out / "predicted.png")
    said = "; ".join(f"{method}: rank correlation {value:+.2f}" for method, value in rho.items())
    return "predicted.png", f"Predictions for ratings that were left out, against these. {said}."


def _curve(out: Path, X: Array, y: Array) -> tuple[str, str]:
    sizes = sorted({int(size) for size in np.geomspace(10, max(11, 0.8 * len(y)), 6) if size < len(y) - 4})
    found = learning_curve(X, y, sizes, draws=20)
    figure = _figure(7, 4)
    axes: Any = figure.subplots()
    axes.plot([n for n, _ in found], [skill for _, skill in found], color=BLUE, marker="o")
    axes.axhline(0, color=ORANGE, linewidth=1.2)
    _style(axes, "ratings learned from", "skill over the mean")
    figure.savefig(out / "learning.png")
    said = ", ".join(f"{skill:+.3f} after {n}" for n, skill in found)
    return "learning.png", f"Skill of the kernel on ratings left out, 0 being the mean's: {said}."
