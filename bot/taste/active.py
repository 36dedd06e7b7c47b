"""Active learning: which questions a model that has learned a little should ask next."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bot.domain.ratings import MAX_STARS, MIN_STARS
from bot.taste.choose import Asked, with_variety
from bot.taste.kernel import NOISES
from bot.taste.regressor import TasteRegressor

Array = NDArray[np.float64]

DISAGREEMENT = 0.5  # how much it counts that the hypotheses do not say the same of a track
AHEAD = 12  # questions chosen at once


def next_questions(
    rated: Array,
    stars: Array,
    candidates: Array,
    *,
    artists: Sequence[str],
    recent_artists: Sequence[str] = (),
    seed: int = 0,
) -> list[Asked]:
    """Choose the next questions among candidates (m, d), after ratings (n,) of rows (n, d); NaN is unknown.

    Empty where the ratings tell nothing apart yet. Surprises and artists as in `choose.rank_questions`. Deterministic.
    """
    known = ~np.isnan(rated).all(axis=1)
    rated, given = rated[known], stars[known]
    if not len(candidates) or len(np.unique(given)) < 2:
        return []
    # Ranks among all that may be asked: those asked so far were chosen, so they are no fair sample.
    reference = np.concatenate([candidates, rated])
    model = TasteRegressor(reference=reference, low=MIN_STARS, high=MAX_STARS).fit(rated, given)
    telling = most_telling(model, candidates, 3 * AHEAD)
    rng = np.random.default_rng((seed, len(stars)))
    others = np.setdiff1d(rng.permutation(len(candidates)), telling)
    queue = [*(Asked(i, "telling") for i in telling), *(Asked(int(i), "rest") for i in others)]
    return with_variety(queue, artists, recent_artists, rng, before=len(stars), count=AHEAD)


def most_telling(model: TasteRegressor, X: Array, count: int) -> list[int]:
    """Choose `count` of the rows X (m, d), each the one whose answer lowers the variance of all the others most.

    Active learning by integrated variance (Cohn, Ghahramani and Jordan, 1996), the variance being that of the whole
    mixture of hypotheses and answers being taken in by their covariance alone (Bayes linear); so several questions can
    be chosen before the first is answered.
    """
    covariance, noise = joint(model, X)
    left, chosen = np.ones(len(X), dtype=bool), list[int]()
    for _ in range(min(count, len(X))):
        variance = np.diag(covariance) + noise
        gains = (covariance**2).sum(axis=0) / np.maximum(variance, 1e-12)
        best = int(np.argmax(np.where(left, gains, -np.inf)))
        chosen.append(best)
        left[best] = False
        covariance = covariance - np.outer(covariance[:, best], covariance[best]) / max(variance[best], 1e-12)
    return chosen


def joint(model: TasteRegressor, X: Array) -> tuple[Array, float]:
    """How unsure the model is of the rows X (m, d) together: covariance (m, m), and the variance of an answer's noise.

    Both in stars squared; the mean's own uncertainty is part of it.
    """
    posterior, space, n = model.posterior_, model.space_, len(model.y_)
    noise = posterior.nothing * posterior.spread + float((posterior.weights * posterior.variances * NOISES).sum())
    covariance = np.full((len(X), len(X)), noise / n)
    if not model.bases_:
        return covariance, noise
    ranks, lines = space.ranks(X), space.lines(X)
    across, within = space.distances(ranks, model.ranks_), space.distances(ranks, ranks)
    rows = zip(model.bases_, posterior.weights, posterior.variances, strict=True)
    said, beliefs = [np.zeros((len(X), 1))], [np.array([posterior.nothing])]
    for basis, weights, variances in rows:
        scale = -1 / space.scale(basis.shape.length)
        K = basis.across(np.exp(across * scale), lines @ model.lines_.T)
        own = basis.across(np.exp(within * scale), lines @ lines.T)
        means = K.mean(axis=1)
        along = (K - basis.row_means) @ basis.vectors
        damped = basis.values[:, None] + NOISES
        shares = weights * variances
        covariance += shares.sum() * (own - means[:, None] - means + basis.mean)
        covariance -= (along * (shares / damped).sum(axis=1)) @ along.T
        said.append(along @ ((basis.vectors.T @ (model.y_ - model.mean_))[:, None] / damped))
        beliefs.append(weights)
    each, belief = np.concatenate(said, axis=1), np.concatenate(beliefs)
    apart = each - (each @ belief)[:, None]
    return covariance + DISAGREEMENT * (apart * belief) @ apart.T, noise
