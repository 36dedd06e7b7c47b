"""What a group session has shown: whose taste was predicted best, and the table of a season. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.domain.session import Ballot, Phase, Round, Session
from bot.flow.session_events import Actor, Unvote, Vote


@dataclass(frozen=True, slots=True)
class Known:
    """How well the bot predicted one member's votes."""

    listener_id: int
    error: float  # mean absolute, stars
    votes: int  # with a prediction of this member's own


@dataclass(frozen=True, slots=True)
class Heard:
    """One round as everybody may see it after the reveal: "expected 6.1, given 8.4"."""

    number: int
    track_id: int
    submitter_id: int | None
    expected: float | None  # mean over those who voted, stars
    given: float | None  # None: nobody voted
    votes: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A member's line in the table of a season."""

    listener_id: int
    points: float  # sum of the mean stars that their submissions got
    tracks: int  # submissions that somebody rated
    best: float  # mean stars of the best of them
    surprise: float  # how much more their tracks got than was expected of them, on average, stars


def shown(session: Session, number: int) -> Mapping[int, Ballot] | None:
    """The votes of a round that everybody may see; None: hidden until the reveal."""
    hidden = session.settings.hidden and session.phase in {Phase.LOBBY, Phase.GATHERING, Phase.RATING}
    return None if hidden else session.rounds[number - 1].ballots


def submitter(session: Session, number: int) -> int | None:
    """Who submitted a round's track; anonymous until the reveal."""
    early = session.phase in {Phase.LOBBY, Phase.GATHERING, Phase.RATING}
    return None if early else session.rounds[number - 1].submitter_id


def heard(round_: Round) -> Heard:
    stars = [ballot.stars for ballot in round_.ballots.values()]
    guesses = [round_.expected[who].stars for who in round_.ballots if who in round_.expected]
    return Heard(round_.number, round_.track_id, round_.submitter_id, _mean(guesses), _mean(stars), len(stars))


def known_best(session: Session) -> list[Known]:
    """Whose votes the bot predicted best, best first; stand-ins say nothing of anybody's taste and do not count."""
    errors: dict[int, list[float]] = {}
    for round_ in session.rounds:
        for who, ballot in round_.ballots.items():
            guess = round_.expected.get(who)
            if guess is not None and not guess.stand_in:
                errors.setdefault(who, []).append(abs(guess.stars - ballot.stars))
    table = [Known(who, sum(values) / len(values), len(values)) for who, values in errors.items()]
    return sorted(table, key=lambda known: (known.error, -known.votes, known.listener_id))


def season_table(sessions: Iterable[Session]) -> list[Standing]:
    """The table over several themed sessions, the leader first.

    A submission scores the mean of the others' stars, so that a full house and a small one count alike.
    """
    scored: dict[int, list[tuple[float, float]]] = {}
    for session in sessions:
        for round_ in session.rounds:
            result = heard(round_)
            if result.submitter_id is not None and result.given is not None:
                above = 0.0 if result.expected is None else result.given - result.expected
                scored.setdefault(result.submitter_id, []).append((result.given, above))
    table = [
        Standing(
            listener_id,
            points=sum(given for given, _ in rows),
            tracks=len(rows),
            best=max(given for given, _ in rows),
            surprise=sum(above for _, above in rows) / len(rows),
        )
        for listener_id, rows in scored.items()
    ]
    return sorted(table, key=lambda line: (-line.points, -line.best, line.listener_id))


def missed(round_: Round, digits: Mapping[int, Iterable[int]], at: int) -> list[Vote | Unvote]:
    """What happened on a message while the bot was away, from the digits that stand under it now.

    Discord does not say which of several digits came last: a vote that still stands is kept, else the highest counts.
    A vote by button has no digit, and so none was taken back.

    Args:
        round_: an open one.
        digits: the digits 1..10 under the message by member, the bot's own left out; members without one may be absent.
        at: seconds since 1970, UTC.

    """
    found: list[Vote | Unvote] = []
    for listener_id in sorted({*round_.ballots, *digits}):
        now = set(digits.get(listener_id, ()))
        ballot = round_.ballots.get(listener_id)
        by = Actor(listener_id)
        if ballot is not None and (ballot.stars in now or not ballot.by_reaction):
            continue
        if now:
            found.append(Vote(at=at, by=by, number=round_.number, stars=max(now), by_reaction=True))
        elif ballot is not None:
            found.append(Unvote(at=at, by=by, number=round_.number))
    return found


def _mean(values: list[int] | list[float]) -> float | None:
    return sum(values) / len(values) if values else None
