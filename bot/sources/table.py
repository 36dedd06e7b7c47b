"""Tables: both Exportifys, TuneMyMusic, Soundiiz, and any CSV whose columns we know by name or by what is in them."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import islice

from bot.domain.errors import NoTracks, UnreadableFile
from bot.domain.features import clean, column_name
from bot.domain.tracks import PlaylistSource
from bot.sources.collect import BARE_ID, Collector, isrc, spotify_id
from bot.sources.decoding import playlist_name

CELL_LIMIT = 200_000
MAX_LINES = 5  # of one row: names hold a line break now and then
MAX_COLUMNS = 500  # those after are not looked at
COMMA = "\x00"  # stands for an escaped comma while a line is split; decoding leaves no other in a text
# How the services, in some of their languages, call the columns; the first that fits counts.
TITLES = (
    "track name",
    "title",
    "name",
    "song",
    "track",
    "song name",
    "titel",
    "título",
    "titre",
    "nombre de la canción",
)
ARTISTS = ("artist name(s)", "artist name", "artist", "artists", "künstler", "artista", "artiste", "artist(s)")
ALBUMS = ("album name", "album", "álbum")
IDS = ("track uri", "spotify - id", "spotify id", "track id", "track_id", "uri", "url", "link", "spotify uri", "id")
TYPES = ("type",)
EMPTY_LINES = re.compile("\n{2,}")
BEFORE_HEADER = re.compile(r"\A\s*(?:sep=[,;\t][ \t]*\n\s*)?", re.IGNORECASE)
SHAPES = {"year": re.compile(r"(\d{4}(-\d\d){0,2})?"), "duration_ms": re.compile(r"(\d{4,8})?")}


def looks_like_table(text: str) -> bool:
    """Whether the first line is a header that we know, or some line holds a track's URI in a cell."""
    text = _from_header(text)
    first = text.split("\n", 1)[0]
    header = _cells(first, _delimiter(first))
    named = sum(_fold(cell) in (*TITLES, *ARTISTS, *IDS, "isrc") or column_name(cell) is not None for cell in header)
    if named >= 2 or (named == 1 and len(header) == 1 and _fold(header[0]) in TITLES[:4]):
        return True
    rows = [_cells(line, _delimiter(line)) for line in text.split("\n", 4)[1:4]]
    return any(len(row) > 2 and any("spotify:track:" in cell for cell in row) for row in rows)


def read_table(file_name: str, text: str) -> PlaylistSource:
    """Read a table's tracks; raises NoTracks, FileTooLarge or UnreadableFile."""
    rows = _rows(file_name, _from_header(text))
    header = next(rows, [])[:MAX_COLUMNS]
    body = list(islice(rows, 50))
    columns = _columns(header, body)
    if "title" not in columns and "id" not in columns:
        raise NoTracks(name=file_name)
    kind = _kind(header)
    collector = Collector(playlist_name(file_name), kind)
    for row in body:
        _add(collector, columns, row, kind)
    for row in rows:
        _add(collector, columns, row, kind)
    return collector.done()


def _rows(file_name: str, text: str) -> Iterator[list[str]]:
    first = text.split("\n", 1)[0]
    csv.field_size_limit(CELL_LIMIT)
    # Exportify (app) escapes a comma in a name with a backslash, and it alone lists artists' or albums' URIs. Elsewhere
    # a backslash is a letter like any other: AC\DC.
    escaped = "spotify:artist:" in text[:100_000] or "spotify:album:" in text[:100_000]
    if escaped:
        text = text.replace("\\,", COMMA)
    lines, delimiter = io.StringIO(EMPTY_LINES.sub("\n", text)).readlines(), _delimiter(first)
    place = 0
    while place < len(lines):
        try:
            row, used = _row(lines[place : place + MAX_LINES], delimiter)
        except csv.Error:
            raise UnreadableFile(name=file_name) from None
        place += used
        if any(cell.strip() for cell in row):
            yield [cell.replace(COMMA, ",") for cell in row] if escaped else row


def _row(lines: Sequence[str], delimiter: str) -> tuple[list[str], int]:
    """Read one row and say how many lines it took: several where a quoted cell goes on, one where a quote is astray."""
    try:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        return next(reader), reader.line_num
    except csv.Error:
        # A quote that is never closed would swallow all rows after it.
        return next(csv.reader(lines[:1], delimiter=delimiter)), 1


