"""`earmark analyse` as a program."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sources.sounds import music, wav


def earmark(*arguments: str | Path, stderr: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot", "analyse", *map(str, arguments)]
    return subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=stderr, text=True, timeout=120)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demos")
    (folder / "deeper").mkdir()
    (folder / "in_c.wav").write_bytes(wav(music()))
    (folder / "deeper" / "in_d.OGG").write_bytes(wav(music(transpose=2), kind="OGG"))
    (folder / "notes.txt").write_text("not looked at")
    (folder / "broken_1.mp3").write_text("no audio at all")
    return folder


def test_one_file(folder: Path):
    done = earmark(folder / "in_c.wav")
    assert done.returncode == 0
    assert done.stderr == ""
    assert "C major" in done.stdout
    assert "100." in done.stdout


def test_a_bad_file_does_not_lose_the_others(folder: Path):
    done = earmark(folder, "--json")
    assert done.returncode == 1
    rows = {Path(row["file"]).name: row for row in map(json.loads, done.stdout.splitlines())}
    assert set(rows) == {"in_c.wav", "in_d.OGG", "broken_1.mp3"}
    assert (rows["in_c.wav"]["key"], rows["in_d.OGG"]["key"]) == (0, 2)
    assert rows["in_d.OGG"]["tempo"] == pytest.approx(100, rel=0.02)
    assert len(rows["in_c.wav"]["pitches"]) == len(rows["in_c.wav"]["timbre"]) == 12
    assert rows["broken_1.mp3"] == {"file": str(folder / "broken_1.mp3"), "error": rows["broken_1.mp3"]["error"]}
    assert "broken_1.mp3 isn't audio" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_terminal_shows_a_bar(folder: Path):
    controller, terminal = pty.openpty()
    try:
        done = earmark(folder / "in_c.wav", folder / "deeper", stderr=terminal)
        shown = os.read(controller, 10_000).decode()
    finally:
        os.close(terminal)
        os.close(controller)
    assert done.returncode == 0
    assert "0/2" in shown
    assert "1/2" in shown
    assert "#" in shown


def test_nothing_to_do(tmp_path: Path):
    done = earmark(tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    missing = earmark(tmp_path / "missing.wav")
    assert missing.returncode == 1
    assert "No such file" in missing.stderr
