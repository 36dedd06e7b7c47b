"""What a worker process does: plain values in, plain values out; heavy modules are imported there only."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bot.domain.features import NAMES
from bot.domain.ratings import MAX_STARS, MIN_RATINGS, MIN_STARS, Verdict
from bot.domain.taste import Checked, Effect, Glance, Reason, TasteReport, WhatIf
from bot.i18n import ENGLISH, speaking
from bot.taste.matrices import matrix

if TYPE_CHECKING:
    from bot.taste.choose import Asked
    from bot.taste.others import Others
    from bot.taste.regressor import TasteRegressor

PICTURE = re.compile(r"!\[([^\[\]]*)\]\(([^()]+)\)")  # in Markdown
Array = NDArray[np.float64]
Arrays = dict[str, NDArray[Any]]
Turn = tuple[str, float]  # a feature, and the value to which it is turned
NORMAL_80 = 1.2816  # standard deviations from the mean to the end of an 80 % range


def fit_job(rows: Sequence[Mapping[str, float]], stars: Sequence[int]) -> tuple[Arrays, dict[str, Any], TasteReport]:
    """Train on features and stars; returns arrays and JSON to store, and the report. Raises as `validate.train`.

    What effects are compared with takes seconds where ratings are many, so it is worked out here and stored as well.
    """
    from bot.taste.explain import average_shapley  # noqa: PLC0415 - heavy
    from bot.taste.validate import train  # noqa: PLC0415

    model, report = train(matrix(rows), np.asarray(stars, dtype=np.float64))
    arrays, meta = model.to_arrays()
    return {**arrays, "average": average_shapley(model)}, meta, report


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said of one row; None is unknown: stars without a feature, `by_others` without raters."""

    stars: float | None = None
    low: float | None = None
    high: float | None = None
    reasons: tuple[Reason, ...] = ()
    effects: tuple[Effect, ...] = ()
    what_if: WhatIf | None = None
    by_others: float | None = None  # stars
    changes: tuple[WhatIf, ...] = ()


def predict_job(
    arrays: Arrays,
    meta: dict[str, Any],
    rows: Sequence[Mapping[str, float]],
    rated: Sequence[tuple[str, str, int]],
    explain: bool,
    others: "Others | None" = None,
    turn: Turn | None = None,
) -> list[Answer]:
    """Predict each row; `others` says what other members gave, `turn` which change is asked about beside the usual."""
    from bot.taste.explain import best_change, effects, reasons  # noqa: PLC0415 - heavy

    model = _model(arrays, meta)
    X = matrix(rows)
    known = np.flatnonzero(~np.isnan(X).all(axis=1))
    answers = [Answer()] * len(rows)
    if not len(known):
        return answers
    average = _average(model, arrays) if explain else None
    stars, low, high, by_others = _told(model, X[known], others, known)
    for place, i in enumerate(known):
        added = None if np.isnan(by_others[place]) else float(by_others[place])
        turned = best_change(model, X[i]) if explain else None
        if turned is not None and added is not None:  # the others would say the same of a track turned
            turned = replace(turned, stars=min(max(turned.stars + added, MIN_STARS), MAX_STARS))
        answers[i] = Answer(
            stars=float(stars[place]),
            low=float(low[place]),
            high=float(high[place]),
            reasons=reasons(model, X[i], rated) if explain else (),
            effects=effects(model, X[i], average) if explain else (),
            what_if=turned,
            by_others=added,
            changes=_changes(model, X[i], others, int(i), turn) if explain else (),
        )
    return answers


def _changes(
    model: "TasteRegressor", x: Array, others: "Others | None", row: int, turn: Turn | None
) -> tuple[WhatIf, ...]:
    """What is said of the asked `row`, whose features are x, with one of them changed."""
    from bot.taste.explain import turns  # noqa: PLC0415 - heavy

    asked = turns(model, x)
    if turn is not None and turn[0] in NAMES and not np.isnan(x[NAMES.index(turn[0])]):
        asked = list(dict.fromkeys([*asked, (NAMES.index(turn[0]), turn[1])]))
    if not asked:
        return ()
    X = np.tile(x, (len(asked), 1))
    for changed, (feature, value) in zip(X, asked, strict=True):
        changed[feature] = value
    stars, *_ = _told(model, X, others, np.full(len(asked), row))
    return tuple(
        WhatIf(NAMES[feature], float(x[feature]), value, float(then))
        for (feature, value), then in zip(asked, stars, strict=True)
    )


def _told(
    model: "TasteRegressor", X: Array, others: "Others | None", rows: NDArray[np.intp]
) -> tuple[Array, Array, Array, Array]:
    """Stars, range and what others add, NaN unknown, of the asked `rows`, whose features are X."""
    from bot.taste.others import Following  # noqa: PLC0415 - heavy

    if others is None:
        return model.predict(X), *model.interval(X), np.full(len(X), np.nan)
    return Following.of(model, others).predict(model, X, np.asarray(others.asked, dtype=np.float64)[rows])


