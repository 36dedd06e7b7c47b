"""Recordings that cannot be heard."""

from dataclasses import dataclass

from bot.domain.errors.base import EarmarkError


class AudioError(EarmarkError):
    """An audio file could not be analysed."""


@dataclass(eq=False)
class NotAudio(AudioError):
    name: str


@dataclass(eq=False)
class AudioUnfetched(AudioError):
    name: str


@dataclass(eq=False)
class AudioTooLarge(AudioError):
    name: str
    size: int  # bytes
    limit: int


@dataclass(eq=False)
class AudioTooShort(AudioError):
    name: str
    seconds: float
    least: int


@dataclass(eq=False)
class AudioTooLong(AudioError):
    name: str
    seconds: int  # as far as it was read, or as its header says
    most: int


@dataclass(eq=False)
class AudioUnusual(AudioError):
    name: str
    channels: int
    rate: int  # samples per second


@dataclass(eq=False)
class AudioDamaged(AudioError):
    name: str
    at: float | None  # seconds up to which it is sound; None: its end is missing


@dataclass(eq=False)
class NoSound(AudioError):
    name: str
    seconds: float  # in which something is heard
    least: float
