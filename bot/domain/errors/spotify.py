"""What comes between a member, this bot and Spotify."""

from dataclasses import dataclass

from bot.domain.errors.base import EarmarkError


class SpotifyError(EarmarkError):
    """Something between a member, this bot and Spotify."""


@dataclass(eq=False)
class NoSpotify(SpotifyError):
    pass


@dataclass(eq=False)
class ShortLink(SpotifyError):
    host: str


@dataclass(eq=False)
class WrongLink(SpotifyError):
    kind: str  # artist, episode, show, user ...


@dataclass(eq=False)
class ConnectFirst(SpotifyError):
    kind: str  # playlist, liked, top, export
    possible: bool  # whether this bot can connect accounts at all


@dataclass(eq=False)
class PlaylistClosed(SpotifyError):
    kind: str


@dataclass(eq=False)
class NotOnSpotify(SpotifyError):
    kind: str


@dataclass(eq=False)
class NothingThere(SpotifyError):
    name: str


@dataclass(eq=False)
class NotOnTheList(SpotifyError):
    pass


@dataclass(eq=False)
class SpotifyBusy(SpotifyError):
    seconds: int
    daily: bool  # the quota of the operator's account, not only too many requests at once
    share: bool = False  # not Spotify: the member has used up what one member may ask it for
    done: int = 0
    total: int = 0


@dataclass(eq=False)
class SpotifyDown(SpotifyError):
    status: int  # 0: no answer, or none that can be read
    done: int = 0
    total: int = 0


@dataclass(eq=False)
class SpotifyForbids(SpotifyError):
    what: str


@dataclass(eq=False)
class ConnectionGone(SpotifyError):
    expired: bool  # half a year is over; else it was revoked


@dataclass(eq=False)
class PermissionUnreadable(SpotifyError):
    pass


@dataclass(eq=False)
class Disconnected(SpotifyError):
    pass


@dataclass(eq=False)
class WriteUnfinished(SpotifyError):
    url: str  # empty: nobody knows whether it was made
    written: int
    total: int
    because: SpotifyError


@dataclass(eq=False)
class NoKeys(SpotifyError):
    pass


@dataclass(eq=False)
class BadState(SpotifyError):
    why: str  # "unknown", "expired", "another"


@dataclass(eq=False)
class CodeRefused(SpotifyError):
    pass


@dataclass(eq=False)
class Declined(SpotifyError):
    pass


@dataclass(eq=False)
class NoRedirect(SpotifyError):
    pass


@dataclass(eq=False)
class AppRefused(SpotifyError):
    pass
