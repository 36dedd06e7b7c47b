"""The rules by which a group's predictions become a choice of tracks, each from the literature on group decisions.

A rule takes scores (members, tracks) without unknowns, what each member is owed (stars, 0 or more) and a number of
slots; it returns that many different tracks in the order in which it took them. Ties go to the lower index.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rule = Callable[[Array, Array, int], list[int]]

MISERY = 4.0  # stars; below it, "average without misery" leaves a track out
BUDGET = 0.15  # stars of the group's mean that `fair` may give up for whoever is worst off
STEEPNESS = 16.0  # of the soft minimum: at 16, who is half a star better off weighs 1/3000
STARTS = (0.0, 0.3, 1.0, 3.0)  # weights of the minimum from which `fair` starts its searches
WIDEST = 1000  # tracks that `fair` looks at: the best on average and the best of each member
MOST_SWAPS = 200


def average(scores: Array, debt: Array, size: int) -> list[int]:
    """Highest mean; a debt of one star doubles a member's weight (Jameson and Smyth, 2007; Masthoff, 2011)."""
    return _top((1 + debt) @ scores, size)


def least_misery(scores: Array, debt: Array, size: int) -> list[int]:
    """Highest minimum: a group is as happy as its least happy member (O'Connor and others, PolyLens, 2001)."""
    return _top((scores - debt[:, None]).min(axis=0), size)


def most_pleasure(scores: Array, debt: Array, size: int) -> list[int]:
    """Highest maximum: somebody loves it (Masthoff, 2004)."""
    return _top((scores + debt[:, None]).max(axis=0), size)


def multiplicative(scores: Array, debt: Array, size: int) -> list[int]:
    """Highest product, in Masthoff's (2004) studies the rule that satisfied most people."""
    return _top((1 + debt) @ np.log(np.maximum(scores, 1e-9)), size)


def average_without_misery(scores: Array, debt: Array, size: int) -> list[int]:
    """Highest mean among tracks that nobody gives less than four (McCarthy and Anagnost, MusicFX, 1998).

    Where there are too few of those, the others follow, the least miserable first.
    """
    worst = scores.min(axis=0)
    mean = (1 + debt) @ scores
    fine = worst >= MISERY
    order = np.lexsort((-mean, np.where(fine, 0.0, -worst), ~fine))
    return [int(track) for track in order[:size]]


def borda(scores: Array, debt: Array, size: int) -> list[int]:
    """Highest sum of ranks, ties sharing the lowest (Borda, 1781; as in Masthoff, 2004)."""
    ranks = np.stack([np.searchsorted(np.sort(row), row) + 1.0 for row in scores])
    return _top((1 + debt) @ ranks, size)


def ep_fuzzda(scores: Array, debt: Array, size: int) -> list[int]:
    """Exactly proportional fuzzy D'Hondt: each slot goes where most of what is due is delivered.

    Source: Peska and Malecek, "Coupled or Decoupled Evaluation for Group Recommendation Methods?", 2021. What is due
    to a member is their share of all utility so far; a debt of one star doubles the share.
    """
    shares = (1 + debt) / (1 + debt).sum()
    all_of_it = scores.sum(axis=0)
    given, total = np.zeros(len(scores)), 0.0
    left, order = np.ones(scores.shape[1], dtype=bool), list[int]()
    for _ in range(min(size, scores.shape[1])):
        due = np.maximum(0.0, np.outer(shares, all_of_it + total) - given[:, None])
        best = int(np.argmax(np.where(left, np.minimum(due, scores).sum(axis=0), -np.inf)))
        order.append(best)
        left[best] = False
        given = given + scores[:, best]
        total += float(scores[:, best].sum())
    return order


def greedy(scores: Array, debt: Array, size: int, weight: float = 0.3) -> list[int]:
    """Slot by slot the track that most raises mean + weight x minimum of what members have got so far.

    Source: Xiao and others, "Fairness-Aware Group Recommendation with Pareto-Efficiency", RecSys 2017.
    """
    got = -size * debt
    left, order = np.ones(scores.shape[1], dtype=bool), list[int]()
    for _ in range(min(size, scores.shape[1])):
        after = got[:, None] + scores
        value = after.mean(axis=0) + weight * after.min(axis=0)
        best = int(np.argmax(np.where(left, value, -np.inf)))
        order.append(best)
        left[best] = False
        got = got + scores[:, best]
    return order


