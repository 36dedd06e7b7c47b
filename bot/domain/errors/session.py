"""Steps that a group session does not allow."""

from dataclasses import dataclass

from bot.domain.errors.base import EarmarkError


class GroupError(EarmarkError):
    """No playlist can be made for a group."""


@dataclass(eq=False)
class NoCandidates(GroupError):
    members: int
    tracks: int


@dataclass(eq=False)
class AllVetoed(GroupError):
    tracks: int
    veto: float


class SessionError(EarmarkError):
    """A step that a group session does not allow now; nothing was changed."""


@dataclass(eq=False)
class WrongPhase(SessionError):
    event: str
    phase: str
    allowed: tuple[str, ...]


@dataclass(eq=False)
class NotInSession(SessionError):
    listener_id: int


@dataclass(eq=False)
class NotTheHost(SessionError):
    host_id: int


@dataclass(eq=False)
class TooFewMembers(SessionError):
    have: int
    need: int


@dataclass(eq=False)
class SessionRunning(SessionError):
    session_id: int
    channel_id: int


@dataclass(eq=False)
class NoSession(SessionError):
    asked: int


@dataclass(eq=False)
class UnknownRound(SessionError):
    number: int


@dataclass(eq=False)
class RoundOpen(SessionError):
    number: int


@dataclass(eq=False)
class RoundClosed(SessionError):
    number: int


@dataclass(eq=False)
class NoMoreRounds(SessionError):
    rounds: int


@dataclass(eq=False)
class TooEarly(SessionError):
    seconds: int


@dataclass(eq=False)
class AlreadyPlayed(SessionError):
    track_id: int


@dataclass(eq=False)
class OwnTrack(SessionError):
    track_id: int


@dataclass(eq=False)
class UnknownSlot(SessionError):
    place: int


@dataclass(eq=False)
class NotPlayable(SessionError):
    track_id: int


class NotThemed(SessionError):
    """The session has no theme, so there is nothing to submit."""


@dataclass(eq=False)
class VetoSpent(SessionError):
    limit: int


@dataclass(eq=False)
class MissingPermissions(SessionError):
    names: tuple[str, ...]


@dataclass(eq=False)
class ThreadLocked(SessionError):
    channel_id: int


class NotInServer(SessionError):
    """Not in a server, or the bot is installed for the user only and may not post there by itself."""


@dataclass(eq=False)
class BadSetting(SessionError):
    name: str
    low: int
    high: int
