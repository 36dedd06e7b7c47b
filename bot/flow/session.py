"""A group session as a pure state machine: a session and an event give a new session, or a typed error.

    lobby ──Begin──▶ gathering ──OpenRound──▶ rating ──Reveal──▶ reveal ──MakePlaylist──▶ playlist ──Finish──▶ done
                         │                    │    ▲                │                         │  ▲
                         │             EndRound    OpenRound        └──Finish──▶ done         └──┘ Swap, Veto
                         └──────────Reveal, without a round──────────▶

    any of these ──Cancel──▶ cancelled      any of these, untouched for long or left by all ──▶ abandoned

`RULES` is the machine: for each event the phases in which it may come, who may cause it, and the step itself. Nothing
here knows a clock, a database or Discord: an event carries its time, and `flow/gather.py` and `storage/sessions.py`
bring the rest. A step that changes nothing returns the very session it was given.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from bot.domain.errors import (
    AlreadyPlayed,
    BadSetting,
    NoMoreRounds,
    NotInSession,
    NotPlayable,
    NotTheHost,
    NotThemed,
    OwnTrack,
    RoundClosed,
    RoundOpen,
    TooEarly,
    TooFewMembers,
    UnknownRound,
    UnknownSlot,
    VetoSpent,
    WrongPhase,
)
from bot.domain.ratings import MAX_STARS, MIN_STARS
from bot.domain.session import LIVE, MIN_MEMBERS, VETOES, Ballot, Member, Phase, Round, Session, Settings, Slot
from bot.flow.session_events import (
    Actor,
    Begin,
    Cancel,
    Change,
    Consent,
    CountRatings,
    EndRound,
    Event,
    Expire,
    Export,
    Finish,
    HandOver,
    Join,
    Leave,
    MakePlaylist,
    OpenRound,
    Posted,
    Reveal,
    RoundPosted,
    Submit,
    Swap,
    Unvote,
    Veto,
    Vote,
)

PATIENCE = 6 * 3600  # seconds without a step, after which a session ends itself
LIMITS: Mapping[str, tuple[int, int]] = {"size": (1, 50), "seconds": (10, 3600), "rounds": (0, 30)}


def start(
    guild_id: int, channel_id: int, host: Actor, settings: Settings, at: int, learn: bool | None = None
) -> Session:
    """Open a lobby with its host in it; raise BadSetting."""
    members = {host.listener_id: Member(host.listener_id, at, learn=learn)}
    author = host.listener_id
    return Session(guild_id, channel_id, author, checked(settings), members, at, at, author_id=author)


def checked(settings: Settings) -> Settings:
    """Raise BadSetting for what makes no sense."""
    for name, (low, high) in LIMITS.items():
        if not low <= getattr(settings, name) <= high:
            raise BadSetting(name=name, low=low, high=high)
    if settings.veto is not None and not MIN_STARS <= settings.veto <= MAX_STARS:
        raise BadSetting(name="veto", low=MIN_STARS, high=MAX_STARS)
    return settings


def apply(session: Session, event: Event) -> Session:
    """The session after the event.

    Raises:
        WrongPhase: the event does not belong in this phase.
        NotInSession, NotTheHost: it is not this actor's to cause.
        SessionError: what the single steps say.

    """
    rule = RULES[type(event)]
    if session.phase not in rule.phases:
        allowed = tuple(phase for phase in Phase if phase in rule.phases)
        raise WrongPhase(event=type(event).__name__, phase=session.phase, allowed=allowed)
    _entitle(session, rule.who, event.by)
    after = rule.step(session, event)
    return session if after is session else replace(after, touched_at=max(session.touched_at, event.at))


def steers(session: Session, actor: Actor) -> bool:
    return actor.listener_id == session.host_id or actor.manages


def require_host(session: Session, actor: Actor) -> None:
    """Raise NotTheHost before work is begun that only the host's step can use."""
    _entitle(session, "host", actor)


def _entitle(session: Session, who: "Who", by: Actor | None) -> None:
    if by is None:
        assert who in {"bot", "host"}, "a member's event names the member"
    elif who == "bot" or (who == "host" and not steers(session, by)):
        raise NotTheHost(host_id=session.host_id)
    elif who == "member" and by.listener_id not in session.present:
        raise NotInSession(listener_id=by.listener_id)


def _who(event: Event) -> int:
    assert event.by is not None
    return event.by.listener_id


def _join(session: Session, event: Join) -> Session:
    listener_id = _who(event)
    before = session.members.get(listener_id)
    if before is not None and before.present:
        return session
    member = (
        replace(before, present=True, joined_at=event.at, openly=False, learn=event.learn)
        if before
        else Member(listener_id, event.at, learn=event.learn)
    )
    return replace(session, members={**session.members, listener_id: member})


