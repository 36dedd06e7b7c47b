"""Ratings, and the questions that lead to them."""

from dataclasses import dataclass
from typing import Literal

from bot.domain.tracks import Track

MIN_STARS = 1


MAX_STARS = 10


MIN_RATINGS = 10  # rated tracks with features before a first model is trained


Verdict = Literal["unknown", "hunch", "fair", "sure"]


@dataclass(frozen=True, slots=True)
class Rating:
    listener_id: int
    track: Track
    stars: int  # 1..10
    rated_at: int  # seconds since 1970, UTC


Why = Literal["typical", "telling", "surprise", "rest", "unheard"]  # a track is asked about


@dataclass(frozen=True, slots=True)
class Question:
    """A track to ask a listener about next, and where they stand."""

    track: Track
    stars: int | None  # the current rating, where there is one
    left: int  # tracks still to rate in this round, this one included
    rated: int  # the listener's ratings in all
    playlist_id: int | None  # the round is limited to this playlist
    can_undo: bool
    then: tuple[int, ...] = ()  # the tracks that will be asked about after this one
    why: Why | None = None  # None: the listener chose it
    unclear: int | None = None  # a track whose public card has several new digits of theirs, which they are to be told
