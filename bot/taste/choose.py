"""Which track to ask next: the one that is most like those that nothing was told of yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.domain import Why
from bot.taste.features import FEATURES, matrix
from bot.taste.kernel import Space

Array = NDArray[np.float64]

CANDIDATES = 250  # a sample of a larger playlist is ranked with care; the rest follows in random order
RANKED = 80
LENGTH = 1.0  # of the kernel: a middling one, for at the start nothing is known of this listener's own
SURPRISE_EVERY = 6
IN_A_ROW = 2  # tracks of one artist


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in its order: which candidate, and why."""

    place: int
    why: Why


def rank_questions(
    candidates: Sequence[Mapping[str, float]],
    rated: Sequence[Mapping[str, float]],
    *,
    artists: Sequence[str],
    recent_artists: Sequence[str] = (),
    seed: int = 0,
) -> list[Asked]:
    """Order candidates so that soon each of them sounds like something asked about; every sixth is a surprise.

    The order does not depend on the ratings given, so the whole of it is known at once. Never are more than two tracks
    of one artist asked in a row, while there are others. Deterministic in `seed`. How it fares beside other rules:
    `tests/bench/bench_choose.py`.
    """
    rng = np.random.default_rng(seed)
    shuffled = [int(i) for i in rng.permutation(len(candidates))]
    careful, rest = shuffled[:CANDIDATES], shuffled[CANDIDATES:]
    wanted = _by_likeness([candidates[i] for i in careful], list(rated)[-CANDIDATES:])
    typical = [careful[i] for i in wanted]
    chosen = set(typical)
    queue = [Asked(i, "typical") for i in typical]
    queue += [Asked(i, "rest") for i in careful + rest if i not in chosen]
    return _with_variety(queue, artists, recent_artists, rng)


def _by_likeness(candidates: Sequence[Mapping[str, float]], rated: Sequence[Mapping[str, float]]) -> list[int]:
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
    told = np.exp(-space.distances(old, new) / space.scale(LENGTH)).max(axis=0) if len(old) else np.zeros(len(new))
    return _greedy(K, told, min(RANKED, len(candidates)))


def _greedy(K: Array, told: Array, count: int) -> list[int]:
    """Take `count` tracks, each the one that raises the sum of likenesses to the nearest track told of most.

    Facility location (Cornuéjols and others, 1977): the greedy choice comes within 1 - 1/e of the best. `K` is the
    likeness (n, n) of candidates, `told` (n,) that of each to the nearest rated track.
    """
    left, order = np.ones(len(K), dtype=bool), list[int]()
    for _ in range(count):
        gains = np.maximum(K - told, 0.0).sum(axis=1)
        best = int(np.argmax(np.where(left, gains, -np.inf)))
        order.append(best)
        left[best] = False
        told = np.maximum(told, K[best])
    return order


def _with_variety(
    queue: list[Asked], artists: Sequence[str], recent_artists: Sequence[str], rng: np.random.Generator
) -> list[Asked]:
    """Mix in surprises, and keep one artist from being asked about three times running."""
    remaining = list(queue)
    order: list[Asked] = []
    last = [artist.casefold() for artist in recent_artists][-IN_A_ROW:]
    while remaining:
        place, surprise = 0, False
        if len(order) % SURPRISE_EVERY == SURPRISE_EVERY - 1 and len(remaining) > 2:
            place, surprise = int(rng.integers(len(remaining))), True
        tired = last[0] if len(last) == IN_A_ROW and len(set(last)) == 1 and last[0] else None
        if tired is not None and artists[remaining[place].place].casefold() == tired:
            others = (p for p, asked in enumerate(remaining) if artists[asked.place].casefold() != tired)
            place = next(others, place)
        chosen = remaining.pop(place)
        order.append(Asked(chosen.place, "surprise") if surprise else chosen)
        last = [*last, artists[chosen.place].casefold()][-IN_A_ROW:]
    return order
