from itertools import combinations
from math import comb

import numpy as np
import pytest

from bot.domain.errors import AllRatingsEqual, NoFeatures, TooFewRatings
from bot.domain.features import FEATURES, NAMES, clean, column_name
from bot.domain.ratings import MIN_RATINGS
from bot.flow.jobs import Answer, fit_job, predict_job
from bot.taste.choose import rank_questions
from bot.taste.explain import average_shapley, best_change, curve, effects, map_of, reasons, shapley, turns, what_if
from bot.taste.matrices import matrix
from bot.taste.others import Others
from bot.taste.regressor import TasteRegressor
from bot.taste.validate import order, p_value, spearman, train


def listener(n: int, seed: int = 0, noise: float = 0.8):
    rng = np.random.default_rng(seed)
    rows = [
        {f.name: float(f.low + (f.high - f.low) * rng.random()) for f in FEATURES if not f.name.startswith("timbre")}
        for _ in range(n)
    ]
    stars = [int(np.clip(round(10 * row["energy"] + noise * rng.standard_normal()), 1, 10)) for row in rows]
    return rows, stars, [f"Piece {i}" for i in range(n)]


def test_the_report_of_a_clear_taste():
    _, _, report = fit_job(*listener(90)[:2])
    assert report.verdict in {"fair", "sure"}
    assert report.held_out.skill > 0.1
    assert report.training.skill > report.held_out.skill, "the gap is shown, not hidden"
    assert report.p_value < 0.05
    assert 0.7 <= report.coverage <= 0.95
    assert len(report.actual) == len(report.predicted) == 90


def test_luck_is_not_knowledge():
    """Of ratings that have nothing to do with the tracks, about one in twenty looks like knowledge, by luck."""
    believed = 0
    for seed in range(60):
        rows, stars, _ = listener(20, seed)
        shuffled = np.random.default_rng(seed + 500).permutation(np.array(stars, dtype=float))
        model = TasteRegressor(low=1, high=10).fit(matrix(rows), shuffled)
        believed += p_value(model, 99) <= 0.05
    assert believed <= 8, "8 or fewer of 60 in 99 % of cases, at 5 % each"


def test_what_cannot_be_learned_from_has_a_name():
    rows, stars, _ = listener(MIN_RATINGS)
    with pytest.raises(TooFewRatings):
        fit_job(rows[:-1], stars[:-1])
    with pytest.raises(AllRatingsEqual):
        fit_job(rows, [4] * len(stars))
    with pytest.raises(NoFeatures):
        fit_job([{}] * len(stars), stars)
    _, _, report = fit_job([*rows, {}], [*stars, 9])
    assert report.without_features == 1


def test_effects_add_up_to_the_prediction_minus_the_mean():
    rows, stars, _ = listener(60)
    X = matrix(rows)
    X[::9, 3] = np.nan
    model, _ = train(X, np.array(stars, dtype=float))
    for x in (X[0], X[9], matrix([{"energy": 0.9, "tempo": 140.0}])[0]):
        adds = effects(model, x)
        expected = model.predict(x[None, :])[0] - model.mean_
        assert sum(effect.stars for effect in adds) == pytest.approx(expected, abs=1e-9)
        assert len({effect.feature for effect in adds}) == len(adds)
        assert adds == effects(model, x, average_shapley(model))
    strongest = effects(model, matrix([{**rows[0], "energy": 0.98}])[0])[0]
    assert strongest.feature == "energy"
    assert strongest.stars > 0


