"""What the bot says in a group session: pure functions from a session's state to words."""

from collections.abc import Mapping, Sequence

from bot.domain.session import Member, Phase, Round, Session, Settings
from bot.domain.tracks import Track
from bot.flow.reveal import Heard, Known, Standing
from bot.i18n import N_, _, format_number, ngettext
from cogs.ui.text import fit, plain, song

Tracks = Mapping[int, Track]

RULE_NAMES = {
    "fair": N_("fair"),
    "average": N_("average"),
    "least_misery": N_("least misery"),
    "most_pleasure": N_("most pleasure"),
    "multiplicative": N_("multiplicative"),
    "average_without_misery": N_("average without misery"),
    "borda": "Borda",
    "ep_fuzzda": "EP-FuzzDA",
    "greedy": N_("greedy"),
    "nash": "Nash",
}
RULE_WORDS = {
    "fair": N_("fair: as much as possible for whoever gets least, at almost no cost to the rest"),
    "average": N_("average: the highest mean"),
    "least_misery": N_("least misery: what the least happy member thinks of a track"),
    "most_pleasure": N_("most pleasure: what the happiest member thinks of a track"),
    "multiplicative": N_("multiplicative: the product of all stars"),
    "average_without_misery": N_("average without misery: the mean, without what somebody dislikes"),
    "borda": N_("Borda: places in everybody's own ranking"),
    "ep_fuzzda": N_("EP-FuzzDA: everybody's share of influence, slot by slot"),
    "greedy": N_("greedy: mean and minimum, slot by slot"),
    "nash": N_("Nash: the product of what everybody gets in all"),
}
BUTTONS = {
    "join": N_("Join"),
    "begin": N_("Begin"),
    "leave": N_("Leave"),
    "cancel": N_("Cancel"),
    "rounds": N_("Start the rounds"),
    "reveal": N_("End here"),
    "playlist": N_("Make the playlist"),
    "export": N_("Export"),
    "finish": N_("Finish"),
    "finish_here": N_("Finish here"),
    "swap": N_("Swap a track (host) …"),
    "veto": N_("Veto a track, once …"),
    "next": N_("Next (host)"),
    "learn": N_("Yes, learn from them"),
    "votes_only": N_("No, votes only"),
    "openly": N_("Join openly"),
    "leave_out": N_("Leave my ratings out"),
    "spotify": N_("Make it on Spotify"),
}


def rule(strategy: str) -> str:
    return _(RULE_WORDS.get(strategy, strategy))


def button(action: str) -> str:
    return _(BUTTONS[action])


def unnamed() -> str:
    """A session to which its host gave no name."""
    return _("Listening session")


def member() -> str:
    """Somebody whose name is not known."""
    return _("a member")


def cancelled() -> str:
    return _("The session is cancelled.")


def shown() -> str:
    return _("Here it is.")


def final() -> str:
    return _("Votes are final.")


def what_i_knew() -> str:
    return _("What I knew")


def gone_track() -> str:
    return _("a track that is gone")


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
            played = _("Round {rounds} of {planned_rounds} is below: press a number or react.").format(
                rounds=format_number(len(session.rounds)), planned_rounds=format_number(session.planned_rounds)
            )
            return fit([played, "", *_people(session, {})], 4000)
        case Phase.REVEAL:
            return fit(
                [*votes(session, tracks, heard), "", _("The host makes the playlist now, or finishes here.")], 4000
            )
        case Phase.PLAYLIST | Phase.DONE if session.slots:
            return fit([*playlist(session, tracks), "", _after_playlist(session)], 4000)
        case Phase.DONE:
            return fit([_("Finished."), "", *votes(session, tracks, heard)], 4000)
        case Phase.CANCELLED:
            return _("Cancelled. Votes of finished rounds stay with whoever let me learn from them.")
        case Phase.ABANDONED:
            return _("Nobody went on with this session, so it has ended. `/session start` opens another one.")
        case _:
            return "…"


