"""What the bot says of a prediction: the stars, the range, and why."""

from collections.abc import Sequence

from bot.domain.ratings import Verdict
from bot.domain.taste import Prediction, Reason, WhatIf
from bot.i18n import _, format_number, ngettext
from cogs.ui.text import VERDICTS, fit, plain, song, you_gave
from cogs.ui.text_sounds import sounding, the_same, turned

FEWEST_COUNTED = 5  # raters; of fewer it is not said how many they are


def what_if() -> str:
    return _("What if it were …")


def what_if_title() -> str:
    return _("What if?")


def stars(prediction: Prediction) -> str:
    if prediction.stars is None or prediction.low is None or prediction.high is None:
        return "?"
    low, high = format_number(prediction.low, 1), format_number(prediction.high, 1)
    return f"{format_number(prediction.stars, 1)} ({low}-{high})"


def prediction_lines(prediction: Prediction) -> str:
    if prediction.stars is None:
        return _(
            "I can't say: I don't know how {track} sounds. Link it from a file with audio features, and ask again."
        ).format(track=song(prediction.track))
    lines = [song(prediction.track), f"# {stars(prediction)}"]
    if prediction.verdict == "unknown":
        lines.append(_little_known(prediction))
    else:
        lines.append(
            _("{verdict}. Eight times in ten, your rating falls in that range.").format(
                verdict=_(VERDICTS[prediction.verdict])
            )
        )
        lines += _because(prediction)
        if prediction.what_if is not None:
            lines.append(f"{the_same(prediction.what_if)}: {format_number(prediction.what_if.stars, 1)}.")
    lines += _others(prediction)
    if prediction.rated is not None:
        lines.append(_("You gave it **{stars}**.").format(stars=format_number(prediction.rated)))
    return "\n".join(lines)


def _little_known(prediction: Prediction) -> str:
    if _others(prediction):
        return _(
            "**I don't know you yet**: this is little more than your mean, and what others say. More ratings help: "
            "`/rate start`."
        )
    return _("**I don't know you yet**: this is little more than your mean. More ratings help: `/rate start`.")


def _because(prediction: Prediction) -> list[str]:
    lines: list[str] = []
    strongest = [effect for effect in prediction.effects if abs(effect.stars) >= 0.05][:3]
    if strongest:
        # The unit is said once.
        unit = iter([_("{sound} ({stars} stars)")])
        reasons = [
            next(unit, "{sound} ({stars})").format(
                sound=sounding(effect), stars=format_number(effect.stars, 1, signed=True)
            )
            for effect in strongest
        ]
        lines.append(_("Why: {reasons}.").format(reasons=", ".join(reasons)))
    # A rated track carries its own prediction, too, but "it is like itself" tells nobody anything.
    itself = (prediction.track.title, prediction.track.artist)
    others = [reason for reason in prediction.reasons if (reason.title, reason.artist) != itself]
    match [_beside(reason) for reason in others[:2]]:
        case [likeness]:
            lines.append(_("It is {likeness}.").format(likeness=likeness))
        case [likeness, other]:
            lines.append(_("It is {likeness}, and {other}.").format(likeness=likeness, other=other))
        case _:
            pass
    if len(others) < len(prediction.reasons):
        lines.append(_("I have learned from your own rating of it."))
    return lines


def _beside(reason: Reason) -> str:
    if reason.alike:
        said = _("like *{track}*, which you gave {stars}")
    elif reason.weight > 0:
        said = _("unlike *{track}*, which you gave {stars} (that lifts it)")
    else:
        said = _("unlike *{track}*, which you gave {stars} (that lowers it)")
    return said.format(track=plain(reason.title, 60), stars=format_number(reason.stars))


def _others(prediction: Prediction) -> list[str]:
    company = prediction.others
    if company is None or abs(company.stars) < 0.05:
        return []
    if company.raters < FEWEST_COUNTED:
        said = _("From others who share their ratings: {stars}.")
    else:
        said = ngettext(
            "From {members} member who shares ratings: {stars}.",
            "From {members} members who share their ratings: {stars}.",
            company.raters,
        )
    stars = format_number(company.stars, 1, signed=True)
    return [said.format(members=format_number(company.raters), stars=stars)]


def answered(prediction: Prediction, changed: WhatIf) -> str:
    """What one change would do, beside what is predicted: "At 140 bpm: 5.9 instead of 7.1"."""
    words, then, now = turned(changed), format_number(changed.stars, 1), format_number(prediction.stars or 0, 1)
    said = _("{change}: still **{now}**") if then == now else _("{change}: **{then}** instead of {now}")
    return said.format(change=f"{words[0].upper()}{words[1:]}", then=then, now=now)


def ranked(
    name: str, predictions: Sequence[Prediction], page: int, pages: int, trained_on: int, verdict: Verdict
) -> str:
    lines = [
        _("**{playlist}**, as you would rank it · page {page} of {pages}").format(
            playlist=plain(name), page=format_number(page + 1), pages=format_number(pages)
        )
    ]
    if all(prediction.stars is None for prediction in predictions):
        lines.append(_("I can't rank these: I don't know how they sound. A file with audio features helps."))
    elif verdict == "unknown":
        lines.append(_("**I don't know you yet**: this order is little better than chance. `/rate start` helps."))
    for prediction in predictions:
        given = f" · {you_gave(prediction.rated)}" if prediction.rated is not None else ""
        lines.append(f"`{stars(prediction):>14}` {song(prediction.track)}{given}")
    learned = ngettext("From {ratings} rating.", "From {ratings} ratings.", trained_on)
    brackets = _("In brackets: the range that holds eight times in ten.")
    lines.append(f"-# {learned} {brackets}".format(ratings=format_number(trained_on)))
    return fit(lines)
