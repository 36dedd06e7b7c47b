"""What the protocol of 2020 claims, beside what the same network does with all of it inside the fold."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.taste import baselines
from bot.taste.study import OF_2020, Pipe, r2, reduce, split

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Leak:
    """What the protocol of 2020 claims: mean R2 over the folds."""

    claimed: float
    without_row_number: float
    shuffled: tuple[float, ...]  # on ratings that were shuffled first, each time anew
    honest: float  # the same network, all of it inside the fold


def leaky(X: Array, y: Array, *, repeats: int = 2, shuffles: int = 5, iterations: int = 20_000) -> Leak:
    """The protocol of 2020: scaler and LDA learn from ALL rows before they are split, and the row number is a feature.

    The table was written in the order of the ratings, so the row number says something of them. Shuffled ratings are
    in no order, so that with them only what LDA leaks is left.
    """
    number = np.arange(len(y), dtype=np.float64)[:, None]
    known, _ = baselines.filled(X, X)
    rng = np.random.default_rng(2020)
    pipe = Pipe("LDA", OF_2020, iterations, artificial=False, seed=0)
    honest = [
        r2(y[test], pipe(X[train], y[train], X[test]))
        for repeat in range(repeats)
        for train, test in split(len(y), 5, repeat)
    ]
    return Leak(
        claimed=_claimed(np.hstack([number, known]), y, repeats, iterations),
        without_row_number=_claimed(known, y, repeats, iterations),
        shuffled=tuple(
            _claimed(np.hstack([number, known]), rng.permutation(y), 1, iterations) for _ in range(shuffles)
        ),
        honest=float(np.mean(honest)),
    )


def _claimed(X: Array, y: Array, repeats: int, iterations: int) -> float:
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415 - heavy

    scaled = StandardScaler().fit_transform(X)
    reduced = reduce("LDA", scaled, y.astype(int), scaled)  # the very mistake: this has seen all ratings
    if reduced is None:
        return 0.0
    network = Pipe("none", OF_2020, iterations, artificial=False, seed=0)
    scores = [
        r2(y[test], network(reduced[0][train], y[train], reduced[0][test]))
        for repeat in range(repeats)
        for train, test in split(len(y), 5, repeat)
    ]
    return float(np.mean(scores))