def by_coalitions(model: TasteRegressor, X: np.ndarray) -> np.ndarray:
    """Shapley values by their definition: every coalition of telling features, the others weakened to nothing."""
    space, telling = model.space_, np.flatnonzero(model.space_.weights).tolist()
    U, lines = space.ranks(X), space.lines(X)
    gaps = {j: space.gaps(j, U, model.ranks_) for j in telling}

    def worth(coalition: tuple[int, ...]) -> np.ndarray:
        total = np.zeros(len(X))
        mine = np.isin(space.owners, coalition)
        for basis, dual in zip(model.bases_, model.dual_, strict=True):
            apart = sum((gaps[j] for j in coalition), np.zeros((len(X), len(model.y_))))
            near = np.exp(-apart / space.scale(basis.shape.length)) @ dual
            total += basis.near * near + basis.straight * (lines[:, mine] @ (model.lines_[:, mine].T @ dual))
        return total

    found = np.zeros(X.shape)
    for j in telling:
        rest = [other for other in telling if other != j]
        for size in range(len(telling)):
            share = 1 / (len(telling) * comb(len(rest), size))
            for some in combinations(rest, size):
                found[:, j] += share * (worth((*some, j)) - worth(some))
    return found


def test_each_effect_is_exact_however_many_ratings_there_are():
    rows, stars, _ = listener(190)
    rows = [{name: row[name] for name in ("energy", "tempo", "key", "valence")} for row in rows]
    X = matrix(rows)
    model = TasteRegressor(low=1, high=10).fit(X, np.array(stars, dtype=float))
    expected = by_coalitions(model, X[:3]) - by_coalitions(model, model.rows_).mean(axis=0)
    for x, exact in zip(X[:3], expected, strict=True):
        found = {effect.feature: effect.stars for effect in effects(model, x)}
        assert found == pytest.approx({name: exact[NAMES.index(name)] for name in rows[0]}, abs=1e-4)


def test_nothing_is_left_over_but_what_the_ends_of_the_scale_take():
    rows, stars, _ = listener(190, noise=0.0)
    X = matrix(rows)
    model = TasteRegressor(low=1, high=10).fit(X, np.array(stars, dtype=float))
    bound = matrix([{**rows[0], "energy": 1.0}])[0]
    model.low = model.high = None
    unbound = {effect.feature: effect.stars for effect in effects(model, bound)}
    adds = shapley(model, bound[None, :])[0] - average_shapley(model)
    assert adds.sum() == pytest.approx(model.predict(bound[None, :])[0] - model.mean_, abs=1e-4)
    model.high = float(model.predict(bound[None, :])[0]) - 1
    for effect in effects(model, bound):
        assert abs(effect.stars) <= abs(unbound[effect.feature]), "none grows"
        assert effect.stars * unbound[effect.feature] >= 0, "none turns round"
    assert sum(effect.stars for effect in effects(model, bound)) == pytest.approx(model.high - model.mean_)


def test_what_effects_are_compared_with_is_stored_with_the_model():
    rows, stars, titles = listener(60)
    arrays, meta, _ = fit_job(rows, stars)
    rated = [(title, "somebody", star) for title, star in zip(titles, stars, strict=True)]
    (told,) = predict_job(arrays, meta, rows[:1], rated, explain=True)
    without = {name: values for name, values in arrays.items() if name != "average"}
    assert predict_job(without, meta, rows[:1], rated, explain=True) == [told], "a model of an earlier version"
    moved = {**arrays, "average": arrays["average"] + 0.5 * (np.arange(len(NAMES)) == NAMES.index("energy"))}
    (other,) = predict_job(moved, meta, rows[:1], rated, explain=True)
    assert other.effects != told.effects


def test_an_effect_knows_where_its_value_stands_among_the_rated():
    rows, stars, _ = listener(60)
    X = matrix(rows)
    model = TasteRegressor(low=1, high=10).fit(X, np.array(stars, dtype=float))
    for x in (X[np.argmax(X[:, 1])], X[np.argmin(X[:, 1])]):
        places = {effect.feature: effect.place for effect in effects(model, x)}
        assert places["energy"] == pytest.approx(np.mean(X[:, 1] < x[1]), abs=0.01)
        assert places["key"] is places["pitch"] is None, "a key goes round, twelve pitches have no one place"


