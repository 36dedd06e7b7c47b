"""What the bot says in a group session: pure functions from a session's state to words."""

from collections.abc import Mapping, Sequence

from bot.domain.session import Member, Phase, Round, Session, Settings
from bot.domain.tracks import Track
from bot.flow.reveal import Heard, Known, Standing
from cogs.ui.text import count, fit, plain, song

Tracks = Mapping[int, Track]

RULE_WORDS = {
    "fair": "fair: as much as possible for whoever gets least, at almost no cost to the rest",
    "average": "average: the highest mean",
    "least_misery": "least misery: what the least happy member thinks of a track",
    "most_pleasure": "most pleasure: what the happiest member thinks of a track",
    "multiplicative": "multiplicative: the product of all stars",
    "average_without_misery": "average without misery: the mean, without what somebody dislikes",
    "borda": "Borda: places in everybody's own ranking",
    "ep_fuzzda": "EP-FuzzDA: everybody's share of influence, slot by slot",
    "greedy": "greedy: mean and minimum, slot by slot",
    "nash": "Nash: the product of what everybody gets in all",
}
ASK_CONSENT = "May your votes in sessions become ratings, so that I learn from them? Change it at `/account votes`."
NO_SESSION = "No session is running in this channel. `/session start` opens one."
JOINING = (
    "Whoever joins or votes lets everybody see their votes and what I expect them to give,"
    " worked out without their own ratings of these tracks, and from others only blurred."
)
GONE_TRACK = "a track that is gone"
SOMEBODY = "a member"
CANCELLED = "The session is cancelled."
SHOWN = "There it is."
YES, NO = "Yes, learn from them", "No, votes only"
SHOWN_OF_YOU = (
    "Everybody can see your votes and what I expect you to give, worked out without your own ratings of these tracks,"
    " and from others only blurred."
)
ASK_OPENLY = "If you join openly, those ratings count as well, and others can tell what you gave."
OPENLY = "You have joined openly: your own ratings of these tracks count, and others can tell what you gave."
JOIN_OPENLY, LEAVE_OUT = "Join openly", "Leave my ratings out"


def title(session: Session) -> str:
    return plain(session.settings.name)


def description(  # noqa: PLR0911 - one case a phase
    session: Session, tracks: Tracks, brings: Mapping[int, int], heard: Sequence[Heard]
) -> str:
    """The session's card, by its phase."""
    match session.phase:
        case Phase.LOBBY:
            return fit([*_rules(session.settings), "", *_people(session, brings), "", _lobby_hint(session)], 4000)
        case Phase.GATHERING:
            return fit([*_theme(session), "", *_people(session, {})], 4000)
        case Phase.RATING:
            played = f"Round {len(session.rounds)} of {session.planned_rounds} is below: press a number or react."
            return fit([played, "", *_people(session, {})], 4000)
        case Phase.REVEAL:
            return fit([*votes(session, tracks, heard), "", "The host makes the playlist now, or finishes here."], 4000)
        case Phase.PLAYLIST | Phase.DONE if session.slots:
            return fit([*playlist(session, tracks), "", _after_playlist(session)], 4000)
        case Phase.DONE:
            return fit(["Finished.", "", *votes(session, tracks, heard)], 4000)
        case Phase.CANCELLED:
            return "Cancelled. Votes of finished rounds stay with whoever let me learn from them."
        case Phase.ABANDONED:
            return "Nobody went on with this session, so it has ended. `/session start` opens another one."
        case _:
            return "…"


def settings(chosen: Settings) -> str:
    return "\n".join(["**What holds now**", *_rules(chosen)])


def _rules(chosen: Settings) -> list[str]:
    rounds = "each member submits a track" if chosen.theme else count(chosen.rounds, "round")
    votes = "hidden until the reveal" if chosen.hidden else "open"
    lines = [
        f"**{count(chosen.size, 'track')}**, {RULE_WORDS.get(chosen.strategy, chosen.strategy)}.",
        f"{rounds} of at most {count(chosen.seconds, 'second')}; votes are {votes}.",
    ]
    if chosen.theme:
        lines.insert(0, f"Theme: **{plain(chosen.theme)}**")
    if chosen.veto is not None:
        lines.append(f"Nobody is given a track that I expect them to rate below {chosen.veto:.0f}.")
    return lines


