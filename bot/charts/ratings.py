"""Reports as pictures: PNG bytes, on a ground of their own, so that they read the same on dark and light themes."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.domain.ratings import MAX_STARS, MIN_STARS
from bot.domain.taste import TasteReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GROUND, INK, FAINT = "#1e1f29", "#eceff4", "#4a4d5e"
# From the palette of Okabe and Ito (2008), which colour-blind people can tell apart.
BLUE, ORANGE = "#56b4e9", "#e69f00"


def report_png(report: TasteReport) -> bytes:
    """Draw predicted against actual ratings, and how often each rating was given; about 1000 x 460 px."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - heavy

    buffer = io.BytesIO()
    FigureCanvasAgg(report_figure(report)).print_png(buffer)
    return buffer.getvalue()


def report_figure(report: TasteReport) -> "Figure":
    from matplotlib.figure import Figure  # noqa: PLC0415 - heavy

    figure = Figure(figsize=(10, 4.6), dpi=100, facecolor=GROUND, layout="constrained")
    left, right = figure.subplots(1, 2)
    _predicted_against_given(left, report)
    _histogram(right, report)
    return figure


def report_alt(report: TasteReport) -> str:
    """Say what the picture shows, for those who cannot see it."""
    return (
        f"Left: what I predicted for each of {report.ratings} tracks without having seen its rating, against what you "
        f"gave, both in stars above the mean of your other ratings; rank correlation {report.held_out.spearman:.2f}, "
        f"off by {report.held_out.mae:.1f} stars on average. Right: how often you gave each rating; "
        f"the mean is {report.mean:.1f}."
    )


def _predicted_against_given(axes: "Axes", report: TasteReport) -> None:
    style(axes, "Without having seen your rating", "you gave, stars above your other ratings' mean", "I predicted")
    given, predicted = report.beyond_the_mean()
    furthest = max(1.0, *map(abs, given), *map(abs, predicted)) + 0.5
    axes.plot((-furthest, furthest), (-furthest, furthest), color=FAINT, linewidth=1.5, linestyle="--", label="perfect")
    axes.axhline(0.0, color=ORANGE, linewidth=1.5, label="always that mean", zorder=1)
    axes.scatter(
        _spread(given),
        predicted,
        s=34,
        color=BLUE,
        edgecolors=GROUND,
        linewidths=0.6,
        alpha=0.9,
        zorder=2,
    )
    axes.set(xlim=(-furthest, furthest), ylim=(-furthest, furthest))
    axes.xaxis.set_major_formatter("{x:+g}")
    axes.yaxis.set_major_formatter("{x:+g}")
    axes.legend(facecolor=GROUND, edgecolor=FAINT, labelcolor=INK, fontsize=9, loc="upper left")


def _spread(given: Sequence[float]) -> list[float]:
    """Move points of the same rating a little apart, the same way each time."""
    return [value + ((i * 7) % 11 - 5) * 0.03 for i, value in enumerate(given)]


def _histogram(axes: "Axes", report: TasteReport) -> None:
    style(axes, "How you rate", "stars", "tracks")
    stars = range(MIN_STARS, MAX_STARS + 1)
    counts = [sum(round(value) == star for value in report.actual) for star in stars]
    axes.bar(stars, counts, color=BLUE, width=0.8)
    axes.set_xticks(stars)
    axes.locator_params(axis="y", integer=True)
    axes.axvline(report.mean, color=ORANGE, linewidth=1.5)


def style(axes: "Axes", title: str, x: str, y: str) -> None:
    """Give axes their colours, title and labels."""
    axes.set_facecolor(GROUND)
    axes.set_title(title, color=INK, fontsize=13, pad=10)
    axes.set_xlabel(x, color=INK)
    axes.set_ylabel(y, color=INK)
    axes.tick_params(colors=INK)
    for spine in axes.spines.values():
        spine.set_color(FAINT)
    axes.grid(visible=True, color=FAINT, alpha=0.35, linewidth=0.6)
    axes.set_axisbelow(True)


def satisfaction_png(tracks: Sequence[str], members: Sequence[str], stars: Sequence[Sequence[float | None]]) -> bytes:
    """Draw what each member is expected to give each track of a playlist: a row a track, a column a member."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - heavy
    from matplotlib.figure import Figure  # noqa: PLC0415

    height = 1.4 + 0.38 * len(tracks)
    figure = Figure(figsize=(10, height), dpi=100, facecolor=GROUND, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.set_facecolor(GROUND)
    values = [[float("nan") if one is None else one for one in row] for row in stars]
    # Cividis reads the same to colour-blind people, and the numbers say it without any colour.
    axes.imshow(values, cmap="cividis", vmin=MIN_STARS, vmax=MAX_STARS, aspect="auto")
    for place, row in enumerate(stars):
        for member, one in enumerate(row):
            if one is not None:
                ink = "#000000" if one > 6 else "#ffffff"
                axes.text(member, place, f"{one:.1f}", ha="center", va="center", color=ink, fontsize=11)
    axes.set_xticks(range(len(members)), [_printable(name) for name in members])
    axes.set_yticks(range(len(tracks)), [f"{n}. {_printable(title)}" for n, title in enumerate(tracks, 1)])
    axes.xaxis.tick_top()
    axes.tick_params(colors=INK, length=0, labelsize=10)
    for spine in axes.spines.values():
        spine.set_visible(False)
    buffer = io.BytesIO()
    canvas.print_png(buffer)
    return buffer.getvalue()


def _printable(name: str) -> str:
    """A name without signs that would be read as mathematics."""
    return name.replace("$", r"\$")
