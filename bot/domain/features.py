"""What is known of how a track sounds: names, units and ranges."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Feature:
    """One number about a track.

    Attributes:
        low, high: the range in which a value is believed.
        weight: its share in the distance between tracks; the 24 pitch and timbre values count as six.
        period: after how much it comes round again (12 keys), or None.

    """

    name: str
    low: float
    high: float
    unit: str = ""
    weight: float = 1.0
    period: float | None = None


FEATURES: tuple[Feature, ...] = (
    Feature("danceability", 0, 1),
    Feature("energy", 0, 1),
    Feature("key", 0, 11, "pitch class, 0 = C", 0.5, 12),
    Feature("loudness", -60, 10, "dB"),
    Feature("mode", 0, 1, "1 = major"),
    Feature("speechiness", 0, 1),
    Feature("acousticness", 0, 1),
    Feature("instrumentalness", 0, 1),
    Feature("liveness", 0, 1),
    Feature("valence", 0, 1),
    Feature("tempo", 20, 300, "beats per minute"),
    Feature("duration_ms", 1000, 36_000_000, "milliseconds"),
    Feature("time_signature", 1, 16, "beats per bar", 0.5),
    Feature("year", 1000, 2100, "year"),
    *(Feature(f"pitch_{i}", 0, 1, "share of the strongest pitch class", 0.25) for i in range(12)),
    *(Feature(f"timbre_{i}", -1000, 1000, "", 0.25) for i in range(12)),
    # What the study of 2020 took from an analysis besides. New names go to the end: stored models count on the places.
    Feature("key_changes", 0, 1000, "from section to section", 0.5),
    Feature("mean_mode", 0, 1, "share of the time in major", 0.5),
)


NAMES: tuple[str, ...] = tuple(feature.name for feature in FEATURES)


SIGNS = re.compile("[^a-z0-9]+")


_BY_NAME = {feature.name: feature for feature in FEATURES}


_ALIASES = {
    "duration": "duration_ms",
    "track_duration_ms": "duration_ms",
    "bpm": "tempo",
    "release_date": "year",
    "album_release_date": "year",
    "release_year": "year",
}


def column_name(header: str) -> str | None:
    """Our name for a column's header ("Duration (ms)", "Time Signature"), or None."""
    folded = SIGNS.sub("_", header.strip().lower()).strip("_")
    folded = _ALIASES.get(folded, folded)
    return folded if folded in _BY_NAME else None


def clean(values: Mapping[str, object]) -> tuple[dict[str, float], int]:
    """Keep the known values; returns them and how many were no numbers or out of range.

    An empty cell is unknown, and so is a key of -1, which is Spotify's word for it. Of a date, the year counts.
    """
    known: dict[str, float] = {}
    bad = 0
    for name, value in values.items():
        feature = _BY_NAME[name]
        text = str(value).strip() if isinstance(value, str | int | float) else ""
        if not text or text.lower() in {"nan", "none", "null", "-"}:
            continue
        number = _number(text[:4] if name == "year" else text)
        if name == "key" and number == -1:
            continue
        if number is None or not feature.low <= number <= feature.high:
            bad += 1
            continue
        known[name] = number
    return known, bad


def _number(text: str) -> float | None:
    if len(text) > 40:
        return None
    try:
        number = float(text if "." in text else text.replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
