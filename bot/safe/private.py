"""Files that their owner alone can read, and that are whole or not there."""

import os
import secrets
import stat
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from bot.domain.errors import FileStands, Unwritable

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def create(file: Path) -> None:
    """Make an empty file with mode 0600, also where another one stood; a link that stands there is not followed."""
    file.unlink(missing_ok=True)
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def require_place(file: Path, *, overwrite: bool = False) -> None:
    """Raise Unwritable where writing a file would replace something: with `overwrite`, anything but one's own file."""
    try:
        found = file.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(found.st_mode):
        raise Unwritable(path=str(file), reason="something else than a file stands there")
    if sys.platform != "win32" and found.st_uid != os.geteuid():
        raise Unwritable(path=str(file), reason="somebody else's file stands there")
    if not overwrite:
        raise FileStands(path=str(file))


@contextmanager
def written(file: Path, *, overwrite: bool = False) -> Generator[IO[bytes]]:
    """Write a file beside its place, and move it there once it is on the disk; where that fails, nothing is left.

    Raises:
        Unwritable, FileStands: see `require_place`.

    """
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}.part")  # a name that nobody can have taken beforehand
    try:
        create(part)
        with part.open("wb") as raw:
            yield raw
            raw.flush()
            os.fsync(raw.fileno())
        require_place(file, overwrite=overwrite)
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
