"""What can happen to a group session: who did it, when, and with which values."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.session import Guess, Settings, Slot


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever causes an event."""

    listener_id: int
    manages: bool = False  # has the permission Manage Events


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    at: int  # seconds since 1970, UTC
    by: Actor | None = None  # None: the bot itself, or its clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(Event):
    """Come in, or back; also late. `learn` is what this member said before, in another session."""

    learn: bool | None = None


class Leave(Event):
    """Go; votes given stay. The host's place falls to who has been there longest; nobody left ends the session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver(Event):
    to: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent(Event):
    """Say whether one's votes may become ratings, from the rounds that end after this on."""

    learn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CountRatings(Event):
    """Say whether one's own ratings of the candidates count, which lets others tell what they are."""

    openly: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted(Event):
    """The session's card has a message."""

    message_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Event):
    """Other settings; the theme and the season stay what they were."""

    settings: Settings


class Begin(Event):
    """From the lobby on to gathering tracks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit(Event):
    """Bring a track for the theme; a second one replaces the first."""

    track_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRound(Event):
    track_id: int
    expected: Mapping[int, Guess]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundPosted(Event):
    """A round's track has a message, on which reactions count."""

    number: int
    message_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote(Event):
    """By button or by reaction: the last one stands. When everybody has voted, the round ends."""

    number: int
    stars: int
    by_reaction: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unvote(Event):
    """Take a vote back; with `stars`, only if it is still that one (an older digit was removed otherwise)."""

    number: int
    stars: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndRound(Event):
    """By the clock when the time is over, or by the host at any time."""

    number: int


class Reveal(Event):
    """Show everybody's votes; the host may come here before all rounds are played."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MakePlaylist(Event):
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap(Event):
    """Another track for one place; the old one does not come back."""

    place: int  # from 0
    slot: Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Veto(Event):
    """A member's no to a track, once a session; where there is no other track, the list becomes shorter."""

    place: int
    slot: Slot | None


class Export(Event):
    """Somebody took the playlist with them."""


class Finish(Event):
    """The session has done what it was for."""


class Cancel(Event):
    """The host gives it up."""


class Expire(Event):
    """The clock: nobody has touched it for `PATIENCE` seconds."""
