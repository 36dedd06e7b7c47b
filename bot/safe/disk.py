"""What can be told of the disk on which a folder lies: whether it outlives a restart, whether it is encrypted."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

EPHEMERAL = frozenset({"tmpfs", "ramfs", "overlay", "aufs"})
MOUNTS = Path("/proc/self/mountinfo")
DEVICES = Path("/sys/dev/block")


@dataclass(frozen=True, slots=True)
class Mount:
    kind: str  # of filesystem
    device: str  # MAJOR:MINOR


def ephemeral_filesystem(folder: Path, mounts: Path = MOUNTS) -> str | None:
    """Name the kind of filesystem a folder lies on if hosts throw it away; None if it lasts or cannot be told."""
    mount = _mount_of(folder, mounts)
    return mount.kind if mount and mount.kind in EPHEMERAL else None


def encrypted(folder: Path, mounts: Path = MOUNTS, devices: Path = DEVICES) -> bool:
    """Whether a folder lies on a volume that Linux encrypts (dm-crypt, as LUKS does); False where that cannot be told.

    A host may encrypt its disks from outside, of which nothing is seen here.
    """
    mount = _mount_of(folder, mounts)
    return mount is not None and all(_crypt(devices / mount.device))


def _crypt(device: Path) -> Iterator[bool]:
    """Whether a block device is encrypted; else whether each of those is on which it lies."""
    try:
        name = (device / "dm" / "uuid").read_text(encoding="utf-8")
    except OSError:
        name = ""
    below = [] if name.startswith("CRYPT-") else _below(device)
    if not below:
        yield name.startswith("CRYPT-")
    for one in below:
        yield from _crypt(one)


def _below(device: Path) -> list[Path]:
    try:
        return sorted((device / "slaves").iterdir())
    except OSError:
        return []


def _mount_of(folder: Path, mounts: Path) -> Mount | None:
    try:
        table = mounts.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    best, found = -1, None
    for line in table.splitlines():
        fields, _, after = line.partition(" - ")
        words = fields.split()
        if len(words) < 5 or not after:
            continue
        mount = Path(words[4].replace("\\040", " "))
        if folder.resolve().is_relative_to(mount) and len(mount.parts) >= best:
            best, found = len(mount.parts), Mount(after.split()[0], words[2])
    return found
