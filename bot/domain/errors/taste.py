"""Models that cannot be trained or compared."""

from dataclasses import dataclass

from bot.domain.errors.base import EarmarkError


@dataclass(eq=False)
class TooFewRatings(EarmarkError):
    have: int
    need: int


@dataclass(eq=False)
class AllRatingsEqual(EarmarkError):
    stars: int
    count: int


@dataclass(eq=False)
class AllTracksAlike(EarmarkError):
    rated: int


@dataclass(eq=False)
class NoFeatures(EarmarkError):
    rated: int


@dataclass(eq=False)
class NotTrained(EarmarkError):
    rated: int
    need: int


@dataclass(eq=False)
class NotSharing(EarmarkError):
    listener_id: int
    yours: bool  # the one who asks has not allowed it; else the other


class NobodyToCompare(EarmarkError):
    """There is no second listener in this comparison."""
