"""The evidence in numbers: what the report's words and its advice rest on."""

import tracemalloc

import numpy as np
import pytest

from bot.domain.features import NAMES
from bot.taste import regressor, validate
from bot.taste.validate import cautious_skill, learning_curve, metrics_skill, more_ratings, order, train, verdict


def listener(n: int, noise: float = 0.5, seed: int = 3):
    """Somebody who likes energy; with enough noise, nobody in particular."""
    rng = np.random.default_rng(seed)
    X = np.full((n, len(NAMES)), np.nan)
    X[:, :5] = rng.random((n, 5))
    return X, np.clip(np.round(1 + 9 * X[:, 1] + noise * rng.standard_normal(n)), 1, 10)


def test_order_counts_pairs_and_keeps_memory_flat():
    rng = np.random.default_rng(0)
    y, said = rng.integers(1, 11, 1100).astype(float), np.round(rng.random(1100), 2)
    right = [
        0.5 if said[i] == said[j] else float((said[i] > said[j]) == (y[i] > y[j]))
        for i in range(0, 1100, 7)
        for j in range(0, 1100, 7)
        if y[i] != y[j]
    ]
    assert order(y[::7], said[::7]) == pytest.approx(np.mean(right), abs=1e-12)
    assert order(y, said) == pytest.approx(np.mean([order(np.roll(y, k), np.roll(said, k)) for k in (1, 501)]))
    y, said = rng.integers(1, 11, 4000).astype(float), rng.random(4000)
    tracemalloc.start()
    order(y, said)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100e6, "all pairs at once take 600 MB"


def test_the_report_says_how_many_ratings_were_learned_from(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(regressor, "CAP", 30)
    X, y = listener(40)
    _, report = train(X, y)
    assert (report.ratings, report.learned) == (40, 30)


@pytest.mark.parametrize(
    ("skill", "p", "low", "word"),
    [
        (0.5, 0.0501, 0.5, "unknown"),
        (0.5, 0.05, 0.5, "sure"),
        (0.0, 0.01, -0.1, "unknown"),
        (-0.2, 0.01, -0.3, "unknown"),
        (0.2, 0.01, 0.099, "hunch"),
        (0.2, 0.01, -0.1, "hunch"),
        (0.2, 0.01, 0.10, "fair"),
        (0.5, 0.01, 0.349, "fair"),
        (0.5, 0.01, 0.35, "sure"),
    ],
)
def test_the_word_that_the_evidence_allows(skill: float, p: float, low: float, word: str):
    assert verdict(skill, p, low) == word


def test_the_cautious_skill_lies_below_where_few_ratings_decide():
    rng = np.random.default_rng(1)
    y = rng.integers(1, 11, 400).astype(float)
    said = y.mean() + 0.6 * (y - y.mean()) + rng.standard_normal(400)
    few, many = cautious_skill(y[:20], said[:20]), cautious_skill(y, said)
    assert few < metrics_skill(y[:20], said[:20])
    assert many < metrics_skill(y, said)
    assert metrics_skill(y, said) - many < metrics_skill(y[:20], said[:20]) - few
    # A single rating far off, predicted by chance, is no knowledge: without it there is none.
    y, said = np.full(20, 5.0), np.full(20, 5.0)
    y[::2], y[0], said[0] = 6, 1, 1
    assert metrics_skill(y, said) > validate.FAIR > cautious_skill(y, said)
    assert cautious_skill(y, said) == cautious_skill(y, said), "the same each time"


def test_the_learning_curve_rises_where_there_is_a_taste_and_not_in_noise():
    X, y = listener(80)
    curve = learning_curve(X, y, [10, 60], draws=6)
    assert [n for n, _ in curve] == [10, 60]
    assert curve[1][1] > curve[0][1] + 0.1
    assert curve[1][1] > 0.6
    assert curve == learning_curve(X, y, [10, 60], draws=6), "the same each time"
    shuffled = np.random.default_rng(2).permutation(y)
    assert all(-0.3 < skill < 0.1 for _, skill in learning_curve(X, shuffled, [10, 60], draws=6))
    assert learning_curve(X, np.full(80, 5.0), [10]) == [(10, 0.0)]


def test_how_many_more_ratings_are_advised():
    X, y = listener(60)
    assert more_ratings(X, y, 0.8, "sure") is None
    assert more_ratings(*listener(401), 0.2, "fair") is None
    assert more_ratings(X[:12], y[:12], 0.0, "unknown") == 18, "to thirty"
    assert more_ratings(X[:12], y[:12], 0.3, "hunch") == 12
    half = learning_curve(X, y, [30])[0][1]
    assert more_ratings(X, y, half + 0.02, "fair") == 60, "as many again, while the curve rises"
    assert more_ratings(X, y, half + 0.005, "fair") is None, "it is flat"
    assert more_ratings(X, y, half, "unknown") == 50
    assert more_ratings(*listener(160), -1.0, "unknown") is None
