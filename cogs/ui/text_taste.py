"""What the bot says of a member's taste."""

from collections.abc import Sequence

from bot.domain.taste import Checked, Comparison, Effect, InCommon, Leaning, Prediction
from bot.flow.record import rate
from bot.flow.taste import Look
from bot.i18n import _, format_number, format_percent, ngettext
from cogs.ui.text import VERDICTS, fit, song
from cogs.ui.text_predict import stars
from cogs.ui.text_sounds import SOUNDS, exact, sounding

MOST = 4  # leanings put into words


def title() -> str:
    return _("Your taste")


def studied() -> str:
    return _(
        "Your study is done: `study.md` holds the tables, the pictures are beside it. What counts is *error beside the "
        "mean's*, on ratings left out: {tenth} is a tenth less than always guessing your mean. The *gap* is what a "
        "method merely memorised."
    ).format(tenth=format_percent(-0.1))


def study_stopped() -> str:
    return _("Stopped. `/retrain thorough:True` begins again when you like.")


def study_interrupted() -> str:
    return _("Your study was interrupted when I was restarted. `/retrain thorough:True` begins again.")


def study_begins() -> str:
    return _("Your study is about to begin.")


def no_study() -> str:
    return _("No report of a study is kept for you. `/retrain thorough:True` begins one: it takes some minutes.")


def studying(done: int, total: int, seconds: float, at: float) -> str:
    """How far a study was, `at` seconds since 1970: Discord lets a card be changed for a quarter of an hour only."""
    bar = "▰" * round(20 * done / total) + "▱" * (20 - round(20 * done / total))
    minutes = round(seconds / 60)
    if seconds < 60:
        said = _("Studying your ratings {bar} {done} of {total} parts, less than a minute left ({when}).")
    else:
        said = ngettext(
            "Studying your ratings {bar} {done} of {total} parts, about {minutes} minute left ({when}).",
            "Studying your ratings {bar} {done} of {total} parts, about {minutes} minutes left ({when}).",
            minutes,
        )
    said = said.format(
        bar=bar,
        done=format_number(done),
        total=format_number(total),
        minutes=format_number(minutes),
        when=f"<t:{at:.0f}:R>",
    )
    after = _(
        "You can go on meanwhile: the report comes by itself, and `/taste study` shows it, or how far I am, at any "
        "time."
    )
    return f"{said} {after}"


def sounds(leaning: Leaning, value: float) -> str:
    """A value of a feature in a word, with the number: "slow (72 bpm)"."""
    if leaning.feature not in SOUNDS:
        return sounding(Effect(leaning.feature, value, 0.0))
    sound, number = SOUNDS[leaning.feature], exact(leaning.feature, value)
    least, most = min(leaning.values), max(leaning.values)
    place = (value - least) / (most - least) if most > least else 0.5
    if 1 / 3 <= place <= 2 / 3:
        return _("between {low} and {high} ({number})").format(low=_(sound.low), high=_(sound.high), number=number)
    word = _(sound.high if place > 0.5 else sound.low)
    return f"{word} ({number})"


def glance(look: Look) -> str:
    seen = look.glance
    first = ngettext("From {ratings} rating: **{verdict}**.", "From {ratings} ratings: **{verdict}**.", look.learned)
    lines = [first.format(ratings=format_number(look.learned), verdict=_(VERDICTS[seen.verdict]))]
    if look.since:
        more = ngettext("{number} more since: `/retrain`.", "{number} more since: `/retrain`.", look.since)
        lines[0] += " " + more.format(number=format_number(look.since))
    if seen.verdict == "unknown":
        lines.append(_("What follows may be chance; more ratings help: `/rate start`."))
    sure = [leaning for leaning in seen.leanings if leaning.sure][:MOST]
    if sure:
        best = ", ".join(f"{sounds(one, one.best)} {_signed(max(one.stars))}" for one in sure)
        worst = ", ".join(f"{sounds(one, one.worst)} {_signed(min(one.stars))}" for one in sure)
        lines += [
            "",
            _("**You like it** {sounds}").format(sounds=best),
            _("**You like it less** {sounds}").format(sounds=worst),
            "-# " + _("In stars against your mean, all else equal."),
        ]
    else:
        lines += ["", _("No single thing about how a track sounds moves your stars by more than may be chance.")]
    return fit([*lines, "", *record_lines(look.record)])


