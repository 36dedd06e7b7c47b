"""From rows to nouns: tracks with the features that are known of them."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import String, func, select
from sqlalchemy.sql.expression import Label

from bot.domain import Track
from storage.schema import track_features, tracks

COLUMNS = (
    tracks.c.id,
    tracks.c.title,
    tracks.c.artist,
    tracks.c.album,
    tracks.c.spotify_id,
    tracks.c.isrc,
    tracks.c.url,
    tracks.c.artwork_url,
    tracks.c.duration_ms,
)


def features_column() -> Label[Any]:
    """All that is known of a track's sound: the JSON objects of its sources, one a line, sorted by source."""
    return (
        select(func.group_concat(track_features.c.features, "\n", type_=String))
        .where(track_features.c.track_id == tracks.c.id)
        .scalar_subquery()
        .label("features")
    )


def select_tracks() -> Any:
    """A query for tracks, to be narrowed; SQLAlchemy types each column, which helps nobody here."""
    return select(*COLUMNS, features_column())


def track(row: Sequence[Any]) -> Track:
    """Make a track of the first ten values of a row of `select_tracks`."""
    return Track(*row[:9], features=merged(row[9]))


def merged(text: str | None) -> dict[str, float]:
    """Join the features of several sources; a name that an earlier source knows keeps that source's value."""
    values: dict[str, float] = {}
    for line in (text or "").split("\n"):
        if line:
            values = {**json.loads(line), **values}
    return values


def in_parts(values: Iterable[Any], size: int = 500) -> Iterable[list[Any]]:
    """Cut a long list into parts that a statement's parameters can hold."""
    items = list(values)
    return (items[start : start + size] for start in range(0, len(items), size))
