"""Tracks, playlists and cards that cannot be rated."""

from dataclasses import dataclass

from bot.domain.errors.base import EarmarkError


@dataclass(eq=False)
class NothingToRate(EarmarkError):
    rated: int


@dataclass(eq=False)
class NoPlaylist(NothingToRate):
    rated: int = 0


@dataclass(eq=False)
class UnknownTrack(EarmarkError):
    asked: str


@dataclass(eq=False)
class UnknownPlaylist(EarmarkError):
    asked: str


@dataclass(eq=False)
class NotYourCard(EarmarkError):
    owner_id: int


class NothingToUndo(EarmarkError):
    """No verdict of this listener is left to take back."""
