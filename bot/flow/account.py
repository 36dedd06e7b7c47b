"""Account: everything about one person, to see, to take along and to erase."""

import asyncio
import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from bot.charts.ratings import report_png
from bot.domain.errors import NothingStored
from bot.domain.features import NAMES
from bot.domain.ratings import MAX_STARS, MIN_STARS, Rating
from bot.domain.scales import SPEAKERS
from bot.domain.session import Session
from bot.domain.tracks import Track
from bot.flow.connect import Connections
from bot.flow.workers import Workers
from storage.accounts import Accounts
from storage.clips import StoredClips
from storage.models import Models, pack
from storage.playlists import Playlists
from storage.ratings import Ratings
from storage.sessions import Sessions
from storage.studies import Studies

UNFIT = re.compile(r"[^\w\- ]+")  # for a file's name
TIMES = ("rated_at", "at", "predicted_at", "posted_at", "begun_at", "created_at", "trained_at")  # columns
COLUMNS = ("track_id", "name", "artist", "album", "isrc")


@dataclass(frozen=True, slots=True)
class Holdings:
    """What is stored about a person.

    Attributes:
        since: first seen, in seconds since 1970.
        rows: by table, the person's own row left out.

    """

    since: int
    rows: Mapping[str, int]


async def holdings(accounts: Accounts, listener_id: int) -> Holdings:
    """Count what is stored about a person; raise NothingStored where that is nothing."""
    since = await accounts.since(listener_id)
    if since is None:
        raise NothingStored
    counts = await accounts.counts(listener_id)
    return Holdings(since, {table: number for table, number in counts.items() if table != "listeners"})


async def erase(accounts: Accounts, connections: Connections, listener_id: int) -> None:
    """Erase a person, in memory too; raise NothingStored where nothing is stored."""
    await holdings(accounts, listener_id)
    connections.forget(listener_id)
    await accounts.erase(listener_id)


async def export(
    accounts: Accounts,
    playlists: Playlists,
    ratings: Ratings,
    models: Models,
    uploads: StoredClips,
    sessions: Sessions,
    studies: Studies,
    workers: Workers,
    listener_id: int,
    readme: str,
    most: int | None = None,
) -> bytes:
    """Pack all that is stored about a person into a ZIP archive; recordings only if it stays within `most` bytes.

    `readme` says what is what in it.

    Raises:
        NothingStored: nothing is stored about this person.
        Busy: this person's archive is being packed already.

    """
    await holdings(accounts, listener_id)
    async with workers.only_one("export", listener_id), workers.room_for(listener_id):
        files: dict[str, bytes] = {"README.txt": readme.encode()}
        rated = await ratings.of(listener_id)
        known = {rating.track.id: rating.track for rating in rated}
        files["ratings.csv"] = await asyncio.to_thread(ratings_csv, rated)
        for playlist in await playlists.of(listener_id):
            name = _free(f"playlists/{_file_name(playlist.name)}", files)
            tracks = await playlists.tracks(playlist.id)
            known |= {track.id: track for track in tracks}
            files[name] = await asyncio.to_thread(tracks_csv, tracks)
        stored = await models.load(listener_id)
        if stored is not None:
            arrays, meta, report = stored
            files["report.json"] = _json(asdict(report))
            files["report.png"] = await workers.run_for(listener_id, report_png, report)
            files["model.npz"] = await asyncio.to_thread(pack, arrays)
            files["model.json"] = _json(meta)
        files |= {f"study/{name}": data for name, data, _ in await studies.report(listener_id) or ()}
        files["everything.json"] = await asyncio.to_thread(
            _json, await everything(accounts, playlists, sessions, listener_id, known)
        )
        # Asked beforehand, so that what would not fit is not even read.
        if most is None or sum(map(len, files.values())) + await uploads.size(listener_id) < most:
            sounds = await uploads.of(listener_id)
            files |= {f"uploads/{track_id}.mp3": mp3 for track_id, mp3 in sounds.items()}
        return await asyncio.to_thread(_zip, files)


