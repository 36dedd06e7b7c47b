"""What the bot says of a member's taste."""

from collections.abc import Sequence

from bot.domain.taste import Checked, Comparison, Effect, InCommon, Leaning, Prediction
from bot.flow.record import rate
from bot.flow.taste import Look
from cogs.ui.text import VERDICTS, count, fit, song
from cogs.ui.text_predict import stars
from cogs.ui.text_sounds import SOUNDS, exact, sounding

MOST = 4  # leanings put into words
TITLE = "Your taste"
STUDIED = (
    "Your study is done: `study.md` holds the tables, the pictures are beside it. What counts is *error beside the "
    "mean's*, on ratings left out: -10 % is a tenth less than always guessing your mean. The *gap* is what a method "
    "merely memorised."
)
STUDY_BEGINS = "Your study is about to begin."
NO_STUDY = "No report of a study is kept for you. `/retrain thorough:True` begins one: it takes some minutes."
STUDY_STOPPED = "Stopped. `/retrain thorough:True` begins anew when you like."
STUDY_INTERRUPTED = "Your study was interrupted when I was restarted. `/retrain thorough:True` begins anew."


def studying(done: int, total: int, seconds: float, at: float) -> str:
    """How far a study was, `at` seconds since 1970: Discord lets a card be changed for a quarter of an hour only."""
    left = "less than a minute" if seconds < 60 else f"about {count(round(seconds / 60), 'minute')}"
    bar = "▰" * round(20 * done / total) + "▱" * (20 - round(20 * done / total))
    return (
        f"Studying your ratings {bar} {done} of {total} parts, {left} left (<t:{at:.0f}:R>). You can go on meanwhile: "
        "the report comes by itself, and `/taste study` shows it, or how far I am, at any time."
    )


def sounds(leaning: Leaning, value: float) -> str:
    """A value of a feature in a word, with the number: "slow (72 bpm)"."""
    if leaning.feature not in SOUNDS:
        return sounding(Effect(leaning.feature, value, 0.0))
    sound, number = SOUNDS[leaning.feature], exact(leaning.feature, value)
    least, most = min(leaning.values), max(leaning.values)
    place = (value - least) / (most - least) if most > least else 0.5
    if 1 / 3 <= place <= 2 / 3:
        return f"between {sound.low} and {sound.high} ({number})"
    return f"{sound.high if place > 0.5 else sound.low} ({number})"


def glance(look: Look) -> str:
    seen, more = look.glance, f" {look.since:,} more since: `/retrain`." if look.since else ""
    lines = [f"From {count(look.learned, 'rating')}: **{VERDICTS[seen.verdict]}**.{more}"]
    if seen.verdict == "unknown":
        lines.append("What follows may be chance; more ratings mend that: `/rate start`.")
    sure = [leaning for leaning in seen.leanings if leaning.sure][:MOST]
    if sure:
        lines += ["", "**You like it** " + ", ".join(f"{sounds(one, one.best)} {max(one.stars):+.1f}" for one in sure)]
        lines += [
            "**You like it less** " + ", ".join(f"{sounds(one, one.worst)} {min(one.stars):+.1f}" for one in sure)
        ]
        lines.append("-# In stars against your mean, all else equal.")
    else:
        lines += ["", "No single thing about how a track sounds moves your stars by more than may be chance."]
    return fit([*lines, "", *record_lines(look.record)])


def record_lines(record: Sequence[Checked]) -> list[str]:
    """How the bot's predictions fared: what it promises is eight ranges in ten."""
    if not record:
        return ["**My record**: nothing to check yet. I promise that 8 of 10 ratings fall into my ranges."]
    lines = ["**My record** - I promise that 8 of 10 ratings fall into my ranges:"]
    for seen, when in ((False, "that you gave without having seen my prediction"), (True, "after you had seen it")):
        hits, of = rate(list(record), seen=seen)
        if of:
            lines.append(f"- {hits} of {count(of, 'rating')} ({round(100 * hits / of)} %) {when}")
    return lines


def comparison(found: Comparison, mine: int, theirs: int) -> str:
    lines = [f"**You and <@{theirs}>**", "", *_agreement(found)]
    if found.likeness is not None:
        lines.append(
            f"On {count(found.predicted, 'other track')}, what I predict for you and for them is "
            f"{_alike(found.likeness)} (rank correlation {found.likeness:+.2f})."
        )
    for who in found.untrained:
        whose = "your" if who == mine else "their"
        lines.append(f"I have not learned from {whose} ratings yet, so I cannot compare predictions: `/retrain`.")
    for who in found.unsure:
        whose = "your" if who == mine else "their"
        lines.append(f"I don't know {whose} taste well yet: take that with a pinch of salt.")
    lines += _loved(f"What you would like most of <@{theirs}>'s tracks", found.for_me)
    lines += _loved("What they would like most of yours", found.for_them)
    return fit(lines)


def _agreement(found: Comparison) -> list[str]:
    if not found.common or found.apart is None:
        return ["There is no track that you both rated. Share a playlist, and rate it together."]
    lines = [f"You both rated {count(len(found.common), 'track')}, {found.apart:.1f} stars apart on average."]
    if found.agreement is not None:
        lines[0] += f" Your order is {_alike(found.agreement)} (rank correlation {found.agreement:+.2f})."
    apart, close = found.common[0], found.common[-1]
    if abs(close.mine - close.theirs) <= 1:
        lines.append(f"You agree on {_both(close)}.")
    if abs(apart.mine - apart.theirs) >= 3:
        lines.append(f"You differ most on {_both(apart)}.")
    return lines


def _both(one: InCommon) -> str:
    return f"{song(one.track)} (you {one.mine}, they {one.theirs})"


def _alike(correlation: float) -> str:
    if correlation >= 0.6:
        return "much the same"
    if correlation >= 0.25:
        return "somewhat alike"
    return "unrelated" if correlation > -0.25 else "rather the opposite"


def _loved(heading: str, loved: Sequence[Prediction]) -> list[str]:
    if not loved:
        return []
    return ["", f"**{heading}**", *(f"- {song(one.track)} `{stars(one)}`" for one in loved)]
