"""The words on pictures, and those for whoever cannot see them; pure functions, looked up as `bot.i18n` says."""

from collections.abc import Sequence

from bot.domain.taste import Checked, Glance, Leaning, TasteReport
from bot.domain.tracks import KEYS
from bot.i18n import N_, _, format_number, format_percent, format_short, ngettext, pgettext

PROMISED = 0.8  # share of ratings that a range is to hold
FEATURES = {
    "danceability": N_("danceability"),
    "energy": N_("energy"),
    "key": N_("key"),
    "loudness": N_("loudness (dB)"),
    "mode": N_("mode"),
    "speechiness": N_("speechiness"),
    "acousticness": N_("acousticness"),
    "instrumentalness": N_("instrumentalness"),
    "liveness": N_("liveness"),
    "valence": N_("valence"),
    "tempo": N_("tempo (bpm)"),
    "duration_ms": N_("length (minutes)"),
    "time_signature": N_("time signature"),
    "year": N_("year"),
    "key_changes": N_("key changes"),
    "mean_mode": N_("mean mode"),
}
LABELS = {
    "unseen": N_("Without having seen your rating"),
    "given": N_("you gave, stars above your other ratings' mean"),
    "predicted": N_("I predicted"),
    "perfect": N_("perfect"),
    "that_mean": N_("always that mean"),
    "histogram": N_("How you rate"),
    "stars": N_("stars"),
    "tracks": N_("tracks"),
    "effect": N_("stars more or less"),
    "map": N_("Your tracks: alike lies beside alike"),
    "larger": N_("stars (larger points: more)"),
    "two_features": N_("By two features"),
    "single_feature": N_("By the one feature that tells anything"),
    "growth": N_("How well I knew you"),
    "first_ratings": N_("your first … ratings"),
    "less_error": N_("less error than your mean, %"),
    "your_mean": N_("always guessing your mean"),
    "checked": N_("predictions checked"),
    "held": N_("held so far, %"),
    "blindly": N_("rated blindly"),
    "after_seeing": N_("rated after seeing it"),
}


def label(name: str) -> str:
    return _(LABELS[name])


def feature(name: str) -> str:
    """A feature's name for an axis, with its unit."""
    if name in FEATURES:
        return _(FEATURES[name])
    kind, _underscore, number = name.partition("_")
    return (_("pitch {number}") if kind == "pitch" else _("timbre {number}")).format(number=number)


def modes() -> tuple[str, str]:
    """What the values 0 and 1 of the feature mode are called."""
    return pgettext("mode of music", "minor"), pgettext("mode of music", "major")


def value(name: str, number: float) -> str:
    """A feature's value, in the unit of its name."""
    match name:
        case "mode":
            return modes()[number >= 0.5]
        case "key":
            return KEYS[round(number) % len(KEYS)]
        case "year":
            return f"{number:.0f}"
        case _:
            return format_short(number)


def ranges_held() -> str:
    return _("Did my {share} ranges hold?").format(share=format_percent(PROMISED))


def promised() -> str:
    return _("what I promise: {share}").format(share=format_percent(PROMISED))


def effect_title(leaning: Leaning) -> str:
    name = feature(leaning.feature)
    return name if leaning.sure else _("{feature} (may be chance)").format(feature=name)


def strongest(glance: Glance) -> str:
    shown, every = len(glance.leanings), len(glance.leanings) + glance.weaker
    return ngettext(
        "The {shown} strongest of {every} feature", "The {shown} strongest of {every} features", every
    ).format(shown=format_number(shown), every=format_number(every))


def report_alt(report: TasteReport) -> str:
    return ngettext(
        "Left: what I predicted for {tracks} track without having seen its rating, against what you gave, both in "
        "stars above the mean of your other ratings; rank correlation {rho}, off by {error} stars on average. "
        "Right: how often you gave each rating; the mean is {mean}.",
        "Left: what I predicted for each of {tracks} tracks without having seen its rating, against what you gave, "
        "both in stars above the mean of your other ratings; rank correlation {rho}, off by {error} stars on average. "
        "Right: how often you gave each rating; the mean is {mean}.",
        report.ratings,
    ).format(
        tracks=format_number(report.ratings),
        rho=format_number(report.held_out.spearman, 2),
        error=format_number(report.held_out.mae, 1),
        mean=format_number(report.mean, 1),
    )


def effects_alt(glance: Glance, values: Sequence[tuple[str, str]]) -> str:
    """`values` are each leaning's best and worst, in words."""
    each: list[str] = []
    for leaning, (best, worst) in zip(glance.leanings, values, strict=True):
        if leaning.sure:
            said = _("{feature} up to {stars} stars, best at {best}, worst at {worst}")
        else:
            said = _("{feature} up to {stars} stars, best at {best}, worst at {worst}, which may be chance")
        stars = format_number(leaning.swing, 1)
        each.append(said.format(feature=feature(leaning.feature), stars=stars, best=best, worst=worst))
    words = _("What each feature does to your stars, with an {share} band, over your ratings as points: {effects}.")
    words = words.format(share=format_percent(PROMISED), effects="; ".join(each) or _("no feature tells anything yet"))
    return f"{words} {strongest(glance)}." if glance.weaker else words


def tracks_alt(glance: Glance) -> str:
    left = [feature(name) for name in glance.axes]
    if len(left) == 1:
        left.append(label("stars"))
    words = [_("Left: your rated tracks by {x} and {y}.").format(x=left[0], y=left[1])] if left else []
    words.append(
        ngettext(
            "Right: a map of your {tracks} rated track, on which tracks that sound alike lie near each other.",
            "Right: a map of your {tracks} rated tracks, on which tracks that sound alike lie near each other.",
            glance.ratings,
        ).format(tracks=format_number(glance.ratings))
    )
    if glance.given:
        lowest, highest = format_number(min(glance.given)), format_number(max(glance.given))
        points = _("Each point is coloured and sized by your stars (lowest {lowest}, highest {highest}).")
        words.append(points.format(lowest=lowest, highest=highest))
    return " ".join(words)


def progress_alt(glance: Glance, record: Sequence[Checked]) -> str:
    grew = [
        _("{share} after {ratings}").format(share=format_percent(skill, signed=True), ratings=format_number(ratings))
        for ratings, skill in glance.growth
    ]
    left = _("Left: error saved against always guessing your mean, by number of ratings: {growth}.")
    right = _(
        "Right: how many ratings fell into my {share} range: {blind} rated blindly and {seen} rated after seeing the "
        "prediction."
    )
    return " ".join([
        left.format(growth=", ".join(grew) or _("too few ratings")),
        right.format(share=format_percent(PROMISED), blind=_held(record, False), seen=_held(record, True)),
    ])  # fmt: skip


def _held(record: Sequence[Checked], seen: bool) -> str:
    hits = [checked.hit for checked in record if checked.seen == seen]
    return _("{hits} of {of}").format(hits=format_number(sum(hits)), of=format_number(len(hits)))
