"""A taste at a glance: what each feature does to it, where its tracks lie, and how it became known."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bot.domain.features import NAMES
from bot.domain.ratings import MAX_STARS, MIN_RATINGS, MIN_STARS, Verdict
from bot.domain.taste import Glance, Leaning
from bot.taste.explain import curve, map_of
from bot.taste.regressor import TasteRegressor
from bot.taste.validate import metrics_skill

Array = NDArray[np.float64]

NAMED = [place for place, name in enumerate(NAMES) if not name.startswith(("pitch_", "timbre_"))]
LEANINGS = 6
STUDIED = {"valence": 1, "mode": 2}  # in 2020, ratings were drawn over these two
SURE = 1.2816  # standard deviations: eight times in ten
LEARNED_FROM = 1000  # ratings at most in the learning curve, whose time grows with their cube
STEPS = 7  # points on it


def glance(model: TasteRegressor, X: Array, stars: Sequence[int], titles: Sequence[str], verdict: Verdict) -> Glance:
    """Look at a model and the ratings (n,) of tracks with features (n, d), oldest first."""
    leanings = tuple(_leanings(model))
    axes = [leaning.feature for leaning in sorted(leanings, key=_last_of_all)[:2]]
    places = map_of(model, X)
    return Glance(
        verdict=verdict,
        ratings=len(stars),
        leanings=leanings[:LEANINGS],
        axes=axes,
        points=[[float(row[NAMES.index(name)]) for name in axes] for row in X],
        places=[(float(x), float(y)) for x, y in places],
        given=list(stars),
        titles=list(titles),
        growth=growth(X, np.asarray(stars, dtype=np.float64)),
        weaker=max(0, len(leanings) - LEANINGS),
    )


def _last_of_all(leaning: Leaning) -> int:
    """What is sure comes first; where nothing is, the axes are those of the study of 2020."""
    return 0 if leaning.sure else STUDIED.get(leaning.feature, len(STUDIED) + 1)


def _leanings(model: TasteRegressor) -> list[Leaning]:
    """Every feature's effect, strongest first; of pitch and timbre only where nothing else is known."""
    found = [leaning for place in NAMED if (leaning := _leaning(model, place))]
    if not found:
        found = [leaning for place in range(len(NAMES)) if (leaning := _leaning(model, place))]
    return sorted(found, key=lambda leaning: (not leaning.sure, -leaning.swing))


def _leaning(model: TasteRegressor, place: int) -> Leaning | None:
    effect = curve(model, place)
    if effect is None:
        return None
    top, bottom = int(np.argmax(effect.stars)), int(np.argmin(effect.stars))
    swing = float(effect.stars[top] - effect.stars[bottom])
    rated = zip(model.rows_[:, place], model.y_ - model.mean_, strict=True)
    # As if the two ends were wrong independently of each other, which is the cautious side.
    unsure = float(np.hypot(effect.unsure[top], effect.unsure[bottom]))
    return Leaning(
        feature=NAMES[place],
        values=effect.values.tolist(),
        stars=effect.stars.tolist(),
        unsure=effect.unsure.tolist(),
        best=float(effect.values[top]),
        worst=float(effect.values[bottom]),
        swing=swing,
        sure=swing > SURE * unsure and swing > 0.05,
        rated=[(float(value), float(above)) for value, above in rated if not np.isnan(value)],
    )


def growth(X: Array, y: Array) -> list[tuple[int, float]]:
    """Skill, from leave-one-out, after the first n of the ratings (n, oldest first), for some n."""
    most = min(len(y), LEARNED_FROM)
    if most < MIN_RATINGS:
        return []
    sizes = sorted({round(size) for size in np.geomspace(MIN_RATINGS, most, STEPS)})
    found: list[tuple[int, float]] = []
    for size in sizes:
        if np.ptp(y[:size]) > 0:
            model = TasteRegressor(low=MIN_STARS, high=MAX_STARS).fit(X[:size], y[:size])
            found.append((size, metrics_skill(y[:size], model.loo_)))
    return found
