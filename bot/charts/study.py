"""The study's pictures: ratings over features, predictions beside ratings, the learning curve; each with its words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.charts.ratings import BLUE, FAINT, GROUND, INK, ORANGE, style
from bot.charts.taste import label, shown, spread, star_points
from bot.domain.ratings import MAX_STARS, MIN_STARS
from bot.domain.tracks import KEYS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

SPECTRAL = ("pitch_", "timbre_")
NATURAL = (0, 2, 4, 5, 7, 9, 11)  # the keys that have room for their names on an axis


@dataclass(frozen=True, slots=True)
class Correlated:
    """A feature that tells tracks apart, and its rank correlation with the rating, -1..1."""

    name: str
    values: Sequence[float]  # (n,), NaN unknown
    rho: float


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A method's predictions of ratings that it had not seen, (m,) stars each, and their rank correlation, -1..1."""

    method: str
    actual: Sequence[float]
    predicted: Sequence[float]
    rho: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What the pictures show: (n,) stars, the features beside them, predictions, and (ratings, skill) of the curve."""

    stars: Sequence[float]
    features: Sequence[Correlated]
    left_out: Sequence[LeftOut]
    curve: Sequence[tuple[int, float]]


def draw(out: Path, figures: Figures) -> list[tuple[str, str, str]]:
    """Draw all pictures into the folder `out`; returns (title, words for whoever cannot see it, file name) of each."""
    spectrum = [feature for feature in figures.features if feature.name.startswith(SPECTRAL)]
    named = [feature for feature in figures.features if feature not in spectrum]
    each: list[tuple[str, str, Callable[[Path], str]]] = [
        ("Two features, coloured by rating", "features.png", lambda file: _two_features(file, figures)),
        ("Rating against each feature", "ratings.png", lambda file: _each_feature(file, figures.stars, named, 4)),
        (
            "Rating against pitches and timbre",
            "spectrum.png",
            lambda file: _each_feature(file, figures.stars, spectrum, 6),
        ),
        ("Predicted against actual", "predicted.png", lambda file: _predicted(file, figures.left_out)),
        ("Learning curve", "learning.png", lambda file: _curve(file, figures.curve)),
    ]
    nothing = {"ratings.png": not named, "spectrum.png": not spectrum}
    return [(title, make(out / file), file) for title, file, make in each if not nothing.get(file)]


def _two_features(file: Path, figures: Figures) -> str:
    """Draw two features against each other; where only one tells tracks apart, the rating against it."""
    known = {feature.name: feature for feature in figures.features}
    first = known.get("valence") or figures.features[0]
    second = next((known[name] for name in ("mode", "energy", *known) if name in known and name != first.name), None)
    figure = _figure(9, 5)
    axes: Any = figure.subplots()
    stars = list(figures.stars)
    points = star_points(axes, _column(first), stars if second is None else _column(second), stars)
    _style(axes, "", label(first.name), "stars" if second is None else label(second.name))
    _ticks(axes.xaxis, first.name)
    if second is not None:
        _ticks(axes.yaxis, second.name)
    bar = figure.colorbar(points, ax=axes, ticks=range(MIN_STARS, MAX_STARS + 1))
    bar.set_label("stars (larger points: more)", color=INK)
    bar.ax.tick_params(colors=INK)
    figure.savefig(file)
    rho = f"Rank correlation with the rating: {_name(first.name)} {first.rho:+.2f}"
    if second is None:
        return f"The rating against {_name(first.name)}, which alone tells these tracks apart. {rho}."
    missing = "" if second.name == "mode" else " (not mode, which does not tell these tracks apart)"
    return (
        f"{_name(first.name).capitalize()} against {_name(second.name)}{missing}, each track coloured and sized by its "
        f"rating. {rho}, {_name(second.name)} {second.rho:+.2f}."
    )


def _each_feature(file: Path, stars: Sequence[float], features: Sequence[Correlated], columns: int) -> str:
    columns = min(columns, len(features))
    rows = -(-len(features) // columns)
    figure = _figure(11, 0.4 + 2.3 * rows)
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True)
    for place, (axes, feature) in enumerate(zip(panels.ravel(), features, strict=False)):
        axes.scatter(_column(feature), stars, s=10, color=BLUE, alpha=0.8)
        _style(axes, f"{_name(feature.name, label)}, {feature.rho:+.2f}", "", "" if place % columns else "stars")
        axes.set_yticks((1, 4, 7, 10))
        _ticks(axes.xaxis, feature.name)
    for axes in panels.ravel()[len(features) :]:
        axes.set_visible(False)
    figure.savefig(file)
    strongest = sorted(features, key=lambda feature: -abs(feature.rho))
    said = ", ".join(f"{_name(feature.name)} {feature.rho:+.2f}" for feature in strongest)
    return f"The rating against each of {len(features)} features, with the rank correlation: {said}."


def _predicted(file: Path, methods: Sequence[LeftOut]) -> str:
    figure = _figure(10, 4.6)
    for axes, left_out, colour in zip(figure.subplots(1, 2), methods, (BLUE, ORANGE), strict=True):
        axes.plot((1, 10), (1, 10), color=FAINT, linestyle="--")
        axes.scatter(left_out.actual, left_out.predicted, s=12, color=colour, alpha=0.6)
        axes.set(xlim=(0.5, 10.5), ylim=(0.5, 10.5))
        _style(axes, left_out.method, "actual, stars", "predicted, not seen before")
    figure.savefig(file)
    said = "; ".join(f"{left_out.method}: rank correlation {left_out.rho:+.2f}" for left_out in methods)
    return f"Predictions for ratings that were left out, against these. {said}."


def _curve(file: Path, curve: Sequence[tuple[int, float]]) -> str:
    figure = _figure(7, 4)
    axes: Any = figure.subplots()
    axes.plot([n for n, _ in curve], [skill for _, skill in curve], color=BLUE, marker="o")
    axes.axhline(0, color=ORANGE, linewidth=1.2)
    _style(axes, "", "ratings learned from", "skill over the mean")
    figure.savefig(file)
    said = ", ".join(f"{skill:+.3f} after {n}" for n, skill in curve)
    return f"Skill of the kernel on ratings left out, 0 being the mean's: {said}."


def _column(feature: Correlated) -> list[float]:
    """A feature's values as they are drawn: in the unit of its label, and few values apart."""
    return spread(feature.name, shown(feature.name, feature.values))


def _name(feature: str, other: Callable[[str], str] = lambda name: name.replace("_ms", "").replace("_", " ")) -> str:
    """A feature's name; a pitch class is called by its note."""
    return f"pitch {KEYS[int(feature[6:])]}" if feature.startswith("pitch_") else other(feature)


def _ticks(axis: "Axis", feature: str) -> None:
    """Name what is no number, and leave so few numbers that none touches the next."""
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - heavy

    if feature == "mode":
        axis.set_ticks([0, 1], ["minor", "major"])
    elif feature == "key":
        axis.set_ticks(NATURAL, [KEYS[key] for key in NATURAL])
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
