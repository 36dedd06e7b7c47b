"""What storage does when something goes wrong, or comes from many sides at once."""

import asyncio
import signal
import sqlite3
import stat
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from bot.domain.errors import DatabaseClosed, FolderInUse, StorageBusy
from bot.domain.tracks import PlaylistSource, TrackSource
from bot.safe.lock import FolderLock
from storage.accounts import Accounts
from storage.catalogue import Known
from storage.database import Database
from storage.migrate import SCRIPTS, migrate
from storage.playlists import Playlists
from storage.ratings import Ratings
from tests.ids import number_from_one

ADA = 1


async def link(database: Database, *tracks: TrackSource) -> list[int]:
    playlists = Playlists(database)
    linked = await playlists.link(ADA, PlaylistSource("Mix", "csv", tracks))
    return [track.id for track in await playlists.tracks(linked.playlist.id)]


async def test_a_lock_that_stays_fails_everybody_in_one_wait(database: Database, ratings: Ratings, tmp_path: Path):
    (air,) = await link(database, TrackSource("Air", "Bach"))
    stranger = sqlite3.connect(tmp_path / "data" / "earmark.db", isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    writes = (ratings.rate(member, air, 5) for member in range(1, 21))
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    took = time.monotonic() - started
    assert all(isinstance(outcome, StorageBusy) for outcome in outcomes), outcomes
    assert outcomes[0].code == sqlite3.SQLITE_BUSY
    assert took < 4, "two commits' waits, not twenty"
    assert await ratings.get(ADA, air) is None
    stranger.execute("ROLLBACK")
    stranger.close()
    await ratings.rate(ADA, air, 5)
    assert await ratings.get(ADA, air) == 5


async def test_a_full_disk_is_said_and_loses_nothing(database: Database, ratings: Ratings):
    (air,) = await link(database, TrackSource("Air", "Bach"))
    await ratings.rate(ADA, air, 5)
    async with database.transaction() as connection:
        pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar()
        await connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    many = [TrackSource(f"Piece {i}", "Bach") for i in range(5000)]
    with pytest.raises(StorageBusy) as caught:
        await Playlists(database).link(ADA, PlaylistSource("Large", "csv", many))
    assert caught.value.code == sqlite3.SQLITE_FULL
    assert [playlist.name for playlist in await Playlists(database).of(ADA)] == ["Mix"]
    assert await ratings.get(ADA, air) == 5


async def test_a_mistake_of_ours_is_not_called_busy(database: Database):
    with pytest.raises(OperationalError):
        async with database.transaction() as connection:
            await connection.exec_driver_sql("SELECT no_such_column FROM tracks")


async def test_a_write_after_the_end_is_refused_at_once(database: Database):
    (air,) = await link(database, TrackSource("Air", "Bach"))
    ratings = Ratings(database)
    await ratings.start()
    waiting = [asyncio.create_task(ratings.rate(member, air, 5)) for member in range(1, 400)]
    await asyncio.sleep(0)
    await ratings.close()
    await asyncio.gather(*waiting)
    assert await ratings.count(399) == 1, "what came before the end is stored"
    with pytest.raises(RuntimeError):
        await ratings.rate(ADA, air, 6)


async def test_who_stops_waiting_does_not_stop_the_others(database: Database, ratings: Ratings):
    (air,) = await link(database, TrackSource("Air", "Bach"))
    tasks = [asyncio.create_task(ratings.rate(member, air, 5)) for member in range(1, 11)]
    await asyncio.sleep(0)
    tasks[3].cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes].count(asyncio.CancelledError) == 1
    await ratings.rate(ADA, air, 6)
    assert await ratings.get(ADA, air) == 6


async def test_many_first_readers_share_one_connection(database: Database, ratings: Ratings):
    standings = await asyncio.gather(*(ratings.standing(member) for member in range(20)))
    assert not any(standing.can_undo for standing in standings)  # a leaked connection warns, and a warning fails


async def test_a_path_may_hold_what_means_something_in_a_url(tmp_path: Path):
    path = tmp_path / "a?b#c%20" / "earmark.db"
    database = await Database.open(path)
    await link(database, TrackSource("Air", "Bach"))
    await database.close()
    assert [file.name for file in tmp_path.iterdir()] == ["a?b#c%20"]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM tracks").fetchone() == (1,)


