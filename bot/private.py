"""Files that their owner alone can read, from their first moment, and that are whole or not there."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


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