async def everything(
    accounts: Accounts, playlists: Playlists, sessions: Sessions, listener_id: int, tracks: Mapping[int, Track]
) -> dict[str, list[dict[str, Any]]]:
    """Every row about a person, by table, with the names of the tracks and sessions that it speaks of, and its date.

    `tracks` are those at hand; others are looked up.
    """
    rows = await accounts.rows(listener_id)
    about = {row["session_id"] for table in rows.values() for row in table if "session_id" in row}
    known = {session_id: await sessions.get(session_id) for session_id in about}
    found = dict(tracks)
    for name, table in rows.items():
        for place, row in enumerate(table):
            words = _of_session(known[row["session_id"]], row) if "session_id" in row else {}
            track_id, at = row.get("track_id") or words.pop("track_id", None), words.pop("at", None)
            if track_id is not None:
                if track_id not in found:
                    found[track_id] = await playlists.track(track_id, listener_id)
                words["track"] = " - ".join(filter(None, (found[track_id].artist, found[track_id].title)))
            if at := at or next((row[time] for time in TIMES if row.get(time)), None):
                seconds = at // 1_000_000_000 if name == "digit_reactions" else at  # these are kept to the nanosecond
                words["date"] = datetime.fromtimestamp(seconds, UTC).isoformat(" ", "seconds")
            table[place] = {**row, **words}
    return rows


def _of_session(session: Session, row: Mapping[str, Any]) -> dict[str, Any]:
    """What a row of a session speaks of: the session, by what its host typed, and a track and a time, where known."""
    typed = {"name": session.settings.name, "theme": session.settings.theme, "season": session.settings.season}
    words: dict[str, Any] = {"session": {name: said for name, said in typed.items() if said}}
    if "number" in row:
        played = session.rounds[row["number"] - 1]
        return {**words, "track_id": played.track_id, "at": played.opened_at}
    if "place" in row:
        words["track_id"] = session.slots[row["place"]].track_id
    return {**words, "at": row.get("joined_at") or session.created_at}


def ratings_csv(ratings: Sequence[Rating]) -> bytes:
    """Write ratings as a table that `/playlist link` and `earmark evaluate` read."""
    header = ("user_id", *COLUMNS, "rating", "rating_norm", "rated_at", *NAMES, *SPEAKERS.values())
    rows = (["me", *_cells(one.track), *_verdict(one), *_features(one.track), *_speakers(one.track)] for one in ratings)
    return _csv(header, rows)


def _verdict(rating: Rating) -> list[Any]:
    norm = (rating.stars - MIN_STARS) / (MAX_STARS - MIN_STARS)
    return [rating.stars, round(norm, 4), rating.rated_at]


def tracks_csv(tracks: Sequence[Track]) -> bytes:
    """Write tracks as a table that `/playlist link` reads."""
    return _csv((*COLUMNS, *NAMES), ([*_cells(track), *_features(track)] for track in tracks))


def _cells(track: Track) -> list[Any]:
    return [
        track.spotify_id or track.id,
        *(_harmless(text) for text in (track.title, track.artist, track.album)),
        track.isrc,
    ]


def _features(track: Track) -> list[Any]:
    return [track.features.get(name, "") for name in NAMES]


def _speakers(track: Track) -> list[str]:
    """Whose words the track's values are, so that two scales are not taken for one."""
    return [track.scales.get(group, "") for group in SPEAKERS]


def _harmless(text: str) -> str:
    """Keep a spreadsheet from running a name as a formula, by a space that our importers drop again."""
    return f" {text}" if text[:1] in {"=", "+", "-", "@"} else text


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def _file_name(name: str) -> str:
    """A playlist's name as a file's, on any system."""
    return UNFIT.sub("_", name).strip(" ._")[:60] or "playlist"


def _free(stem: str, taken: Mapping[str, bytes]) -> str:
    """The first of "stem.csv", "stem 2.csv" ... that is not taken, capitals or not."""
    folded = {name.casefold() for name in taken}
    number = 1
    while (name := f"{stem}.csv" if number == 1 else f"{stem} {number}.csv").casefold() in folded:
        number += 1
    return name


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()
