import io
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from bot.charts.ratings import report_alt, report_figure, report_png
from bot.domain.features import NAMES
from bot.domain.taste import Metrics, TasteReport
from bot.taste.validate import order, spearman, train
from cogs.ui.text_retrain import report_lines


def report(actual: list[float], predicted: list[float]) -> TasteReport:
    metrics = Metrics(skill=0.32, r2=0.3, mae=1.42, spearman=0.61, order=0.7)
    mean = sum(actual) / len(actual)
    return TasteReport(len(actual), 3, metrics, metrics, 0.8, mean, 0.01, "fair", None, actual, predicted)


def pixels(png: bytes) -> np.ndarray:
    from matplotlib.image import imread

    return imread(io.BytesIO(png), format="png")


def many() -> TasteReport:
    rng = np.random.default_rng(5)
    actual = rng.integers(1, 11, 60).astype(float)
    return report(actual.tolist(), np.clip(5.5 + 0.5 * (actual - 5.5) + rng.normal(0, 1, 60), 1, 10).tolist())


def test_the_picture_is_a_png_on_a_ground_of_its_own():
    png = report_png(many())
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    picture = pixels(png)
    assert picture.shape[:2] == (460, 1000)
    corners = picture[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert np.all(corners[:, 3:] == 1), "opaque: a theme's ground does not shine through"
    assert np.all(corners[:, :3] < 0.2)


def test_the_same_report_is_the_same_picture():
    assert report_png(many()) == report_png(many())


@pytest.mark.parametrize("count", [1, 2, 500])
def test_few_and_many_ratings_can_be_drawn(count: int):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert report_png(report([7.0] * count, [6.5] * count))


def test_the_picture_shows_what_was_predicted():
    actual = [1.0, 4.0, 7.0, 10.0]
    assert report_png(report(actual, actual)) != report_png(report(actual, actual[::-1]))


@pytest.mark.parametrize("count", [10, 40])
@pytest.mark.parametrize("seed", range(3))
def test_words_picture_and_alt_text_show_one_set_of_numbers(count: int, seed: int):
    rng = np.random.default_rng(seed)
    X = rng.random((count, len(NAMES)))
    y = np.clip(np.round(2 + 6 * X[:, 1] + rng.normal(0, 1, count)), 1, 10)
    _, trained = train(X, y)
    dots = np.asarray(report_figure(trained).axes[0].collections[0].get_offsets())
    given, predicted = trained.beyond_the_mean()
    assert np.abs(dots[:, 0] - given).max() < 0.2, "moved apart a little, where ratings are the same"
    assert dots[:, 1].tolist() == predicted
    held, (given, predicted) = trained.held_out, np.round([given, predicted], 9)
    assert spearman(given, predicted) == pytest.approx(held.spearman, abs=1e-12)
    assert order(given, predicted) == pytest.approx(held.order, abs=1e-12)
    assert np.abs(given - predicted).mean() == pytest.approx(held.mae)
    assert 1 - ((given - predicted) ** 2).sum() / (given**2).sum() == pytest.approx(held.skill)
    if abs(held.spearman) > 0.3:
        assert np.sign(np.polyfit(*dots.T, 1)[0]) == np.sign(held.spearman), "dots slope as the words say"
    said = report_lines(trained)
    assert f"{spearman(given, predicted):.2f}" in report_alt(trained)
    for words in (said.replace("**", ""), report_alt(trained)):
        assert f"off by {np.abs(given - predicted).mean():.1f} stars on average" in words
    assert f"better one: **{round(100 * order(given, predicted))} %**" in said


def test_the_words_say_what_the_picture_shows():
    words = report_alt(report([2.0, 4.0], [3.0, 3.0]))
    assert "2 tracks" in words
    assert "0.61" in words
    assert "3.0" in words
    assert len(words) <= 1024, "Discord's limit of a picture's description"


def test_importing_charts_does_not_import_matplotlib():
    code = "import sys, bot.charts.ratings; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0
