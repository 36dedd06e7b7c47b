"""Which questions a model asks once it has learned a little."""

import numpy as np
import pytest

from bot.domain.features import NAMES
from bot.taste.active import AHEAD, joint, most_telling, next_questions
from bot.taste.regressor import TasteRegressor

ENERGY = NAMES.index("energy")


def tracks(n: int, seed: int = 0):
    """Rows of three features, and stars that follow the energy."""
    rng = np.random.default_rng(seed)
    X = np.full((n, len(NAMES)), np.nan)
    for name, low, high in (("energy", 0, 1), ("valence", 0, 1), ("tempo", 60, 180)):
        X[:, NAMES.index(name)] = rng.uniform(low, high, n)
    return X, np.clip(np.round(1 + 9 * X[:, ENERGY] + rng.standard_normal(n)), 1, 10)


@pytest.mark.parametrize("n", [2, 12, 60])
def test_doubt_is_that_of_single_predictions(n: int):
    X, y = tracks(n)
    model = TasteRegressor(low=1, high=10).fit(X, y)
    new, _ = tracks(30, seed=1)
    covariance, noise = joint(model, new)
    assert np.allclose(covariance, covariance.T)
    assert np.linalg.eigvalsh(covariance).min() > -1e-6
    disagreement = 0.5 * disagree(model, new)
    assert np.sqrt(np.diag(covariance) - disagreement + noise) == pytest.approx(model.predict(new, return_std=True)[1])


def disagree(model: TasteRegressor, new):
    """Variance of what the hypotheses say, each asked by itself."""
    from bot.taste.kernel import NOISES, dual

    if not model.bases_:
        return 0.0
    posterior, said, beliefs = model.posterior_, [np.zeros(len(new))], [model.posterior_.nothing]
    for shape in range(len(model.bases_)):
        for place in range(len(NOISES)):
            one = np.zeros_like(posterior.weights)
            one[shape, place] = 1.0
            alone = type(posterior)(one, posterior.variances, 0.0, posterior.spread)
            model.dual_ = dual(model.bases_, alone, model.y_)
            model.posterior_ = alone
            said.append(model._predict(new, with_std=False)[0] - model.mean_)
            beliefs.append(posterior.weights[shape, place])
    model.posterior_, model.dual_ = posterior, dual(model.bases_, posterior, model.y_)
    mean = np.average(said, axis=0, weights=beliefs)
    return np.average((np.array(said) - mean) ** 2, axis=0, weights=beliefs)


def test_an_answer_lowers_the_doubt_by_what_was_promised():
    """Where the hypotheses are kept, asking the first track chosen leaves less variance than asking any other."""
    X, y = tracks(25)
    model = TasteRegressor(low=1, high=10).fit(X, y)
    new, _ = tracks(40, seed=2)
    covariance, noise = joint(model, new)
    left = [
        np.trace(covariance - np.outer(covariance[:, i], covariance[i]) / (covariance[i, i] + noise)) for i in range(40)
    ]
    assert most_telling(model, new, 1) == [int(np.argmin(left))]
    assert len(set(most_telling(model, new, 99))) == 40


def test_questions_do_not_gather_in_one_place():
    """Of two crowds of equal tracks, both are asked about before either is asked twice as often."""
    X, y = tracks(12)
    model = TasteRegressor(low=1, high=10).fit(X, y)
    crowds = np.repeat(tracks(2, seed=3)[0], 20, axis=0)
    chosen = [place // 20 for place in most_telling(model, crowds, 6)]
    assert 2 <= sum(chosen) <= 4


def test_it_learns_more_than_by_chance():
    """Twelve questions chosen after ten leave less error than twelve at random, on the average of many listeners."""
    gains = []
    for seed in range(30):
        X, y = tracks(120, seed)
        test, truth = tracks(200, seed + 1000)
        order = np.random.default_rng(seed).permutation(120)
        asked = next_questions(X[order[:10]], y[order[:10]], X[order[10:]], artists=[str(i) for i in range(110)])
        chosen = [*order[:10], *(order[10:][one.place] for one in asked)]
        errors = [
            np.mean((truth - TasteRegressor(low=1, high=10).fit(X[rows], y[rows]).predict(test)) ** 2)
            for rows in (chosen, order[:22])
        ]
        gains.append(errors[1] - errors[0])
    assert np.mean(gains) > 0


def test_variety_is_kept_and_nothing_is_asked_of_nothing():
    X, y = tracks(60)
    artists = ["Bach"] * 30 + ["Handel"] * 20
    options = {"artists": artists, "recent_artists": ["Bach", "Bach"], "seed": 4}
    asked = next_questions(X[:10], y[:10], X[10:], **options)
    assert asked == next_questions(X[:10], y[:10], X[10:], **options)
    assert len(asked) == AHEAD
    assert artists[asked[0].place] == "Handel"
    assert [one.why for one in asked].count("surprise") == 2
    assert next_questions(X[:10], np.full(10, 7.0), X[10:], **options) == []
    assert next_questions(X[:10], y[:10], X[:0], artists=[]) == []
    unknown = np.full_like(X[:10], np.nan)
    assert next_questions(unknown, y[:10], X[10:], **options) == []