def _people(session: Session, brings: Mapping[int, int]) -> list[str]:
    lines = [JOINING, "", f"**{count(len(session.present), 'member')}**"]
    for who in session.present:
        host = " · host" if who == session.host_id else ""
        tracks = f" · brings {count(brings[who], 'track')}" if brings.get(who) else ""
        openly = " · openly" if who in session.openly else ""
        lines.append(f"- <@{who}>{host}{openly}{tracks}")
    return lines


def _lobby_hint(session: Session) -> str:
    share = "Tracks come from playlists that members share here: `/playlist share`."
    if session.settings.theme:
        share = "Once it has begun, everybody submits a track: `/session submit`."
    return f"Press *Join*. {share} The host presses *Begin*."


def _theme(session: Session) -> list[str]:
    theme = plain(session.settings.theme or "")
    there = sum(who in session.present for who in session.submissions)
    return [
        f"Theme: **{theme}**. Submit a track with `/session submit`; nobody sees whose it is until the reveal.",
        f"{there} of {len(session.present)} have submitted. The host then starts the rounds.",
    ]


def round_line(session: Session, round_: Round) -> str:
    voters = [who for who in session.present if who != round_.submitter_id]
    voted = sum(who in round_.ballots for who in voters)
    head = f"Round {round_.number} of {max(session.planned_rounds, round_.number)}"
    if not round_.open:
        return f"{head} · over · {count(len(round_.ballots), 'vote')}"
    return f"{head} · {voted} of {len(voters)} voted · ends <t:{round_.ends_at}:R>"


def round_hint(session: Session, round_: Round) -> str:
    if not round_.open:
        if session.settings.hidden and session.live and session.phase is Phase.RATING:
            return "Its votes are shown at the reveal."
        return ", ".join(f"<@{who}> **{ballot.stars}**" for who, ballot in round_.ballots.items()) or "Nobody voted."
    if session.settings.hidden:
        return "Press a number (nobody sees it until the reveal) or react with a digit (everybody does)."
    shown = ", ".join(f"<@{who}> **{ballot.stars}**" for who, ballot in round_.ballots.items())
    return f"Press a number or react with a digit. {shown}".strip()


def voted(track: Track, stars: int) -> str:
    return f"Your vote: {song(track)} **{stars}**/10. Another number changes it."


def membership(member: Member) -> str:
    """What a member is told alone, on coming in and after each choice."""
    lines = [OPENLY] if member.openly else [SHOWN_OF_YOU, ASK_OPENLY]
    return "\n".join([*lines, ASK_CONSENT if member.learn is None else consent(member.learn)])


def consent(learn: bool) -> str:
    if learn:
        return "Thank you: your votes become ratings of yours when a round ends."
    return "All right: your votes count in sessions only."


def muted(session: Session) -> str:
    return (
        f"I may not speak in <#{session.channel_id}>, so the session **{title(session)}** waits, and nothing of it is "
        "lost. Allow me *Send Messages* there, in a thread *Send Messages in Threads*, or unlock the thread: I then go "
        "on by myself."
    )


def moved(url: str) -> str:
    return f"This session goes on [below]({url})."


def votes(session: Session, tracks: Tracks, heard: Sequence[Heard]) -> list[str]:
    if not heard:
        return ["No round was played."]
    lines = ["**What everybody thought**"]
    for one in heard:
        round_ = session.rounds[one.number - 1]
        given = ", ".join(f"<@{who}> {ballot.stars}" for who, ballot in round_.ballots.items()) or "nobody voted"
        by = f" · from <@{one.submitter_id}>" if one.submitter_id else ""
        lines.append(f"{one.number}. {_named(tracks, one.track_id)}{by}: {given}{_expected(one)}")
    return lines


