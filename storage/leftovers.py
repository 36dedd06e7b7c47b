"""What is left of a backup or a restoring whose process was killed: copies that are not sealed, so they go."""

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from bot.safe.lock import HardLock
from storage.check import LOOK, go_on

LOCK = ".lock-backup"


@contextmanager
def alone(folder: Path, stop: threading.Event) -> Generator[None]:
    """Make one backup of a data folder at a time."""
    lock = HardLock(folder / LOCK)
    while not lock.acquire():
        go_on(stop)
        time.sleep(LOOK)
    try:
        yield
    finally:
        lock.release()


def sweep(database: Path, backups: Path, *, restoring: bool) -> None:
    """Remove what is left, at a program's start; of a `restoring` only where nobody else can be at it."""
    lock = HardLock(database.parent / LOCK)
    if lock.acquire():  # else a backup is being made right now
        try:
            remove_leftovers(database.parent, backups)
        finally:
            lock.release()
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