def _leave(session: Session, event: Leave) -> Session:
    listener_id = _who(event)
    gone = replace(session.members[listener_id], present=False)
    after = replace(session, members={**session.members, listener_id: gone})
    if not after.present:
        return _over(after, Phase.ABANDONED, event.at)
    if session.host_id == listener_id:
        after = replace(after, host_id=after.present[0])
    if session.phase is Phase.GATHERING:
        # A track that nobody is there to answer for is not asked about.
        kept = {member: track for member, track in session.submissions.items() if member != listener_id}
        after = replace(after, submissions=kept)
    return _closed_if_complete(after, event.at)


def _hand_over(session: Session, event: HandOver) -> Session:
    if event.to not in session.present:
        raise NotInSession(listener_id=event.to)
    return session if event.to == session.host_id else replace(session, host_id=event.to)


def _consent(session: Session, event: Consent) -> Session:
    return _with_member(session, replace(session.members[_who(event)], learn=event.learn))


def _count_ratings(session: Session, event: CountRatings) -> Session:
    return _with_member(session, replace(session.members[_who(event)], openly=event.openly))


def _posted(session: Session, event: Posted) -> Session:
    return replace(session, message_id=event.message_id)


def _change(session: Session, event: Change) -> Session:
    kept = replace(event.settings, theme=session.settings.theme, season=session.settings.season)
    played = len(session.rounds)
    if session.settings.theme is None and kept.rounds < played:
        raise BadSetting(name="rounds", low=played, high=LIMITS["rounds"][1])
    return session if kept == session.settings else replace(session, settings=checked(kept))


def _begin(session: Session, event: Begin) -> Session:
    del event
    if len(session.present) < MIN_MEMBERS:
        raise TooFewMembers(have=len(session.present), need=MIN_MEMBERS)
    return replace(session, phase=Phase.GATHERING)


def _submit(session: Session, event: Submit) -> Session:
    if session.settings.theme is None:
        raise NotThemed
    listener_id = _who(event)
    if any(track == event.track_id and member != listener_id for member, track in session.submissions.items()):
        raise AlreadyPlayed(track_id=event.track_id)
    return replace(session, submissions={**session.submissions, listener_id: event.track_id})


def _open_round(session: Session, event: OpenRound) -> Session:
    if session.open_round is not None:
        raise RoundOpen(number=session.open_round.number)
    if any(round_.track_id == event.track_id for round_ in session.rounds):
        raise AlreadyPlayed(track_id=event.track_id)
    if len(session.rounds) >= session.planned_rounds:
        raise NoMoreRounds(rounds=session.planned_rounds)
    submitter = next((member for member, track in session.submissions.items() if track == event.track_id), None)
    if session.settings.theme is not None and submitter is None:
        raise NotPlayable(track_id=event.track_id)
    opened = Round(
        number=len(session.rounds) + 1,
        track_id=event.track_id,
        opened_at=event.at,
        ends_at=event.at + session.settings.seconds,
        submitter_id=submitter,
        expected=event.expected,
    )
    return replace(session, phase=Phase.RATING, rounds=(*session.rounds, opened))


def _round_posted(session: Session, event: RoundPosted) -> Session:
    """Its time counts from its first message on: nobody could vote before."""
    round_ = _round(session, event.number)
    if round_.message_id is None:
        round_ = replace(round_, opened_at=event.at, ends_at=event.at + session.settings.seconds)
    return _with_round(session, replace(round_, message_id=event.message_id))


def _vote(session: Session, event: Vote) -> Session:
    if not MIN_STARS <= event.stars <= MAX_STARS:
        raise ValueError(event.stars)
    round_ = _votable(session, event.number)
    listener_id = _who(event)
    if round_.submitter_id == listener_id:
        raise OwnTrack(track_id=round_.track_id)
    ballot = Ballot(event.stars, event.by_reaction)
    if round_.ballots.get(listener_id) == ballot:
        return session
    voted = replace(round_, ballots={**round_.ballots, listener_id: ballot})
    return _closed_if_complete(_with_round(session, voted), event.at)


def _unvote(session: Session, event: Unvote) -> Session:
    round_ = _votable(session, event.number)
    current = round_.ballots.get(_who(event))
    if current is None or (event.stars is not None and event.stars != current.stars):
        return session
    kept = {member: ballot for member, ballot in round_.ballots.items() if member != _who(event)}
    return _with_round(session, replace(round_, ballots=kept))


def _end_round(session: Session, event: EndRound) -> Session:
    round_ = _votable(session, event.number)
    # Before its beginning: the machine's clock was set back, and says nothing of how long the round has lasted.
    if event.by is None and round_.opened_at <= event.at < round_.ends_at:
        raise TooEarly(seconds=round_.ends_at - event.at)
    return _with_round(session, replace(round_, closed_at=max(event.at, round_.opened_at)))


def _reveal(session: Session, event: Reveal) -> Session:
    del event
    if session.open_round is not None:
        raise RoundOpen(number=session.open_round.number)
    return replace(session, phase=Phase.REVEAL)


def _make_playlist(session: Session, event: MakePlaylist) -> Session:
    tracks = [slot.track_id for slot in event.slots]
    for place, track_id in enumerate(tracks):
        if track_id in tracks[:place] or track_id in session.refused:
            raise NotPlayable(track_id=track_id)
    return replace(session, phase=Phase.PLAYLIST, slots=event.slots)