def settings(chosen: Settings) -> str:
    return "\n".join([_("**The settings now**"), *_rules(chosen)])


def _rules(chosen: Settings) -> list[str]:
    if chosen.theme:
        rounds = _("Each member submits a track.")
    else:
        rounds = ngettext("{rounds} round.", "{rounds} rounds.", chosen.rounds).format(
            rounds=format_number(chosen.rounds)
        )
    seconds = ngettext(
        "{seconds} second to vote on each track at most.",
        "{seconds} seconds to vote on each track at most.",
        chosen.seconds,
    ).format(seconds=format_number(chosen.seconds))
    hidden = _("Votes are hidden until the reveal.") if chosen.hidden else _("Votes are open.")
    lines = [
        ngettext("**{tracks} track**, {rule}.", "**{tracks} tracks**, {rule}.", chosen.size).format(
            tracks=format_number(chosen.size), rule=rule(chosen.strategy)
        ),
        f"{rounds} {seconds} {hidden}",
    ]
    if chosen.theme:
        lines.insert(0, _("Theme: **{theme}**").format(theme=plain(chosen.theme)))
    if chosen.veto is not None:
        lines.append(
            _("Nobody gets a track that I expect them to rate below {veto}.").format(veto=format_number(chosen.veto))
        )
    return lines


def _people(session: Session, brings: Mapping[int, int]) -> list[str]:
    lines = [
        _(
            "Whoever joins or votes lets everybody see their votes and what I expect them to give, worked out from "
            "what they rated elsewhere, blurred, without their own ratings of these tracks."
        ),
        "",
        ngettext("**{members} member**", "**{members} members**", len(session.present)).format(
            members=format_number(len(session.present))
        ),
    ]
    for who in session.present:
        host = " · " + _("host") if who == session.host_id else ""
        tracks = (
            " · "
            + ngettext("brings {tracks} track", "brings {tracks} tracks", brings[who]).format(
                tracks=format_number(brings[who])
            )
            if brings.get(who)
            else ""
        )
        openly = " · " + _("openly") if who in session.openly else ""
        lines.append(f"- <@{who}>{host}{openly}{tracks}")
    return lines


def _lobby_hint(session: Session) -> str:
    if session.settings.theme:
        return _(
            "Press *Join*. Once it has begun, everybody submits a track: `/session submit`. The host presses *Begin*."
        )
    return _(
        "Press *Join*. Tracks come from playlists that members share here: `/playlist share`. The host presses *Begin*."
    )


def _theme(session: Session) -> list[str]:
    theme = plain(session.settings.theme or "")
    there = sum(who in session.present for who in session.submissions)
    return [
        _(
            "Theme: **{theme}**. Submit a track with `/session submit`; nobody sees whose it is until the reveal."
        ).format(theme=theme),
        _("Submitted so far: {submitted} of {members}. The host then starts the rounds.").format(
            submitted=format_number(there), members=format_number(len(session.present))
        ),
    ]


def round_line(session: Session, round_: Round) -> str:
    voters = [who for who in session.present if who != round_.submitter_id]
    voted = sum(who in round_.ballots for who in voters)
    head = _("Round {number} of {rounds}").format(
        number=format_number(round_.number), rounds=format_number(max(session.planned_rounds, round_.number))
    )
    if not round_.open:
        votes = ngettext("over · {votes} vote", "over · {votes} votes", len(round_.ballots)).format(
            votes=format_number(len(round_.ballots))
        )
        return f"{head} · {votes}"
    counted = _("{voted} of {voters} voted · ends {when}").format(
        voted=format_number(voted), voters=format_number(len(voters)), when=f"<t:{round_.ends_at}:R>"
    )
    return f"{head} · {counted}"


