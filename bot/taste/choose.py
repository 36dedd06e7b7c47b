"""Which track to ask next: the one whose answer tells most about all the others."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bot.taste.features import FEATURES, matrix
from bot.taste.kernel import Space

Array = NDArray[np.float64]

CANDIDATES = 250  # a sample of a larger playlist is ranked with care; the rest follows in random order
RANKED = 60
LENGTH, NOISE = 1.0, 3.0  # a middling kernel: at the start nothing is known of this listener's own
SURPRISE_EVERY = 6
IN_A_ROW = 2  # tracks of one artist


def rank_questions(
    candidates: Sequence[Mapping[str, float]],
    rated: Sequence[Mapping[str, float]],
    *,
    artists: Sequence[str],
    recent_artists: Sequence[str] = (),
    seed: int = 0,
) -> list[int]:
    """Order candidates by how much the total posterior variance over all of them falls; every sixth is a surprise.

    The variance does not depend on the ratings given, so the whole order is known at once (Krause and others, 2008).
    Never are more than two tracks of one artist asked in a row, while there are others. Deterministic in `seed`.
    """
    rng = np.random.default_rng(seed)
    shuffled = [int(i) for i in rng.permutation(len(candidates))]
    careful, rest = shuffled[:CANDIDATES], shuffled[CANDIDATES:]
    wanted = _by_information([candidates[i] for i in careful], list(rated)[-CANDIDATES:])
    informative = [careful[i] for i in wanted]
    chosen = set(informative)
    queue = informative + [i for i in careful if i not in chosen] + rest
    return _with_variety(queue, artists, recent_artists, rng)


def _by_information(candidates: Sequence[Mapping[str, float]], rated: Sequence[Mapping[str, float]]) -> list[int]:
    if not candidates:
        return []
    X = matrix([*candidates, *rated])
    weights = np.array([feature.weight for feature in FEATURES])
    periods = np.array([np.nan if feature.period is None else feature.period for feature in FEATURES])
    tells = np.array([len(np.unique(column[~np.isnan(column)])) > 1 for column in X.T])
    if not tells.any():
        return list(range(min(RANKED, len(candidates))))
    space = Space(X[:, tells], weights[tells], periods[tells], quick=False)
    U = space.ranks(X[:, tells])
    new, old = U[: len(candidates)], U[len(candidates) :]
    K = np.exp(-space.distances(new, new) / space.scale(LENGTH))
    if len(old):
        across = np.exp(-space.distances(old, new) / space.scale(LENGTH))
        told = np.exp(-space.distances(old, old) / space.scale(LENGTH)) + NOISE * np.eye(len(old))
        half = np.linalg.solve(np.linalg.cholesky(told), across)
        K -= half.T @ half
    return _greedy(K, min(RANKED, len(candidates)))


def _greedy(K: Array, count: int) -> list[int]:
    """Take `count` tracks, each the one that lowers the sum of variances most once those before it are told.

    The covariance (n, n) is not written anew for each: of what is left of it only the diagonal and the squares of the
    columns are needed, and both follow from the columns told so far.
    """
    variances, squares = K.diagonal().copy(), (K**2).sum(axis=0)
    left, order = np.ones(len(K), dtype=bool), list[int]()
    told = np.zeros((count, len(K)))  # column / sqrt(variance + noise), of each track taken
    for taken in range(count):
        best = int(np.argmax(np.where(left, squares / (variances + NOISE), -np.inf)))
        order.append(best)
        left[best] = False
        before = told[:taken]
        column = (K[best] - before[:, best] @ before) / np.sqrt(variances[best] + NOISE)
        squares += column * (column * (column @ column) - 2 * (K @ column - (before @ column) @ before))
        variances -= column**2
        told[taken] = column
    return order


def _with_variety(
    queue: list[int], artists: Sequence[str], recent_artists: Sequence[str], rng: np.random.Generator
) -> list[int]:
    """Mix in surprises, and keep one artist from being asked about three times running."""
    remaining = list(queue)
    order: list[int] = []
    last = [artist.casefold() for artist in recent_artists][-IN_A_ROW:]
    while remaining:
        place = 0
        if len(order) % SURPRISE_EVERY == SURPRISE_EVERY - 1 and len(remaining) > 2:
            place = int(rng.integers(len(remaining)))
        tired = last[0] if len(last) == IN_A_ROW and len(set(last)) == 1 and last[0] else None
        if tired is not None and artists[remaining[place]].casefold() == tired:
            place = next((p for p, i in enumerate(remaining) if artists[i].casefold() != tired), place)
        chosen = remaining.pop(place)
        order.append(chosen)
        last = [*last, artists[chosen].casefold()][-IN_A_ROW:]
    return order
