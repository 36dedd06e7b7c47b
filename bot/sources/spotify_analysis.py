"""What the study of 2020 took from Spotify's audio analysis of a track."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.features import clean


def analysed(analysis: Mapping[str, Any]) -> dict[str, float]:
    """The mean pitches and timbres of its segments, and the key changes and the mean mode of its sections.

    Each segment and each section counts as long as it lasts; what is missing or malformed stays unknown.
    """
    values = {**_segments(_parts(analysis, "segments")), **_sections(_parts(analysis, "sections"))}
    return clean(values)[0]


def _segments(parts: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    total = sum(_number(one.get("duration")) for one in parts)
    means: dict[str, object] = {}
    if total <= 0:
        return means
    for kind, plural in (("pitch", "pitches"), ("timbre", "timbre")):
        rows = [(one[plural], _number(one.get("duration"))) for one in parts if isinstance(one.get(plural), list)]
        if len(rows) == len(parts) and all(len(row) == 12 for row, _ in rows):
            for place in range(12):
                means[f"{kind}_{place}"] = sum(_number(row[place]) * lasts for row, lasts in rows) / total
    return means


def _sections(parts: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    # -1 stands where Spotify heard no key or no mode.
    keys = [one["key"] for one in parts if isinstance(one.get("key"), int) and one["key"] >= 0]
    modes = [(one["mode"], _number(one.get("duration"))) for one in parts if one.get("mode") in (0, 1)]
    total = sum(lasts for _, lasts in modes)
    found: dict[str, object] = {}
    if keys:
        found["key_changes"] = sum(before != after for before, after in itertools.pairwise(keys))
    if total > 0:
        found["mean_mode"] = sum(mode * lasts for mode, lasts in modes) / total
    return found


def _parts(analysis: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    parts = analysis.get(name)
    return [one for one in parts if isinstance(one, dict)] if isinstance(parts, list) else []


def _number(value: Any) -> float:
    # A whole number of hundreds of digits is JSON, too, but no float.
    return float(value) if isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**53) else 0.0
