"""What a worker process does: plain values in, plain values out; heavy modules are imported there only."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.domain import Effect, Reason, TasteReport
from bot.taste.features import matrix

Arrays = dict[str, NDArray[Any]]
Answer = tuple[float | None, float | None, float | None, tuple[Reason, ...], tuple[Effect, ...]]


def fit_job(
    rows: Sequence[Mapping[str, float]], stars: Sequence[int], titles: Sequence[str]
) -> tuple[Arrays, dict[str, Any], TasteReport]:
    """Train on features and stars; returns arrays and JSON to store, and the report. Raises as `validate.train`."""
    from bot.taste.validate import train  # noqa: PLC0415 - heavy

    model, report = train(matrix(rows), np.asarray(stars, dtype=np.float64), titles)
    return *model.to_arrays(), report


def predict_job(
    arrays: Arrays,
    meta: dict[str, Any],
    rows: Sequence[Mapping[str, float]],
    rated: Sequence[tuple[str, str, int]],
    explain: bool,
) -> list[Answer]:
    """Predict each row: (stars, low, high, reasons, effects), all unknown where no feature is known."""
    from bot.taste.explain import average_shapley, effects, reasons  # noqa: PLC0415 - heavy
    from bot.taste.regressor import TasteRegressor  # noqa: PLC0415

    model = TasteRegressor.from_arrays(arrays, meta)
    X = matrix(rows)
    known = ~np.isnan(X).all(axis=1)
    answers: list[Answer] = [(None, None, None, (), ())] * len(rows)
    if not known.any():
        return answers
    average = average_shapley(model) if explain else None
    mean = model.predict(X[known])
    low, high = model.interval(X[known])
    for place, i in enumerate(np.flatnonzero(known)):
        why = reasons(model, X[i], rated) if explain else ()
        adds = effects(model, X[i], average) if explain else ()
        answers[i] = (float(mean[place]), float(low[place]), float(high[place]), why, adds)
    return answers