async def test_erasing_waits_for_who_reads_until_nothing_is_left_in_the_log(
    database: Database, ratings: Ratings, tmp_path: Path
):
    (air,) = await link(database, TrackSource("Air", "Bach"))
    await ratings.rate(2, air, 5)
    await Playlists(database).link(3, PlaylistSource("Mix", "csv", [TrackSource("Secret", "Zanzibar")]))
    reader = sqlite3.connect(tmp_path / "data" / "earmark.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM tracks").fetchall()
    erasing = asyncio.create_task(Accounts(database).erase(3))
    longest = 0.0
    for click in range(20):  # longer than any connection waits for a lock
        began = time.monotonic()
        await ratings.rate(2, air, click % 10 + 1)
        longest = max(longest, time.monotonic() - began)
        await asyncio.sleep(0.1)
    assert longest < 1, "nobody else waits"
    reader.close()
    await erasing
    files = [file for file in (tmp_path / "data").iterdir() if file.suffix != ".db-shm"]
    assert not [file for file in files if b"Secret" in file.read_bytes()]


async def test_a_long_reader_keeps_the_log_and_it_is_emptied_when_he_ends(database: Database, tmp_path: Path):
    log = tmp_path / "data" / "earmark.db-wal"
    await link(database, TrackSource("Secret", "Zanzibar"))
    reader = sqlite3.connect(tmp_path / "data" / "earmark.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM tracks").fetchall()
    began = time.monotonic()
    assert not await database.truncate_log(patience=0.5)
    assert 0.4 < time.monotonic() - began < 3
    assert not database.settled
    assert b"Secret" in log.read_bytes()
    await link(database, TrackSource("Air", "Bach"))  # writers go on meanwhile
    reader.close()
    async with asyncio.timeout(10):
        while not database.settled:
            await asyncio.sleep(0.05)
    assert log.read_bytes() == b""


async def test_what_a_killed_process_left_in_the_log_goes_at_the_start(tmp_path: Path):
    path, log = tmp_path / "earmark.db", tmp_path / "earmark.db-wal"
    killed = await Database.open(path)
    await link(killed, TrackSource("Secret", "Zanzibar"))
    left = log.read_bytes()
    again = await Database.open(path)
    assert b"Secret" in left
    assert log.read_bytes() == b""
    await again.close()
    await killed.close()


DESCRIPTIONS = st.lists(
    st.builds(
        TrackSource,
        title=st.sampled_from(["Air", "AIR", "Air (feat. X)", "Gigue"]),
        artist=st.sampled_from(["Bach", "J. S. Bach"]),
        spotify_id=st.sampled_from([None, "A" * 22, "B" * 22, "C" * 22]),
    ),
    max_size=8,
)


@given(DESCRIPTIONS)
@settings(max_examples=200)
def test_one_spotify_id_is_one_track(descriptions: list[TrackSource]):
    known, by_track, by_id = Known(), {}, {}
    for track_id, source in enumerate(descriptions, 1):
        found = known.find(source)
        if found is None:
            found = track_id
            known.make(found, source)
        known.add(found, source)
        if source.spotify_id:
            by_track.setdefault(found, set()).add(source.spotify_id)
            by_id.setdefault(source.spotify_id, set()).add(found)
    assert all(len(ids) == 1 for ids in (*by_track.values(), *by_id.values()))


KILLED = """
import asyncio, sys
from pathlib import Path
from storage.database import Database
from storage.ratings import Ratings

async def main():
    database = await Database.open(Path(sys.argv[1]))
    ratings = Ratings(database)
    await ratings.start()
    member = 0
    while True:
        members = range(member, member + 20)
        await asyncio.gather(*(ratings.rate(one, 1, 7) for one in members))
        member += 20
        print(member, flush=True)

asyncio.run(main())
"""


async def test_what_was_acknowledged_survives_kill_9(tmp_path: Path):
    path = tmp_path / "earmark.db"
    database = await number_from_one(await Database.open(path))
    await link(database, TrackSource("Air", "Bach"))
    await database.close()
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, str(path), stdout=-1, cwd=Path(__file__).parents[2]
    )
    assert child.stdout is not None
    said = [int(await child.stdout.readline()) for _ in range(10)]
    child.send_signal(signal.SIGKILL)
    said += [int(line) for line in (await child.stdout.read()).splitlines(keepends=True) if line.endswith(b"\n")]
    await child.wait()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    stored = {row[0] for row in connection.execute("SELECT listener_id FROM ratings")}
    connection.close()
    assert set(range(max(said))) <= stored


