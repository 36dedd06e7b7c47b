"""What the bot says of a training: how well it knows somebody's taste, and how it knows that."""

from bot.domain.taste import TasteReport
from cogs.ui.text import VERDICTS, count

AFTER_TRAINING = "Next: /predict playlist ranks one for you; /predict track asks about one track."


def report_title(report: TasteReport) -> str:
    return VERDICTS[report.verdict]


def report_lines(report: TasteReport) -> str:
    held, seen = report.held_out, report.training
    lines = [_verdict_line(report), "", f"On tracks I had not seen, I am off by **{held.mae:.1f}** stars on average."]
    lines += [
        _against_the_mean(report),
        f"- Of two tracks, I know the better one: **{_percent(held.order)}** of the time (a coin: 50 %)",
        f"- My 80 % ranges held **{_percent(report.coverage)}** of your ratings",
        f"- Luck would look this good {_chance(report.p_value)} of the time",
    ]
    if held.skill >= 0.005:
        gap = count(round(100 * (seen.skill - held.skill)), "point")
        less = _percent(seen.skill)
        lines.append(f"- On tracks I learned from it is {less} less; the difference, {gap}, I merely memorised")
    elif seen.skill >= 0.005:
        lines.append(f"- On tracks I learned from I look {_percent(seen.skill)} better: all of that I merely memorised")
    if 0 < report.learned < report.ratings:
        lines.append(f"- I learned from {report.learned:,} of them, drawn by lot: more would not make me much wiser")
    if report.without_features:
        rated = count(report.without_features, "rated track")
        lines.append(f"- {rated} left out: nothing is known about how they sound")
    if report.other_scale:
        rated = count(report.other_scale, "rated track")
        lines.append(
            f"- Of {rated} I used tempo, key and loudness alone: their energy, mood and the like come from another "
            "service than those of the most, on another scale"
        )
    if report.more_ratings:
        lines += ["", f"About **{report.more_ratings} more ratings** should help."]
    return "\n".join(lines)


def _against_the_mean(report: TasteReport) -> str:
    skill = report.held_out.skill
    if skill < 0.005:
        return f"- No better than always guessing your mean, {report.mean:.1f}"
    return f"- Better than always guessing your mean, {report.mean:.1f}: **{_percent(skill)}** less squared error"


def _verdict_line(report: TasteReport) -> str:
    used = count(report.ratings, "rating")
    match report.verdict:
        case "unknown":
            return f"From {used} I cannot tell your taste from chance. That is no fault of yours: keep rating."
        case "hunch":
            return f"From {used} I have a hunch. Take my predictions with a pinch of salt."
        case "fair":
            return f"From {used} I have a fair idea of what you like."
        case "sure":
            return f"From {used} I know your taste well."


def _chance(share: float) -> str:
    return "under 1 %" if share < 0.01 else _percent(share)


def _percent(share: float) -> str:
    return f"{round(100 * share):d} %"
