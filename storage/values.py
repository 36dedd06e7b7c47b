"""The table `track_values`: who says what of tracks, one row a track, contributor and source.

A member's row is believed by that member and by whoever sees the track through a list that the member shares; a
service's row, which has no contributor, by everybody. Where AGREE contributors say the same in their files, that
becomes a row without a contributor, too, which is believed last: texts that so many wrote alike, and the median of
numbers. It is renewed whenever one of them says something else or is erased. `storage/rows.py` reads the rows in
this order.
"""

import json
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from statistics import median_low
from typing import Any

from sqlalchemy import bindparam, delete, exists, select, text, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.names import name_key, search_key
from bot.domain.tracks import TrackSource
from storage.database import Statement, fetch_within
from storage.rows import FILE, UNSIGNED, in_parts
from storage.schema import track_values, tracks

AGREE = 3  # contributors
ASKED = 9  # contributors to a track at most whose words are compared: those whom Discord has known longest
AUDIO = "audio"  # the source of what our own analysis heard
TEXTS = ("title", "artist", "album")
Said = tuple[dict[str, Any], dict[str, float]]  # facts, features

FILES_SAY = Statement(
    text(
        "SELECT each.value, (SELECT group_concat(facts || char(9) || coalesce(features, '{}'), char(10)) FROM ("
        "SELECT facts, features FROM track_values WHERE track_id = each.value AND contributor_id > 0"
        " AND source = 'file' ORDER BY contributor_id LIMIT :asked)) FROM json_each(:ids) AS each"
    ).bindparams(bindparam("asked", ASKED))
)


def is_stand_in(source: TrackSource) -> bool:
    """Whether a title only repeats the id, as importers write where a link or a code is all there is."""
    return source.title in {f"Track {source.spotify_id}", f"Recording {source.isrc}"}


def _facts(source: TrackSource) -> dict[str, Any]:
    """What a description says, in words; an identity alone says nothing."""
    named = {"title": source.title, "artist": source.artist, "album": source.album}
    others = {
        "isrc": source.isrc if source.spotify_id else None,
        "artwork_url": source.artwork_url,
        "duration_ms": source.duration_ms,
        "recording": source.recording,
    }
    return {name: value for name, value in {**({} if is_stand_in(source) else named), **others}.items() if value}


async def put(connection: AsyncConnection, described: Sequence[tuple[int, TrackSource]], contributor_id: int) -> None:
    """Keep what descriptions say of tracks: the newer word of the same contributor, or service, replaces the older."""
    by_service = [(track_id, source) for track_id, source in described if source.by_service]
    by_member = [(track_id, source) for track_id, source in described if not source.by_service]
    await _put(connection, by_service, None)
    await settle(connection, await _put(connection, by_member, contributor_id))


async def _put(
    connection: AsyncConnection, described: Sequence[tuple[int, TrackSource]], contributor_id: int | None
) -> set[int]:
    """Write what changes; gives the tracks of which something did."""
    before = await _stored(connection, {track_id for track_id, _ in described}, contributor_id)
    after: dict[tuple[int, str], Said] = {}
    for track_id, source in described:
        key = (track_id, source.measured_by)
        facts, features = after.get(key) or before.get(key, ({}, {}))
        after[key] = ({**facts, **_facts(source)}, {**features, **source.features})
    changed = {key: said for key, said in after.items() if any(said) and said != before.get(key)}
    await _upsert(connection, changed, contributor_id)
    return {track_id for track_id, _ in changed}


async def _stored(
    connection: AsyncConnection, track_ids: Collection[int], contributor_id: int | None
) -> dict[tuple[int, str], Said]:
    stored: dict[tuple[int, str], Said] = {}
    columns = (track_values.c.track_id, track_values.c.source, track_values.c.facts, track_values.c.features)
    for part in in_parts(track_ids):
        theirs = track_values.c.track_id.in_(part) & track_values.c.contributor_id.is_not_distinct_from(contributor_id)
        for row in await connection.execute(select(*columns).where(theirs)):
            stored[row.track_id, row.source] = (json.loads(row.facts), json.loads(row.features or "{}"))
    return stored


