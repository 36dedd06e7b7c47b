"""What anybody would try first, and the pipeline of 2020: the model is measured beside them.

Each takes training rows (n, d), their stars (n,) and test rows (m, d), NaN where a value is unknown, and gives
(m,) stars.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Fit = Callable[[Array, Array, Array], Array]  # training X, y and test X -> predictions


def filled(X: Array, test: Array) -> tuple[Array, Array]:
    """Put each column's training median where a value is unknown; everything is learned from the training rows."""
    known = ~np.isnan(X).all(axis=0)
    middle = np.nanmedian(X[:, known], axis=0)
    return np.where(np.isnan(X[:, known]), middle, X[:, known]), np.where(
        np.isnan(test[:, known]), middle, test[:, known]
    )


def predict_mean(X: Array, y: Array, test: Array) -> Array:  # noqa: ARG001 - every method has this shape
    return np.full(len(test), y.mean())


def ridge(X: Array, y: Array, test: Array) -> Array:
    from sklearn.linear_model import RidgeCV  # noqa: PLC0415 - heavy
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    X, test = filled(X, test)
    return make_pipeline(StandardScaler(), RidgeCV(np.geomspace(0.1, 1000, 9))).fit(X, y).predict(test)


def forest(X: Array, y: Array, test: Array) -> Array:
    from sklearn.ensemble import RandomForestRegressor  # noqa: PLC0415 - heavy

    X, test = filled(X, test)
    return RandomForestRegressor(100, min_samples_leaf=3, random_state=0, n_jobs=1).fit(X, y).predict(test)


def network_of_2020(X: Array, y: Array, test: Array) -> Array:
    """The pipeline of 2020 - LDA to two components, then a network of (2, 2) - with all of it inside the fold."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis  # noqa: PLC0415 - heavy
    from sklearn.neural_network import MLPRegressor  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    X, test = filled(X, test)
    classes = np.round(y).astype(int)
    if not separable(X, classes):
        return np.full(len(test), y.mean())
    steps: list[Any] = [StandardScaler()]
    components = min(2, len(np.unique(classes)) - 1, X.shape[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it does not converge, or that features are collinear, is part of it
        scaled = steps[0].fit(X)
        lda = LinearDiscriminantAnalysis(n_components=components).fit(scaled.transform(X), classes)
        network = MLPRegressor(hidden_layer_sizes=(2, 2), activation="logistic", max_iter=20000, random_state=0)
        model = make_pipeline(StandardScaler(), network).fit(lda.transform(scaled.transform(X)), y)
        return model.predict(lda.transform(scaled.transform(test)))


def separable(X: Array, classes: NDArray[np.intp]) -> bool:
    """Whether LDA can learn from (n, d) rows of these classes: two at least, one of them with rows that differ."""
    found = np.unique(classes)
    return len(found) > 1 and any(np.ptp(X[classes == one], axis=0).max() > 0 for one in found)