def _expected(one: Heard) -> str:
    if one.expected is None or one.given is None:
        return ""
    return f" - I expected {one.expected:.1f}, you gave it {one.given:.1f}"


def known_best(table: Sequence[Known]) -> str:
    if not table:
        return "I could not predict anybody's own taste yet: rate more tracks beside these with `/rate start`."
    best = table[0]
    return f"Best understood: <@{best.listener_id}>, off by {best.error:.1f} stars in {count(best.votes, 'vote')}."


def playlist(session: Session, tracks: Tracks) -> list[str]:
    lines = [f"**The playlist** · {RULE_WORDS.get(session.settings.strategy, session.settings.strategy).split(':')[0]}"]
    for place, slot in enumerate(session.slots, 1):
        own = {who: guess.stars for who, guess in slot.satisfaction.items() if not guess.stand_in}
        best = f" · most for <@{max(own, key=lambda who: own[who])}>" if own else ""
        lines.append(f"{place}. {_named(tracks, slot.track_id)}{best}")
    means = session.means()
    lines += ["", "**What each of you gets of it**, on average, as I expect it:"]
    lines += [f"- <@{who}> {means[who]:.1f}{_stand_in(session, who)}" for who in sorted(means, key=lambda w: -means[w])]
    return lines


def _stand_in(session: Session, who: int) -> str:
    unknown = all(slot.satisfaction[who].stand_in for slot in session.slots if who in slot.satisfaction)
    return " (I don't know this taste yet: the group's stands in)" if unknown else ""


def _after_playlist(session: Session) -> str:
    if session.phase is Phase.DONE:
        return "Finished. Whoever got less than the others is owed more next time."
    return "Swap is the host's; a veto is everybody's, once. *Export* hands out files and links."


def _named(tracks: Tracks, track_id: int) -> str:
    track = tracks.get(track_id)
    return song(track) if track else "a track that is gone"


def submitted(track: Track) -> str:
    return f"Submitted: {song(track)}. Another one replaces it, until the rounds start."


def handed_over(to: int) -> str:
    return f"<@{to}> is the host now."


def history(sessions: Sequence[Session]) -> str:
    if not sessions:
        return "No session has been finished here yet. `/session start` opens one."
    lines = ["**Finished sessions here**, newest first"]
    for session in sessions:
        means = session.means()
        got = f" · least {min(means.values()):.1f}, most {max(means.values()):.1f}" if means else ""
        lines.append(
            f"- **{title(session)}** · <t:{session.touched_at}:d> · {count(len(session.members), 'member')}{got}"
        )
    return fit(lines)


def debts(owed: Mapping[int, float]) -> str:
    if not owed:
        return "Nobody is owed anything from earlier sessions."
    lines = [f"- <@{who}> {stars:.2f} stars" for who, stars in sorted(owed.items(), key=lambda item: -item[1])]
    return fit(["**Owed from earlier sessions**, and paid back in the next:", *lines])


def season(name: str, table: Sequence[Standing]) -> str:
    if not table:
        return f"No themed session of season {plain(name)} has been finished here yet."
    lines = [f"**Season {plain(name)}**"]
    lines += [
        f"{place}. <@{line.listener_id}> {line.points:.1f} points from {count(line.tracks, 'track')}, "
        f"best {line.best:.1f}, {line.surprise:+.1f} against what I expected"
        for place, line in enumerate(table, 1)
    ]
    return fit(lines)


def picture_alt(session: Session, names: Mapping[int, str]) -> str:
    means = session.means()
    got = ", ".join(f"{names.get(who, SOMEBODY)} {mean:.1f}" for who, mean in means.items())
    return (
        f"A table of {count(len(session.slots), 'track')} against members, each field the stars I expect. Means: {got}."
    )


def exported(session: Session, tracks: Tracks) -> str:
    linked = [track for slot in session.slots if (track := tracks.get(slot.track_id)) and track.url]
    lines = [f"**{title(session)}**, as files; the links of {count(len(linked), 'track')}:"]
    return fit([*lines, *(f"<{track.url}>" for track in linked)])
