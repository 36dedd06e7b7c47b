from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils.estimator_checks import parametrize_with_checks

from bot.taste import kernel, regressor
from bot.taste.regressor import TasteRegressor
from bot.taste.validate import metrics_skill


@pytest.mark.may_skip
@parametrize_with_checks([TasteRegressor()])
def test_scikit_learns_contract(estimator, check):
    check(estimator)


def taste(n: int, d: int = 37, seed: int = 0, noise: float = 1.0):
    """Features and ratings of a listener who likes what is high in the first feature and low in the second."""
    rng = np.random.default_rng(seed)
    X = rng.random((n, d))
    y = 5.5 + 6 * (X[:, 0] - 0.5) - 4 * (X[:, 1] - 0.5) + noise * rng.standard_normal(n)
    return X, np.clip(np.round(y), 1, 10)


def test_it_learns_a_taste_and_is_calibrated():
    X, y = taste(700)
    model = TasteRegressor(low=1, high=10).fit(X[:150], y[:150])
    predicted = model.predict(X[150:])
    assert 1 - np.mean((predicted - y[150:]) ** 2) / np.var(y[150:]) > 0.3
    low, high = model.interval(X[150:])
    assert 0.75 <= np.mean((y[150:] >= low) & (y[150:] <= high)) <= 0.87
    assert (low <= predicted).all()
    assert (predicted <= high).all()


def test_noise_is_not_called_taste():
    """On shuffled ratings the mean skill over many draws is not above 0."""
    skills = []
    for draw in range(40):
        X, y = taste(90, seed=draw)
        y = np.random.default_rng(draw).permutation(y)
        model = TasteRegressor(low=1, high=10).fit(X[:30], y[:30])
        against = np.mean((y[30:] - y[:30].mean()) ** 2)
        skills.append(1 - np.mean((y[30:] - model.predict(X[30:])) ** 2) / against)
    error = np.std(skills) / np.sqrt(len(skills))
    assert np.mean(skills) <= 2 * error
    assert np.mean(skills) >= -0.05


def test_leave_one_out_equals_fitting_without_each_row():
    """All of it is done anew without i, the weighing of the hypotheses too; only the ranks are held."""
    X, y = taste(25, 6)
    model = TasteRegressor(reference=X).fit(X, y)
    for i in range(25):
        rest = np.arange(25) != i
        without = TasteRegressor(reference=X).fit(X[rest], y[rest])
        expected, deviation = without.predict(X[i : i + 1], return_std=True)
        assert model.loo_[i] == pytest.approx(expected[0], abs=1e-7)
        assert model.loo_std_[i] == pytest.approx(deviation[0], rel=0.02)


def test_leave_one_out_finds_no_skill_in_noise():
    skills = []
    for draw in range(150):
        X, y = taste(24, 8, seed=draw)
        y = np.random.default_rng(draw).permutation(y)
        skills.append(metrics_skill(y, TasteRegressor(low=1, high=10).fit(X, y).loo_))
    assert np.mean(skills) <= 2 * np.std(skills) / np.sqrt(len(skills))


def test_the_order_of_the_rows_does_not_matter():
    X, y = taste(60)
    X[::7, 3] = np.nan
    order = np.random.default_rng(1).permutation(60)
    one, other = TasteRegressor().fit(X, y), TasteRegressor().fit(X[order], y[order])
    assert np.array_equal(one.predict(X), other.predict(X))
    assert np.array_equal(one.loo_[order], other.loo_)


def test_a_stored_model_is_the_same_model():
    X, y = taste(80)
    X[3, :] = np.nan
    model = TasteRegressor(low=1, high=10).fit(X, y)
    again = TasteRegressor.from_arrays(*model.to_arrays())
    assert np.array_equal(model.predict(X), again.predict(X))
    assert np.array_equal(model.interval(X)[0], again.interval(X)[0])
    assert np.array_equal(model.loo_, again.loo_)


def test_a_model_of_the_first_version_still_loads():
    """It stored ranks; what it was trained on follows from them."""
    X, y = taste(80)
    X[3, :5] = np.nan
    model = TasteRegressor(low=1, high=10).fit(X, y)
    arrays, meta = model.to_arrays()
    old = {name: arrays[name] for name in ("reference", "y", "order")} | {"ranks": model.ranks_}
    again = TasteRegressor.from_arrays(old, {**meta, "kind": "rank-kernel-1"})
    assert np.array_equal(model.predict(X), again.predict(X))
    assert np.array_equal(model.loo_, again.loo_)


