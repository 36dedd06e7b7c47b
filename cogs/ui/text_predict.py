"""What the bot says of a prediction: the stars, the range, and why."""

from collections.abc import Sequence

from bot.domain.ratings import Verdict
from bot.domain.taste import Prediction, Reason, WhatIf
from cogs.ui.text import VERDICTS, count, fit, plain, song
from cogs.ui.text_sounds import sounding, the_same, turned

WHAT_IF = "What if it were …"
ANSWERED = "What if?"
FEWEST_COUNTED = 5  # raters; how many fewer are is not told


def stars(prediction: Prediction) -> str:
    if prediction.stars is None or prediction.low is None or prediction.high is None:
        return "?"
    return f"{prediction.stars:.1f} ({prediction.low:.1f}-{prediction.high:.1f})"


def prediction_lines(prediction: Prediction) -> str:
    if prediction.stars is None:
        return (
            f"I cannot say: nothing is known about how {song(prediction.track)} sounds. "
            "Link it from a file with audio features, and ask again."
        )
    lines = [song(prediction.track), f"# {stars(prediction)}"]
    if prediction.verdict == "unknown":
        most = "your mean, and what others say" if _others(prediction) else "your mean"
        lines.append(f"**I don't know you yet**: this is little more than {most}. More ratings help: `/rate start`.")
    else:
        lines.append(f"{VERDICTS[prediction.verdict]}. Eight times in ten, your rating falls in that range.")
        lines += _because(prediction)
        if prediction.what_if is not None:
            lines.append(f"{the_same(prediction.what_if)}: {prediction.what_if.stars:.1f}.")
    lines += _others(prediction)
    if prediction.rated is not None:
        lines.append(f"You gave it **{prediction.rated}**.")
    return "\n".join(lines)


def _because(prediction: Prediction) -> list[str]:
    lines: list[str] = []
    strongest = [effect for effect in prediction.effects if abs(effect.stars) >= 0.05][:3]
    if strongest:
        unit = iter([" stars"])  # said once
        parts = [f"{sounding(effect)} ({effect.stars:+.1f}{next(unit, '')})" for effect in strongest]
        lines.append(f"Why: {', '.join(parts)}.")
    # A rated track carries its own prediction, too, but "it is like itself" tells nobody anything.
    itself = (prediction.track.title, prediction.track.artist)
    others = [reason for reason in prediction.reasons if (reason.title, reason.artist) != itself]
    if others:
        lines.append(f"It is {', and '.join(map(_beside, others[:2]))}.")
    if len(others) < len(prediction.reasons):
        lines.append("I have learned from your own rating of it.")
    return lines


def _beside(reason: Reason) -> str:
    told = f"*{plain(reason.title, 60)}*, which you gave {reason.stars}"
    if reason.alike:
        return f"like {told}"
    return f"unlike {told} (that {'lifts' if reason.weight > 0 else 'lowers'} it)"


def _others(prediction: Prediction) -> list[str]:
    company = prediction.others
    if company is None or abs(company.stars) < 0.05:
        return []
    who = count(company.raters, "member") if company.raters >= FEWEST_COUNTED else "others"
    return [f"What {who} who shared gave it: {company.stars:+.1f}."]


def answered(prediction: Prediction, changed: WhatIf) -> str:
    """What one change would do, beside what is predicted: "At 140 bpm: 5.9 instead of 7.1"."""
    words, then, now = turned(changed), f"{changed.stars:.1f}", f"{prediction.stars:.1f}"
    told = f"still **{now}**" if then == now else f"**{then}** instead of {now}"
    return f"{words[0].upper()}{words[1:]}: {told}"


def ranked(
    name: str, predictions: Sequence[Prediction], page: int, pages: int, trained_on: int, verdict: Verdict
) -> str:
    lines = [f"**{plain(name)}**, as you would rank it · page {page + 1} of {pages}"]
    if all(prediction.stars is None for prediction in predictions):
        lines.append("I cannot rank these: nothing says how they sound. A file with audio features mends that.")
    elif verdict == "unknown":
        lines.append("**I don't know you yet**: this order is little better than chance. `/rate start` mends that.")
    for prediction in predictions:
        given = f" · you gave {prediction.rated}" if prediction.rated is not None else ""
        lines.append(f"`{stars(prediction):>14}` {song(prediction.track)}{given}")
    lines.append(f"-# From {count(trained_on, 'rating')}. In brackets: the range that holds eight times in ten.")
    return fit(lines)
