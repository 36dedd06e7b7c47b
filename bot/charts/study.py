"""The study's pictures: ratings over features, predictions beside ratings, the learning curve; each with its words."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bot.charts.ratings import BLUE, FAINT, GROUND, INK, ORANGE, style
from bot.charts.taste import label, shown, spread, star_points
from bot.domain.features import NAMES
from bot.domain.ratings import MAX_STARS, MIN_STARS
from bot.taste.glance import NAMED
from bot.taste.matrices import telling
from bot.taste.study import Result, left_out
from bot.taste.validate import learning_curve, spearman

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

NOTES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
NATURAL = (0, 2, 4, 5, 7, 9, 11)  # the keys that have room for their names on an axis


def draw(out: Path, X: Array, y: Array, flat: Sequence[Result]) -> list[tuple[str, str, str]]:
    """Draw all pictures into the folder `out`; returns (title, words for whoever cannot see it, file name) of each."""
    known = telling(X)
    named = [name for name in known if NAMES.index(name) in NAMED]
    spectrum = [name for name in known if name not in named]
    each: list[tuple[str, str, Callable[[Path], str]]] = [
        ("Two features, coloured by rating", "features.png", lambda file: _two_features(file, X, y)),
        ("Rating against each feature", "ratings.png", lambda file: _each_feature(file, X, y, named, 4)),
        ("Rating against pitches and timbre", "spectrum.png", lambda file: _each_feature(file, X, y, spectrum, 6)),
        ("Predicted against actual", "predicted.png", lambda file: _predicted(file, y, flat)),
        ("Learning curve", "learning.png", lambda file: _curve(file, X, y)),
    ]
    nothing = {"ratings.png": not named, "spectrum.png": not spectrum}
    return [(title, make(out / file), file) for title, file, make in each if not nothing.get(file)]


def _two_features(file: Path, X: Array, y: Array) -> str:
    """Draw two features against each other; where only one tells tracks apart, the rating against it."""
    known = telling(X)
    first = "valence" if "valence" in known else known[0]
    second = next((name for name in ("mode", "energy", *known) if name in known and name != first), None)
    figure = _figure(9, 5)
    axes: Any = figure.subplots()
    points = star_points(axes, _column(X, first), y.tolist() if second is None else _column(X, second), y.tolist())
    _style(axes, "", label(first), "stars" if second is None else label(second))
    _ticks(axes.xaxis, first)
    if second is not None:
        _ticks(axes.yaxis, second)
    bar = figure.colorbar(points, ax=axes, ticks=range(MIN_STARS, MAX_STARS + 1))
    bar.set_label("stars (larger points: more)", color=INK)
    bar.ax.tick_params(colors=INK)
    figure.savefig(file)
    rho = f"Rank correlation with the rating: {_name(first)} {_rho(X, y, first):+.2f}"
    if second is None:
        return f"The rating against {_name(first)}, which alone tells these tracks apart. {rho}."
    missing = "" if second == "mode" else " (not mode, which does not tell these tracks apart)"
    return (
        f"{_name(first).capitalize()} against {_name(second)}{missing}, each track coloured and sized by its rating. "
        f"{rho}, {_name(second)} {_rho(X, y, second):+.2f}."
    )


def _each_feature(file: Path, X: Array, y: Array, named: Sequence[str], columns: int) -> str:
    columns = min(columns, len(named))
    rows = -(-len(named) // columns)
    figure = _figure(11, 0.4 + 2.3 * rows)
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True)
    rho = {name: _rho(X, y, name) for name in named}
    for place, (axes, name) in enumerate(zip(panels.ravel(), named, strict=False)):
        axes.scatter(_column(X, name), y, s=10, color=BLUE, alpha=0.8)
        _style(axes, f"{_name(name, label)}, {rho[name]:+.2f}", "", "" if place % columns else "stars")
        axes.set_yticks((1, 4, 7, 10))
        _ticks(axes.xaxis, name)
    for axes in panels.ravel()[len(named) :]:
        axes.set_visible(False)
    figure.savefig(file)
    said = ", ".join(f"{_name(name)} {value:+.2f}" for name, value in sorted(rho.items(), key=lambda one: -abs(one[1])))
    return f"The rating against each of {len(named)} features, with the rank correlation: {said}."


def _predicted(file: Path, y: Array, flat: Sequence[Result]) -> str:
    errors = {
        method: float(np.mean(np.subtract(*left_out(y, flat, method)) ** 2))
        for method in dict.fromkeys(result["method"] for result in flat if "network" in result)
    }
    best = min(errors, key=lambda method: errors[method])
    figure = _figure(10, 4.6)
    rho: dict[str, float] = {}
    for axes, method, colour in zip(figure.subplots(1, 2), ("kernel", best), (BLUE, ORANGE), strict=True):
        actual, predicted = left_out(y, flat, method)
        rho[method] = spearman(actual, predicted)
        axes.plot((1, 10), (1, 10), color=FAINT, linestyle="--")
        axes.scatter(actual, predicted, s=12, color=colour, alpha=0.6)
        axes.set(xlim=(0.5, 10.5), ylim=(0.5, 10.5))
        _style(axes, method, "actual, stars", "predicted, not seen before")
    figure.savefig(file)
    said = "; ".join(f"{method}: rank correlation {value:+.2f}" for method, value in rho.items())
    return f"Predictions for ratings that were left out, against these. {said}."


def _curve(file: Path, X: Array, y: Array) -> str:
    sizes = sorted({int(size) for size in np.geomspace(10, max(11, 0.8 * len(y)), 6) if size < len(y) - 4})
    found = learning_curve(X, y, sizes, draws=20)
    figure = _figure(7, 4)
    axes: Any = figure.subplots()
    axes.plot([n for n, _ in found], [skill for _, skill in found], color=BLUE, marker="o")
    axes.axhline(0, color=ORANGE, linewidth=1.2)
    _style(axes, "", "ratings learned from", "skill over the mean")
    figure.savefig(file)
    said = ", ".join(f"{skill:+.3f} after {n}" for n, skill in found)
    return f"Skill of the kernel on ratings left out, 0 being the mean's: {said}."


def _column(X: Array, name: str) -> list[float]:
    """A feature's values as they are drawn: in the unit of its label, and few values apart."""
    return spread(name, shown(name, X[:, NAMES.index(name)].tolist()))


def _rho(X: Array, y: Array, name: str) -> float:
    column = X[:, NAMES.index(name)]
    both = ~np.isnan(column)
    return spearman(column[both], y[both])


def _name(feature: str, other: Callable[[str], str] = lambda name: name.replace("_ms", "").replace("_", " ")) -> str:
    """A feature's name; a pitch class is called by its note."""
    return f"pitch {NOTES[int(feature[6:])]}" if feature.startswith("pitch_") else other(feature)


def _ticks(axis: "Axis", feature: str) -> None:
    """Name what is no number, and leave so few numbers that none touches the next."""
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - heavy

    if feature == "mode":
        axis.set_ticks([0, 1], ["minor", "major"])
    elif feature == "key":
        axis.set_ticks(NATURAL, [NOTES[key] for key in NATURAL])
    else:
        axis.set_major_locator(MaxNLocator(4, integer=feature in {"year", "time_signature", "key_changes"}))


def _style(axes: "Axes", title: str, x: str, y: str) -> None:
    style(axes, title, x, y)
    axes.title.set_fontsize(11)


def _figure(width: float, height: float) -> "Figure":
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - heavy
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(width, height), dpi=90, facecolor=GROUND, layout="constrained")
    FigureCanvasAgg(figure)
    return figure