def expect_job(
    rows: Sequence[Mapping[str, float]], stars: Sequence[float], asked: Sequence[Mapping[str, float]]
) -> tuple[Array, Array]:
    """Learn from rated rows and predict those asked about; returns (m,) stars and their standard deviations.

    Both are NaN where nothing is known: of a row without features, and of all where ratings are too few or all alike.
    """
    from bot.taste.regressor import TasteRegressor  # noqa: PLC0415 - heavy

    X, y, among = matrix(rows), np.asarray(stars, dtype=np.float64), matrix(asked)
    known, seen = ~np.isnan(X).all(axis=1), ~np.isnan(among).all(axis=1)
    expected, deviations = np.full(len(among), np.nan), np.full(len(among), np.nan)
    if known.sum() >= MIN_RATINGS and np.ptp(y[known]) > 0 and seen.any():
        model = TasteRegressor(low=MIN_STARS, high=MAX_STARS).fit(X[known], y[known])
        expected[seen], deviations[seen] = model.predict(among[seen], return_std=True)
        deviations[seen] *= model.reach(0.8) / NORMAL_80
    return expected, deviations


def next_questions_job(
    rows: Sequence[Mapping[str, float]],
    stars: Sequence[int],
    candidates: NDArray[np.float32],
    artists: Sequence[str],
    recent_artists: Sequence[str],
    seed: int,
) -> list["Asked"]:
    """Choose the questions that teach most after these ratings; places among the candidates (m, features)."""
    from bot.taste.active import next_questions  # noqa: PLC0415 - heavy

    given, among = np.asarray(stars, dtype=np.float64), candidates.astype(np.float64)
    return next_questions(matrix(rows), given, among, artists=artists, recent_artists=recent_artists, seed=seed)


def glance_job(
    arrays: Arrays,
    meta: dict[str, Any],
    verdict: Verdict,
    rows: Sequence[Mapping[str, float]],
    stars: Sequence[int],
    titles: Sequence[str],
    record: Sequence[Checked],
) -> tuple[Glance, list[bytes]]:
    """Look at a taste, given the ratings oldest first, and draw the pictures of `bot.charts.taste.PICTURES`."""
    from bot.charts.taste import PICTURES  # noqa: PLC0415 - heavy
    from bot.taste.glance import glance  # noqa: PLC0415

    X = matrix(rows)
    known = np.flatnonzero(~np.isnan(X).all(axis=1)).tolist()
    model = _model(arrays, meta)
    seen = glance(model, X[known], [stars[i] for i in known], [titles[i] for i in known], verdict)
    return seen, [draw(seen, record) for _, draw, _ in PICTURES]


def _model(arrays: Arrays, meta: dict[str, Any]) -> "TasteRegressor":
    """A stored model; of features that came after it, it knows nothing."""
    from bot.taste.regressor import TasteRegressor  # noqa: PLC0415 - heavy

    new = len(NAMES) - arrays["reference"].shape[1]
    wide = {
        name: np.pad(values, ((0, 0), (0, new)), constant_values=np.nan)
        if name in {"reference", "rows", "ranks"}
        else values
        for name, values in arrays.items()
    }
    return TasteRegressor.from_arrays(wide, meta)


def _average(model: "TasteRegressor", arrays: Arrays) -> Array:
    """What effects are compared with; models of earlier versions did not store it."""
    from bot.taste.explain import average_shapley  # noqa: PLC0415 - heavy

    if "average" not in arrays:
        return average_shapley(model)
    return np.pad(arrays["average"], (0, len(NAMES) - len(arrays["average"])))


def agreement_job(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Rank correlation of pairs of numbers, -1..1; None where either side is the same throughout."""
    from bot.taste.validate import spearman  # noqa: PLC0415 - heavy

    a, b = np.round(np.array(pairs, dtype=np.float64).reshape(-1, 2).T, 6)
    return None if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0 else spearman(a, b)


def study_part_job(
    rows: Sequence[Mapping[str, float]], stars: Sequence[int], number: int
) -> tuple[str, list[dict[str, Any]], int]:
    """Do one part of the default study, counted from 0; returns its name, its results, and how many parts there are."""
    from bot.taste import study  # noqa: PLC0415 - heavy

    todo = list(study.parts(study.DEFAULT))
    y = np.asarray(stars, dtype=np.float64)
    return todo[number].name, study.run_part(matrix(rows), y, study.DEFAULT, todo[number]), len(todo)


def study_report_job(
    rows: Sequence[Mapping[str, float]], stars: Sequence[int], results: Mapping[str, list[dict[str, Any]]]
) -> list[tuple[str, bytes, str | None]]:
    """Write the study's report and pictures; returns (name, content, what a picture shows)."""
    import tempfile  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    from bot.flow import study_report  # noqa: PLC0415 - heavy
    from bot.taste import study  # noqa: PLC0415 - heavy

    # The report is in English as a whole, so the labels that it shares with other pictures are, too.
    with speaking(ENGLISH), tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        y = np.asarray(stars, dtype=np.float64)
        report = study_report.write(out, "your ratings", matrix(rows), y, study.DEFAULT, results, None)
        text = report.read_text(encoding="utf-8")
        pictures = PICTURE.findall(text)
        return [(report.name, text.encode(), None), *((name, (out / name).read_bytes(), alt) for alt, name in pictures)]