@pytest.mark.parametrize("missing", [0.1, 0.5])
def test_unknown_values_leave_the_kernel_positive_definite(missing: float):
    X, y = taste(60, 38)
    X[np.random.default_rng(1).random(X.shape) < missing] = np.nan
    model = TasteRegressor().fit(X, y)
    distances = model.space_.distances(model.ranks_, model.ranks_)
    assert np.linalg.eigvalsh(np.exp(-distances / model.space_.scale(1.0)))[0] > 0
    i = 7
    without = TasteRegressor(reference=X).fit(np.delete(X, i, axis=0), np.delete(y, i))
    assert model.loo_[i] == pytest.approx(without.predict(X[i : i + 1])[0], abs=1e-7)
    quick, lean = model.space_, replace(model.space_, quick=False)
    assert np.allclose(quick.distances(model.ranks_, model.ranks_), lean.distances(model.ranks_, model.ranks_))


def test_an_unknown_value_is_as_far_as_values_are_on_the_average():
    X, y = taste(30, 3)
    space = TasteRegressor().fit(X, y).space_
    probe, unknown = np.array([[0.2, 0.5, 0.5]]), np.array([[np.nan, 0.5, 0.5]])
    ranks = space.ranks(X)
    expected = np.mean(np.abs(0.2 - ranks[:, 0]))
    assert space.distances(probe, unknown)[0, 0] == pytest.approx(expected)
    assert space.distances(unknown, probe)[0, 0] == pytest.approx(expected)
    apart = np.mean(np.abs(ranks[:, None, 0] - ranks[None, :, 0]))
    assert space.distances(unknown, unknown)[0, 0] == pytest.approx(apart)


def test_single_precision_is_precise_enough():
    X, y = taste(kernel.PRECISE + 20, 10)
    model = TasteRegressor(reference=X).fit(X, y)
    for i in (3, 77):
        without = TasteRegressor(reference=X).fit(np.delete(X, i, axis=0), np.delete(y, i))
        assert model.loo_[i] == pytest.approx(without.predict(X[i : i + 1])[0], abs=1e-3)


def test_more_ratings_than_it_learns_from(monkeypatch: pytest.MonkeyPatch):
    """Those left over are predicted by a model that has not seen them; the order of rows still does not matter."""
    monkeypatch.setattr(regressor, "CAP", 120)
    X, y = taste(400, 6)
    model = TasteRegressor(low=1, high=10).fit(X, y)
    assert len(model.y_) == len(set(model.order_)) == 120
    assert metrics_skill(y, model.loo_) > 0.3
    rest = np.setdiff1d(np.arange(400), model.order_)
    assert np.array_equal(model.loo_[rest], model.predict(X[rest]))
    order = np.random.default_rng(1).permutation(400)
    other = TasteRegressor(low=1, high=10).fit(X[order], y[order])
    assert np.array_equal(model.predict(X), other.predict(X))
    assert np.array_equal(model.loo_[order], other.loo_)
    assert np.array_equal(TasteRegressor.from_arrays(*model.to_arrays()).predict(X), model.predict(X))


