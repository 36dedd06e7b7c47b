"""Honest evidence of how well a model knows a listener: all from leave-one-out predictions."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bot.domain.errors import AllRatingsEqual, NoFeatures, TooFewRatings
from bot.domain.ratings import MAX_STARS, MIN_RATINGS, MIN_STARS, Verdict
from bot.domain.taste import Metrics, TasteReport
from bot.taste import kernel
from bot.taste.regressor import TasteRegressor

Array = NDArray[np.float64]

BLOCK = 500  # ratings that are compared with all at a time
SIGNIFICANT = 0.05
FAIR, SURE = 0.10, 0.35  # leave-one-out skill


def metrics(y: Array, predicted: Array, baseline: Array) -> Metrics:
    """Compare (n,) predictions with (n,) ratings; `baseline` is what always saying the mean would have predicted."""
    errors = y - predicted
    mse = float(np.mean(errors**2))
    against = float(np.mean((y - baseline) ** 2))
    variance = float(np.var(y))
    # The mean of the others is lower for a track that was rated higher; left in, that artefact would turn the order
    # of predictions that say nothing upside down. What is compared is what they say beyond the baseline.
    beyond = np.round(predicted - baseline, 9)
    return Metrics(
        skill=1 - mse / against if against > 0 else 0.0,
        r2=1 - mse / variance if variance > 0 else 0.0,
        mae=float(np.mean(np.abs(errors))),
        spearman=spearman(y, beyond),
        order=order(y, beyond),
    )


def spearman(y: Array, predicted: Array) -> float:
    """Rank correlation, -1..1; 0 where either side is constant."""
    a, b = _ranks(y), _ranks(predicted)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def _ranks(values: Array) -> Array:
    ordered = np.sort(values)
    return (np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")) / 2.0


def order(y: Array, predicted: Array) -> float:
    """Share of pairs with different ratings that are put in the right order; a tie counts half."""
    pairs = right = 0
    for start in range(0, len(y), BLOCK):  # all pairs of 10,000 at once would take gigabytes
        rows = slice(start, start + BLOCK)
        rated = np.sign(y[rows, None] - y)
        pairs += int(np.count_nonzero(rated))
        right += int((rated * np.sign(predicted[rows, None] - predicted)).sum())
    return 0.5 + right / pairs / 2 if pairs else 0.5


def leave_one_out_mean(y: Array) -> Array:
    """What always saying the mean of the other ratings predicts."""
    return (y.sum() - y) / (len(y) - 1)


def p_value(model: TasteRegressor, shuffles: int | None = None) -> float:
    """How often shuffled ratings look at least as well predicted as these, by a permutation test, 0..1.

    Each shuffle is judged like the real ratings: the hypotheses are weighed anew for it.
    """
    y = model.y_
    count = shuffles or (199 if len(y) <= 200 else 59)
    rng = np.random.default_rng(20)
    Y = np.stack([y, *(rng.permutation(y) for _ in range(count))], axis=1)
    # In parts, so that memory stays flat.
    predicted = [kernel.leave_one_out(model.bases_, Y[:, k : k + 20])[0] for k in range(0, Y.shape[1], 20)]
    errors = ((Y - np.concatenate(predicted, axis=1)) ** 2).sum(axis=0)
    # Shuffling leaves the error of the mean as it is, so less error is more skill; rounding does not break a tie.
    return (1 + int((errors[1:] <= errors[0] * (1 + 1e-12)).sum())) / (1 + count)


def metrics_skill(y: Array, predicted: Array) -> float:
    against = np.mean((y - leave_one_out_mean(y)) ** 2)
    return float(1 - np.mean((y - predicted) ** 2) / against) if against > 0 else 0.0


def verdict(skill: float, p: float, low: float) -> Verdict:
    """Say in a word what the evidence allows; luck on few ratings is not called knowledge.

    `low` is the skill without its most flattering ratings, from `cautious_skill`.
    """
    if p > SIGNIFICANT or skill <= 0:
        return "unknown"
    if low < FAIR:
        return "hunch"
    return "fair" if low < SURE else "sure"


def cautious_skill(y: Array, predicted: Array) -> float:
    """The tenth percentile of the skill over resampled ratings: what it may be had others been rated.

    Bootstrap of Efron (1979), 400 resamples, the same each time. On few ratings, or where one of them decides, it lies
    far below the skill.
    """
    errors, against = (y - predicted) ** 2, (y - leave_one_out_mean(y)) ** 2
    drawn = np.random.default_rng(21).integers(0, len(y), (400, len(y)))
    below = against[drawn].sum(axis=1)
    skills = 1 - errors[drawn].sum(axis=1) / np.where(below > 0, below, np.inf)
    return float(np.quantile(skills, 0.1))


def learning_curve(X: Array, y: Array, sizes: Sequence[int], draws: int = 8) -> list[tuple[int, float]]:
    """Mean skill on the ratings left out, after learning from `n` of them, for each n in `sizes`."""
    rng = np.random.default_rng(7)
    curve: list[tuple[int, float]] = []
    for size in sizes:
        skills: list[float] = []
        for _ in range(draws):
            chosen = rng.permutation(len(y))
            train, test = chosen[:size], chosen[size:]
            model = TasteRegressor(low=MIN_STARS, high=MAX_STARS).fit(X[train], y[train])
            against = np.mean((y[test] - y[train].mean()) ** 2)
            if against > 0:
                skills.append(1 - float(np.mean((y[test] - model.predict(X[test])) ** 2)) / against)
        curve.append((size, float(np.mean(skills)) if skills else 0.0))
    return curve


def more_ratings(X: Array, y: Array, skill: float, word: Verdict) -> int | None:
    """About how many more ratings should help, read off the learning curve; None where it is flat or enough."""
    n = len(y)
    if word == "sure" or n > 400:
        return None
    if n < 30:
        return 30 - n if word == "unknown" else max(10, n)
    halves = learning_curve(X, y, [n // 2])
    if word == "unknown" and halves[0][1] >= skill:
        return 50 if n < 150 else None
    return n if skill - halves[0][1] > 0.01 else None


def train(X: Array, y: Array) -> tuple[TasteRegressor, TasteReport]:
    """Fit a listener's model on (n, d) features and (n,) stars, and report on it.

    Raises:
        NoFeatures: no row has a known value.
        TooFewRatings: fewer than MIN_RATINGS rows have one.
        AllRatingsEqual: there is nothing to tell apart.

    """
    known = np.asarray(~np.isnan(X).all(axis=1), dtype=np.bool_)
    used = int(known.sum())
    if len(y) >= MIN_RATINGS and not used:
        raise NoFeatures(rated=len(y))
    if used < MIN_RATINGS:
        raise TooFewRatings(have=used, need=MIN_RATINGS)
    X, stars = X[known], y[known]
    if np.ptp(stars) == 0:
        raise AllRatingsEqual(stars=int(stars[0]), count=used)
    model = TasteRegressor(low=MIN_STARS, high=MAX_STARS).fit(X, stars)
    held_out = metrics(stars, model.loo_, leave_one_out_mean(stars))
    p = p_value(model)
    word = verdict(held_out.skill, p, cautious_skill(stars, model.loo_))
    reach = model.reach(0.8) * model.loo_std_
    report = TasteReport(
        ratings=used,
        without_features=len(y) - used,
        held_out=held_out,
        training=metrics(stars, model.predict(X), np.full(used, stars.mean())),
        coverage=float(np.mean(np.abs(stars - model.loo_) <= reach)),
        mean=float(stars.mean()),
        p_value=p,
        verdict=word,
        more_ratings=more_ratings(X, stars, held_out.skill, word),
        actual=tuple(float(value) for value in stars),
        predicted=tuple(float(value) for value in model.loo_),
        learned=len(model.order_),
    )
    return model, report
