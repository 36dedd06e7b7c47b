"""Files of ratings, for measuring: CSV with the columns user_id, track_id, rating or rating_norm (0..1), and features.

A rating may be on any scale, and becomes one of 1..10.
"""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.domain.features import NAMES, clean, column_name
from bot.domain.names import printable, tidy
from bot.domain.ratings import MAX_STARS, MIN_STARS
from bot.domain.scales import SPEAKERS, common, comparable
from bot.taste.matrices import matrix

MAX_COLUMNS = 1_000
MAX_RATING = 1e9
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Listener:
    name: str
    X: Array  # (n, d)
    y: Array  # (n,) stars, 1..10

    @property
    def binary(self) -> bool:
        """Likes and dislikes, for which a range means little."""
        return len(np.unique(self.y)) <= 2

    @property
    def equal(self) -> bool:
        """All ratings are the same: there is nothing to learn."""
        return bool(np.ptp(self.y) == 0)


def unreadable(file: Path, problem: Exception) -> str:
    """Say why a file of ratings cannot be read."""
    if isinstance(problem, UnicodeDecodeError):
        return printable(f"{file} cannot be read: it is not a text in UTF-8. Save it as CSV in UTF-8.")
    return printable(f"{file} cannot be read: {getattr(problem, 'strerror', None) or problem}.")


def read(file: Path) -> list[Listener]:
    """Read a file's listeners whose ratings differ."""
    return [listener for listener in read_all(file) if not listener.equal]


def read_all(file: Path) -> list[Listener]:
    """Read a file's listeners; empty where it holds no ratings of tracks with features."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        table = csv.DictReader(lines)
        table.fieldnames = _columns(table.fieldnames or [])
        rows = [row for row in table if not all(np.isnan(_number(row, column)) for column in ("rating_norm", "rating"))]
    by_user: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        by_user.setdefault(tidy(row.get("user_id") or "") or "you", []).append(row)
    listeners: list[Listener] = []
    for name, own in by_user.items():
        given = np.array([_number(row, "rating_norm") for row in own], dtype=np.float64)
        low, high = 0.0, 1.0
        if not ((given >= low) & (given <= high)).all():  # some have none, or it is no share
            given = np.array([_number(row, "rating") for row in own], dtype=np.float64)
            if np.isnan(given).all():
                continue
            low, high = float(np.nanmin(given)), float(np.nanmax(given))
        stars = MIN_STARS + (MAX_STARS - MIN_STARS) * (given - low) / ((high - low) or 1)
        X = matrix(_features(own))
        known = ~np.isnan(X).all(axis=1) & ~np.isnan(given)
        if known.any():
            listeners.append(Listener(name, X[known], stars[known]))
    return listeners


def _features(rows: Sequence[dict[str, str]]) -> list[dict[str, float]]:
    """What a listener's rows say of their tracks, on one scale where they name their sources."""
    values = [clean({column: row.get(column) for column in NAMES if column in row})[0] for row in rows]
    speaks = [{group: row[column] for group, column in SPEAKERS.items() if row.get(column)} for row in rows]
    scales = common(speaks)
    return [comparable(own, said, scales) for own, said in zip(values, speaks, strict=True)]


def _columns(header: Sequence[str]) -> list[str]:
    """Our names for a table's columns, however they are spelled; of two that mean the same, the exact or first one."""
    if len(header) > MAX_COLUMNS:
        raise csv.Error(f"it has {len(header):,} columns, and may have {MAX_COLUMNS:,}")
    columns: list[str] = []
    for cell in header:
        name = column_name(cell) or cell.strip().lower().replace(" ", "_")
        columns.append(cell if name in {*header, *columns} else name)
    return columns


def _number(row: dict[str, str], column: str) -> float:
    """The number in a cell; NaN where there is none, or one of no scale for ratings."""
    try:
        value = float(row.get(column) or "nan")
    except ValueError:
        return math.nan
    return value if abs(value) <= MAX_RATING else math.nan
