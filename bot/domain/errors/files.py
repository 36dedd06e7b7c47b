"""Files and links that cannot be read."""

from dataclasses import dataclass

from bot.domain.errors.base import EarmarkError


class LinkError(EarmarkError):
    """A playlist could not be linked."""


@dataclass(eq=False)
class EmptyFile(LinkError):
    name: str


@dataclass(eq=False)
class FileUnfetched(LinkError):
    name: str


@dataclass(eq=False)
class FileTooLarge(LinkError):
    name: str
    size: int
    limit: int
    unit: str  # "bytes" or "rows"


@dataclass(eq=False)
class UnreadableFile(LinkError):
    name: str


@dataclass(eq=False)
class NoTracks(LinkError):
    name: str


@dataclass(eq=False)
class LinkNotSupported(LinkError):
    host: str
