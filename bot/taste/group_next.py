"""Which track a group should rate next: one that they will probably like, and whose verdicts teach something."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from bot.domain.errors import NoCandidates
from bot.taste.group import VETO, fill

CURIOSITY = 0.5  # stars that one standard deviation of uncertainty is worth
SAME_ARTIST = 1.0  # stars that a track loses for following one of its own artist


def next_track(
    predictions: ArrayLike,
    uncertainty: ArrayLike,
    *,
    played: Sequence[int] = (),
    veto: float | None = VETO,
    artists: Sequence[str] | None = None,
    last_artist: str | None = None,
) -> int:
    """The track with the highest upper confidence bound for the group: mean and worst member, plus curiosity.

    Source: Srinivas and others, "Gaussian process optimization in the bandit setting" (GP-UCB), ICML 2010.

    Args:
        predictions: (members, tracks) stars; NaN unknown.
        uncertainty: (members, tracks) standard deviations in stars; NaN unknown, taken for the greatest known.
        played: tracks not to ask about again.
        veto: tracks predicted below it for anybody come last.
        artists: (tracks,) names.
        last_artist: whose track was played just before.

    Raises:
        NoCandidates: every track was played.

    """
    given = np.asarray(predictions, dtype=np.float64)
    spread = np.asarray(uncertainty, dtype=np.float64)
    free = np.setdiff1d(np.arange(given.shape[1]), list(played))
    if not given.size or not len(free):
        raise NoCandidates(members=given.shape[0], tracks=len(free))
    known = spread[~np.isnan(spread)]
    spread = np.where(np.isnan(spread), known.max() if len(known) else 1.0, spread)
    filled = fill(given)
    value = (filled.mean(axis=0) + filled.min(axis=0)) / 2 + CURIOSITY * spread.mean(axis=0)
    if artists is not None and last_artist:
        tired = last_artist.casefold()
        value = value - SAME_ARTIST * np.array([artist.casefold() == tired for artist in artists])
    if veto is not None:
        value = value - 100 * (given < veto).any(axis=0)
    return int(free[np.argmax(value[free])])
