"""Group playlists: against the `grouprec` package, against brute force, and by what must always hold."""

import time
from collections import Counter
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog

from bot.domain.errors import AllVetoed, NoCandidates
from bot.taste.group import MOST_OWED, VETO, fill, owe, recommend, replacement
from bot.taste.group_next import next_track
from bot.taste.group_order import arrange, forced, repeats
from bot.taste.group_rules import BUDGET, STRATEGIES, ep_fuzzda, fair, greedy

# Quarters of stars: their sums are exact, so no test hangs on rounding.
STARS = st.integers(4, 40).map(lambda quarters: quarters / 4)


def matrices(unknown: bool = True) -> st.SearchStrategy[np.ndarray]:
    shapes = st.tuples(st.integers(1, 6), st.integers(1, 12))
    values = STARS | st.just(np.nan) if unknown else STARS
    return shapes.flatmap(lambda shape: arrays(np.float64, shape, elements=values))


ORACLES = {
    "average": ("AVG", {}),
    "least_misery": ("LMS", {}),
    "most_pleasure": ("MPL", {}),
    "multiplicative": ("MUL", {}),
    "borda": ("BDC", {}),
    "ep_fuzzda": ("EPFuzzDA", {}),
}


@pytest.mark.parametrize("name", ORACLES)
def test_the_rules_agree_with_grouprec(name: str):
    from grouprec import aggregators

    oracle, options = ORACLES[name]
    rng = np.random.default_rng(3)
    for _ in range(40):
        members, tracks, size = rng.integers(1, 9), rng.integers(1, 40), int(rng.integers(1, 12))
        scores = rng.uniform(1, 10, (members, tracks))
        expected = aggregators.get(oracle, **options).aggregate(scores, size)
        assert STRATEGIES[name](scores, np.zeros(members), size) == expected.tolist()


def test_average_without_misery_agrees_with_grouprec_where_tracks_suffice():
    from grouprec import aggregators

    rng = np.random.default_rng(4)
    scores = rng.uniform(3, 10, (4, 60))
    expected = aggregators.get("AVGNM", threshold=4.0).aggregate(scores, 5)
    assert len(expected) == 5
    assert STRATEGIES["average_without_misery"](scores, np.zeros(4), 5) == expected.tolist()


def test_greedy_agrees_with_grouprecs_of_xiao():
    from grouprec.aggregators import GreedyScalarizationAggregator

    rng = np.random.default_rng(5)
    for _ in range(40):
        scores = rng.uniform(1, 10, (5, 30))
        # mean + w min is, up to a factor, l mean + (1 - l) min with l = 1 / (1 + w)
        expected = GreedyScalarizationAggregator("least_misery", lam=1 / 1.3, utility="average").aggregate(scores, 8)
        assert greedy(scores, np.zeros(5), 8) == expected.tolist()


def test_a_debt_weighs_as_grouprecs_weights_do():
    from grouprec.aggregators import EPFuzzDAAggregator

    rng = np.random.default_rng(6)
    scores, debt = rng.uniform(1, 10, (4, 30)), np.array([0.0, 1.0, 0.5, 0.0])
    expected = EPFuzzDAAggregator(member_weights=(1 + debt) / (1 + debt).sum()).aggregate(scores, 8)
    assert ep_fuzzda(scores, debt, 8) == expected.tolist()


def test_fair_is_near_the_best_that_exists_and_within_its_budget():
    rng = np.random.default_rng(7)
    gaps = []
    for _ in range(30):
        members, tracks, size = int(rng.integers(2, 6)), 11, 4
        scores = rng.uniform(1, 10, (members, tracks))
        lists = [scores[:, list(chosen)].mean(axis=1) for chosen in combinations(range(tracks), size)]
        most = max(means.mean() for means in lists)
        best = max(means.min() for means in lists if means.mean() >= most - BUDGET)
        means = scores[:, fair(scores, np.zeros(members), size)].mean(axis=1)
        assert means.mean() >= most - BUDGET - 1e-9
        gaps.append(best - means.min())
    assert np.mean(gaps) < 0.02
    assert np.mean(np.array(gaps) < 0.01) > 0.8


