"""The order of a playlist: strong ends, no artist twice in a row, smooth changes of tempo and energy.

A sequence is remembered by its first and its last items (Masthoff, 2004; Murdock's serial positions, 1962), so the two
tracks that the group likes best stand there.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ENDS = 8  # of so many of the strongest tracks the two ends are chosen, while artists allow it


def arrange(strength: Array, artists: Sequence[str] | None = None, sounds: Array | None = None) -> list[int]:
    """Put tracks into playing order; returns a permutation of their places.

    Args:
        strength: (n,) how much the group likes each.
        artists: (n,) names, compared without case; an empty one is like no other. None: unknown.
        sounds: (n, 2) tempo in beats per minute and energy 0..1; NaN unknown. None: unknown.

    As few neighbours as possible are by one artist - none, where that can be avoided.

    """
    n = len(strength)
    names = [f"\0{i}" for i in range(n)] if artists is None else [_key(name, i) for i, name in enumerate(artists)]
    if n < 3:
        return [int(i) for i in np.argsort(-strength, kind="stable")]
    steps = _steps(sounds, n)
    first, last = _ends(strength, names)
    middle = _middle(first, last, names, steps, strength)
    return _smoothed([first, *middle, last], names, steps)


def repeats(names: Sequence[str]) -> int:
    """How many tracks follow one by the same artist."""
    return sum(a == b for a, b in pairwise(names))


def forced(counts: Mapping[str, int], before: str, after: str) -> int:
    """The least number of repeats in any order of these artists between two given neighbours.

    Of n tracks an artist can take every second place, one place less for each neighbour that is their own.
    """
    n = sum(counts.values())
    return max(
        0,
        *(2 * counts.get(name, 0) - (n + 1) + (name == before) + (name == after) for name in {*counts, before, after}),
    )


def _key(artist: str, place: int) -> str:
    return artist.strip().casefold() or f"\0{place}"


def _steps(sounds: Array | None, n: int) -> Array:
    """(n, n) how far it is from each track to each other, 0 where nothing is known.

    An octave of tempo counts like the whole range of energy; double time is no step.
    """
    if sounds is None:
        return np.zeros((n, n))
    with np.errstate(invalid="ignore", divide="ignore"):
        octaves = np.abs(np.log2(sounds[:, 0][:, None] / sounds[:, 0][None, :]))
    octaves = np.minimum(octaves, np.abs(octaves - 1))
    energy = np.abs(sounds[:, 1][:, None] - sounds[:, 1][None, :])
    return np.nan_to_num(octaves, nan=0.0, posinf=0.0) + np.nan_to_num(energy, nan=0.0)


def _ends(strength: Array, names: Sequence[str]) -> tuple[int, int]:
    """The opening and the closing track: the strongest pair among those that force the fewest repeats."""
    strongest = [int(i) for i in np.argsort(-strength, kind="stable")]
    counts = Counter(names)
    # An artist with more than half of the tracks is needed at the ends, however strong they are.
    likely = strongest[:ENDS] + [next(i for i in strongest if names[i] == most) for most, _ in counts.most_common(1)]
    most_common = counts.most_common(1)[0][0]
    likely = list(dict.fromkeys([*likely, *[i for i in strongest if names[i] == most_common][:2]]))

    def cost(pair: tuple[int, int]) -> tuple[int, float, float]:
        rest = counts - Counter([names[pair[0]], names[pair[1]]])
        return forced(rest, names[pair[0]], names[pair[1]]), -float(strength[list(pair)].sum()), -strength[pair[0]]

    return min(((a, b) for a in likely for b in likely if a != b), key=cost)


def _middle(first: int, last: int, names: Sequence[str], steps: Array, strength: Array) -> list[int]:
    """From the first track to the last by the shortest next step among those that force the fewest repeats."""
    left = [i for i in range(len(names)) if i not in {first, last}]
    counts = Counter(names[i] for i in left)
    order: list[int] = []
    at = first
    while left:

        def cost(i: int, at: int = at, counts: Counter[str] = counts) -> tuple[int, float, float]:
            rest = counts - Counter([names[i]])
            return (names[i] == names[at]) + forced(rest, names[i], names[last]), steps[at, i], -strength[i]

        at = min(left, key=cost)
        left.remove(at)
        counts = counts - Counter([names[at]])
        order.append(at)
    return order


def _smoothed(order: list[int], names: Sequence[str], steps: Array) -> list[int]:
    """Swap pairs between the ends while the whole way becomes shorter and no artist comes twice running."""

    def length(order: Sequence[int]) -> tuple[int, float]:
        return repeats([names[i] for i in order]), round(float(steps[order[:-1], order[1:]].sum()), 9)

    best = length(order)
    improved = steps.any()
    while improved:
        improved = False
        for a in range(1, len(order) - 2):
            for b in range(a + 1, len(order) - 1):
                order[a], order[b] = order[b], order[a]
                now = length(order)
                if now < best:
                    best, improved = now, True
                else:
                    order[a], order[b] = order[b], order[a]
    return order
