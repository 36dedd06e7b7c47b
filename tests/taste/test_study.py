import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from bot.charts import study as study_pictures
from bot.commands.study import main
from bot.domain.features import NAMES
from bot.flow import study_report
from bot.taste import study, study_leak
from bot.taste.study import SIMPLE, Network, Part, Plan

SMALL = Plan((Network("tanh", (3,), "lbfgs", 1.0), Network("relu", (2,), "lbfgs", 1.0)), folds=3, repeats=1)


def ratings(n: int = 48):
    rng = np.random.default_rng(0)
    X = np.full((n, len(NAMES)), np.nan)
    X[:, :9] = rng.random((n, 9))
    return X, np.clip(np.round(1 + 9 * X[:, 1] + 0.5 * rng.standard_normal(n)), 1, 10)


def write(path: Path, n: int = 48) -> Path:
    X, y = ratings(n)
    rows = [",".join([str(int(star)), *map(str, row[:9])]) for row, star in zip(X, y, strict=True)]
    path.write_text("\n".join([",".join(["rating", *NAMES[:9]]), *rows]))
    return path


def test_it_finds_a_taste_that_is_there_and_none_in_noise():
    X, y = ratings()
    shuffled = np.random.default_rng(1).permutation(y)
    for stars, least, most in ((y, 0.4, 1.0), (shuffled, -9.0, 0.15)):
        with ThreadPoolExecutor(2) as pool:
            results = study.run(X, stars, SMALL, pool)
        assert results is not None
        assert len(results) == 3 * 7
        for method in ("kernel", "network, none", "network, LDA"):
            own = [r["test_r2"] for part in results.values() for r in part if r["method"] == method]
            assert least <= np.mean(own) <= most


def test_a_part_learns_nothing_from_the_rows_left_out():
    X, y = ratings()
    for method in (*study.REDUCTIONS, SIMPLE):
        part = Part(0, 1, method, artificial=method != SIMPLE)
        before = study.run_part(X, y, SMALL, part)
        left_out = np.array(before[0]["rows"])
        other = y.copy()
        other[left_out] = 11 - other[left_out]
        after = study.run_part(X, other, SMALL, part)
        assert [r["predicted"] for r in after] == [r["predicted"] for r in before]


def test_artificial_data_are_a_quarter_more():
    X, y = ratings(40)
    more, stars = study.with_artificial(X[:, :9], y, 3)
    assert len(more) == len(stars) == 50
    assert np.array_equal(more[:40], X[:, :9])
    apart = np.abs(more[40:, None] - X[None, :, :9]).max(axis=2)
    assert (apart.min(axis=1) < 0.5 * X[:, :9].std() * 2).all()


def test_stopping_and_going_on():
    X, y = ratings()
    kept = {}

    def keep(_count, _total, name, results):
        kept[name] = results

    with ThreadPoolExecutor(1) as pool:
        assert study.run(X, y, SMALL, pool, progress=keep, should_stop=lambda: len(kept) >= 4) is None
        assert 4 <= len(kept) <= 6
        counts: list[int] = []
        whole = study.run(X, y, SMALL, pool, done=dict(kept), progress=lambda count, *_: counts.append(count))
    assert whole is not None
    assert counts == list(range(len(kept) + 1, 22)), "only what was missing was run"