def highest_minimum(scores: np.ndarray, size: int) -> float:
    """A bound of what any list within the budget gives whoever is worst off, where tracks could be taken in part."""
    members, tracks = scores.shape
    mean = scores.mean(axis=0)
    floor = np.sort(mean)[::-1][:size].mean() - BUDGET
    above = np.vstack([np.hstack([-scores / size, np.ones((members, 1))]), np.append(-mean / size, 0.0)])
    limits = [(0, 1)] * tracks + [(None, None)]
    whole = np.append(np.ones(tracks), 0.0)[None]
    found = linprog(-np.eye(tracks + 1)[-1], above, np.append(np.zeros(members), -floor), whole, [size], limits)
    return -found.fun


def test_fair_searches_from_several_lists_and_comes_near_the_bound_for_ten_members():
    """From a single start the mean is 0.27."""
    scores = [np.random.default_rng(seed).uniform(1, 10, (10, 100)) for seed in range(8)]
    least = [some[:, fair(some, np.zeros(10), 10)].mean(axis=1).min() for some in scores]
    assert np.mean([highest_minimum(some, 10) for some in scores]) - np.mean(least) < 0.23


@pytest.mark.parametrize(("kinder", "taken"), [((7.0, 6.8), True), ((6.7, 6.9), False)])
def test_fair_gives_up_at_most_fifteen_hundredths_of_a_star(kinder: tuple[float, float], taken: bool):
    """The other track has mean 7 and leaves somebody with 6; the kinder one costs a tenth of a star, or a fifth."""
    scores = np.array([(8.0, 6.0), kinder]).T
    assert fair(scores, np.zeros(2), 1) == [int(taken)]


# Of two tracks, in the stars of two members, every rule takes the first until the second member is owed so much:
# worked out by hand from each rule's definition. A third track, where there is one, is nobody's choice.
TIPPING = {
    "average": ([(7, 7), (5, 8)], 1.0),
    "average_without_misery": ([(7, 7), (5, 8)], 1.0),
    "least_misery": ([(7, 7), (6.6, 7.4)], 0.4),
    "most_pleasure": ([(8, 5), (5, 7)], 1.0),
    "multiplicative": ([(7, 7), (5, 8)], np.log(7 / 5) / np.log(8 / 7) - 1),
    "nash": ([(7, 7), (5, 8)], np.log(7 / 5) / np.log(8 / 7) - 1),
    "borda": ([(7, 7), (5, 8), (6, 6)], 1.0),
    "greedy": ([(7, 7), (6.6, 7.4)], 0.4),
    "fair": ([(7, 7), (6.6, 7.4)], 0.4),
    "ep_fuzzda": ([(7, 7), (5, 8)], 5 / 11),
}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_debt_weighs_as_much_as_each_rule_says(strategy: str):
    tracks, enough = TIPPING[strategy]
    scores = np.array(tracks, dtype=np.float64).T
    assert STRATEGIES[strategy](scores, np.array([0.0, 0.9 * enough]), 1) == [0]
    assert STRATEGIES[strategy](scores, np.array([0.0, 1.1 * enough]), 1) == [1]


def test_greedy_pays_a_debt_once_for_every_slot():
    scores = np.array([(7, 7), (7, 7), (6.6, 7.4), (6.6, 7.4)]).T
    assert greedy(scores, np.array([0.0, 0.18]), 2)[0] == 0
    assert greedy(scores, np.array([0.0, 0.22]), 2)[0] == 2


def test_where_too_few_are_fine_the_least_miserable_come_first():
    scores = np.array([(3, 9), (2, 10), (3.5, 3.5), (5, 5), (1, 10), (4, 4)]).T
    order = STRATEGIES["average_without_misery"](scores, np.zeros(2), 6)
    assert order == [3, 5, 2, 0, 1, 4], "the fine by their means, then the worst-off member's stars decide"


def of_many(*kinds: tuple[int, np.ndarray]) -> np.ndarray:
    """Scores (members, tracks) of so many tracks of each kind."""
    return np.concatenate([np.tile(stars[:, None], (1, count)) for count, stars in kinds], axis=1)


def favourites(members: int, each: int, own: float, others: float) -> np.ndarray:
    """So many tracks of each member's, whom alone they please."""
    return np.repeat(np.where(np.eye(members) == 1, own, others), each, axis=1)