def _from_header(text: str) -> str:
    """Leave out empty lines at the start, and the line by which a spreadsheet is told the separator."""
    return BEFORE_HEADER.sub("", text[:1000]) + text[1000:]


def _delimiter(line: str) -> str:
    return max(",;\t", key=line.count)


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line[:5000]], delimiter=delimiter), [])
    except csv.Error:
        return []


def _fold(header: str) -> str:
    return " ".join(header.strip().strip("\ufeff").lower().split())


def _columns(header: Sequence[str], body: Sequence[Sequence[str]]) -> dict[str, int]:
    """Which column holds what: by its header, or, where headers are translated, by what stands in it."""
    folded = [_fold(cell) for cell in header]
    columns: dict[str, int] = {}
    for meaning, names in (
        ("title", TITLES),
        ("artist", ARTISTS),
        ("album", ALBUMS),
        ("type", TYPES),
        ("isrc", ("isrc",)),
    ):
        for name in names:
            if name in folded:
                columns[meaning] = folded.index(name)
                break
    for name in IDS:
        if name in folded:
            columns["id"] = folded.index(name)
            break
    for place, cell in enumerate(header):
        feature = column_name(cell)
        if feature is not None and place not in columns.values():
            columns.setdefault(f"feature:{feature}", place)
    _by_value(columns, body)
    return columns


def _by_value(columns: dict[str, int], body: Sequence[Sequence[str]]) -> None:
    """Where headers are translated, a track's URI tells its column, and Exportify's order of columns the others."""
    by_value = next(
        (p for row in body for p, cell in enumerate(row) if cell.strip().startswith("spotify:track:")), None
    )
    if by_value is not None:
        columns["id"] = by_value
        if "title" not in columns:
            columns["title"] = by_value + 1
        uris = any("spotify:artist:" in (row[by_value + 2] if len(row) > by_value + 2 else "") for row in body)
        columns.setdefault("artist", by_value + (3 if uris else 2))
        if uris:
            columns.setdefault("album", by_value + 5)
            _by_place(columns, "year", by_value + 8, body)
            _by_place(columns, "duration_ms", by_value + 12, body)


def _by_place(columns: dict[str, int], feature: str, place: int, body: Sequence[Sequence[str]]) -> None:
    """Take a column by its place in Exportify (app) if every cell there looks like what should be in it."""
    cells = [row[place].strip() for row in body if place < len(row)]
    if place not in columns.values() and any(cells) and all(SHAPES[feature].fullmatch(cell) for cell in cells):
        columns.setdefault(f"feature:{feature}", place)


def _kind(header: Sequence[str]) -> str:
    folded = {_fold(cell) for cell in header}
    if {"track uri", "track name"} <= folded:
        return "exportify"
    if {"track name", "artist name", "playlist name"} <= folded:
        return "tunemymusic"
    if {"title", "artist", "addeddate"} <= folded:
        return "soundiiz"
    return "csv"


def _add(collector: Collector, columns: dict[str, int], row: Sequence[str], kind: str) -> None:
    def cell(meaning: str) -> str:
        place = columns.get(meaning)
        return row[place].strip() if place is not None and place < len(row) else ""

    if cell("type") and "type" in columns and kind == "tunemymusic" and cell("type").lower() in {"podcast", "episode"}:
        collector.skipped += 1
        return
    raw = {name.removeprefix("feature:"): cell(name) for name in columns if name.startswith("feature:")}
    if kind == "soundiiz" and raw.get("duration_ms", "").isdecimal():
        raw["duration_ms"] += "000"  # it counts seconds
    features, bad = clean(raw)
    collector.bad_cells += bad
    identity = cell("id")
    bare = identity if BARE_ID.fullmatch(identity) else None
    duration = features.get("duration_ms")
    title = cell("title")
    if "spotify:local:" in identity or "spotify:episode:" in identity:
        title = "" if "episode" in identity else title
    collector.add(
        title,
        cell("artist").replace(";", ", "),
        cell("album"),
        track_id=spotify_id(identity) or bare,
        code=isrc(cell("isrc")),
        duration_ms=int(duration) if duration is not None else None,
        features=features,
    )
