"""Rating files that nobody's program wrote: a sentence, whatever they hold."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from bot.commands import evaluate, study
from bot.commands.ratings_files import read_all

COMMANDS: tuple[Callable[[Sequence[str]], int], ...] = (evaluate.main, study.main)


def rows(user: str, ratings: Sequence[str]) -> str:
    lines = [f"{user},{2**64 + i},{rating},{0.1 * i % 1:.3f},{90 + i}" for i, rating in enumerate(ratings)]
    return "\n".join(["user_id,track_id,rating,energy,tempo", *lines])


ODD = {
    "200,000 columns": ",".join(f"c{i}" for i in range(200_000)) + "\n" + "," * 199_999,
    "infinite ratings": rows("ada", ["inf", "-inf", "1e400", "nan"] * 5),
    "ratings of no scale": rows("ada", ["1e308", "-1e308"] * 10),
    "control characters": rows("\x1b[31mada\x07", ["1", "2"]),
    "NUL": "user_id,rating\nada,\0",
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("odd", ODD)
def test_odd_rating_files_get_a_sentence(
    command: Callable[[Sequence[str]], int],
    odd: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "odd\x1b[2J.csv"
    file.write_text(ODD[odd])
    assert command([str(file)]) in {0, 2}
    said = capsys.readouterr()
    told = [line for line in (said.out + said.err).splitlines() if not line.startswith("file ")]
    assert told
    assert not [line for line in told if "Traceback" in line or "\x1b" in line or "\x07" in line]


def test_infinite_ratings_and_large_ids_do_not_spoil_the_others(tmp_path: Path):
    (tmp_path / "mixed.csv").write_text(rows("a\x1b[1mda", ["1", "5", "inf", "9", "1e308"]))
    (listener,) = read_all(tmp_path / "mixed.csv")
    assert listener.name.isprintable()
    assert np.isfinite(listener.y).all()
    assert len(listener.y) == 3
