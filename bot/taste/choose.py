"""Which track to ask next: at first those that stand for all others, then those that tell a model most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.domain.features import FEATURES
from bot.domain.ratings import Why
from bot.taste.kernel import Space
from bot.taste.matrices import matrix

Array = NDArray[np.float64]

CANDIDATES = 500  # a sample of a larger playlist is ranked with care; the rest follows in random order
RANKED = 80
LENGTH = 0.5  # of the kernel, for at the start nothing is known of this listener's own
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
    """Order candidates so that those asked about sound, together, like all of them; every sixth is a surprise.

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
    return with_variety(queue, artists, recent_artists, rng)


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
    told = np.exp(-space.distances(old, new) / space.scale(LENGTH)).sum(axis=0)
    return _greedy(K, told, len(old), min(RANKED, len(candidates)))


def _greedy(K: Array, told: Array, asked: int, count: int) -> list[int]:
    """Take `count` tracks, each the one that is like all others most, and like those asked about least.

    Kernel herding (Chen, Welling and Smola, 2010): the tracks taken have nearly the mean of all in every feature, and
    their spread. `K` is the likeness (n, n) of candidates, `told` (n,) the sum of that to the `asked` rated tracks.
    """
    left, order, wanted = np.ones(len(K), dtype=bool), list[int](), K.mean(axis=1)
    for _ in range(count):
        best = int(np.argmax(np.where(left, wanted - told / (asked + len(order) + 1), -np.inf)))
        order.append(best)
        left[best] = False
        told = told + K[best]
    return order


def with_variety(
    queue: Sequence[Asked],
    artists: Sequence[str],
    recent_artists: Sequence[str],
    rng: np.random.Generator,
    before: int = 0,
    count: int | None = None,
) -> list[Asked]:
    """Mix in surprises, and keep one artist from being asked about three times running.

    `before` questions were asked already; `count` limits how many are returned.
    """
    remaining = list(queue)
    order: list[Asked] = []
    last = [artist.casefold() for artist in recent_artists][-IN_A_ROW:]
    while remaining and (count is None or len(order) < count):
        place, surprise = 0, False
        if (before + len(order)) % SURPRISE_EVERY == SURPRISE_EVERY - 1 and len(remaining) > 2:
            place, surprise = int(rng.integers(len(remaining))), True
        tired = last[0] if len(last) == IN_A_ROW and len(set(last)) == 1 and last[0] else None
        if tired is not None and artists[remaining[place].place].casefold() == tired:
            others = (p for p, asked in enumerate(remaining) if artists[asked.place].casefold() != tired)
            place = next(others, place)
        chosen = remaining.pop(place)
        order.append(Asked(chosen.place, "surprise") if surprise else chosen)
        last = [*last, artists[chosen.place].casefold()][-IN_A_ROW:]
    return order