def round_hint(session: Session, round_: Round) -> str:
    if not round_.open:
        if session.settings.hidden and session.live and session.phase is Phase.RATING:
            return _("Its votes are shown at the reveal.")
        return ", ".join(f"<@{who}> **{ballot.stars}**" for who, ballot in round_.ballots.items()) or _("Nobody voted.")
    if session.settings.hidden:
        return _("Press a number (nobody sees it until the reveal) or react with a digit (everybody does).")
    shown = ", ".join(f"<@{who}> **{ballot.stars}**" for who, ballot in round_.ballots.items())
    return (_("Press a number or react with a digit.") + " " + shown).strip()


def voted(track: Track, stars: int) -> str:
    return _("Your vote: {track} **{stars}**/10. Another number changes it.").format(
        track=song(track), stars=format_number(stars)
    )


def membership(member: Member) -> str:
    """What a member is told alone, on coming in and after each choice."""
    if member.openly:
        lines = [_("You have joined openly: all your ratings count as they are, and others can tell what you gave.")]
    else:
        lines = [
            _(
                "Everybody can see your votes and what I expect you to give, worked out from what you rated elsewhere, "
                "blurred, without your own ratings of these tracks."
            ),
            _("If you join openly, all your ratings count as they are, and others can tell what you gave."),
        ]
    if member.learn is None:
        lines.append(
            _("May your votes in sessions become ratings, so that I learn from them? Change it at `/account votes`.")
        )
    else:
        lines.append(consent(member.learn))
    return "\n".join(lines)


def consent(learn: bool) -> str:
    if learn:
        return _("Thank you: your votes become ratings of yours when a round ends.")
    return _("All right: your votes count in sessions only.")


def muted(session: Session) -> str:
    return _(
        "I can't write in {channel}, so the session **{title}** waits, and nothing of it is lost. Allow me *Send "
        "Messages* there, in a thread *Send Messages in Threads*, or unlock the thread: I then go on by myself."
    ).format(channel=f"<#{session.channel_id}>", title=title(session))


def moved(url: str) -> str:
    return _("This session goes on [below]({url}).").format(url=url)


def votes(session: Session, tracks: Tracks, heard: Sequence[Heard]) -> list[str]:
    if not heard:
        return [_("No round was played.")]
    lines = [_("**What everybody thought**")]
    for one in heard:
        round_ = session.rounds[one.number - 1]
        given = ", ".join(f"<@{who}> {ballot.stars}" for who, ballot in round_.ballots.items()) or _("nobody voted")
        by = " · " + _("from {member}").format(member=f"<@{one.submitter_id}>") if one.submitter_id else ""
        lines.append(f"{one.number}. {_named(tracks, one.track_id)}{by}: {given}{_expected(one)}")
    return lines


def _expected(one: Heard) -> str:
    if one.expected is None or one.given is None:
        return ""
    return " - " + _("I expected {expected}, you gave it {given}").format(
        expected=format_number(one.expected, 1), given=format_number(one.given, 1)
    )


def known_best(table: Sequence[Known]) -> str:
    if not table:
        return _("I couldn't predict anybody's own taste yet: rate more tracks beside these with `/rate start`.")
    best = table[0]
    return ngettext(
        "Best understood: {member}, off by {error} stars in {votes} vote.",
        "Best understood: {member}, off by {error} stars in {votes} votes.",
        best.votes,
    ).format(member=f"<@{best.listener_id}>", error=format_number(best.error, 1), votes=format_number(best.votes))


def playlist(session: Session, tracks: Tracks) -> list[str]:
    lines = [_("**The playlist** · {rule}").format(rule=_(RULE_NAMES[session.settings.strategy]))]
    for place, slot in enumerate(session.slots, 1):
        own = {who: guess.stars for who, guess in slot.satisfaction.items() if not guess.stand_in}
        best = " · " + _("most for {member}").format(member=f"<@{max(own, key=own.__getitem__)}>") if own else ""
        lines.append(f"{place}. {_named(tracks, slot.track_id)}{best}")
    means = session.means()
    lines += ["", _("**What each of you gets of it**, on average, as I expect it:")]
    lines += [
        f"- <@{who}> {format_number(means[who], 1)}{_stand_in(session, who)}"
        for who in sorted(means, key=lambda w: -means[w])
    ]
    return lines


