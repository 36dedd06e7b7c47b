import dataclasses
import itertools
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from bot.charts.taste import PICTURES, effects_alt, effects_png, progress_alt, progress_png, tracks_alt, tracks_png
from bot.domain.features import NAMES
from bot.domain.taste import Checked, Glance
from bot.taste.glance import glance, growth
from bot.taste.matrices import matrix
from bot.taste.validate import train
from tests.charts.test_ratings import pixels


def taste(n: int, seed: int = 1, noise: float = 0.5) -> Glance:
    """Somebody who likes energy and major keys, and whose first ratings come first."""
    rng = np.random.default_rng(seed)
    rows = [
        {"energy": float(e), "mode": float(m), "tempo": float(t), "valence": 0.5}
        for e, m, t in zip(rng.random(n), rng.integers(0, 2, n), rng.uniform(60, 180, n), strict=True)
    ]
    stars = [round(float(np.clip(2 + 6 * r["energy"] + 2 * r["mode"] + rng.normal(0, noise), 1, 10))) for r in rows]
    X, titles = matrix(rows), [f"Piece {i}" for i in range(n)]
    return glance(train(X, np.array(stars, dtype=float))[0], X, stars, titles, "fair")


def record(*hits: bool, seen: bool = False) -> list[Checked]:
    return [Checked(5.0, 4.0, 6.0, seen, 1, 5 if hit else 9, 2 + i) for i, hit in enumerate(hits)]


def test_a_glance_finds_what_moves_the_stars():
    seen = taste(80)
    assert seen.axes == ["energy", "mode"]
    energy, mode = seen.leanings[:2]
    assert energy.sure
    assert energy.best > 0.8
    assert energy.worst < 0.2
    assert energy.swing > 3
    assert (mode.best, mode.worst) == (1.0, 0.0)
    assert "valence" not in [one.feature for one in seen.leanings], "the same for all tracks"
    tempo = next(one for one in seen.leanings if one.feature == "tempo")
    assert tempo.swing < energy.swing / 3


def test_what_is_chance_is_not_called_sure():
    rng = np.random.default_rng(3)
    rows = [{"energy": float(e), "tempo": 60 + 100 * float(t)} for e, t in rng.random((40, 2))]
    wrong = 0
    for _ in range(20):
        stars = rng.integers(1, 11, 40).tolist()
        X, titles = matrix(rows), [""] * 40
        seen = glance(train(X, np.array(stars, dtype=float))[0], X, stars, titles, "unknown")
        wrong += any(one.sure for one in seen.leanings)
    assert wrong <= 6


def test_the_growth_is_that_of_the_ratings_as_they_came():
    rng = np.random.default_rng(2)
    X = np.full((60, len(NAMES)), np.nan)
    X[:, 1] = rng.random(60)
    y = np.where(np.arange(60) < 30, rng.integers(1, 11, 60), np.round(1 + 9 * X[:, 1])).astype(float)
    found = growth(X, y)
    assert next(n for n, _ in found) == 10
    assert found[-1][0] == 60
    early = dict(found)[min(n for n, _ in found if n >= 20)]
    assert early < found[-1][1]
    assert growth(X[:9], y[:9]) == []


