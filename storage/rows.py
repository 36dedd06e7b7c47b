"""From rows to nouns: tracks with the features that are known of them."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import String, func, select
from sqlalchemy.sql.expression import Label

from bot.domain.scales import merge
from bot.domain.tracks import Track
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
    """All that is known of a track's sound: a source and its JSON object a line, sorted by source."""
    line = track_features.c.source + " " + track_features.c.features
    return (
        select(func.group_concat(line, "\n", type_=String))
        .where(track_features.c.track_id == tracks.c.id)
        .scalar_subquery()
        .label("features")
    )


def select_tracks() -> Any:
    """A query for tracks, to be narrowed; SQLAlchemy types each column, which helps nobody here."""
    return select(*COLUMNS, features_column())


def track(row: Sequence[Any]) -> Track:
    """Make a track of the first ten values of a row of `select_tracks`."""
    values, scales = merged(row[9])
    return Track(*row[:9], features=values, scales=scales)


def merged(text: str | None) -> tuple[dict[str, float], dict[str, str]]:
    """Join the features of several sources; what an earlier source knows keeps that source's value."""
    said: list[tuple[str, dict[str, float]]] = []
    for line in (text or "").split("\n"):
        source, _, values = line.partition(" ")
        if values:
            said.append((source, json.loads(values)))
    return merge(said)


def in_parts(values: Iterable[Any], size: int = 500) -> Iterable[list[Any]]:
    """Cut a long list into parts that a statement's parameters can hold."""
    items = list(values)
    return (items[start : start + size] for start in range(0, len(items), size))
