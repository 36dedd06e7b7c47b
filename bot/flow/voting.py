"""Joining and voting on stored sessions: late joiners are welcome, and a reaction of whoever is not in yet counts."""

import contextlib
from collections.abc import Iterable, Mapping

from bot.domain.errors import RoundClosed, SessionError
from bot.domain.session import Session
from bot.flow.reveal import missed
from bot.flow.session import PATIENCE, apply
from bot.flow.session_events import Actor, Consent, Event, Expire, Join, Unvote, Vote
from storage.sessions import Sessions, Step


async def join(sessions: Sessions, session_id: int, who: Actor, at: int) -> Step:
    """Let somebody in, with what they said before of learning from votes; raise NoSession, WrongPhase."""
    learn = await sessions.consent(who.listener_id)
    return await sessions.step(session_id, lambda now: apply(now, Join(at=at, by=who, learn=learn)))


async def let_learn(sessions: Sessions, who: Actor, learn: bool, at: int) -> None:
    """Say whether one's votes may become ratings: from now on, and in the live sessions that one is in."""
    await sessions.remember(who.listener_id, learn)
    for session_id in await sessions.live_of(who.listener_id):
        with contextlib.suppress(SessionError):  # it has just ended, or the member has just left
            event = Consent(at=at, by=who, learn=learn)
            await sessions.step(session_id, lambda session, event=event: apply(session, event))


async def vote(
    sessions: Sessions, session_id: int, who: Actor, number: int, stars: int, at: int, *, by_reaction: bool = False
) -> Step:
    """Count a vote, durable when this returns; who is not in the session joins by it.

    The round's end, where this was the last vote, shows in the step: `before.open_round` and not `after.open_round`.

    Raises:
        NoSession, WrongPhase, UnknownRound, RoundClosed, OwnTrack: the vote does not count; nobody has joined by it.
        ValueError: stars outside 1..10.

    """
    learn = await sessions.consent(who.listener_id)
    event = Vote(at=at, by=who, number=number, stars=stars, by_reaction=by_reaction)
    return await sessions.step(session_id, lambda now: _cast(now, event, learn))


async def unvote(
    sessions: Sessions, session_id: int, who: Actor, number: int, stars: int, at: int, instead: int | None = None
) -> Step:
    """Take a vote by digit back; another digit of the member's that still stands counts instead.

    Raises:
        NoSession, WrongPhase, UnknownRound, RoundClosed, NotInSession: the vote stays.

    """

    def change(session: Session) -> Session:
        after = apply(session, Unvote(at=at, by=who, number=number, stars=stars))
        if after is session or instead is None:
            return after
        return apply(after, Vote(at=at, by=who, number=number, stars=instead, by_reaction=True))

    return await sessions.step(session_id, change)


async def catch_up(
    sessions: Sessions, session_id: int, number: int, digits: Mapping[int, Iterable[int]], at: int
) -> Step:
    """Count what happened under a round's message while the bot was away, in one step (see `reveal.missed`)."""
    learn = {who: await sessions.consent(who) for who in digits}

    def change(session: Session) -> Session:
        if not 1 <= number <= len(session.rounds) or not session.rounds[number - 1].open:
            return session
        for event in missed(session.rounds[number - 1], digits, at):
            try:
                session = _cast(session, event, learn.get(event.by.listener_id if event.by else 0))
            except RoundClosed:  # everybody has voted: the rest came too late
                break
            except SessionError:  # it would not have counted then either
                continue
        return session

    return await sessions.step(session_id, change)


async def end_abandoned(sessions: Sessions, at: int) -> list[Session]:
    """End the live sessions that nobody has touched for long, and say which."""
    ended: list[Session] = []
    for session in await sessions.live():
        if session.touched_at + PATIENCE <= at:
            step = await sessions.step(session.id, lambda now: apply(now, Expire(at=at)) if _old(now, at) else now)
            ended += [step.after] if not step.after.live else []
    return ended


def _old(session: Session, at: int) -> bool:
    return session.live and session.touched_at + PATIENCE <= at


def _cast(session: Session, event: Event, learn: bool | None) -> Session:
    """Join where that is needed, then vote: both or neither."""
    if isinstance(event, Vote) and event.by is not None and event.by.listener_id not in session.present:
        session = apply(session, Join(at=event.at, by=event.by, learn=learn))
    return apply(session, event)
