"""Keeps a World in a folder: one line per change, so that a killed sandbox loses nothing it said."""

import json
import os
from pathlib import Path
from typing import Any

Json = dict[str, Any]


class Journal:
    """An append-only file of changes, compacted when it is opened."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = folder / "attachments"
        self.files.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = folder / "world.jsonl"
        self._out = None

    def read(self) -> dict[str, Json]:
        """Give the last state of every key, in order of first appearance; a torn last line is dropped."""
        state: dict[str, Json] = {}
        if not self._path.exists():
            return state
        for line in self._path.read_text("utf-8").splitlines():
            try:
                key, value = json.loads(line)
            except ValueError:
                continue
            if value is None:
                state.pop(key, None)
            else:
                state[key] = value
        return state

    def open(self, state: dict[str, Json]) -> None:
        """Start a new file with `state` and keep it open for changes."""
        fresh = self._path.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as out:
            for key, value in state.items():
                out.write(json.dumps([key, value]) + "\n")
            out.flush()
            os.fsync(out.fileno())
        fresh.chmod(0o600)
        fresh.replace(self._path)
        self._out = self._path.open("a", encoding="utf-8")

    def put(self, key: str, value: Json | None) -> None:
        """Record a key's new value; None removes it."""
        if self._out is not None:
            self._out.write(json.dumps([key, value], separators=(",", ":")) + "\n")
            # Handed to the kernel at once: it survives the process, not the machine.
            self._out.flush()

    def save_file(self, file_id: int, data: bytes) -> str:
        path = self.files / str(file_id)
        path.write_bytes(data)
        return str(path)

    def sweep(self, wanted: set[str]) -> None:
        """Delete the stored files that no message has any more."""
        for path in self.files.iterdir():
            if path.name not in wanted:
                path.unlink()

    def close(self) -> None:
        if self._out is not None:
            self._out.close()
            self._out = None


def moved(value: Any, was: str, now_at: str) -> Any:
    """Replace the address of an earlier life in every stored link."""
    if isinstance(value, str):
        return now_at + value[len(was) :] if value.startswith(was + "/") else value
    if isinstance(value, dict):
        return {k: moved(v, was, now_at) for k, v in value.items()}
    return [moved(v, was, now_at) for v in value] if isinstance(value, list) else value
