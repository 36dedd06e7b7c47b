"""Limits of what members may ask for and keep."""

from dataclasses import dataclass

from bot.domain.errors.base import EarmarkError


@dataclass(eq=False)
class NothingStored(EarmarkError):
    pass


class ErasedMeanwhile(EarmarkError):
    """The person was erased while this work went on, so nothing of it is kept."""


@dataclass(eq=False)
class NotConfirmed(EarmarkError):
    word: str


class TookTooLong(EarmarkError):
    """Work that used up its time was ended; nothing of it is kept."""


@dataclass(eq=False)
class FileTooSlow(TookTooLong):
    name: str


@dataclass(eq=False)
class Interrupted(EarmarkError):
    file: str = ""  # that was being read; empty for other work


@dataclass(eq=False)
class Busy(EarmarkError):
    doing: str


@dataclass(eq=False)
class TooOften(EarmarkError):
    what: str  # "link", "upload", "train", "predict", "session" or "export"
    seconds: int  # until it goes again
    whose: str  # "member" or "server"


@dataclass(eq=False)
class TooMuchStored(EarmarkError):
    what: str  # "tracks" (on playlists) or "recordings"
    limit: int
