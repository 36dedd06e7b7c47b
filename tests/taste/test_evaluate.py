import csv
import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bot.commands.evaluate import Patience, main
from bot.commands.ratings_files import read
from bot.domain.features import NAMES
from bot.domain.ratings import Rating
from bot.domain.tracks import Track
from bot.flow.account import ratings_csv


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
        "mine: at most 80 ratings of one listener; 900 to learn from need 910.",
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


def test_ratings_that_are_all_the_same_are_not_called_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "constant.csv"
    for header, given in (("rating", "7"), ("rating_norm", "0.5")):
        file.write_text(f"{header},energy\n" + "\n".join(f"{given},{i / 40}" for i in range(40)))
        assert main([str(file), "--draws", "1"]) == 0
        assert "constant: all ratings in it are the same; skipped." in capsys.readouterr().out
        assert read(file) == []


def test_one_rating_is_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "few.csv"
    file.write_text("rating,energy\n1,0.2\n5,0.3\n")
    assert main([str(file), "--ratings", "15"]) == 0
    assert "few: at most 2 ratings of one listener; 15 to learn from need 25." in capsys.readouterr().out


def test_headers_are_known_in_whatever_spelling(tmp_path: Path):
    file = tmp_path / "caps.csv"
    file.write_text("User ID,Rating,Energy,Duration (ms),Tempo,tempo\n" + "\n".join(
        f"ada,{1 + i % 10},{i / 40},{60_000 + i},1,{80 + i}" for i in range(40)
    ))  # fmt: skip
    (listener,) = read(file)
    assert listener.name == "ada"
    known = {name for name, column in zip(NAMES, listener.X.T, strict=True) if not np.isnan(column).all()}
    assert known == {"energy", "duration_ms", "tempo"}
    assert listener.X[0, NAMES.index("tempo")] == 80, "the exact name counts"


def test_an_export_is_read_on_one_scale(tmp_path: Path):
    tracks = [
        Track(i, f"Piece {i}", features={"energy": 0.2 + i / 100, "tempo": 90.0 + i}, scales={"judged": source})
        for i, source in enumerate(["file"] * 12 + ["reccobeats"] * 5)
    ]
    file = tmp_path / "ratings.csv"
    file.write_bytes(ratings_csv([Rating(1, track, 1 + track.id % 10, 0) for track in tracks]))
    (listener,) = read(file)
    energy, tempo = (listener.X[:, NAMES.index(name)] for name in ("energy", "tempo"))
    assert np.isnan(energy).tolist() == [False] * 12 + [True] * 5, "what fewer tracks have is on another scale"
    assert not np.isnan(tempo).any(), "a tempo is a tempo"


def test_a_file_in_another_encoding_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "latin.csv"
    file.write_bytes("rating,energy,name\n5,0.4,Für Elise\n".encode("latin-1"))
    assert main([str(file)]) == 2
    assert "it is not a text in UTF-8" in capsys.readouterr().err


def test_tracks_that_all_sound_the_same_are_measured_without_a_crash(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    file = tmp_path / "same.csv"
    file.write_text("rating,energy\n" + "\n".join(f"{1 + i % 10},0.5" for i in range(40)))
    assert main([str(file), "--ratings", "15", "--draws", "1", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["method"] for row in rows] == ["earmark", "mean", "ridge", "forest", "2020"]
    assert rows[-1]["skill"] == 0


@pytest.mark.slow
def test_ctrl_c_is_no_crash(tmp_path: Path):
    file = write(tmp_path / "mine.csv")
    command = [sys.executable, "-m", "bot", "evaluate", str(file), "--ratings", "60", "--draws", "100000"]
    # What a shell runs in the background ignores Ctrl-C, and so would all that it starts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("..."), "it is at work"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said.endswith("Interrupted.\n")
    assert "Traceback" not in said


def test_what_takes_long_says_what_it_is_at(capsys: pytest.CaptureFixture[str]):
    for patience, said in ((Patience(0.0), "... likes, 15 ratings, ridge"), (Patience(60.0), "")):
        patience("likes, 15 ratings, ridge")
        assert capsys.readouterr().err.strip() == said
