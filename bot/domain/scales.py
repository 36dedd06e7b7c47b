"""Which values can be compared: a tempo is a tempo, but two services' "energy" are two different scales.

What has a unit (tempo, key, mode, loudness, duration, year ...) is comparable wherever it comes from. What a service
judges by a model of its own, and what depends on how a spectrum was cut, is comparable within one source only.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

GROUPS: Mapping[str, tuple[str, ...]] = {
    "judged": (
        "danceability", "energy", "speechiness", "acousticness", "instrumentalness", "liveness", "valence",
    ),
    "spectral": tuple(f"{kind}_{place}" for kind in ("pitch", "timbre") for place in range(12)),
}  # fmt: skip
NAMES: Mapping[str, frozenset[str]] = {group: frozenset(names) for group, names in GROUPS.items()}
# The columns in which a table of tracks says which source speaks.
SPEAKERS: Mapping[str, str] = {group: f"{group}_by" for group in GROUPS}


def merge(sources: Sequence[tuple[str, Mapping[str, float]]]) -> tuple[dict[str, float], dict[str, str]]:
    """Join what several sources say of one track; of each group, one source speaks for all.

    Args:
        sources: names with values, the one that counts first standing first.

    Returns:
        The values, and by group the source that speaks.

    """
    values: dict[str, float] = {}
    speaks: dict[str, str] = {}
    for source, said in sources:
        if said.keys() <= values.keys():  # by far the commonest case after the first
            continue
        new = {name: value for name, value in said.items() if name not in values}
        for group, names in NAMES.items():
            if not names.isdisjoint(new) and speaks.setdefault(group, source) != source:
                new = {name: value for name, value in new.items() if name not in names}
        values |= new
    return values, speaks


def common(tracks: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """By group, the source that speaks for most of the tracks; of equals the first by name."""
    counts = {group: Counter(one[group] for one in tracks if group in one) for group in GROUPS}
    return {group: min(found, key=lambda name: (-found[name], name)) for group, found in counts.items() if found}


def comparable(values: Mapping[str, float], speaks: Mapping[str, str], scales: Mapping[str, str]) -> dict[str, float]:
    """Leave out the groups of which another source speaks than `scales` names."""
    other = {name for group, names in GROUPS.items() if _differs(speaks, scales, group) for name in names}
    return {name: value for name, value in values.items() if name not in other}


def differs(speaks: Mapping[str, str], scales: Mapping[str, str]) -> bool:
    """Whether a part of a track is on another scale."""
    return any(_differs(speaks, scales, group) for group in GROUPS)


def _differs(speaks: Mapping[str, str], scales: Mapping[str, str], group: str) -> bool:
    return group in speaks and group in scales and speaks[group] != scales[group]