def nash(scores: Array, debt: Array, size: int) -> list[int]:
    """Highest product of what members get over the whole list (Nash, 1950; Caragiannis and others, 2019), by swaps."""

    def welfare(total: Array) -> Array:
        return (1 + debt) @ np.log(np.maximum(total, 1e-9))

    return _swap(scores, average(scores, debt, size), welfare)[0]


def fair(scores: Array, debt: Array, size: int) -> list[int]:
    """Give whoever is worst off as much as possible, for at most 0.15 stars of the group's mean.

    Of all lists whose mean comes within `BUDGET` of the best possible mean, find the one whose worst-off member (what
    they are owed counted against them) is best off, then the next: leximin (Rawls, 1971; Sen, 1977) in the form of a
    soft minimum. The search swaps single tracks, from several greedy lists. On real juries it stays within 0.01 stars
    of the optimum that integer programming proves; `bot/taste/README.md` has the table.
    """
    size = min(size, scores.shape[1])
    pool = _pool(scores, size)
    scores = scores[:, pool]
    mean = scores.mean(axis=0)
    floor = mean[_top(mean, size)].mean() - BUDGET

    def justice(total: Array) -> Array:
        got = total / size - debt[:, None]
        worst = got.min(axis=0)
        soft = worst - np.log(np.exp(-STEEPNESS * (got - worst)).sum(axis=0)) / STEEPNESS
        over_budget = np.maximum(0.0, floor - total.mean(axis=0) / size - 1e-12)
        return soft - 1000 * over_budget

    starts = [greedy(scores, debt, size, weight) for weight in (STARTS if scores.size <= 10_000 else STARTS[2:3])]
    searched = [_swap(scores, start, justice) for start in [average(scores, np.zeros(len(debt)), size), *starts]]
    best = max(searched, key=lambda found: found[1])[0]
    return [int(pool[track]) for track in best]


STRATEGIES: Mapping[str, Rule] = {
    "fair": fair,
    "average": average,
    "least_misery": least_misery,
    "most_pleasure": most_pleasure,
    "multiplicative": multiplicative,
    "average_without_misery": average_without_misery,
    "borda": borda,
    "ep_fuzzda": ep_fuzzda,
    "greedy": greedy,
    "nash": nash,
}


def _top(values: Array, size: int) -> list[int]:
    return [int(track) for track in np.argsort(-values, kind="stable")[:size]]


def _pool(scores: Array, size: int) -> NDArray[np.intp]:
    """The tracks worth looking at, ascending: all, or of very many the best on average and the best of each member."""
    members, tracks = scores.shape
    if tracks <= WIDEST:
        return np.arange(tracks)
    each = max(size, WIDEST // (2 * members))
    best = [np.argsort(-row, kind="stable")[:each] for row in scores]
    # Of each member's favourites, those that the others can live with come first.
    greatest = np.unique(np.concatenate(best))
    mean = scores.mean(axis=0)
    greatest = greatest[np.argsort(-mean[greatest], kind="stable")[: WIDEST // 2]]
    return np.unique(np.concatenate([np.argsort(-mean, kind="stable")[: WIDEST // 2], greatest]))


def _swap(scores: Array, start: list[int], value: Callable[[Array], Array]) -> tuple[list[int], float]:
    """Improve a list by the best swap of one track until none helps; `value` judges columns of summed scores."""
    order = list(start)
    best = float(value(scores[:, order].sum(axis=1)[:, None])[0])
    for _ in range(MOST_SWAPS):
        outside = np.setdiff1d(np.arange(scores.shape[1]), order)
        if not len(outside):
            break
        total = scores[:, order].sum(axis=1)
        found: tuple[float, int, int] | None = None
        for place, track in enumerate(order):
            values = value((total - scores[:, track])[:, None] + scores[:, outside])
            chosen = int(np.argmax(values))
            if values[chosen] > (found[0] if found else best + 1e-9):
                found = (float(values[chosen]), place, int(outside[chosen]))
        if found is None:
            break
        best, place, track = found
        order[place] = track
    return order, best