def test_reasons_name_rated_tracks_that_carry_the_prediction():
    rows, stars, titles = listener(40)
    arrays, meta, _ = fit_job(rows, stars)
    rated = [(title, "somebody", star) for title, star in zip(titles, stars, strict=True)]
    said, unknown = predict_job(arrays, meta, [rows[5], {}], rated, explain=True)
    why = said.reasons
    assert said.low <= said.stars <= said.high
    assert why[0].title in titles
    assert why[0].stars == stars[titles.index(why[0].title)]
    assert unknown == Answer()
    model = TasteRegressor.from_arrays(arrays, meta)
    x = matrix([rows[5]])[0]
    carried = model.smoother(x) @ (model.y_ - model.mean_)
    assert model.mean_ + carried == pytest.approx(model.predict(x[None, :])[0], abs=1e-6)
    assert reasons(model, x, rated)[0] == why[0]


def test_a_model_from_before_a_feature_was_known_predicts_the_same():
    rows, stars, titles = listener(40)
    rows = [{name: row[name] for name in NAMES[:38] if name in row} for row in rows]
    arrays, meta, _ = fit_job(rows, stars)
    before = {name: values[:, :38] if name in {"reference", "rows"} else values for name, values in arrays.items()}
    rated = [(title, "somebody", star) for title, star in zip(titles, stars, strict=True)]
    now = predict_job(arrays, meta, rows, rated, explain=True)
    assert predict_job(before, meta, rows, rated, explain=True) == now
    told = predict_job(before, meta, [{**row, "key_changes": 3.0} for row in rows], [], explain=False)
    assert [(one.stars, one.low, one.high) for one in told] == [(one.stars, one.low, one.high) for one in now], (
        "what it never heard of changes nothing"
    )


def test_order_and_rank_correlation():
    y = np.array([1.0, 2, 3, 4])
    assert order(y, y) == spearman(y, y) == 1
    assert order(y, -y) == 0
    assert order(y, np.zeros(4)) == 0.5
    assert spearman(y, np.zeros(4)) == 0


def test_cells_are_believed_only_in_range():
    known, bad = clean({"tempo": "120", "key": "-1", "energy": "7", "valence": "abc", "mode": "", "year": "1999-05-01"})
    assert known == {"tempo": 120.0, "year": 1999.0}
    assert bad == 2
    assert clean({"energy": "0,5"}) == ({"energy": 0.5}, 0)
    assert clean({"energy": "inf", "tempo": "nan"})[0] == {}


def test_headers_of_all_fashions():
    assert column_name("Duration (ms)") == column_name("Track Duration (ms)") == "duration_ms"
    assert column_name("Time Signature") == "time_signature"
    assert column_name("pitch_11") == "pitch_11"
    assert column_name("Track Name") is None
    assert len(NAMES) == len(set(NAMES)) == 40


def test_questions_are_varied_complete_and_repeatable():
    rows, _, _ = listener(120)
    artists = ["Bach"] * 90 + ["Handel"] * 30
    ranked = rank_questions(rows, [], artists=artists, recent_artists=["Bach", "Bach"], seed=3)
    asked = [one.place for one in ranked]
    assert sorted(asked) == list(range(120))
    assert ranked == rank_questions(rows, [], artists=artists, recent_artists=["Bach", "Bach"], seed=3)
    assert artists[asked[0]] == "Handel"
    early = [artists[i] for i in asked[:60]]
    assert not any(early[i] == early[i + 1] == early[i + 2] for i in range(58))
    assert [one.why for one in ranked[:12]] == [*["typical"] * 5, "surprise"] * 2
    assert ranked[-1].why == "rest"
    assert rank_questions([], [], artists=[]) == []
    assert rank_questions([{"tempo": 99.0}] * 3, [], artists=["a"] * 3, seed=1)


