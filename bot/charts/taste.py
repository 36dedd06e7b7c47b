"""The pictures of `/taste show`: PNG bytes, and words for whoever cannot see them.

They have a ground of their own, so that they read the same on dark and light themes. Stars are shown by the size of a
point as well as by its colour, whose lightness rises with them, so no colour must be told from another.
"""

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from bot.charts.ratings import BLUE, FAINT, GROUND, INK, ORANGE, style
from bot.domain.ratings import MAX_STARS, MIN_STARS
from bot.domain.taste import Checked, Glance, Leaning
from bot.domain.tracks import KEYS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PROMISED = 0.8  # share of ratings that a range is to hold


def label(feature: str) -> str:
    """A feature's name for an axis, with its unit."""
    units = {"tempo": "tempo (bpm)", "duration_ms": "length (minutes)", "loudness": "loudness (dB)"}
    return units.get(feature, feature.replace("_", " "))


def shown(feature: str, values: Sequence[float]) -> list[float]:
    """Values in the unit of the label."""
    return [value / 60_000 for value in values] if feature == "duration_ms" else list(values)


def effects_png(glance: Glance, record: Sequence[Checked]) -> bytes:  # noqa: ARG001 - every picture has this shape
    """Draw what each feature adds to the stars, the ratings, and the range in which the truth lies 8 times in 10."""
    columns = max(1, min(3, len(glance.leanings)))
    rows = max(1, -(-len(glance.leanings) // columns))
    figure = _figure(10, 0.4 + 2.7 * rows)
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    for axes, leaning in zip(panels, glance.leanings, strict=False):
        _effect(axes, leaning)
    for axes in panels[len(glance.leanings) :]:
        axes.set_visible(False)
    if glance.weaker:
        figure.supxlabel(_strongest(glance), color=INK, fontsize=10)
    return _png(figure)


def _strongest(glance: Glance) -> str:
    return f"The {len(glance.leanings)} strongest of {len(glance.leanings) + glance.weaker} features"


def _effect(axes: "Axes", leaning: Leaning) -> None:
    style(axes, label(leaning.feature) + ("" if leaning.sure else " (may be chance)"), "", "stars more or less")
    values = shown(leaning.feature, leaning.values)
    reach = [1.2816 * one for one in leaning.unsure]
    low = [stars - one for stars, one in zip(leaning.stars, reach, strict=True)]
    high = [stars + one for stars, one in zip(leaning.stars, reach, strict=True)]
    rated = spread(leaning.feature, shown(leaning.feature, [value for value, _ in leaning.rated]))
    axes.scatter(rated, [above for _, above in leaning.rated], s=14, color=INK, alpha=0.3, linewidths=0)
    axes.axhline(0, color=ORANGE, linewidth=1.2, linestyle="--")
    axes.fill_between(values, low, high, color=BLUE, alpha=0.28, linewidth=0)
    axes.plot(values, leaning.stars, color=BLUE, linewidth=2.2, marker="o" if len(values) < 8 else "", markersize=5)
    _name_ticks(axes.xaxis, leaning.feature)


def _name_ticks(axis: Any, feature: str) -> None:
    if feature == "mode":
        axis.set_ticks([0, 1], ["minor", "major"])
    elif feature == "key":
        axis.set_ticks(range(len(KEYS)), KEYS, fontsize=8)


def effects_alt(glance: Glance, record: Sequence[Checked]) -> str:  # noqa: ARG001 - as above
    said = "; ".join(
        f"{label(one.feature)} up to {one.swing:.1f} stars, best at {_number(one.feature, one.best)}, "
        f"worst at {_number(one.feature, one.worst)}{'' if one.sure else ', which may be chance'}"
        for one in glance.leanings
    )
    rest = f" {_strongest(glance)}." if glance.weaker else ""
    return (
        f"What each feature does to your stars, with an 80 % band, over your ratings as points: "
        f"{said or 'no feature tells anything yet'}.{rest}"
    )


def _number(feature: str, value: float) -> str:
    if feature == "mode":
        return "major" if value >= 0.5 else "minor"
    if feature == "key":
        return KEYS[round(value) % len(KEYS)]
    value = shown(feature, [value])[0]
    return f"{value:.0f}" if abs(value) >= 20 else f"{value:.2g}"


def tracks_png(glance: Glance, record: Sequence[Checked]) -> bytes:  # noqa: ARG001 - as above
    """Draw every rated track twice: by the two most telling features, and on a map where like lies beside like."""
    figure = _figure(10, 4.8)
    left, right = figure.subplots(1, 2)
    if glance.axes:
        _by_features(left, glance)
    else:
        left.set_visible(False)
    style(right, "Your tracks: alike lies beside alike", "", "")
    right.tick_params(labelbottom=False, labelleft=False, length=0)
    points = star_points(right, [x for x, _ in glance.places], [y for _, y in glance.places], glance.given)
    bar = figure.colorbar(points, ax=right, ticks=range(MIN_STARS, MAX_STARS + 1))
    bar.set_label("stars (larger points: more)", color=INK)
    bar.ax.tick_params(colors=INK)
    return _png(figure)


def _by_features(axes: "Axes", glance: Glance) -> None:
    """Two features against each other, or the stars against the only one that tells anything."""
    columns = [shown(name, [point[place] for point in glance.points]) for place, name in enumerate(glance.axes)]
    steps = [spread(name, column) for name, column in zip(glance.axes, columns, strict=True)]
    if len(glance.axes) == 2:
        style(axes, "By two features", *map(label, glance.axes))
        _name_ticks(axes.yaxis, glance.axes[1])
    else:
        style(axes, "By the one feature that tells anything", label(glance.axes[0]), "stars")
        steps.append([float(stars) for stars in glance.given])
    star_points(axes, steps[0], steps[1], glance.given)
    _name_ticks(axes.xaxis, glance.axes[0])


def star_points(axes: "Axes", x: Sequence[float], y: Sequence[float], stars: Sequence[float]) -> Any:
    """Draw tracks, each coloured and sized by its stars."""
    return axes.scatter(
        x, y, c=list(stars), s=[12 + 7 * one for one in stars], cmap="cividis", vmin=MIN_STARS, vmax=MAX_STARS,
        edgecolors=INK, linewidths=0.5, alpha=0.92,
    )  # fmt: skip


def spread(feature: str, values: list[float]) -> list[float]:
    """Move points of few values apart, the same way each time, so that none hides another."""
    if feature not in {"mode", "key", "time_signature"}:
        return values
    return [value + ((i * 7) % 11 - 5) * 0.03 for i, value in enumerate(values)]


def tracks_alt(glance: Glance, record: Sequence[Checked]) -> str:  # noqa: ARG001 - as above
    order = sorted(range(len(glance.given)), key=lambda i: glance.given[i])
    ends = f"lowest {glance.given[order[0]]}, highest {glance.given[order[-1]]}" if order else "none"
    left = [*map(label, glance.axes), *(["stars"] if len(glance.axes) == 1 else [])]
    both = f"Left: your rated tracks by {' and '.join(left)}. " if left else ""
    return (
        f"{both}Right: a map of your {glance.ratings} rated tracks, on which tracks that sound alike lie near each "
        f"other. Each point is coloured and sized by your stars ({ends})."
    )


def progress_png(glance: Glance, record: Sequence[Checked]) -> bytes:
    """Draw how well the listener was known as ratings came in, and how often predictions held."""
    figure = _figure(10, 4.2)
    left, right = figure.subplots(1, 2)
    style(left, "How well I knew you", "your first … ratings", "% less error than your mean")
    left.axhline(0, color=ORANGE, linewidth=1.2, linestyle="--", label="always guessing your mean")
    counts, skills = [n for n, _ in glance.growth], [100 * skill for _, skill in glance.growth]
    left.plot(counts, skills, color=BLUE, marker="o", linewidth=2)
    left.legend(facecolor=GROUND, edgecolor=FAINT, labelcolor=INK, fontsize=9)
    style(right, "Did my 80 % ranges hold?", "predictions checked", "% held so far")
    right.set_ylim(0, 105)
    right.axhline(100 * PROMISED, color=ORANGE, linewidth=1.2, linestyle="--", label="what I promise: 80 %")
    for seen, name, mark in ((False, "rated blindly", "o"), (True, "rated after seeing it", "s")):
        hits = [one.hit for one in record if one.seen == seen]
        if hits:
            held = [100 * sum(hits[: n + 1]) / (n + 1) for n in range(len(hits))]
            # Told apart by mark and dashes, not by colour alone.
            right.plot(
                range(1, len(hits) + 1), held, color=INK if seen else BLUE, marker=mark, markersize=4,
                linewidth=1.8, linestyle=":" if seen else "-", label=f"{name} ({len(hits)})",
            )  # fmt: skip
    right.xaxis.get_major_locator().set_params(integer=True)
    right.legend(facecolor=GROUND, edgecolor=FAINT, labelcolor=INK, fontsize=9, loc="lower right")
    return _png(figure)


def progress_alt(glance: Glance, record: Sequence[Checked]) -> str:
    grew = ", ".join(f"{100 * skill:+.0f} % after {n}" for n, skill in glance.growth) or "too few ratings"
    held: list[str] = []
    for seen, name in ((False, "rated blindly"), (True, "rated after seeing the prediction")):
        hits = [one.hit for one in record if one.seen == seen]
        held.append(f"{sum(hits)} of {len(hits)} {name}")
    return (
        f"Left: error saved against always guessing your mean, by number of ratings: {grew}. "
        f"Right: how many ratings fell into my 80 % range: {' and '.join(held)}."
    )


Picture = Callable[[Glance, Sequence[Checked]], bytes]
Words = Callable[[Glance, Sequence[Checked]], str]
PICTURES: tuple[tuple[str, Picture, Words], ...] = (
    ("effects.png", effects_png, effects_alt),
    ("tracks.png", tracks_png, tracks_alt),
    ("progress.png", progress_png, progress_alt),
)


def _figure(width: float, height: float) -> "Figure":
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - heavy
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(width, height), dpi=100, facecolor=GROUND, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _png(figure: "Figure") -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", facecolor=GROUND)
    return buffer.getvalue()
