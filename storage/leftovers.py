"""What is left of a backup or a restoring whose process was killed: copies that are not sealed, so they go."""

import fcntl
import os
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from storage.check import LOOK, go_on


@contextmanager
def alone(folder: Path, stop: threading.Event) -> Generator[None]:
    """Make one backup of a data folder at a time; the operating system lets go when the process ends, however."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        while not _locked(descriptor):
            go_on(stop)
            time.sleep(LOOK)
        yield
    finally:
        os.close(descriptor)


def sweep(database: Path, backups: Path, *, restoring: bool) -> None:
    """Remove what is left, at a program's start; of a `restoring` only where nobody else can be at it."""
    descriptor = os.open(database.parent, os.O_RDONLY)
    try:
        if _locked(descriptor):  # else a backup is being made right now
            remove_leftovers(database.parent, backups)
    finally:
        os.close(descriptor)
    if restoring:
        _remove(database.parent, f".{escape(database.name)}.restoring*")


def remove_leftovers(data: Path, backups: Path) -> None:
    """Remove what is left of backups, where none is being made."""
    for folder in {data, backups}:  # copies once stood among the backups
        _remove(folder, ".earmark-*.copy*")
    _remove(backups, ".earmark-*.db.zst*.part")


def _remove(folder: Path, pattern: str) -> None:
    for file in folder.glob(pattern):
        with suppress(OSError):
            file.unlink()


def _locked(folder: int) -> bool:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a filesystem without such locks
        return True
    return True