def test_the_leak_looks_better_than_honesty_on_noise():
    """On the same ratings, which have nothing to do with the features, only the leak can make the difference."""
    rng = np.random.default_rng(2)
    X, y = rng.random((90, len(NAMES))), rng.integers(1, 11, 90).astype(float)
    leak = study_leak.leaky(X, y, repeats=1, shuffles=1, iterations=4000)
    assert leak.without_row_number > leak.honest + 0.2
    assert leak.honest < 0


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(study, "DEFAULT", SMALL)
    file, out = write(tmp_path / "mine.csv"), tmp_path / "out"
    assert main([str(file), "--out", str(out)]) == 0
    report = (out / "study.md").read_text()
    assert "| kernel |" in report
    assert "| network, PCA, with artificial data |" in report
    for name in ("features", "ratings", "predicted", "learning"):
        assert (out / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert f"]({name}.png)" in report
    assert main([str(tmp_path / "none.csv")]) == 2
    assert main([str(file), "--user", "nobody"]) == 2
    assert main([str(file), "--repeats", "0"]) == 2
    assert "cannot be read" in capsys.readouterr().err


def drawn(out: Path, X, y) -> dict[str, str]:
    """Draw a study's pictures, with predictions that do not matter; returns what is said of each."""
    rows = {"rows": list(range(len(y))), "predicted": [5.0] * len(y)}
    results = [{"method": "kernel", **rows}, {"method": "network, PCA", "network": "tanh 3", **rows}]
    found = study_pictures.draw(out, study_report.figures(X, y, results))
    assert all((out / file).read_bytes().startswith(b"\x89PNG") for _, _, file in found)
    return {file: alt for _, alt, file in found}


def test_every_feature_has_its_panel(tmp_path: Path):
    X, y = ratings(20)
    said = drawn(tmp_path, X, y)
    assert list(said) == ["features.png", "ratings.png", "predicted.png", "learning.png"]
    assert "against each of 9 features" in said["ratings.png"]
    more = np.random.default_rng(1).random((20, len(NAMES)))
    more[:, NAMES.index("mode")] = np.arange(20) % 2
    said = drawn(tmp_path, more, y)
    assert "Valence against mode" in said["features.png"]
    assert "against each of 16 features" in said["ratings.png"]
    assert "mean mode" in said["ratings.png"]
    assert "against each of 24 features" in said["spectrum.png"]
    assert "pitch A♭" in said["spectrum.png"]
    assert "timbre 11" in said["spectrum.png"]
    assert all(len(alt) <= 1024 for alt in said.values()), "Discord's limit of a picture's description"


@pytest.mark.parametrize("feature", ["tempo", "pitch_3"])
def test_where_one_feature_tells_tracks_apart_the_rating_is_drawn_over_it(tmp_path: Path, feature: str):
    _, y = ratings(20)
    X = np.full((20, len(NAMES)), np.nan)
    X[:, NAMES.index(feature)] = np.arange(20) / 20
    said = drawn(tmp_path, X, y)
    assert "which alone tells these tracks apart" in said["features.png"]
    assert ("ratings.png" in said) == (feature == "tempo")


def columns(report: Path) -> dict[str, dict[str, str]]:
    """The report's first table: by method, the cells by their headers."""
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in report.read_text().splitlines() if "|" in line]
    return {row[0]: dict(zip(rows[0], row, strict=True)) for row in rows[2:]}


def test_few_ratings_in_a_fold_do_not_make_the_figures_that_count_absurd(tmp_path: Path):
    X, _ = ratings(24)
    y = np.random.default_rng(5).integers(1, 11, 24).astype(float)
    plan = Plan((Network("tanh", (2,), "lbfgs", 1.0),), folds=8, inner=2, repeats=1)
    with ThreadPoolExecutor(1) as pool:
        results = study.run(X, y, plan, pool)
    assert results is not None
    table = columns(study_report.write(tmp_path, "few", X, y, plan, results, None))
    mean = table["mean"]
    assert float(mean["R2 by fold"]) < -0.4
    assert -0.3 < float(mean["R2 test"]) < 0
    assert mean["error beside the mean's"] == "+0.0%"
    flat = [one for part in results.values() for one in part]
    actual, predicted = study.left_out(y, flat, "ridge")
    assert sorted(actual) == sorted(y), "each rating is left out once"
    assert float(table["ridge"]["MSE test"]) == pytest.approx(np.mean((actual - predicted) ** 2), abs=0.01)


def test_what_does_not_differ_in_a_fold_is_predicted_by_the_mean():
    y = np.array([1.0, 1, 5, 5, 9, 9])
    for reduction in study.REDUCTIONS:
        pipe = study.Pipe(reduction, SMALL.networks[0], 50, artificial=False, seed=0)
        assert pipe(np.full((6, 2), 0.3), y, np.array([[0.3, 0.4]])).tolist() == [5.0]
    # LDA learns from the differences within a class; of each class here is one track, heard twice.
    pipe = study.Pipe("LDA", SMALL.networks[0], 50, artificial=False, seed=0)
    assert pipe(np.repeat([[0.1], [0.5], [0.9]], 2, axis=0), y, np.array([[0.1]])).tolist() == [5.0]


@pytest.mark.parametrize(
    ("stars", "energies", "said"),
    [
        ([7] * 20, range(20), "All 20 ratings are the same"),
        (range(1, 21), [0.5] * 20, "All 20 tracks have the same features"),
        ([7], [0.5], "1 rating of a track with features is too few"),
    ],
)
def test_what_cannot_be_studied_is_refused_before_it_begins(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], stars, energies, said: str
):
    file, out = tmp_path / "mine.csv", tmp_path / "out"
    rows = [f"{star},{energy / 20}" for star, energy in zip(stars, energies, strict=True)]
    file.write_text("\n".join(["rating,energy", *rows]))
    assert main([str(file), "--out", str(out)]) == 2
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = write(tmp_path / "mine.csv")
    for out in (file, file / "below"):
        assert main([str(file), "--out", str(out)]) == 2
        assert "cannot be written" in capsys.readouterr().err


@pytest.mark.slow
def test_an_interrupted_study_goes_on(tmp_path: Path):
    file, out = write(tmp_path / "mine.csv"), tmp_path / "out"
    command = [sys.executable, "-m", "bot", "study", str(file), "--repeats", "1", "--out", str(out)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    parts = out / "parts.jsonl"
    end = time.monotonic() + 120
    while not parts.exists() or len(parts.read_text().splitlines()) < 3:
        assert time.monotonic() < end
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "goes on where it stopped" in said