def test_of_very_many_tracks_those_that_all_like_are_looked_at():
    """Nobody's favourites, which are many, are the best on average."""
    scores = np.concatenate([favourites(2, 600, 10, 1), of_many((20, np.full(2, 8.0)))], axis=1)
    assert min(fair(scores, np.zeros(2), 10)) >= 1200


def test_of_very_many_tracks_everybodys_own_favourites_are_looked_at():
    """600 are best on average and leave the third with 5; twenty hardly worse ones, which they love, with 6."""
    scores = of_many((600, np.array([9, 9, 5])), (600, np.array([5, 5, 4])), (20, np.array([8.4, 8.4, 6])))
    assert min(fair(scores, np.zeros(3), 10)) >= 1200


def test_of_very_many_favourites_those_that_others_can_live_with_are_looked_at():
    """Sixty members have more favourites than fit; those of the last, who else gets 5, please everybody."""
    members = 60
    neglecting, loved = np.full(members, 6.0), np.full(members, 5.9)
    neglecting[-1], loved[-1] = 5.0, 10.0
    scores = np.concatenate([favourites(members, 20, 9.5, 2)[:, :-20], of_many((600, neglecting), (20, loved))], axis=1)
    assert scores[:, fair(scores, np.zeros(members), 20)].mean(axis=1).min() > 5.9


def test_two_camps_get_their_turns():
    """Half loves the even tracks, half the odd ones, a third of all is middling: nobody is left out."""
    scores = np.full((4, 12), 4.0)
    scores[:2, ::2] = 9
    scores[2:, 1::2] = 9
    means = recommend(scores, 6).means
    assert np.ptp(means) < 1e-9
    assert means[0] == 6.5


@given(matrices(), st.integers(1, 8), st.sampled_from(sorted(STRATEGIES)), st.sampled_from([None, 2.0, VETO]))
def test_what_always_holds(predictions: np.ndarray, size: int, strategy: str, veto: float | None):
    passes = ~(predictions < veto).any(axis=0) if veto is not None else np.ones(predictions.shape[1], dtype=bool)
    if not passes.any():
        with pytest.raises(AllVetoed):
            recommend(predictions, size, strategy, veto)
        return
    made = recommend(predictions, size, strategy, veto)
    assert len(made.order) == min(size, passes.sum()), "shorter only where too few tracks pass"
    assert len(set(made.order.tolist())) == len(made.order)
    assert passes[made.order].all()
    assert made.vetoed == (~passes).sum()
    assert made.satisfaction.shape == (len(predictions), len(made.order))
    assert np.isfinite(made.satisfaction).all()
    assert ((made.satisfaction >= 1) & (made.satisfaction <= 10)).all()
    assert np.array_equal(made.known, ~np.isnan(predictions[:, made.order]))
    assert np.array_equal(made.satisfaction[made.known], predictions[:, made.order][made.known])


@given(matrices(unknown=False), st.integers(1, 8), st.sampled_from(sorted(STRATEGIES)), st.randoms())
def test_the_order_of_members_does_not_matter(predictions: np.ndarray, size: int, strategy: str, random):
    rows = list(range(len(predictions)))
    random.shuffle(rows)
    debt = np.arange(len(predictions)) / 4
    made = recommend(predictions, size, strategy, None, debt)
    again = recommend(predictions[rows], size, strategy, None, debt[rows])
    assert again.order.tolist() == made.order.tolist()
    assert np.array_equal(again.satisfaction, made.satisfaction[rows])


@given(matrices(unknown=False), st.integers(1, 6), st.data())
def test_who_is_owed_more_never_gets_less_on_average(predictions: np.ndarray, size: int, data: st.DataObject):
    """Provable where the rule maximises a weighted sum; of the others the next test says what to expect."""
    member = data.draw(st.integers(0, len(predictions) - 1))
    little, more = sorted(data.draw(st.tuples(*[st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.0])] * 2)))
    got = []
    for owed in (little, more):
        debt = np.zeros(len(predictions))
        debt[member] = owed
        got.append(recommend(predictions, size, "average", None, debt).means[member])
    assert got[1] >= got[0] - 1e-9


