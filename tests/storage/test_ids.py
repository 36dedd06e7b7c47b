"""Ids that leave the database, in buttons and exports, mean one thing for ever."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from bot.domain.session import Settings
from bot.domain.tracks import PlaylistSource, TrackSource
from bot.flow.session import start
from bot.flow.session_events import Actor
from bot.taste.group import owe
from storage.accounts import Accounts
from storage.backup import backup, restore
from storage.database import Database
from storage.ids import MARGIN
from storage.migrate import migrate
from storage.playlists import Playlists
from storage.ratings import Ratings
from storage.sessions import Sessions

ADA, BEN = 1, 2
TABLES = ("tracks", "playlists", "verdicts", "sessions")


async def leave_traces(path: Path, who: int) -> dict[str, int]:
    """Store something in each table that gives out ids; the newest id of each."""
    database = await Database.open(path)
    sessions, ratings = Sessions(database, owe), Ratings(database)
    await sessions.start()
    await ratings.start()
    linked = await Playlists(database).link(who, PlaylistSource("Mix", "csv", [TrackSource(f"Song of {who}", "Ada")]))
    (track,) = await Playlists(database).tracks(linked.playlist.id)
    await ratings.rate(who, track.id, 7)
    await sessions.open(start(99, who, Actor(who), Settings("Friday"), int(time.time())))
    await sessions.close()
    await ratings.close()
    await database.close()
    return newest(path)


def newest(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as connection:
        return {table: connection.execute(f"SELECT max(id) FROM {table}").fetchone()[0] for table in TABLES}


async def erase(path: Path, who: int) -> None:
    database = await Database.open(path)
    await Accounts(database).erase(who)
    await database.close()


async def test_what_was_erased_leaves_its_ids_unused(tmp_path: Path):
    path = tmp_path / "earmark.db"
    before = await leave_traces(path, ADA)
    await erase(path, ADA)
    after = await leave_traces(path, BEN)
    assert all(after[table] > before[table] for table in TABLES)


def test_a_database_of_before_counts_on_far_above_what_it_holds(tmp_path: Path):
    path = tmp_path / "earmark.db"
    migrate(path, to="0008")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO listeners VALUES (1, 0)")
        connection.execute("INSERT INTO tracks (id, name_key, title, artist, album) VALUES (5, '', 'Air', 'Bach', '')")
        connection.execute("INSERT INTO playlists VALUES (70, 1, 'Mix', 'csv', 0)")
    migrate(path)
    with closing(sqlite3.connect(path)) as connection:
        counters = dict(connection.execute("SELECT name, seq FROM sqlite_sequence"))
    assert counters == {"tracks": MARGIN + 5, "playlists": MARGIN + 70, "verdicts": MARGIN, "sessions": MARGIN}


@pytest.mark.parametrize("lost", [False, True], ids=["over the database", "on a new machine"])
@pytest.mark.parametrize("revision", ["as it is", "0008"])
async def test_after_a_restore_no_id_is_given_out_twice(tmp_path: Path, revision: str, lost: bool):
    path = tmp_path / "data" / "earmark.db"
    path.parent.mkdir()
    if revision == "as it is":
        await leave_traces(path, ADA)
        with closing(sqlite3.connect(path)) as connection, connection:  # more than the clock would have them begin with
            connection.execute("UPDATE sqlite_sequence SET seq = 4000000000")
    else:
        migrate(path, to=revision)
    made = backup(path, tmp_path / "backups")
    since = await leave_traces(path, BEN)  # given out after the backup was made
    if lost:
        path.unlink()
    await restore(made.file, path)
    again = await leave_traces(path, 3)
    assert all(again[table] > since[table] + (0 if lost else MARGIN) for table in TABLES)
    if lost:
        path.unlink()
        await restore(made.file, path)
        assert all(seq >= int(time.time()) - 60 for seq in (await leave_traces(path, 4)).values()), "a second loss"