def _signed(stars: float) -> str:
    return format_number(stars, 1, signed=True)


def record_lines(record: Sequence[Checked]) -> list[str]:
    """How the bot's predictions fared: what it promises is eight ranges in ten."""
    if not record:
        return [_("**My record**: nothing to check yet. I promise that 8 of 10 ratings fall into my ranges.")]
    lines = [_("**My record** - I promise that 8 of 10 ratings fall into my ranges:")]
    for seen in (False, True):
        hits, of = rate(list(record), seen=seen)
        if of:
            lines.append(
                f"- {_hits(of, seen)}".format(
                    hits=format_number(hits), of=format_number(of), share=format_percent(hits / of)
                )
            )
    return lines


def _hits(of: int, seen: bool) -> str:
    if seen:
        return ngettext(
            "{hits} of {of} rating ({share}) after you had seen my prediction",
            "{hits} of {of} ratings ({share}) after you had seen my prediction",
            of,
        )
    return ngettext(
        "{hits} of {of} rating ({share}) that you gave without having seen my prediction",
        "{hits} of {of} ratings ({share}) that you gave without having seen my prediction",
        of,
    )


def comparison(found: Comparison, mine: int, theirs: int) -> str:
    member = f"<@{theirs}>"
    lines = [_("**You and {member}**").format(member=member), "", *_agreement(found)]
    if found.likeness is not None:
        said = ngettext(
            "On {tracks} other track, what I predict for you and for them is {likeness} (rank correlation {rho}).",
            "On {tracks} other tracks, what I predict for you and for them is {likeness} (rank correlation {rho}).",
            found.predicted,
        )
        lines.append(
            said.format(
                tracks=format_number(found.predicted), likeness=_alike(found.likeness), rho=_rho(found.likeness)
            )
        )
    for who in found.untrained:
        if who == mine:
            said = _("I have not learned from your ratings yet, so I can't compare predictions: `/retrain`.")
        else:
            said = _("I have not learned from their ratings yet, so I can't compare predictions: `/retrain`.")
        lines.append(said)
    for who in found.unsure:
        if who == mine:
            lines.append(_("I don't know your taste well yet: take that with a pinch of salt."))
        else:
            lines.append(_("I don't know their taste well yet: take that with a pinch of salt."))
    lines += _loved(_("**What you would like most of {member}'s tracks**").format(member=member), found.for_me)
    lines += _loved(_("**What they would like most of yours**"), found.for_them)
    return fit(lines)


def _agreement(found: Comparison) -> list[str]:
    if not found.common or found.apart is None:
        return [_("There is no track that you both rated. Share a playlist, and rate it together.")]
    said = ngettext(
        "You both rated {tracks} track, {stars} stars apart.",
        "You both rated {tracks} tracks, {stars} stars apart on average.",
        len(found.common),
    )
    lines = [said.format(tracks=format_number(len(found.common)), stars=format_number(found.apart, 1))]
    if found.agreement is not None:
        order = _("Your order is {likeness} (rank correlation {rho}).")
        lines[0] += " " + order.format(likeness=_alike(found.agreement), rho=_rho(found.agreement))
    apart, close = found.common[0], found.common[-1]
    if abs(close.mine - close.theirs) <= 1:
        lines.append(_("You agree on {track}.").format(track=_both(close)))
    if abs(apart.mine - apart.theirs) >= 3:
        lines.append(_("You differ most on {track}.").format(track=_both(apart)))
    return lines


def _both(one: InCommon) -> str:
    return _("{track} (you {mine}, they {theirs})").format(
        track=song(one.track), mine=format_number(one.mine), theirs=format_number(one.theirs)
    )


def _alike(correlation: float) -> str:
    if correlation >= 0.6:
        return _("much the same")
    if correlation >= 0.25:
        return _("somewhat alike")
    return _("unrelated") if correlation > -0.25 else _("rather the opposite")


def _rho(correlation: float) -> str:
    return format_number(correlation, 2, signed=True)


def _loved(heading: str, loved: Sequence[Prediction]) -> list[str]:
    if not loved:
        return []
    return ["", heading, *(f"- {song(one.track)} `{stars(one)}`" for one in loved)]
