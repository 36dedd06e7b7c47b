import csv
import json
from pathlib import Path

import numpy as np
import pytest

from bot.taste.evaluate import Patience, main, read


def write(path: Path, ratings: bool = True) -> Path:
    rng = np.random.default_rng(0)
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["user_id", "track_id", *(["rating"] if ratings else []), "energy", "tempo"])
        for i in range(80):
            energy = rng.random()
            writer.writerow(["a", i, *([round(1 + 9 * energy)] if ratings else []), energy, 60 + 100 * rng.random()])
    return path


def test_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file, empty = write(tmp_path / "mine.csv"), write(tmp_path / "catalogue.csv", ratings=False)
    assert main([str(file), str(empty), "--ratings", "20,40,900", "--draws", "3", "--json"]) == 0
    printed = capsys.readouterr()
    said = [line for line in printed.err.splitlines() if not line.startswith("...")]  # on a slow machine it says more
    assert said == [
        "mine: 80 ratings of one listener at most, and 900 to learn from needs 910.",
        "catalogue: no ratings of tracks with features in it; skipped.",
    ]
    rows = [json.loads(line) for line in printed.out.splitlines()]
    assert {(row["n"], row["method"]) for row in rows} == {
        (n, method) for n in (20, 40) for method in ("earmark", "mean", "ridge", "forest", "2020")
    }
    ours = next(row for row in rows if row["method"] == "earmark" and row["n"] == 40)
    assert ours["skill"] > 0.7
    assert 0.5 < ours["coverage"] <= 1


def test_mistakes_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main([str(tmp_path / "missing.csv")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    assert main([str(write(tmp_path / "a.csv")), "--ratings", "x"]) == 2
    assert "--ratings takes" in capsys.readouterr().err


@pytest.mark.parametrize("cell", ["nan", "inf", "-inf", "good", ""])
def test_a_rating_that_is_no_number_is_left_out(tmp_path: Path, cell: str):
    file = write(tmp_path / "mine.csv")
    lines = file.read_text().splitlines()
    fields = lines[4].split(",")
    lines[4] = ",".join([*fields[:2], cell, *fields[3:]])
    file.write_text("\n".join(lines))
    (listener,) = read(file)
    assert len(listener.y) == 79
    assert (listener.y.min(), listener.y.max()) == (1, 10)


def test_shares_count_only_where_all_ratings_have_one(tmp_path: Path):
    file = tmp_path / "mixed.csv"
    rows = [f"{i % 10 + 1},{(i % 10) / 9 if i else ''},{i / 40}" for i in range(40)]
    file.write_text("rating,rating_norm,energy\n" + "\n".join(rows))
    (listener,) = read(file)
    assert sorted(set(listener.y.tolist())) == list(range(1, 11))


def test_what_takes_long_says_what_it_is_at(capsys: pytest.CaptureFixture[str]):
    for patience, said in ((Patience(0.0), "... likes, 15 ratings, ridge"), (Patience(60.0), "")):
        patience("likes, 15 ratings, ridge")
        assert capsys.readouterr().err.strip() == said
