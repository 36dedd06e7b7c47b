"""Locks of files, which the operating system releases when the process ends, however it ends."""

import errno
import os
from pathlib import Path

from filelock import FileLock, Timeout

from bot.domain.errors import FolderInUse, FolderUnusable, LockUnsupported
from bot.safe.private import tighten

# How the names in a data folder begin; one that holds other things is not ours to close.
OURS = ("earmark", ".earmark", "backups", "clips", "sandbox", ".lock", "lost+found")
UNSUPPORTED = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP)


def holds_only_ours(folder: Path) -> bool:
    """Whether nothing but this program's files lies in a folder, or nothing at all."""
    return all(child.name.startswith(OURS) for child in folder.iterdir())


class HardLock:
    """A lock on one file; a soft one, which a killed process would leave behind, is never taken instead."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._locked: os.stat_result | None = None
        try:
            self._lock = FileLock(
                file, mode=0o600, thread_local=False, fallback_to_soft=False, on_acquired=self._remember
            )
        except ValueError:  # this platform has only soft locks, which lend no descriptor
            raise LockUnsupported(folder=str(file.parent)) from None

    def _remember(self, descriptor: int) -> None:
        self._locked = os.fstat(descriptor)

    def acquire(self) -> bool:
        """Take the lock; False: another process, or another lock of this one, holds it.

        Raises:
            LockUnsupported: the filesystem has no locks.
            FolderUnusable: the file cannot be made or opened.

        """
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        except OSError as problem:
            kind = LockUnsupported if problem.errno in UNSUPPORTED else FolderUnusable
            raise kind(folder=str(self._file.parent)) from None
        return True

    @property
    def intact(self) -> bool:
        """Whether the locked file still stands in its place; once deleted, it keeps nobody off."""
        try:
            return self._locked is not None and os.path.samestat(self._file.stat(), self._locked)
        except OSError:
            return False

    def release(self) -> None:
        self._lock.release()
        self._locked = None


class FolderLock:
    """Keeps a second instance off a data folder."""

    def __init__(self) -> None:
        self._lock: HardLock | None = None
        self._folder = Path()

    def acquire(self, folder: Path) -> None:
        """Take the folder, and make it where there is none.

        Raises:
            FolderInUse: another process holds it.
            FolderUnusable: it cannot be made or written.
            LockUnsupported: its filesystem has no locks.

        """
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError:
            raise FolderUnusable(folder=str(folder)) from None
        lock = HardLock(folder / ".lock")
        if not lock.acquire():
            raise FolderInUse(folder=str(folder))
        self._lock, self._folder = lock, folder
        if holds_only_ours(folder):
            tighten(folder)

    def renew(self) -> bool:
        """Take the folder again where the lock's file was deleted or replaced; say whether that was so.

        Raises:
            FolderInUse: another instance was quicker.
            FolderUnusable, LockUnsupported: the lock cannot be taken again.

        """
        if self._lock is None or self._lock.intact:
            return False
        self.release()
        self.acquire(self._folder)
        return True

    def release(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None
