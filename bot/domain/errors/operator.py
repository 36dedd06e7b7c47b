"""What the operator has to mend."""

from dataclasses import dataclass

from bot.domain.errors.base import EarmarkError


@dataclass(eq=False)
class Unwritable(EarmarkError):
    path: str  # empty where the operating system did not name it
    reason: str  # its words


@dataclass(eq=False)
class FileStands(EarmarkError):
    path: str


class TokenRefused(EarmarkError):
    """Discord does not accept the bot's token."""


class DiscordUnreachable(EarmarkError):
    """Discord could not be reached when the bot wanted to log in."""


class WrongKey(EarmarkError):
    """None of the operator's keys opens this, or it was changed after it was sealed."""


class BadSeal(EarmarkError):
    """A sealed file is not as it was sealed: its end is missing, or parts were changed, left out or moved."""


@dataclass(eq=False)
class NotRunning(EarmarkError):
    port: int


@dataclass(eq=False)
class PortInUse(EarmarkError):
    port: int


@dataclass(eq=False)
class FolderInUse(EarmarkError):
    folder: str


@dataclass(eq=False)
class NotConfigured(EarmarkError):
    setting: str
    missing: bool = False  # not set at all; else not understood


@dataclass(eq=False)
class FolderUnusable(EarmarkError):
    folder: str


@dataclass(eq=False)
class LockUnsupported(EarmarkError):
    folder: str


@dataclass(eq=False)
class ExtraMissing(EarmarkError):
    setting: str
    extra: str  # of this project