async def _upsert(
    connection: AsyncConnection, said: Mapping[tuple[int, str], Said], contributor_id: int | None
) -> None:
    now = int(time.time())
    rows = [
        {
            "track_id": track_id,
            "contributor_id": contributor_id,
            "source": source,
            "name_key": name_key(*_names(facts)) if "title" in facts else None,
            "search_key": search_key(*_names(facts)) if "title" in facts else None,
            "isrc": facts.get("isrc"),
            "facts": json.dumps(facts, ensure_ascii=False),
            "features": json.dumps(features) if features else None,
            "at": now,
        }
        for (track_id, source), (facts, features) in said.items()
    ]
    if rows:
        statement = upsert(track_values)
        new = {name: statement.excluded[name] for name in ("name_key", "search_key", "isrc", "facts", "features", "at")}
        if contributor_id is None:
            nobodys = track_values.c.contributor_id.is_(None)
            statement = statement.on_conflict_do_update(
                index_elements=["track_id", "source"], index_where=nobodys, set_=new
            )
        else:
            keys = ["track_id", "contributor_id", "source"]
            statement = statement.on_conflict_do_update(index_elements=keys, set_=new)
        await connection.execute(statement, rows)


def _names(facts: Mapping[str, Any]) -> tuple[str, str]:
    return facts.get("artist", ""), facts["title"]


async def measured(
    connection: AsyncConnection, source: str, found: Mapping[int, Mapping[str, float]], contributor_id: int | None
) -> None:
    """Keep how a service says that tracks sound: for everybody, or where only a member says that its id is theirs."""
    before = await _stored(connection, found, contributor_id)
    said = {(i, source): (before.get((i, source), ({}, {}))[0], dict(features)) for i, features in found.items()}
    await _upsert(connection, said, contributor_id)


async def lend(connection: AsyncConnection, track_id: int, owner_id: int, features: str) -> None:
    """Let what was heard in a recording be how a track sounds, for one member."""
    await _upsert(connection, {(track_id, AUDIO): ({}, json.loads(features))}, owner_id)


async def settle(connection: AsyncConnection, track_ids: Collection[int], *, erased: bool = False) -> None:
    """Renew what contributors agree on, and forget names that nobody says any more.

    Where one of them was `erased`, words that nobody signed may be theirs, and go.
    """
    nobodys = (track_values.c.contributor_id.is_(None)) & (track_values.c.source == FILE)
    for part in in_parts(track_ids):
        before = {key[0]: said for key, said in (await _stored(connection, part, None)).items() if key[1] == FILE}
        after = dict[int, Said]()
        for track_id, lines in await fetch_within(connection, FILES_SAY, ids=json.dumps(part)):
            each = [line.split("\t") for line in lines.split("\n")] if lines else []
            if len(each) >= AGREE:
                after[track_id] = agreed([(json.loads(facts), json.loads(features)) for facts, features in each])
        changed = {(i, FILE): said for i, said in after.items() if any(said) and said != before.get(i)}
        await _upsert(connection, changed, None)
        gone = [i for i in before if not any(after.get(i, ()))]
        await connection.execute(delete(track_values).where(track_values.c.track_id.in_(gone), nobodys))
        if erased:
            unsigned = track_values.c.track_id.in_(part) & (track_values.c.source == UNSIGNED)
            await connection.execute(delete(track_values).where(unsigned))
        said = exists().where(track_values.c.track_id == tracks.c.id, track_values.c.name_key == tracks.c.name_key)
        unsaid = tracks.c.id.in_(part) & tracks.c.name_key.is_not(None) & ~said
        await connection.execute(update(tracks).where(unsaid).values(name_key=None))


def agreed(said: Sequence[Said]) -> Said:
    """What at least AGREE contributors say alike, of texts, and the median of a number that so many know."""
    facts: dict[str, Any] = {}
    for name in TEXTS:
        alike = Counter(each[name] for each, _ in said if name in each).most_common(1)
        if alike and alike[0][1] >= AGREE:
            facts[name] = alike[0][0]
    numbers: dict[str, list[float]] = {}
    for _, features in said:
        for name, value in features.items():
            numbers.setdefault(name, []).append(value)
    return facts, {name: median_low(known) for name, known in numbers.items() if len(known) >= AGREE}