async def test_another_process_is_refused_and_a_killed_one_lets_go(tmp_path: Path):
    holds = (
        "import sys, time; from pathlib import Path; from bot.safe.lock import FolderLock\n"
        "lock = FolderLock(); lock.acquire(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", holds, str(tmp_path), stdout=-1, cwd=Path(__file__).parents[2]
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"held\n"
    lock = FolderLock()
    with pytest.raises(FolderInUse):
        lock.acquire(tmp_path)
    child.kill()
    await child.wait()
    lock.acquire(tmp_path)
    lock.release()


REVISIONS = sorted(file.name.split("_")[0] for file in (SCRIPTS / "versions").glob("[0-9]*.py"))


REPLACED = {"track_features": "track_values"}  # by a table of the same facts, with whose word each is
PRIVATE = "0009"  # before this, sessions stored what they drew from private ratings: it is forgotten


@pytest.mark.parametrize("revision", REVISIONS)
def test_rows_of_every_revision_reach_the_newest(revision: str, tmp_path: Path):
    path = tmp_path / "earmark.db"
    migrate(path, to=revision)
    with closing(sqlite3.connect(path)) as connection:
        fill(connection)
        before = counts(connection)
    assert all(before.values()), "every table holds rows"
    migrate(path)
    with closing(sqlite3.connect(path)) as connection:
        after = counts(connection)
    gone = {*REPLACED, *(("session_guesses",) if revision < PRIVATE else ())}
    kept = {name: count for name, count in before.items() if name not in gone}
    assert {name: after.get(name) for name in kept} == kept
    assert all(after[into] for name, into in REPLACED.items() if name in before)


def tables(connection: sqlite3.Connection) -> list[str]:
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return [name for (name,) in found]


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables(connection)}


def fill(connection: sqlite3.Connection) -> None:
    """A row in every table of whatever shape: a 1 fits every number and key here, and a '1' is text and JSON."""
    by_type = {"INTEGER": 1, "TEXT": "1", "BLOB": b"1", "REAL": 1.0}
    by_name = {"phase": "lobby"}  # the one text of which only some words are taken
    for name in tables(connection):
        if name != "alembic_version":
            found = connection.execute(f"PRAGMA table_info({name})")
            columns = [(column[1], by_name.get(column[1], by_type[column[2]])) for column in found]
            if [column for column, _ in columns] == ["id", "spotify_id", "isrc", "name_key"]:
                columns[2:] = [("isrc", None), ("name_key", None)]  # a track has one identity
            marks, values = ", ".join("?" * len(columns)), [value for _, value in columns]
            connection.execute(f"INSERT INTO {name} VALUES ({marks})", values)
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.commit()


async def test_modes_of_an_older_installation_are_tightened(tmp_path: Path):
    folder, shared = tmp_path / "data", tmp_path / "shared"
    for place in (folder, shared):
        place.mkdir()
        place.chmod(0o755)
        await (await Database.open(place / "earmark.db")).close()
        (place / "earmark.db").chmod(0o644)
    (shared / "somebody's.txt").touch()
    for place, mode in ((folder, 0o700), (shared, 0o755)):
        lock = FolderLock()
        lock.acquire(place)
        database = await Database.open(place / "earmark.db")
        await link(database, TrackSource("Air", "Bach"))
        modes = {stat.S_IMODE(file.stat().st_mode) for file in place.glob("earmark.db*")}
        assert modes == {0o600}
        assert stat.S_IMODE(place.stat().st_mode) == mode, "a folder with other things in it is not ours"
        await database.close()
        lock.release()


async def test_closing_waits_for_what_is_at_work_and_leaves_no_connection(tmp_path: Path):
    database = await Database.open(tmp_path / "earmark.db")
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def read() -> int:
        async with database.reading() as connection:
            reached.set()
            await go_on.wait()
            return (await connection.exec_driver_sql("SELECT 7")).scalar_one()

    reading = asyncio.create_task(read())
    await reached.wait()
    closing_it = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    with pytest.raises(DatabaseClosed):
        async with database.transaction():
            pass
    go_on.set()
    assert await reading == 7
    await closing_it
    assert not (tmp_path / "earmark.db-wal").exists(), "the last connection that closes removes it"