def test_tracks_like_those_already_rated_wait():
    rows, _, _ = listener(60, seed=5)
    candidates = [*[dict(rows[0]) for _ in range(5)], *rows[1:31]]
    told = rank_questions(candidates, [dict(rows[0]) for _ in range(8)], artists=[str(i) for i in range(35)], seed=2)
    assert sum(one.place < 5 for one in told[:10]) <= 1


def test_the_first_questions_stand_for_many_tracks():
    """Three crowds of tracks and one odd one: each crowd is asked about before the odd one is."""
    rng = np.random.default_rng(4)
    rows = [
        {"energy": centre + 0.02 * float(rng.random()), "tempo": 60 + 100 * centre, "valence": 1 - centre}
        for centre in (0.1, 0.5, 0.9)
        for _ in range(12)
    ] + [{"energy": 0.7, "tempo": 61.0, "valence": 0.99}]
    asked = [one.place for one in rank_questions(rows, [], artists=[str(i) for i in range(37)], seed=1)]
    assert {place // 12 for place in asked[:3]} == {0, 1, 2}
    rated = [dict(rows[0]) for _ in range(3)]
    told = [one.place for one in rank_questions(rows, rated, artists=[str(i) for i in range(37)], seed=1)]
    assert {place // 12 for place in told[:2]} == {1, 2}, "what is like the rated ones waits"


def energetic(n: int = 80):
    rows, stars, _ = listener(n)
    X = matrix(rows)
    return train(X, np.array(stars, dtype=float))[0], X


def test_what_if():
    model, X = energetic()
    quiet, loud = (what_if(model, X[0], NAMES.index("energy"), value) for value in (0.05, 0.95))
    assert loud > quiet + 1
    assert what_if(model, X[0], 1, X[0, 1]) == model.predict(X[:1])[0]
    changed = X[:1].copy()
    changed[0, NAMES.index("tempo")] = 140
    assert what_if(model, X[0], NAMES.index("tempo"), 140) == model.predict(changed)[0]


def test_the_best_change_is_the_best_of_the_changes_that_are_asked():
    model, X = energetic()
    calm = min(X, key=lambda row: row[NAMES.index("energy")])
    found = best_change(model, calm)
    assert found is not None
    assert found.feature == "energy"
    assert found.stars == what_if(model, calm, NAMES.index("energy"), found.value)
    assert found.stars > model.predict(calm[None, :])[0] + 0.3
    assert found.value in X[:, NAMES.index("energy")], "a value that a rated track has"
    assert best_change(model, np.full(len(NAMES), np.nan)) is None


def test_a_curve_is_the_mean_of_changed_predictions():
    model, X = energetic()
    model.low = model.high = None
    for name in ("energy", "key"):
        found = curve(model, NAMES.index(name), points=7)
        assert found is not None
        for value, stars, unsure in zip(found.values, found.stars, found.unsure, strict=True):
            changed = X.copy()
            changed[:, NAMES.index(name)] = value
            assert stars == pytest.approx(model.predict(changed).mean() - model.mean_, abs=1e-9)
            assert 0 < unsure < 3
    energy = curve(model, NAMES.index("energy"))
    assert energy is not None
    assert (energy.stars[-1] - energy.stars[0]) > 2 * (energy.unsure[-1] + energy.unsure[0])
    assert curve(model, NAMES.index("timbre_3")) is None, "nothing is known of it"


def test_the_map_puts_like_beside_like():
    model, X = energetic()
    places = map_of(model, X)
    assert places.shape == (80, 2)
    assert np.array_equal(places, map_of(train(X[::-1], model.y_[np.argsort(model.order_)][::-1])[0], X))
    twin = X[:1].copy()
    twin[0, 1] += 0.001
    assert np.linalg.norm(map_of(model, twin) - places[0]) < 0.1 * places.std()
    assert (places.max(axis=0) >= -places.min(axis=0) - 1e-9).all()


def test_the_changes_that_are_offered_stay_within_what_was_rated_and_really_change_something():
    model, X = energetic()
    for x in X[:20]:
        offered = turns(model, x)
        assert len(offered) == len(set(offered)) <= 32
        for feature, value in offered:
            assert value in model.rows_[:, feature], "a value that a rated track has"
            assert value != x[feature]
        by_name = {NAMES[feature]: [value for j, value in offered if j == feature] for feature, _ in offered}
        assert len(by_name["key"]) == 2
        assert not any(name.startswith(("pitch_", "timbre_")) for name in by_name)
    slowest = X[np.argmin(X[:, NAMES.index("tempo")])]
    (faster,) = [value for feature, value in turns(model, slowest) if feature == NAMES.index("tempo")]
    assert faster > np.quantile(X[:, NAMES.index("tempo")], 0.8)
    assert turns(model, np.full(len(NAMES), np.nan)) == []
    x = matrix([{"energy": 0.5, "mode": 0.0}])[0]
    model = TasteRegressor().fit(matrix([{"energy": i / 40, "mode": float(i % 2)} for i in range(40)]), np.arange(40))
    assert turns(model, x)[-1] == (NAMES.index("mode"), 1.0)
    assert len(turns(model, x)) == 3, "calmer, more energetic, in major"
    same = TasteRegressor().fit(matrix([{"energy": i / 40, "mode": 1.0} for i in range(40)]), np.arange(40))
    assert all(NAMES[feature] == "energy" for feature, _ in turns(same, x)), "mode tells no tracks apart"


def test_what_is_answered_is_what_the_stored_model_says_of_the_changed_row():
    rows, stars, titles = listener(60)
    arrays, meta, _ = fit_job(rows, stars)
    rated = [(title, "somebody", star) for title, star in zip(titles, stars, strict=True)]
    told, unknown = predict_job(arrays, meta, [rows[0], {}], rated, explain=True, turn=("energy", 0.123))
    assert unknown.changes == ()
    assert ("energy", 0.123) in [(one.feature, one.value) for one in told.changes]
    for one in told.changes:
        assert one.before == rows[0][one.feature]
        (plainly,) = predict_job(arrays, meta, [{**rows[0], one.feature: one.value}], rated, explain=False)
        assert one.stars == pytest.approx(plainly.stars, abs=1e-9)
    few = {name: value for name, value in rows[0].items() if name != "energy"}
    (told,) = predict_job(arrays, meta, [few], rated, explain=True, turn=("energy", 0.5))
    assert "energy" not in [one.feature for one in told.changes], "not known of this track"


def test_what_others_gave_counts_in_a_changed_row_as_in_the_row_itself():
    rows, stars, titles = listener(40)
    arrays, meta, _ = fit_job(rows, stars)
    rated = [(title, "somebody", star) for title, star in zip(titles, stars, strict=True)]
    company = Others([(star - 5) / 3 for star in stars], [float(star) for star in stars], [1.5])
    (told,) = predict_job(arrays, meta, [rows[0]], rated, True, company, ("tempo", 140.0))
    (plainly,) = predict_job(arrays, meta, [{**rows[0], "tempo": 140.0}], rated, False, company)
    assert told.by_others
    assert next(one.stars for one in told.changes if one.value == 140.0) == pytest.approx(plainly.stars, abs=1e-9)


def test_a_change_is_offered_once_where_most_tracks_have_one_value():
    rows, stars, _ = listener(40)
    X = matrix(rows)
    X[:, NAMES.index("instrumentalness")] = 0.0
    X[:2, NAMES.index("instrumentalness")] = 0.4, 0.8
    model = TasteRegressor(low=1, high=10).fit(X, np.array(stars, dtype=float))
    x = X[5].copy()
    x[NAMES.index("instrumentalness")] = 0.9
    offered = turns(model, x)
    assert (NAMES.index("instrumentalness"), 0.0) in offered
    assert len(offered) == len(set(offered))
