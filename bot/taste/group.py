"""Members' predictions become one playlist that everybody can live with: a matrix in, an order and its fairness out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bot.domain.errors import AllVetoed, NoCandidates
from bot.domain.ratings import MAX_STARS, MIN_STARS
from bot.taste.group_order import arrange
from bot.taste.group_rules import STRATEGIES

Array = NDArray[np.float64]

VETO = 3.0  # stars: nobody is given a track predicted below this
CAUTION = 0.0  # standard deviations taken off a prediction; more did not pay (`bot/taste/README.md`, "Groups")
KEPT = 0.5  # share of an old debt that lives on
MOST_OWED = 2.0  # stars


@dataclass(frozen=True, slots=True, eq=False)
class Playlist:
    """What a group is given.

    Attributes:
        order: (slots,) track indices in playing order; fewer than were asked for where there are not enough.
        satisfaction: (members, slots) predicted stars; where a prediction is unknown, the group's taste stands in.
        known: (members, slots) False where the group's taste stands in.
        vetoed: tracks left out because somebody would be given less than the veto allows.

    """

    order: NDArray[np.intp]
    satisfaction: Array
    known: NDArray[np.bool_]
    vetoed: int

    @property
    def means(self) -> Array:
        """(members,) what each gets on average, stars."""
        return self.satisfaction.mean(axis=1)


def recommend(
    predictions: ArrayLike,
    size: int,
    strategy: str = "fair",
    veto: float | None = VETO,
    debt: ArrayLike | None = None,
    *,
    uncertainty: ArrayLike | None = None,
    caution: float = CAUTION,
    artists: Sequence[str] | None = None,
    sounds: ArrayLike | None = None,
) -> Playlist:
    """Choose and order `size` tracks for a group.

    Args:
        predictions: (members, tracks) stars 1..10; NaN unknown.
        size: slots, 1 or more; fewer are filled where fewer tracks pass the veto.
        strategy: a name in `STRATEGIES`.
        veto: no track is taken of which a member's known prediction is below this; None: no veto.
        debt: (members,) stars that a member is owed from earlier sessions, from `owe`.
        uncertainty: (members, tracks) standard deviations in stars; used with `caution` above 0.
        caution: so many standard deviations are taken off a prediction before choosing; the veto ignores it.
        artists: (tracks,) names, to keep one artist from standing twice in a row.
        sounds: (tracks, 2) tempo in beats per minute and energy 0..1, NaN unknown, for smooth transitions.

    Raises:
        NoCandidates: there is no member or no track.
        AllVetoed: no track passes the veto.
        ValueError: a shape, the size or the strategy's name makes no sense.

    """
    given = _matrix(predictions)
    if size < 1 or strategy not in STRATEGIES:
        raise ValueError(strategy if size >= 1 else size)
    if not given.size:
        raise NoCandidates(members=given.shape[0], tracks=given.shape[1])
    known = ~np.isnan(given)
    allowed = np.flatnonzero(_allowed(given, veto))
    if not len(allowed):
        raise AllVetoed(tracks=given.shape[1], veto=veto or 0.0)
    filled = fill(given)
    scores = filled if uncertainty is None else filled - caution * np.nan_to_num(_like(uncertainty, given))
    owed = np.zeros(len(given)) if debt is None else np.maximum(0.0, np.asarray(debt, dtype=np.float64))
    if owed.shape != (len(given),):
        raise ValueError("one debt a member")
    # A canonical order of members, so that rounding too is the same however they are listed.
    rows = np.lexsort((*scores.T, owed))
    chosen = allowed[STRATEGIES[strategy](scores[rows][:, allowed], owed[rows], size)]
    order = arrange(
        filled[rows][:, chosen].mean(axis=0),
        [artists[int(track)] for track in chosen] if artists is not None else None,
        np.asarray(sounds, dtype=np.float64)[chosen] if sounds is not None else None,
    )
    order = chosen[order]
    return Playlist(order, filled[:, order], known[:, order], given.shape[1] - len(allowed))


def replacement(
    predictions: ArrayLike, others: Sequence[int], refused: Sequence[int], veto: float | None = VETO
) -> int:
    """The track for one slot beside `others`: what it adds to the mean and to the worst-off member.

    Raises:
        NoCandidates: every track is taken or refused.
        AllVetoed: of those that are left, none passes the veto.

    """
    given = _matrix(predictions)
    free = np.setdiff1d(np.arange(given.shape[1]), [*others, *refused])
    if not given.size or not len(free):
        raise NoCandidates(members=given.shape[0], tracks=len(free))
    free = free[_allowed(given[:, free], veto)]
    if not len(free):
        raise AllVetoed(tracks=given.shape[1], veto=veto or 0.0)
    filled = fill(given)
    total = filled[:, list(others)].sum(axis=1)[:, None] + filled[:, free]
    return int(free[np.argmax(np.sort(total, axis=0).mean(axis=0) + total.min(axis=0))])


def owe(debt: Mapping[int, float], satisfaction: Mapping[int, float]) -> dict[int, float]:
    """What members are owed after a session: half of the old debt, and what each got below the group's mean.

    Args:
        debt: stars owed before, by member; who was not there keeps all of theirs.
        satisfaction: mean stars of the playlist, by member.

    Getting more never raises a debt, getting less never lowers it; nobody owes, and nobody is owed more than two stars.

    """
    if not satisfaction:
        return dict(debt)
    mean = sum(satisfaction.values()) / len(satisfaction)
    after = {
        member: min(MOST_OWED, max(0.0, KEPT * debt.get(member, 0.0) + mean - got))
        for member, got in satisfaction.items()
    }
    return {**debt, **after}


def fill(predictions: Array) -> Array:
    """Let the group's taste stand in for unknown predictions (members, tracks), stars.

    A track's stand-in is the member's own mean plus how much the others like it above theirs, shrunk as if one more
    found it middling. A member of whom nothing is known is given the group's mean.
    """
    known = ~np.isnan(predictions)
    if known.all():
        return predictions
    counts = known.sum(axis=1)
    sums = np.where(known, predictions, 0.0).sum(axis=1)
    middle = (
        float(np.where(known, predictions, 0.0).sum() / known.sum()) if known.any() else (MIN_STARS + MAX_STARS) / 2
    )
    means = np.where(counts > 0, sums / np.maximum(counts, 1), middle)
    above = np.where(known, predictions - means[:, None], 0.0)
    liked = np.sort(above, axis=0).sum(axis=0) / (known.sum(axis=0) + 1)
    stand_in = np.clip(means[:, None] + liked, MIN_STARS, MAX_STARS)
    return np.where(known, predictions, stand_in)


def _matrix(values: ArrayLike) -> Array:
    matrix = np.asarray(values, dtype=np.float64)
    if matrix.ndim != 2 or np.isinf(matrix).any():
        raise ValueError("predictions are a finite matrix, members x tracks")
    return matrix


def _like(values: ArrayLike, other: Array) -> Array:
    matrix = np.asarray(values, dtype=np.float64)
    if matrix.shape != other.shape:
        raise ValueError("uncertainty has the shape of the predictions")
    return matrix


def _allowed(predictions: Array, veto: float | None) -> NDArray[np.bool_]:
    """(tracks,) whether nobody's known prediction is below the veto."""
    if veto is None:
        return np.ones(predictions.shape[1], dtype=bool)
    return np.logical_not(np.any(predictions < veto, axis=0))