@pytest.mark.parametrize("draw", [picture for _, picture, _ in PICTURES])
def test_each_picture_is_a_png_on_a_ground_of_its_own(draw):
    png = draw(taste(40), record(True, False, True))
    picture = pixels(png)
    corners = picture[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert np.all(corners[:, 3:] == 1), "opaque: a theme's ground does not shine through"
    assert np.all(corners[:, :3] < 0.2)
    assert picture.shape[1] == 1000
    assert draw(taste(40), record(True, False, True)) == png, "the same each time"


@pytest.mark.parametrize("seen", [Glance("unknown", 0, (), (), (), (), (), (), ()), taste(10), taste(300)])
def test_little_and_much_can_be_drawn(seen: Glance):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _, draw, words in PICTURES:
            assert draw(seen, [])
            assert words(seen, [])
            assert len(words(seen, record(*[True] * 50))) <= 1024, "Discord's limit of a picture's description"


def test_the_pictures_show_what_they_are_given():
    seen = taste(40)
    assert progress_png(seen, record(True, True)) != progress_png(seen, record(True, False))
    assert progress_png(seen, record(True, True)) != progress_png(seen, record(True, True, seen=True))
    assert effects_png(seen, []) != effects_png(taste(40, seed=2), [])
    assert tracks_png(seen, []) != tracks_png(taste(40, seed=2), [])


def test_the_words_say_what_the_pictures_show():
    seen = taste(80)
    assert "energy up to" in effects_alt(seen, [])
    assert "energy and mode" in tracks_alt(seen, [])
    said = progress_alt(seen, [*record(True, False), *record(True, seen=True)])
    assert "1 of 2 rated blindly" in said
    assert "1 of 1 rated after seeing" in said
    assert f"% after {seen.growth[-1][0]}" in said


def rated(names: str, like: bool = True, n: int = 50) -> Glance:
    """Somebody who likes energy and the key of C, or nothing in particular."""
    rng = np.random.default_rng(4)
    every = {name: rng.random(n) for name in ("energy", "valence", "danceability", "liveness", "acousticness")}
    every |= {"mode": rng.integers(0, 2, n), "key": rng.integers(0, 12, n), "tempo": rng.uniform(60, 180, n)}
    rows = [{name: float(every[name][i]) for name in names.split()} for i in range(n)]
    liked = 3 + 4 * every["energy"] + 3 * (every["key"] == 0) if like else rng.uniform(2, 9, n)
    stars = np.round(liked).astype(int).tolist()
    X, titles = matrix(rows), [""] * n
    return glance(train(X, np.array(stars, dtype=float))[0], X, stars, titles, "fair")


def test_keys_and_modes_are_named():
    said = effects_alt(rated("energy key mode"), [])
    assert "key up to" in said
    assert "best at C," in said
    assert "best at minor, worst at major" in said or "best at major, worst at minor" in said


def test_the_ratings_lie_behind_each_effect():
    seen = rated("energy key")
    energy = next(one for one in seen.leanings if one.feature == "energy")
    mean = sum(seen.given) / len(seen.given)
    place = seen.axes.index("energy")
    expected = sorted((point[place], stars - mean) for point, stars in zip(seen.points, seen.given, strict=True))
    assert sorted(energy.rated) == [pytest.approx(pair) for pair in expected]
    bare = dataclasses.replace(seen, leanings=[dataclasses.replace(one, rated=()) for one in seen.leanings])
    assert effects_png(seen, []) != effects_png(bare, [])


def test_where_nothing_is_sure_the_tracks_lie_by_valence_and_mode_as_in_the_study():
    seen = rated("energy tempo valence mode danceability", like=False)
    assert not any(one.sure for one in seen.leanings)
    assert seen.axes == ["valence", "mode"]
    assert rated("energy key valence mode").axes[0] == "energy", "what is sure comes first"


def test_a_single_feature_lies_below_the_stars():
    seen = rated("energy")
    assert "by energy and stars" in tracks_alt(seen, [])
    moved = dataclasses.replace(seen, points=[[1 - value] for (value,) in seen.points])
    assert tracks_png(moved, []) != tracks_png(seen, []), "the left half is drawn"


def test_it_is_said_that_weaker_features_are_left_out():
    seen = rated("energy key mode tempo valence danceability liveness acousticness")
    assert len(seen.leanings) == 6
    assert "The 6 strongest of 8 features." in effects_alt(seen, [])
    assert effects_png(seen, []) != effects_png(dataclasses.replace(seen, weaker=0), [])
    assert "strongest" not in effects_alt(rated("energy key"), [])


def luminance(colour) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_stars_are_told_by_lightness_and_what_is_written_can_be_read():
    from matplotlib import colormaps
    from matplotlib.colors import to_rgb

    from bot.charts.ratings import BLUE, GROUND, INK, ORANGE

    light = [luminance(colormaps["cividis"](step / 9)) for step in range(10)]
    assert all(later > earlier for earlier, later in itertools.pairwise(light))
    ground = luminance(to_rgb(GROUND)) + 0.05
    for colour, least in ((INK, 7), (BLUE, 4.5), (ORANGE, 4.5)):
        assert (luminance(to_rgb(colour)) + 0.05) / ground >= least, "WCAG's contrast"


def test_importing_the_charts_does_not_import_matplotlib():
    code = "import sys, bot.charts.taste; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0
