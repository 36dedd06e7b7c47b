"""How a track sounds, in people's words: "slow", "slower than most", "at 140 bpm"."""

from dataclasses import dataclass

from bot.domain.taste import Effect, WhatIf
from bot.domain.tracks import KEYS


@dataclass(frozen=True, slots=True)
class Sound:
    """What a low and a high value of a feature sounds like, and what one sounds like beside another.

    Attributes:
        middle: below it, `high` would be false whatever else was rated, and above it `low`; None: nowhere.

    """

    low: str
    high: str
    lower: str
    higher: str
    middle: float | None = None
    alike: str = ""  # where "as {high} as most" is no English


SOUNDS: dict[str, Sound] = {
    "danceability": Sound("hard to dance to", "danceable", "less danceable", "more danceable", 0.5),
    "energy": Sound("calm", "energetic", "calmer", "more energetic", 0.5),
    "loudness": Sound("quiet", "loud", "quieter", "louder", -14),
    "speechiness": Sound("sparing with words", "wordy", "less wordy", "wordier", 0.33),
    "acousticness": Sound("electric", "acoustic", "less acoustic", "more acoustic", 0.5),
    "instrumentalness": Sound("sung", "instrumental", "less instrumental", "more instrumental", 0.5),
    "liveness": Sound("from the studio", "live", "less live", "more live", 0.5),
    "valence": Sound("sad", "cheerful", "sadder", "more cheerful", 0.5),
    "tempo": Sound("slow", "fast", "slower", "faster", 105),
    "duration_ms": Sound("short", "long", "shorter", "longer", 240_000),
    "year": Sound("old", "new", "older", "newer", 2000),
    "key_changes": Sound("true to its key", "rich in keys", "truer to its key", "richer in keys"),
    "mean_mode": Sound(
        "mostly minor", "mostly major", "more in minor", "more in major", 0.5, "as much in major as most"
    ),
}
GROUPS = {"pitch": "its notes", "timbre": "its timbre"}


def exact(feature: str, value: float) -> str:
    """A value with its unit: "140 bpm", "3:07", "0.03"."""
    match feature:
        case "duration_ms":
            return f"{int(value // 60000)}:{int(value % 60000 // 1000):02d}"
        case "tempo":
            return f"{value:.0f} bpm"
        case "loudness":
            return f"{value:.0f} dB"
        case _:
            return f"{value:.0f}" if abs(value) >= 10 else f"{value:.2g}"


def sounding(effect: Effect) -> str:
    """What a track's value sounds like to somebody who rated what they rated: "slow", "slower than most", "in F"."""
    if effect.value is None:
        return GROUPS.get(effect.feature, effect.feature)
    if effect.feature not in SOUNDS:
        return _stated(effect.feature, effect.value)
    sound, place = SOUNDS[effect.feature], 0.5 if effect.place is None else effect.place
    if 1 / 3 <= place <= 2 / 3:
        return sound.alike or f"as {sound.high} as most"
    low, middle = place < 0.5, sound.middle
    if middle is not None and (effect.value > middle if low else effect.value < middle):
        return f"{sound.lower if low else sound.higher} than most"
    return sound.low if low else sound.high


def beside(changed: WhatIf) -> str:
    """A change as a member chooses it, after "What if it were": "slower (84 bpm)", "in minor"."""
    if changed.feature not in SOUNDS:
        return _stated(changed.feature, changed.value)
    sound = SOUNDS[changed.feature]
    return (
        f"{sound.lower if changed.value < changed.before else sound.higher} ({exact(changed.feature, changed.value)})"
    )


def turned(changed: WhatIf) -> str:
    """A change that was made: "at 84 bpm", "in minor", "less acoustic (0.03)"."""
    return f"at {exact('tempo', changed.value)}" if changed.feature == "tempo" else beside(changed)


def the_same(changed: WhatIf) -> str:
    """The same track but for one change: "The same at 84 bpm", "The same, less acoustic (0.03)"."""
    compared = changed.feature in SOUNDS and changed.feature != "tempo"
    return f"The same{',' if compared else ''} {turned(changed)}"


def _stated(feature: str, value: float) -> str:
    match feature:
        case "mode":
            return "in major" if value >= 0.5 else "in minor"
        case "key":
            return f"in {KEYS[round(value) % 12]}"
        case "time_signature":
            return f"with {value:.0f} beats a bar"
        case _:
            return f"{feature.replace('_', ' ')} {exact(feature, value)}"