@pytest.mark.parametrize("strategy", sorted(set(STRATEGIES) - {"average_without_misery"}))
def test_a_debt_pays_under_every_rule(strategy: str):
    rng = np.random.default_rng(8)
    gains = []
    for _ in range(60):
        predictions = rng.uniform(1, 10, (5, 60))
        debt = np.array([2.0, 0, 0, 0, 0])
        without, owed = (recommend(predictions, 8, strategy, None, given).means[0] for given in (None, debt))
        gains.append(owed - without)
    assert np.mean(gains) > 3 * np.std(gains) / np.sqrt(len(gains)) > 0


DEBTS = st.dictionaries(st.integers(1, 6), st.floats(0, MOST_OWED), max_size=6)
MEANS = st.dictionaries(st.integers(1, 6), STARS, min_size=1, max_size=6)


@given(DEBTS, MEANS, st.data())
def test_debts_grow_with_what_was_missed(debt: dict[int, float], means: dict[int, float], data: st.DataObject):
    after = owe(debt, means)
    assert all(0 <= owed <= MOST_OWED for owed in after.values())
    assert {member: after[member] for member in debt.keys() - means.keys()} == {
        member: debt[member] for member in debt.keys() - means.keys()
    }
    member = data.draw(st.sampled_from(sorted(means)))
    less = owe(debt, means | {member: means[member] - data.draw(st.floats(0, 5))})
    assert less[member] >= after[member] - 1e-9, "getting less never lowers a debt"
    more_owed = owe(debt | {member: min(MOST_OWED, debt.get(member, 0.0) + 0.5)}, means)
    assert more_owed[member] >= after[member]


def test_debts_fade_and_nobody_there_changes_nothing():
    assert owe({1: 1.0}, {1: 6.0, 2: 6.0}) == {1: 0.5, 2: 0.0}
    assert owe({1: 1.0}, {}) == {1: 1.0}
    assert owe({}, {1: 1.0, 2: 10.0}) == {1: 2.0, 2: 0.0}, "two stars at most"


def test_who_got_less_catches_up_over_sessions():
    rng = np.random.default_rng(9)
    spread = {}
    for carried in (False, True):
        debt, got = dict[int, float](), np.zeros(5)
        for _ in range(12):
            predictions = np.clip(rng.normal(6, 2, (5, 60)), 1, 10)
            owed = [debt.get(i, 0.0) for i in range(5)] if carried else None
            means = recommend(predictions, 6, "average", None, owed).means
            got, debt = got + means, owe(debt, dict(enumerate(means)))
        spread[carried] = np.ptp(got / 12)
    assert spread[True] < spread[False]


def test_unknown_predictions_are_filled_by_the_groups_taste():
    filled = fill(np.array([[9.0, 3.0, np.nan], [8.0, 2.0, 8.0], [np.nan, np.nan, np.nan]]))
    assert filled[2, 0] > filled[2, 1], "who says nothing is taken to like what the others like"
    assert filled[0, 2] > 6, "above his mean, as it is above the other's"
    assert filled[0, 0] == 9
    nothing = recommend(np.full((2, 3), np.nan), 2)
    assert not nothing.known.any()
    assert np.array_equal(nothing.satisfaction, np.full((2, 2), 5.5))


def test_a_stand_in_vetoes_nothing():
    predictions = np.array([[2.9, np.nan], [9.0, 9.0]])
    assert recommend(predictions, 2).order.tolist() == [1]
    assert sorted(recommend(predictions, 2, veto=None).order.tolist()) == [0, 1]


def test_caution_prefers_the_surer_of_two():
    predictions, deviation = np.array([[7.0, 7.0], [7.0, 7.0]]), np.array([[2.0, 0.5], [2.0, 0.5]])
    assert recommend(predictions, 1, uncertainty=deviation, caution=0.5).order.tolist() == [1]


def test_bad_input_is_refused():
    for empty in (np.empty((0, 4)), np.empty((3, 0))):
        with pytest.raises(NoCandidates):
            recommend(empty, 3)
    good = np.full((2, 3), 5.0)
    for bad in (lambda: recommend(good, 0), lambda: recommend(good, 2, "loudest"), lambda: recommend([1.0, 2.0], 2),
                lambda: recommend(np.full((2, 3), np.inf), 2), lambda: recommend(good, 2, debt=[1.0]),
                lambda: recommend(good, 2, uncertainty=np.ones((2, 2)))):  # fmt: skip
        with pytest.raises(ValueError):
            bad()


