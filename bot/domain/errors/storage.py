"""The database and its backups."""

from dataclasses import dataclass

from bot.domain.errors.base import EarmarkError


@dataclass(eq=False)
class StorageBusy(EarmarkError):
    code: int  # SQLite's


@dataclass(eq=False)
class DatabaseClosed(EarmarkError):
    pass


@dataclass(eq=False)
class DatabaseGone(EarmarkError):
    path: str


@dataclass(eq=False)
class NotSealed(EarmarkError):
    path: str


@dataclass(eq=False)
class NoBackup(EarmarkError):
    path: str


@dataclass(eq=False)
class BadBackup(EarmarkError):
    path: str


class BadDatabase(BadBackup):
    """The database itself is damaged, or none of ours."""


@dataclass(eq=False)
class NewerDatabase(EarmarkError):
    path: str
    revision: str
