import errno
import fcntl
from pathlib import Path

import filelock
import pytest

from bot.domain.errors import FolderInUse, FolderUnusable, LockUnsupported
from bot.safe.lock import FolderLock, HardLock


def test_a_folder_has_one_owner(tmp_path: Path):
    first, second = FolderLock(), FolderLock()
    first.acquire(tmp_path)
    with pytest.raises(FolderInUse):
        second.acquire(tmp_path)
    first.release()
    second.acquire(tmp_path)
    second.release()


def test_a_deleted_or_replaced_lock_is_noticed_and_taken_again(tmp_path: Path):
    lock, other, file = FolderLock(), FolderLock(), tmp_path / ".lock"
    lock.acquire(tmp_path)
    assert not lock.renew()
    for spoil in (file.unlink, lambda: (file.unlink(), file.touch())):
        spoil()
        assert lock.renew()
        with pytest.raises(FolderInUse):
            other.acquire(tmp_path)
    file.unlink()
    other.acquire(tmp_path)
    with pytest.raises(FolderInUse):
        lock.renew()
    other.release()


def test_the_lock_is_its_owners_alone_and_no_link_is_followed(tmp_path: Path):
    lock = FolderLock()
    lock.acquire(tmp_path)
    assert (tmp_path / ".lock").stat().st_mode & 0o777 == 0o600
    lock.release()
    (tmp_path / ".lock").unlink()
    (tmp_path / ".lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FolderUnusable):
        lock.acquire(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_filesystem_without_locks_is_refused(code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def flock(*_: object) -> None:
        raise OSError(code, "no locks here")

    monkeypatch.setattr(fcntl, "flock", flock)  # what the system answers there
    with pytest.raises(LockUnsupported):
        HardLock(tmp_path / ".lock").acquire()


def test_a_platform_that_has_only_soft_locks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bot.safe.lock.FileLock", filelock.SoftFileLock)  # as the library does there
    with pytest.raises(LockUnsupported):
        HardLock(tmp_path / ".lock")