def _swap(session: Session, event: Swap) -> Session:
    return _with_slot(session, event.place, event.slot)


def _veto(session: Session, event: Veto) -> Session:
    member = session.members[_who(event)]
    if member.vetoes >= VETOES:
        raise VetoSpent(limit=VETOES)
    return _with_member(_with_slot(session, event.place, event.slot), replace(member, vetoes=member.vetoes + 1))


def _export(session: Session, event: Export) -> Session:
    del event
    return session if session.exported else replace(session, exported=True)


def _finish(session: Session, event: Finish) -> Session:
    return _over(session, Phase.DONE, event.at)


def _cancel(session: Session, event: Cancel) -> Session:
    return _over(session, Phase.CANCELLED, event.at)


def _expire(session: Session, event: Expire) -> Session:
    left = session.touched_at + PATIENCE - event.at
    if left > 0:
        raise TooEarly(seconds=left)
    return _over(session, Phase.ABANDONED, event.at)


def _over(session: Session, phase: Phase, at: int) -> Session:
    """End it; the votes of a round that was open are final too."""
    if session.open_round is not None:
        session = _with_round(session, replace(session.open_round, closed_at=at))
    return replace(session, phase=phase)


def _round(session: Session, number: int) -> Round:
    if not 1 <= number <= len(session.rounds):
        raise UnknownRound(number=number)
    return session.rounds[number - 1]


def _votable(session: Session, number: int) -> Round:
    round_ = _round(session, number)
    if not round_.open:
        raise RoundClosed(number=number)
    return round_


def _closed_if_complete(session: Session, at: int) -> Session:
    """End the open round when everybody who is there, and did not submit the track, has voted."""
    round_ = session.open_round
    if round_ is None:
        return session
    voters = [member for member in session.present if member != round_.submitter_id]
    if not round_.ballots or not all(member in round_.ballots for member in voters):
        return session
    return _with_round(session, replace(round_, closed_at=at))


def _with_round(session: Session, round_: Round) -> Session:
    rounds = tuple(round_ if other.number == round_.number else other for other in session.rounds)
    return replace(session, rounds=rounds)


def _with_member(session: Session, member: Member) -> Session:
    return replace(session, members={**session.members, member.listener_id: member})


def _with_slot(session: Session, place: int, slot: Slot | None) -> Session:
    if not 0 <= place < len(session.slots):
        raise UnknownSlot(place=place)
    if slot is not None and slot.track_id in {*session.refused, *(other.track_id for other in session.slots)}:
        raise NotPlayable(track_id=slot.track_id)
    slots = (*session.slots[:place], *([slot] if slot else []), *session.slots[place + 1 :])
    return replace(session, slots=slots, refused=session.refused | {session.slots[place].track_id})


Who = Literal["anybody", "member", "host", "bot"]  # the bot itself may do what the host may


@dataclass(frozen=True, slots=True)
class Rule:
    """When an event may come, and what it does."""

    phases: frozenset[Phase]
    who: Who
    step: Callable[[Session, Any], Session]


def _in(*phases: Phase) -> frozenset[Phase]:
    return frozenset(phases)


RULES: Mapping[type[Event], Rule] = {
    Join: Rule(_in(Phase.LOBBY, Phase.GATHERING, Phase.RATING, Phase.REVEAL), "anybody", _join),
    Leave: Rule(LIVE, "member", _leave),
    HandOver: Rule(LIVE, "host", _hand_over),
    Consent: Rule(LIVE, "member", _consent),
    CountRatings: Rule(LIVE, "member", _count_ratings),
    Change: Rule(_in(Phase.LOBBY, Phase.GATHERING, Phase.RATING, Phase.REVEAL), "host", _change),
    Posted: Rule(LIVE, "bot", _posted),
    Begin: Rule(_in(Phase.LOBBY), "host", _begin),
    Submit: Rule(_in(Phase.GATHERING), "member", _submit),
    OpenRound: Rule(_in(Phase.GATHERING, Phase.RATING), "host", _open_round),
    RoundPosted: Rule(_in(Phase.RATING), "bot", _round_posted),
    Vote: Rule(_in(Phase.RATING), "member", _vote),
    Unvote: Rule(_in(Phase.RATING), "member", _unvote),
    EndRound: Rule(_in(Phase.RATING), "host", _end_round),
    Reveal: Rule(_in(Phase.GATHERING, Phase.RATING), "host", _reveal),
    MakePlaylist: Rule(_in(Phase.REVEAL), "host", _make_playlist),
    Swap: Rule(_in(Phase.PLAYLIST), "host", _swap),
    Veto: Rule(_in(Phase.PLAYLIST), "member", _veto),
    Export: Rule(_in(Phase.PLAYLIST, Phase.DONE), "anybody", _export),
    Finish: Rule(_in(Phase.REVEAL, Phase.PLAYLIST), "host", _finish),
    Cancel: Rule(LIVE, "host", _cancel),
    Expire: Rule(LIVE, "bot", _expire),
}
