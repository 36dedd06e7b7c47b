"""How a track sounds, in people's words: "slow", "slower than most", "at 140 bpm"."""

from dataclasses import dataclass

from bot.domain.taste import Effect, WhatIf
from bot.domain.tracks import KEYS
from bot.i18n import N_, _, format_number, format_short


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
    "danceability": Sound(
        N_("hard to dance to"), N_("danceable"), N_("less danceable"), N_("more danceable"), middle=0.5
    ),
    "energy": Sound(N_("calm"), N_("energetic"), N_("calmer"), N_("more energetic"), middle=0.5),
    "loudness": Sound(N_("quiet"), N_("loud"), N_("quieter"), N_("louder"), middle=-14),
    "speechiness": Sound(N_("sparing with words"), N_("wordy"), N_("less wordy"), N_("wordier"), middle=0.33),
    "acousticness": Sound(N_("electric"), N_("acoustic"), N_("less acoustic"), N_("more acoustic"), middle=0.5),
    "instrumentalness": Sound(
        N_("sung"), N_("instrumental"), N_("less instrumental"), N_("more instrumental"), middle=0.5
    ),
    # Translators: "live" as in "recorded live"
    "liveness": Sound(N_("from the studio"), N_("live"), N_("less live"), N_("more live"), middle=0.5),
    "valence": Sound(N_("sad"), N_("cheerful"), N_("sadder"), N_("more cheerful"), middle=0.5),
    "tempo": Sound(N_("slow"), N_("fast"), N_("slower"), N_("faster"), middle=105),
    "duration_ms": Sound(N_("short"), N_("long"), N_("shorter"), N_("longer"), middle=240_000),
    "year": Sound(N_("old"), N_("new"), N_("older"), N_("newer"), middle=2000),
    "key_changes": Sound(N_("true to its key"), N_("rich in keys"), N_("truer to its key"), N_("richer in keys")),
    "mean_mode": Sound(
        N_("mostly minor"),
        N_("mostly major"),
        N_("more in minor"),
        N_("more in major"),
        middle=0.5,
        alike=N_("as much in major as most"),
    ),
}
GROUPS = {"pitch": N_("its notes"), "timbre": N_("its timbre")}


def exact(feature: str, value: float) -> str:
    """A value with its unit: "140 bpm", "3:07", "0.03"."""
    match feature:
        case "duration_ms":
            return length(value)
        case "tempo":
            return tempo(value)
        case "loudness":
            return _("{loudness} dB").format(loudness=format_number(value))
        case "year":
            return f"{value:.0f}"
        case _:
            return format_short(value)


def tempo(value: float) -> str:
    return _("{tempo} bpm").format(tempo=format_number(value))


def length(milliseconds: float) -> str:
    minutes, seconds = divmod(int(milliseconds // 1000), 60)
    return f"{minutes}:{seconds:02}"


def sounding(effect: Effect) -> str:
    """What a track's value sounds like to somebody beside what they rated: "slow", "slower than most", "in F"."""
    if effect.value is None:
        return _(GROUPS[effect.feature]) if effect.feature in GROUPS else effect.feature
    if effect.feature not in SOUNDS:
        return _stated(effect.feature, effect.value)
    sound, place = SOUNDS[effect.feature], 0.5 if effect.place is None else effect.place
    if 1 / 3 <= place <= 2 / 3:
        return _(sound.alike) if sound.alike else _("as {sound} as most").format(sound=_(sound.high))
    low, middle = place < 0.5, sound.middle
    if middle is not None and (effect.value > middle if low else effect.value < middle):
        return _("{compared} than most").format(compared=_(sound.lower if low else sound.higher))
    return _(sound.low if low else sound.high)


def beside(changed: WhatIf) -> str:
    """A change as a member chooses it, after "What if it were": "slower (84 bpm)", "in minor"."""
    if changed.feature not in SOUNDS:
        return _stated(changed.feature, changed.value)
    sound = SOUNDS[changed.feature]
    compared = _(sound.lower if changed.value < changed.before else sound.higher)
    return f"{compared} ({exact(changed.feature, changed.value)})"


def turned(changed: WhatIf) -> str:
    """A change that was made: "at 84 bpm", "in minor", "less acoustic (0.03)"."""
    if changed.feature == "tempo":
        return _("at {tempo}").format(tempo=tempo(changed.value))
    return beside(changed)


def the_same(changed: WhatIf) -> str:
    """The same track but for one change: "The same at 84 bpm", "The same, less acoustic (0.03)"."""
    compared = changed.feature in SOUNDS and changed.feature != "tempo"
    return (_("The same, {change}") if compared else _("The same {change}")).format(change=turned(changed))


def _stated(feature: str, value: float) -> str:
    match feature:
        case "mode":
            return _("in major") if value >= 0.5 else _("in minor")
        case "key":
            return _("in {key}").format(key=KEYS[round(value) % 12])
        case "time_signature":
            return _("with {beats} beats a bar").format(beats=format_number(value))
        case _:
            return f"{feature.replace('_', ' ')} {exact(feature, value)}"
