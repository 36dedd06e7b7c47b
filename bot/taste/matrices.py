"""From mappings of features to matrices."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bot.domain.features import FEATURES, NAMES

WEIGHTS: NDArray[np.float64] = np.array([feature.weight for feature in FEATURES])


_PLACES = {name: place for place, name in enumerate(NAMES)}


def telling(X: NDArray[np.float64]) -> list[str]:
    """Names of the features that tell (n, d) tracks apart: at least two different values of them are known."""
    return [name for name, column in zip(NAMES, X.T, strict=True) if len(np.unique(column[~np.isnan(column)])) > 1]


def matrix(rows: Sequence[Mapping[str, float]]) -> NDArray[np.float64]:
    """Stack mappings to an array (n, len(NAMES)); unknown is NaN."""
    X = np.full((len(rows), len(NAMES)), np.nan)
    for i, row in enumerate(rows):
        for name, value in row.items():
            if name in _PLACES:
                X[i, _PLACES[name]] = value
    return X
