"""What others gave, laid on a listener's own model: followed as far as he was seen to follow, and no farther."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.features import NAMES
from bot.domain.ratings import MAX_STARS, MIN_STARS
from bot.domain.taste import ItemEffect, SharedRating
from bot.flow.jobs import fit_job, predict_job
from bot.taste.others import STEP, Following, Others, item_effects, others
from bot.taste.regressor import TasteRegressor

NOTHING = float("nan")


def world(follows: float, n: int = 60, seed: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features that say nothing, item effects, and stars of a listener who follows these."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(size=(n, len(NAMES)))
    effects = rng.normal(0, 1.5, n)
    stars = np.clip(np.rint(5.5 + follows * effects + rng.normal(0, 1, n)), MIN_STARS, MAX_STARS)
    return X, effects, stars


def taught(X: np.ndarray, stars: np.ndarray) -> TasteRegressor:
    return TasteRegressor(low=MIN_STARS, high=MAX_STARS).fit(X, stars)


def gave(*stars: int, openly: bool = False, track: int = 7, mean: float = 5.5) -> list[SharedRating]:
    return [SharedRating(track, who, one, mean, openly) for who, one in enumerate(stars)]


def test_agreement_is_shrunk_by_the_number_of_raters():
    assert item_effects(gave(9, openly=True, mean=7), b"secret")[7] == ItemEffect(0.5, 1)
    assert item_effects(gave(*[9] * 100, openly=True, mean=7), b"secret")[7].stars == pytest.approx(2.0, abs=0.1)
    assert item_effects(gave(3, openly=True, mean=7), b"secret")[7].stars == -1.0
    many = [item_effects(gave(*[9] * 400, track=i), b"secret")[i].stars for i in range(3)]
    assert min(many) > 1.2, "of blurred ratings the truth is in the many"


def test_who_does_not_share_openly_is_heard_only_where_three_rated_the_track():
    assert item_effects(gave(9, 9), b"secret") == {}
    assert item_effects(gave(9, 9, 9), b"secret")[7].raters == 3
    both = [*gave(9, 9), SharedRating(7, 99, 9, 7.0, openly=True)]
    assert item_effects(both, b"secret")[7] == ItemEffect(0.5, 1), "nor beside somebody who shares openly"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 10), min_size=3, max_size=8), st.binary(min_size=1, max_size=64))
def test_of_a_blurred_rating_nothing_counts_but_its_side_of_the_mean(stars: list[int], secret: bytes):
    extremes = [10 if one > 5 else 1 for one in stars]
    assert item_effects(gave(*stars), secret) == item_effects(gave(*extremes), secret)


def test_a_quarter_of_the_ratings_counts_the_other_way_round_and_always_the_same():
    many = [one for track in range(3000) for one in gave(10, 10, 10, track=track)]
    effects = item_effects(many, b"secret")
    assert effects == item_effects(reversed(many), b"secret")
    assert effects != item_effects(many, b"another")
    turned = sum(round((2.1 - 3.5 * effect.stars) / 1.4) for effect in effects.values()) / len(many)
    assert turned == pytest.approx(0.25, abs=0.02)
    # Each lot for itself: a track's three are turned as often together as chance has it.
    assert sum(effect.stars < -0.5 for effect in effects.values()) / 3000 == pytest.approx(0.25**3, abs=0.01)


def test_others_say_something_only_where_they_rated_what_was_learned_and_what_is_asked():
    effects = {7: ItemEffect(0.5, 3), 8: ItemEffect(-0.5, 3)}
    assert others({}, [7], [5.0], [8]) is None
    assert others(effects, [1], [5.0], [8]) is None
    assert others(effects, [7], [5.0], [2]) is None
    told = others(effects, [7, 1], [5.0, 6.0], [8, 2])
    assert told is not None
    assert told.learned[0] == 0.5
    assert math.isnan(told.learned[1])
    assert told.asked[0] == -0.5
    assert math.isnan(told.asked[1])


def test_a_listener_who_follows_the_others_is_predicted_by_them_and_within_the_ranges():
    X, effects, stars = world(1.0, n=1060)
    model = taught(X[:60], stars[:60])
    following = Following.of(model, Others(effects[:60].tolist(), stars[:60].tolist(), effects[60:].tolist()))
    assert 0.7 < following.share < 1.4
    said, low, high, added = following.predict(model, X[60:], effects[60:])
    truth, alone = stars[60:], model.predict(X[60:])
    assert np.mean((said - truth) ** 2) < 0.6 * np.mean((alone - truth) ** 2)
    assert 0.72 < np.mean((low <= truth) & (truth <= high)) < 0.88
    narrow, wide = high - low, np.subtract(*reversed(model.interval(X[60:])))
    assert np.mean(narrow) < 0.85 * np.mean(wide), "what is known better is said more narrowly"
    assert said == pytest.approx(np.clip(alone + added, MIN_STARS, MAX_STARS))
    assert (added % STEP == 0).all()


@pytest.mark.parametrize("follows", [0.0, -1.0])
def test_who_goes_his_own_way_or_against_the_others_is_not_pulled_along(follows: float):
    shares = []
    for seed in range(20):
        X, effects, stars = world(follows, n=20, seed=seed)
        shares.append(Following.of(taught(X, stars), Others(effects.tolist(), stars.tolist(), effects.tolist())).share)
    assert np.mean(shares) < 0.12
    assert min(shares) >= 0


def test_a_track_that_nobody_else_rated_is_predicted_by_the_model_alone():
    X, effects, stars = world(1.0, n=40)
    effects[::3] = NOTHING
    model = taught(X, stars)
    following = Following.of(model, Others(effects.tolist(), stars.tolist(), effects.tolist()))
    said, low, high, added = following.predict(model, X, effects)
    alone, (below, above) = model.predict(X), model.interval(X)
    silent = np.isnan(effects)
    assert np.isnan(added[silent]).all()
    for with_them, without in ((said, alone), (low, below), (high, above)):
        assert (with_them[silent] == without[silent]).all()
    assert (np.abs(said - alone)[~silent] > 0).any()


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_whatever_others_gave_an_answer_is_a_number_of_stars(data: st.DataObject):
    n = data.draw(st.integers(10, 25))
    stars = data.draw(st.lists(st.integers(1, 10), min_size=n, max_size=n).filter(lambda drawn: len(set(drawn)) > 1))
    effect = st.one_of(st.just(NOTHING), st.floats(-9, 9))
    effects = data.draw(st.lists(effect, min_size=n, max_size=n).filter(lambda drawn: not all(map(math.isnan, drawn))))
    asked = data.draw(st.lists(effect, min_size=n, max_size=n))
    rows = [{"energy": i / n, "tempo": 60.0 + 7 * (i * 5 % n)} for i in range(n)]
    arrays, meta, _ = fit_job(rows, stars)
    told = Others(effects, [float(one) for one in stars], asked)
    for answer, theirs in zip(predict_job(arrays, meta, rows, [], explain=False, others=told), asked, strict=True):
        assert answer.stars is not None
        assert answer.low is not None
        assert answer.high is not None
        assert MIN_STARS <= answer.low <= answer.stars <= answer.high <= MAX_STARS
        assert (answer.by_others is None) == math.isnan(theirs)


def test_what_the_others_add_is_said_apart_and_with_the_effects_makes_up_the_prediction():
    X, effects, stars = world(1.0, n=40)
    rows = [dict(zip(NAMES, row, strict=True)) for row in X.tolist()]
    titles = [f"Piece {i}" for i in range(40)]
    arrays, meta, _ = fit_job(rows, stars.astype(int).tolist())
    rated = [(title, "Bach", int(one)) for title, one in zip(titles, stars, strict=True)]
    told = Others(effects.tolist(), stars.tolist(), effects.tolist())
    model = TasteRegressor.from_arrays(arrays, meta)
    for answer in predict_job(arrays, meta, rows, rated, explain=True, others=told)[:10]:
        assert answer.stars is not None
        assert answer.by_others is not None
        parts = sum(effect.stars for effect in answer.effects)
        assert answer.stars == pytest.approx(model.mean_ + parts + answer.by_others, abs=1e-6)