@pytest.mark.clock
def test_a_large_group_is_quick():
    predictions = np.random.default_rng(10).uniform(1, 10, (40, 5000))
    for strategy in STRATEGIES:
        began = time.process_time()
        assert len(recommend(predictions, 10, strategy, None).order) == 10
        assert time.process_time() - began < 1, strategy


@given(matrices(), st.integers(1, 5))
def test_a_replacement_is_new_and_passes_the_veto(predictions: np.ndarray, size: int):
    try:
        order = recommend(predictions, size).order.tolist()
        found = replacement(predictions, order[1:], order[:1])
    except (AllVetoed, NoCandidates):
        return
    assert found not in order
    assert not (predictions[:, found] < VETO).any()


def test_a_replacement_helps_whoever_is_worst_off():
    predictions = np.array([[9.0, 9.0, 4.0, 8.0], [4.0, 4.0, 8.5, 4.0]])
    assert replacement(predictions, [0, 1], [], None) == 2


# --- the order


@given(st.lists(st.sampled_from("aaabbc"), min_size=1, max_size=7), st.integers(0, 999))
@settings(max_examples=150, deadline=None)
def test_no_artist_twice_in_a_row_where_avoidable(artists: list[str], seed: int):
    rng = np.random.default_rng(seed)
    sounds = np.column_stack([rng.uniform(60, 180, len(artists)), rng.uniform(0, 1, len(artists))])
    order = arrange(rng.uniform(1, 10, len(artists)), artists, sounds)
    assert sorted(order) == list(range(len(artists)))
    least = min(repeats(way) for way in permutations(artists))
    assert repeats([artists[i] for i in order]) == least


@given(st.lists(st.sampled_from("abc"), max_size=5), st.sampled_from("abcx"), st.sampled_from("abcy"))
def test_forced_repeats_are_counted_right(artists: list[str], before: str, after: str):
    least = min(repeats([before, *way, after]) for way in permutations(artists))
    assert forced(Counter(artists), before, after) == least


def test_the_strongest_stand_at_the_ends():
    strength = np.array([5.0, 9.0, 6.0, 8.0, 7.0])
    order = arrange(strength)
    assert (order[0], order[-1]) == (1, 3)
    # Both by one artist, and so are no neighbours; but two of three by one artist must stand at both ends.
    assert arrange(np.array([1.0, 2.0, 9.0]), ["a", "a", "b"]) in ([1, 2, 0], [0, 2, 1])


def test_tempo_and_energy_change_smoothly():
    tempo = np.array([60.0, 100, 90, 80, 70, 110])
    sounds = np.column_stack([tempo, np.full(6, np.nan)])
    order = arrange(np.array([9.0, 1, 1, 1, 1, 8]), None, sounds)
    assert tempo[order].tolist() == [60, 70, 80, 90, 100, 110]
    double = np.array([[60.0, 0.5], [120.0, 0.5], [85.0, 0.5], [61.0, 0.5]])
    assert arrange(np.array([9.0, 1, 1, 8]), None, double)[1] == 1, "double time is no step"


# --- the next track of a round


def test_the_next_track_pleases_and_teaches():
    predictions = np.array([[8.0, 8.0, 4.0, 9.0], [7.0, 7.0, 4.0, 2.0]])
    deviation = np.array([[0.5, 2.0, 2.5, 1.0], [0.5, 2.0, 2.5, 1.0]])
    assert next_track(predictions, deviation) == 1, "as good as the first, and less is known of it"
    assert next_track(predictions, deviation, played=[1]) == 0, "the fourth is vetoed, the third disliked"
    assert next_track(predictions, deviation, played=[0, 1]) == 2
    assert next_track(predictions, deviation, played=[0, 1, 2]) == 3, "rather a vetoed one than none"
    with pytest.raises(NoCandidates):
        next_track(predictions, deviation, played=[0, 1, 2, 3])


def test_the_next_track_is_by_somebody_else():
    predictions, deviation = np.array([[8.0, 7.9]]), np.ones((1, 2))
    assert next_track(predictions, deviation, artists=["Bach", "Byrd"], last_artist="bach") == 1


@given(matrices())
def test_the_next_track_knows_no_nan(predictions: np.ndarray):
    chosen = next_track(predictions, np.full(predictions.shape, np.nan))
    assert 0 <= chosen < predictions.shape[1]
