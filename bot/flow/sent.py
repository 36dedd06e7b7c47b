"""Sent: a file that a member has sent, and that is fetched when its turn has come."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that is not in memory yet.

    Attributes:
        size: in bytes, as far as Discord says.
        fetch: raises an EarmarkError where the file cannot be had.

    """

    name: str
    size: int
    fetch: Callable[[], Awaitable[bytes]]