def test_straight_lines_are_followed():
    """Beyond what likeness alone finds: a listener whose taste is a sum of straight lines."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 13))
    y = X @ rng.standard_normal(13) + rng.standard_normal(400)
    model = TasteRegressor().fit(X[:120], y[:120])
    assert 1 - np.mean((model.predict(X[120:]) - y[120:]) ** 2) / np.var(y[120:]) > 0.75


def test_a_reference_defines_the_ranks():
    X, y = taste(40, 5)
    catalogue = np.random.default_rng(4).random((500, 5)) * 2
    model = TasteRegressor(reference=catalogue).fit(X, y)
    assert model.space_.ranks(np.full((1, 5), 2.0)).max() == pytest.approx(1.0)
    assert not np.array_equal(model.predict(X), TasteRegressor().fit(X, y).predict(X))


@given(st.integers(2, 30), st.integers(1, 40), st.integers(0, 10_000), st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_never_nan(n: int, d: int, seed: int, missing: float):
    rng = np.random.default_rng(seed)
    X = np.where(rng.random((n, d)) < missing, np.nan, rng.integers(0, 4, (n, d)).astype(float))
    y = rng.integers(1, 11, n).astype(float)
    model = TasteRegressor(low=1, high=10).fit(X, y)
    probe = np.vstack([X, np.full((1, d), np.nan), np.full((1, d), 1e6)])
    for values in (model.predict(probe), *model.interval(probe), model.loo_):
        assert np.isfinite(values).all()
        assert values.min() >= 1
        assert values.max() <= 10


@pytest.mark.parametrize("stars", [1.0, 7.0])
def test_constant_ratings_give_that_constant(stars: float):
    X, _ = taste(12, 4)
    model = TasteRegressor().fit(X, np.full(12, stars))
    assert model.predict(X) == pytest.approx(stars)


def test_infinity_is_refused():
    X, y = taste(12, 4)
    X[0, 0] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        TasteRegressor().fit(X, y)


def test_a_mixed_shape_is_half_likeness_and_half_straight_lines():
    """In shares of the variance between tracks, whatever the number of features."""
    rng = np.random.default_rng(4)
    for width in (6, 40):
        space = TasteRegressor().fit(rng.random((300, width)), rng.random(300)).space_
        X = rng.random((300, width))
        ranks, lines = space.ranks(X), space.lines(X)
        likeness, product = np.exp(-space.distances(ranks, ranks) / space.scale(1.0)), lines @ lines.T
        for shape, share in ((kernel.SHAPES[2], 0.5), (kernel.Shape(1.0, 0.2, 1.0), 0.2)):
            basis = kernel.Basis.of(likeness, product, shape, float(space.weights.sum()))
            near, straight = basis.near * (1 - likeness.mean()), basis.straight * np.trace(product) / 300
            assert straight == pytest.approx(share, abs=0.06)
            assert near == pytest.approx(1 - share, abs=0.06)
            assert np.allclose(basis.across(likeness, product).mean(axis=0), basis.row_means)
            centre = np.eye(300) - 1 / 300
            K = centre @ (basis.near * likeness + basis.straight * product) @ centre
            assert np.allclose((basis.vectors * basis.values) @ basis.vectors.T, K, atol=1e-3)


def test_hypotheses_are_weighed_by_their_evidence_and_the_beliefs_before_it():
    """Against densities of the ratings' differences, whose variance is the likeliest: 15 % for "nothing to learn"."""
    from scipy.stats import multivariate_normal

    X, y = taste(14, 12)
    model = TasteRegressor().fit(X, y)
    contrasts = np.linalg.qr(np.c_[np.ones(14), np.eye(14)[:, 1:]])[0][:, 1:]
    z, log_weights = contrasts.T @ model.y_, []
    product = model.lines_ @ model.lines_.T
    for basis, belief in zip(model.bases_, (0.4, 0.4, 0.2), strict=True):
        K = basis.across(model._likeness(model.ranks_)[basis.shape.length], product)
        for noise in kernel.NOISES:
            covariance = contrasts.T @ (K + noise * np.eye(14)) @ contrasts
            scale = z @ np.linalg.solve(covariance, z) / 13
            density = multivariate_normal(np.zeros(13), scale * covariance).logpdf(z)
            log_weights.append(density + np.log(0.85 * belief / len(kernel.NOISES)))
    nothing = multivariate_normal(np.zeros(13), z @ z / 13 * np.eye(13)).logpdf(z) + np.log(0.15)
    weights = np.exp(np.array([*log_weights, nothing]) - max(*log_weights, nothing))
    weights /= weights.sum()
    assert np.allclose(model.posterior_.weights.ravel(), weights[:-1], atol=1e-6)
    assert model.posterior_.nothing == pytest.approx(weights[-1], abs=1e-6)


def test_keys_go_round():
    from bot.domain.features import NAMES

    X = np.full((12, len(NAMES)), np.nan)
    X[:, NAMES.index("key")] = np.arange(12)
    model = TasteRegressor().fit(X, np.arange(12.0))
    distances = model.space_.distances(model.ranks_, model.ranks_)
    keys = np.round(model.ranks_[:, NAMES.index("key")] * 12).astype(int)
    at = {key: place for place, key in enumerate(keys)}
    assert distances[at[0], at[11]] == pytest.approx(distances[at[0], at[1]])
    for key in range(12):
        semitones = min(key, 12 - key)
        assert distances[at[0], at[key]] == pytest.approx(0.5 * semitones / 6), "half a feature from C to F sharp"


def test_lines_do_not_follow_what_lies_far_outside():
    values = np.concatenate([[-1e6, -1e5], np.arange(97.0), [1e5, 1e6]])[:, None]
    space = kernel.Space(values, np.ones(1), np.full(1, np.nan))
    ends = space.lines(np.array([[-1e6], [0.0], [96.0], [1e6]]))[:, 0]
    assert ends[0] == ends[1] < ends[2] == ends[3]


def test_tracks_are_as_far_apart_in_what_nobody_knows_as_two_ranks_are_on_average():
    space = kernel.Space(np.full((5, 1), np.nan), np.ones(1), np.full(1, np.nan))
    unknown = np.full((2, 1), np.nan)
    assert space.gaps(0, unknown, unknown) == pytest.approx(np.full((2, 2), 1 / 3))
