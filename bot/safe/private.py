"""Files that their owner alone can read, and that are whole or not there."""

import os
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def create(file: Path) -> None:
    """Make an empty file with mode 0600, also where another one stood."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


@contextmanager
def written(file: Path) -> Generator[IO[bytes]]:
    """Write a file beside its place, and move it there once it is on the disk; where that fails, nothing is left."""
    part = file.with_name(f".{file.name}.part")
    try:
        create(part)
        with part.open("wb") as raw:
            yield raw
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def tighten(path: Path) -> None:
    """Take a file or folder of ours from everybody else, as an older version or another program may have left it."""
    with suppress(OSError):  # somebody else's, or not there
        mode = path.stat().st_mode
        if mode & OTHERS and not mode & stat.S_ISVTX:  # a folder that all share, such as /tmp, stays
            path.chmod(stat.S_IMODE(mode) & ~OTHERS)


def open_to_others(*paths: Path) -> list[Path]:
    """Which of these others than their owner can read or write."""
    return [path for path in paths if path.exists() and path.stat().st_mode & OTHERS]
