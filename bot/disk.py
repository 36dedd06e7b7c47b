"""Whether a folder will outlive a restart of its host."""

from pathlib import Path

EPHEMERAL = frozenset({"tmpfs", "ramfs", "overlay", "aufs"})
MOUNTS = Path("/proc/self/mountinfo")


def ephemeral_filesystem(folder: Path, mounts: Path = MOUNTS) -> str | None:
    """Name the kind of filesystem a folder lies on if hosts throw it away; None if it lasts or cannot be told."""
    try:
        table = mounts.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    kind = _kind_of(folder.resolve(), table)
    return kind if kind in EPHEMERAL else None


def _kind_of(folder: Path, table: str) -> str | None:
    best, kind = -1, None
    for line in table.splitlines():
        fields, _, after = line.partition(" - ")
        words = fields.split()
        if len(words) < 5 or not after:
            continue
        mount = Path(words[4].replace("\\040", " "))
        if folder.is_relative_to(mount) and len(mount.parts) >= best:
            best, kind = len(mount.parts), after.split()[0]
    return kind
