"""From rows to nouns: tracks as a listener sees them, with what is known of how they sound.

Of each fact, whoever comes first and knows it is believed: the listener's own files, then those of the owner of the
shared playlist through which the listener sees the track, then services, last what several contributors agree on.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Integer, String, case, func, literal, select, union_all
from sqlalchemy.sql.expression import Label

from bot.domain.scales import merge
from bot.domain.tracks import Track
from storage.schema import track_values, tracks

UNSIGNED = "unsigned"  # the source of what nobody noted who said it, from a time when files had one row for everybody
FILE = "file"  # the source of what members' files say; without a contributor, what several of them agree on
NOBODY = literal(0, Integer)  # no listener, no owner: nobody's own words are believed


def believed(listener: Any, through: Any = NOBODY) -> Any:
    """The ids of the rows of `track_values` that a listener believes of the track of the outer query.

    By three looks into an index: some tracks have rows of thousands of contributors.
    """
    rows = track_values.alias()
    of_it = select(rows.c.id).where(rows.c.track_id == tracks.c.id).correlate_except(rows)
    contributor = rows.c.contributor_id
    return union_all(
        of_it.where(contributor == listener), of_it.where(contributor == through), of_it.where(contributor.is_(None))
    )


def rank(listener: Any) -> Any:
    """When a row of `track_values` is believed.

    0: the listener's own, 1: an owner's, 2: a service's, 3: agreed on, 4: unsigned.
    """
    contributor, source = track_values.c.contributor_id, track_values.c.source
    nobodys = case((source == FILE, "3"), (source == UNSIGNED, "4"), else_="2")
    return case((contributor == listener, "0"), (contributor.is_not(None), "1"), else_=nobodys)


def select_tracks(listener: Any = NOBODY, through: Any = NOBODY) -> Any:
    """A query for tracks as a listener sees them through somebody's list, to be narrowed."""
    return select(tracks.c.id, tracks.c.spotify_id, tracks.c.isrc, through.label("through"), _said(listener, through))


def _said(listener: Any, through: Any) -> Label[Any]:
    """All that a listener believes of a track, in JSON: an array of rank and source, facts, features for each row."""
    provider = case((track_values.c.source == UNSIGNED, FILE), else_=track_values.c.source)
    features = func.coalesce(track_values.c.features, "{}")
    row = literal('["', String) + rank(listener) + provider + '",' + track_values.c.facts + "," + features + "]"
    return (
        select(func.group_concat(row, ",", type_=String))
        .where(track_values.c.id.in_(believed(listener, through)))
        .correlate_except(track_values)
        .scalar_subquery()
        .label("said")
    )


def fact(name: str, listener: Any, through: Any = NOBODY) -> Any:
    """One fact of a track as a listener sees it, such as its title; NULL: nobody who is believed says it."""
    value = func.json_extract(track_values.c.facts, f"$.{name}")
    return (
        select(value)
        .where(track_values.c.id.in_(believed(listener, through)), value.is_not(None))
        .order_by(rank(listener), track_values.c.source)
        .limit(1)
        .correlate_except(track_values)
        .scalar_subquery()
    )


def track(row: Sequence[Any]) -> Track:
    """Make a track of the first values of a row of `select_tracks`; without a name, its id or number stands for one."""
    track_id, spotify_id, isrc, through, said = row[:5]
    rows: list[tuple[str, dict[str, Any], dict[str, float]]] = json.loads(f"[{said}]") if said else []
    rows.sort(key=_first, reverse=True)
    facts: dict[str, Any] = {}
    for _, known, _ in rows:
        facts |= known
    features, scales = merge([(who[1:], values) for who, _, values in reversed(rows) if values])
    return Track(
        id=track_id,
        title=facts.get("title") or unnamed(track_id, spotify_id, isrc),
        artist=facts.get("artist", ""),
        album=facts.get("album", ""),
        spotify_id=spotify_id,
        isrc=isrc or facts.get("isrc"),
        url=f"https://open.spotify.com/track/{spotify_id}" if spotify_id else None,
        artwork_url=facts.get("artwork_url"),
        duration_ms=facts.get("duration_ms"),
        features=features,
        scales=scales,
        through=through or None,
    )


def _first(row: Sequence[Any]) -> str:
    return row[0]


def unnamed(track_id: int, spotify_id: str | None, isrc: str | None) -> str:
    """What a track is called of which nobody who may be believed says a name."""
    return f"Recording {isrc}" if isrc and not spotify_id else f"Track {spotify_id or track_id}"


def in_parts(values: Iterable[Any], size: int = 500) -> Iterable[list[Any]]:
    """Cut a long list into parts that a statement's parameters can hold."""
    items = list(values)
    return (items[start : start + size] for start in range(0, len(items), size))
