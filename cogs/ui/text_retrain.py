"""What the bot says of a training: how well it knows somebody's taste, and how it knows that."""

from bot.domain.taste import TasteReport
from bot.i18n import _, format_number, format_percent, ngettext
from cogs.ui.text import VERDICTS


def after_training() -> str:
    return _("Next: /predict playlist ranks one for you; /predict track asks about one track.")


def report_title(report: TasteReport) -> str:
    return _(VERDICTS[report.verdict])


def report_lines(report: TasteReport) -> str:
    off = _("On tracks I had not seen, I am off by **{stars}** stars on average.")
    points = [
        _against_the_mean(report),
        _("Of two tracks, I know the better one: **{share}** of the time (a coin: {half})").format(
            share=format_percent(report.held_out.order), half=format_percent(0.5)
        ),
        _("My {promised} ranges held **{share}** of your ratings").format(
            promised=format_percent(0.8), share=format_percent(report.coverage)
        ),
        _luck(report.p_value),
        *_memorised(report),
        *_left_out(report),
    ]
    lines = [
        _verdict_line(report),
        "",
        off.format(stars=format_number(report.held_out.mae, 1)),
        *(f"- {point}" for point in points),
    ]
    if report.more_ratings:
        more = ngettext(
            "About **{ratings} more rating** should help.",
            "About **{ratings} more ratings** should help.",
            report.more_ratings,
        )
        lines += ["", more.format(ratings=format_number(report.more_ratings))]
    return "\n".join(lines)


def _against_the_mean(report: TasteReport) -> str:
    skill = report.held_out.skill
    if skill < 0.005:
        said = _("No better than always guessing your mean, {mean}")
    else:
        said = _("Better than always guessing your mean, {mean}: **{share}** less squared error")
    return said.format(mean=format_number(report.mean, 1), share=format_percent(skill))


def _luck(share: float) -> str:
    if share < 0.01:
        return _("Luck would look this good less than {share} of the time").format(share=format_percent(0.01))
    return _("Luck would look this good {share} of the time").format(share=format_percent(share))


def _memorised(report: TasteReport) -> list[str]:
    held, seen = report.held_out.skill, report.training.skill
    if held >= 0.005:
        gap = round(100 * (seen - held))
        said = ngettext(
            "On tracks I learned from it is {share} less; the difference, {gap} point, I merely memorised",
            "On tracks I learned from it is {share} less; the difference, {gap} points, I merely memorised",
            gap,
        )
        return [said.format(share=format_percent(seen), gap=format_number(gap))]
    if seen >= 0.005:
        said = _("On tracks I learned from I look {share} better: all of that I merely memorised")
        return [said.format(share=format_percent(seen))]
    return []


def _left_out(report: TasteReport) -> list[str]:
    lines: list[str] = []
    if 0 < report.learned < report.ratings:
        said = ngettext(
            "I learned from {learned} of them, drawn by lot: more would not make me much wiser",
            "I learned from {learned} of them, drawn by lot: more would not make me much wiser",
            report.learned,
        )
        lines.append(said.format(learned=format_number(report.learned)))
    if report.without_features:
        said = ngettext(
            "{tracks} rated track left out: I don't know how it sounds",
            "{tracks} rated tracks left out: I don't know how they sound",
            report.without_features,
        )
        lines.append(said.format(tracks=format_number(report.without_features)))
    if report.other_scale:
        said = ngettext(
            "Of {tracks} rated track I used tempo, key and loudness alone: its energy, mood and the like come from "
            "another service than those of most tracks, on another scale",
            "Of {tracks} rated tracks I used tempo, key and loudness alone: their energy, mood and the like come from "
            "another service than those of most tracks, on another scale",
            report.other_scale,
        )
        lines.append(said.format(tracks=format_number(report.other_scale)))
    return lines


def _verdict_line(report: TasteReport) -> str:
    match report.verdict:
        case "unknown":
            said = ngettext(
                "From {ratings} rating I cannot tell your taste from chance. That is not your fault: keep rating.",
                "From {ratings} ratings I cannot tell your taste from chance. That is not your fault: keep rating.",
                report.ratings,
            )
        case "hunch":
            said = ngettext(
                "From {ratings} rating I have a hunch. Take my predictions with a pinch of salt.",
                "From {ratings} ratings I have a hunch. Take my predictions with a pinch of salt.",
                report.ratings,
            )
        case "fair":
            said = ngettext(
                "From {ratings} rating I have a fair idea of what you like.",
                "From {ratings} ratings I have a fair idea of what you like.",
                report.ratings,
            )
        case "sure":
            said = ngettext(
                "From {ratings} rating I know your taste well.",
                "From {ratings} ratings I know your taste well.",
                report.ratings,
            )
    return said.format(ratings=format_number(report.ratings))
