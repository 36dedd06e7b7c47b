"""Hidden tastes: what a simulated member would give to a track, told from what a card shows."""

import hashlib
import math
import random
import re
import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from bot.sources import bach

# What pulls a member towards a track, in stars for one standard deviation among the catalogue's pieces.
TASTES: tuple[Mapping[str, float], ...] = (
    {"mode": 1.2, "tempo": 1.0, "loudness": 0.4},
    {"mode": -1.5, "tempo": -1.0, "timbre_1": 0.5},
    {"tempo": 1.6, "timbre_1": 0.9, "pitch_9": 0.4},
    {"loudness": -1.2, "timbre_1": -1.2, "mode": 0.6},
)
MEAN = 5.8  # stars
WHIM = 0.8  # stars, standard deviation: what nobody could tell from the sound
AFFINITY = 1.8  # stars, standard deviation between artists whose sound is not known here
_BWV = re.compile(r"BWV (\d+(?:/\d+)?)")


@dataclass(frozen=True, slots=True)
class Taste:
    """The taste of one member; the same words always get the same number.

    Attributes:
        name: makes the whims of two members different.
        weights: stars for one standard deviation of a feature.

    """

    name: str
    weights: Mapping[str, float]

    @classmethod
    def of(cls, name: str, place: int) -> "Taste":
        """The taste of the person in this place of the cast."""
        return cls(name, TASTES[place % len(TASTES)])

    def stars(self, title: str, words: str, catalogue: "Catalogue") -> int:
        """A whole number from 1 to 10 for a track, by its title and by the other words of its card."""
        whim = _chance(self.name, title).gauss(0, WHIM)
        known = catalogue.standing(title)
        if known:
            pull = sum(weight * known.get(feature, 0.0) for feature, weight in self.weights.items())
        else:
            artist = words.strip().split("\n")[0]
            pull = _chance(self.name, artist).gauss(0, AFFINITY)
        return min(max(round(MEAN + pull + whim), 1), 10)


class Catalogue:
    """How far each piece of the bot's catalogue stands from the average one, feature by feature."""

    def __init__(self) -> None:
        self._standing: dict[str, dict[str, float]] = {}

    def standing(self, title: str) -> Mapping[str, float]:
        """Standard deviations from the mean by feature; empty: no piece of the catalogue."""
        found = _BWV.search(title)
        if found is None:
            return {}
        if not self._standing:
            self._standing = _standardised()
        return self._standing.get(found[1], {})


def _standardised() -> dict[str, dict[str, float]]:
    heard = bach.features()
    for piece in bach.pieces():
        heard[piece.bwv] |= {"mode": float(piece.mode)}
    made: dict[str, dict[str, float]] = {bwv: {} for bwv in heard}
    for feature in {name for values in heard.values() for name in values}:
        column = {bwv: values[feature] for bwv, values in heard.items() if feature in values}
        mean, deviation = statistics.fmean(column.values()), statistics.pstdev(column.values())
        for bwv, value in column.items():
            made[bwv][feature] = (value - mean) / deviation if not math.isclose(deviation, 0, abs_tol=1e-12) else 0.0
    return made


def _chance(*seed: str) -> random.Random:
    return random.Random(hashlib.sha256("\n".join(seed).encode()).digest())  # noqa: S311 - a whim is no secret