def _stand_in(session: Session, who: int) -> str:
    unknown = all(slot.satisfaction[who].stand_in for slot in session.slots if who in slot.satisfaction)
    return " " + _("(I don't know this taste yet: the group's stands in)") if unknown else ""


def _after_playlist(session: Session) -> str:
    if session.phase is Phase.DONE:
        return _("Finished. Whoever got less than the others is owed more next time.")
    return _("The host can swap tracks; everybody can veto one, once. *Export* hands out files and links.")


def _named(tracks: Tracks, track_id: int) -> str:
    track = tracks.get(track_id)
    return song(track) if track else gone_track()


def submitted(track: Track) -> str:
    return _("Submitted: {track}. Another one replaces it, until the rounds start.").format(track=song(track))


def handed_over(to: int) -> str:
    return _("{member} is the host now.").format(member=f"<@{to}>")


def history(sessions: Sequence[Session]) -> str:
    if not sessions:
        return _("No session has been finished here yet. `/session start` opens one.")
    lines = [_("**Finished sessions here**, newest first")]
    for session in sessions:
        means = session.means()
        got = (
            " · "
            + _("least {least}, most {most}").format(
                least=format_number(min(means.values()), 1), most=format_number(max(means.values()), 1)
            )
            if means
            else ""
        )
        members = ngettext("{members} member", "{members} members", len(session.members)).format(
            members=format_number(len(session.members))
        )
        lines.append(f"- **{title(session)}** · <t:{session.touched_at}:d> · {members}{got}")
    return fit(lines)


def debts(owed: Mapping[int, float]) -> str:
    if not owed:
        return _("Nobody is owed anything from earlier sessions.")
    lines = [
        "- " + _("{member} {stars} stars").format(member=f"<@{who}>", stars=format_number(stars, 2))
        for who, stars in sorted(owed.items(), key=lambda item: -item[1])
    ]
    return fit([_("**Owed from earlier sessions**, and paid back in the next:"), *lines])


def season(name: str, table: Sequence[Standing]) -> str:
    if not table:
        return _("No themed session of season {name} has been finished here yet.").format(name=plain(name))
    lines = [_("**Season {name}**").format(name=plain(name))]
    lines += [
        ngettext(
            "{place}. {member} {points} points from {tracks} track, best {best}, {surprise} against what I expected",
            "{place}. {member} {points} points from {tracks} tracks, best {best}, {surprise} against what I expected",
            line.tracks,
        ).format(
            place=format_number(place),
            member=f"<@{line.listener_id}>",
            points=format_number(line.points, 1),
            tracks=format_number(line.tracks),
            best=format_number(line.best, 1),
            surprise=("+" if line.surprise >= 0 else "") + format_number(line.surprise, 1),
        )
        for place, line in enumerate(table, 1)
    ]
    return fit(lines)


def picture_alt(session: Session, names: Mapping[int, str]) -> str:
    means = session.means()
    got = ", ".join(f"{names.get(who) or member()} {format_number(mean, 1)}" for who, mean in means.items())
    return ngettext(
        "A table of {tracks} track against members, each field the stars I expect. Means: {got}.",
        "A table of {tracks} tracks against members, each field the stars I expect. Means: {got}.",
        len(session.slots),
    ).format(tracks=format_number(len(session.slots)), got=got)


def exported(session: Session, tracks: Tracks) -> str:
    linked = [track for slot in session.slots if (track := tracks.get(slot.track_id)) and track.url]
    lines = [
        ngettext(
            "**{title}**, as files; the links of {tracks} track:",
            "**{title}**, as files; the links of {tracks} tracks:",
            len(linked),
        ).format(title=title(session), tracks=format_number(len(linked)))
    ]
    return fit([*lines, *(f"<{track.url}>" for track in linked)])
