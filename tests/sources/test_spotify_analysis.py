"""What is taken from an audio analysis, of whatever shape it is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.features import FEATURES
from bot.sources.spotify_analysis import analysed

RANGES = {feature.name: (feature.low, feature.high) for feature in FEATURES}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PART = st.fixed_dictionaries(
    {},
    optional={
        "duration": ANYTHING,
        "key": ANYTHING,
        "mode": ANYTHING,
        "pitches": st.lists(ANYTHING, min_size=12, max_size=12) | ANYTHING,
        "timbre": st.lists(ANYTHING, min_size=12, max_size=12) | ANYTHING,
    },
)


def section(lasts: float, key: int, mode: int) -> dict[str, float]:
    return {"duration": lasts, "key": key, "mode": mode}


def test_keys_and_modes_of_its_sections():
    parts = [section(30, 0, 1), section(10, 0, 0), section(10, -1, -1), section(10, 7, 1), section(20, 0, 0)]
    found = analysed({"sections": parts})
    assert found == {"key_changes": 2, "mean_mode": pytest.approx(40 / 70)}


def test_segments_count_as_long_as_they_last():
    parts = [
        {"duration": 3.0, "pitches": [1.0] * 12, "timbre": [float(i) for i in range(12)]},
        {"duration": 1.0, "pitches": [0.0] * 12, "timbre": [0.0] * 12},
    ]
    found = analysed({"segments": parts})
    assert found["pitch_5"] == pytest.approx(0.75)
    assert found["timbre_4"] == pytest.approx(3.0)
    parts[1]["timbre"] = [0.0] * 11
    assert "timbre_4" not in analysed({"segments": parts}), "a mean of a part is not the mean"


@given(
    st.fixed_dictionaries({}, optional={"segments": st.lists(PART) | ANYTHING, "sections": st.lists(PART) | ANYTHING})
)
def test_whatever_comes_only_values_in_range_are_kept(analysis: dict[str, object]):
    found = analysed(json.loads(json.dumps(analysis)))
    assert all(RANGES[name][0] <= value <= RANGES[name][1] for name, value in found.items())
