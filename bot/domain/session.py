"""The nouns of a group session: frozen, whole, and comparable. How they change stands in `bot/flow/session.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

MIN_MEMBERS = 2
VETOES = 1  # a member and session


class Phase(StrEnum):
    LOBBY = "lobby"
    GATHERING = "gathering"
    RATING = "rating"
    REVEAL = "reveal"
    PLAYLIST = "playlist"
    DONE = "done"
    CANCELLED = "cancelled"
    ABANDONED = "abandoned"


OVER = frozenset({Phase.DONE, Phase.CANCELLED, Phase.ABANDONED})
LIVE = frozenset(Phase) - OVER


@dataclass(frozen=True, slots=True)
class Settings:
    """What the host chose; `bot.flow.session.checked` says which values make sense."""

    name: str
    size: int = 10  # slots of the playlist
    strategy: str = "fair"  # a name in bot.taste.group_rules.STRATEGIES
    hidden: bool = True  # votes are shown at the reveal only
    seconds: int = 60  # to vote on a track
    rounds: int = 8  # tracks to rate; in a themed session each submission is a round
    veto: float | None = 3.0  # stars
    playlist_ids: tuple[int, ...] = ()  # candidates come from these; empty: from all that members share here
    theme: str | None = None  # each member submits a track for it
    season: str | None = None  # themed sessions of one season share a table


@dataclass(frozen=True, slots=True)
class Member:
    listener_id: int
    joined_at: int  # seconds since 1970, UTC
    present: bool = True  # False: has left; votes given before stay
    learn: bool | None = None  # may votes become ratings? None: not asked yet
    vetoes: int = 0  # used
    openly: bool = False  # own ratings of the candidates count, so that others can tell what they are


@dataclass(frozen=True, slots=True)
class Ballot:
    stars: int  # 1..10
    by_reaction: bool = False


@dataclass(frozen=True, slots=True)
class Guess:
    """What a member is expected to give."""

    stars: float
    stand_in: bool = False  # nothing is known of this member here: it is the group's taste


@dataclass(frozen=True, slots=True)
class Round:
    """One track that everybody rates."""

    number: int  # from 1
    track_id: int
    opened_at: int
    ends_at: int
    submitter_id: int | None = None  # whose track it is, in a themed session; secret until the reveal
    message_id: int | None = None
    closed_at: int | None = None
    ballots: Mapping[int, Ballot] = field(default_factory=dict[int, Ballot])
    expected: Mapping[int, Guess] = field(default_factory=dict[int, Guess])

    @property
    def open(self) -> bool:
        return self.closed_at is None


@dataclass(frozen=True, slots=True)
class Slot:
    """One place of the playlist, and what each member is predicted to think of it."""

    track_id: int
    satisfaction: Mapping[int, Guess] = field(default_factory=dict[int, Guess])


@dataclass(frozen=True, slots=True)
class Session:
    """All of one session's state: what is stored after each step, and all that a restart needs."""

    guild_id: int
    channel_id: int
    host_id: int
    settings: Settings
    members: Mapping[int, Member]
    created_at: int
    touched_at: int  # of the last step
    id: int = 0  # 0: not stored yet
    message_id: int | None = None  # of the card
    phase: Phase = Phase.LOBBY
    rounds: tuple[Round, ...] = ()
    submissions: Mapping[int, int] = field(default_factory=dict[int, int])  # track by member
    slots: tuple[Slot, ...] = ()
    refused: frozenset[int] = frozenset()  # tracks swapped or vetoed away
    exported: bool = False
    author_id: int | None = None  # who typed its name and theme; None: somebody who was erased

    @property
    def present(self) -> tuple[int, ...]:
        """Who is there, longest first."""
        there = [member for member in self.members.values() if member.present]
        return tuple(member.listener_id for member in sorted(there, key=lambda m: (m.joined_at, m.listener_id)))

    @property
    def live(self) -> bool:
        return self.phase in LIVE

    @property
    def open_round(self) -> Round | None:
        return self.rounds[-1] if self.rounds and self.rounds[-1].open else None

    @property
    def planned_rounds(self) -> int:
        return self.settings.rounds if self.settings.theme is None else len(self.submissions)

    @property
    def openly(self) -> frozenset[int]:
        """Who joined openly."""
        return frozenset(member.listener_id for member in self.members.values() if member.openly)

    def means(self) -> dict[int, float]:
        """What each member gets of the playlist on average, in predicted stars."""
        given: dict[int, list[float]] = {}
        for slot in self.slots:
            for listener_id, guess in slot.satisfaction.items():
                given.setdefault(listener_id, []).append(guess.stars)
        return {listener_id: sum(stars) / len(stars) for listener_id, stars in given.items()}

    def lessons(self, before: "Session | None") -> list[tuple[int, int, int]]:
        """The votes that this step made final, of members who let them become ratings: (member, track, stars)."""
        closed = {round_.number for round_ in before.rounds if not round_.open} if before else set[int]()
        return [
            (listener_id, round_.track_id, ballot.stars)
            for round_ in self.rounds
            if not round_.open and round_.number not in closed
            for listener_id, ballot in round_.ballots.items()
            if listener_id in self.members and self.members[listener_id].learn
        ]
