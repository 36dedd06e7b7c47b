"""Backups: made under load, checked, kept to a number, and put back without the erased."""

import asyncio
import re
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config import Config
from bot.domain.errors import (
    BadBackup,
    BadDatabase,
    DatabaseGone,
    NewerDatabase,
    NoBackup,
    NotSealed,
    StorageBusy,
    Unwritable,
    WrongKey,
)
from bot.safe.keys import Keyring
from bot.safe.zstd import zstd
from bot.serving.schedule import _back_up, backing_up
from bot.telemetry.metrics import Metrics
from storage.accounts import Accounts
from storage.backup import backup, backups, check, restore
from storage.check import Stopped
from storage.database import Database
from storage.leftovers import LOCK, sweep
from storage.migrate import migrate
from storage.ratings import Ratings
from storage.settings import Settings
from tests.end_to_end.people import eventually
from tests.ids import number_from_one
from tests.storage.test_accounts import ADA, BEN, live, meet


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    """A database in which two people have everything."""
    path = tmp_path / "data" / "earmark.db"
    database = await number_from_one(await Database.open(path))
    await live(database, ADA, "Ada's demo")
    await live(database, BEN, "Ben's demo")
    await database.close()
    return path


async def people(path: Path) -> set[int]:
    database = await Database.open(path)
    try:
        return {person for person in (ADA, BEN) if await Accounts(database).counts(person)}
    finally:
        await database.close()


async def test_a_backup_comes_back_as_it_was(file: Path, tmp_path: Path):
    made = backup(file, tmp_path / "backups")
    assert stat.S_IMODE(made.file.stat().st_mode) == 0o600
    assert made.rows["ratings"] == 2
    assert [child.name for child in made.file.parent.iterdir()] == [made.file.name], "nothing half-made is left"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM ratings")
    connection.close()
    done = await restore(made.file, file)
    assert done.rows["ratings"] == 2
    assert done.erased == 0
    assert done.saved_as in backups(made.file.parent), "what stood there is a backup, too"
    assert await people(file) == {ADA, BEN}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_new_machine_takes_a_backup(file: Path, tmp_path: Path):
    made = backup(file, tmp_path / "backups")
    elsewhere = tmp_path / "new" / "earmark.db"
    done = await restore(made.file, elsewhere)
    assert (done.erased, done.saved_as) == (None, None)
    assert await people(elsewhere) == {ADA, BEN}


async def test_a_sealed_backup_needs_its_key(file: Path, tmp_path: Path):
    old, folder = Keyring.new(), tmp_path / "backups"
    made = backup(file, folder, keys=Keyring([old]))
    assert made.file.name.endswith(".db.zst.sealed")
    assert stat.S_IMODE(made.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [child.name for child in folder.iterdir()] == [made.file.name]
    with pytest.raises(zstd.ZstdError):
        zstd.decompress(made.file.read_bytes())
    before = file.read_bytes()
    for keys in (None, Keyring([Keyring.new()])):
        with pytest.raises(WrongKey):
            await restore(made.file, file, keys)
    assert file.read_bytes() == before
    assert backups(folder) == [made.file]
    database = await Database.open(file)
    await Accounts(database).erase(ADA)
    await database.close()
    both = Keyring([Keyring.new(), old])
    done = await restore(made.file, file, both)
    assert (done.erased, done.rows["ratings"]) == (1, 1)
    assert done.saved_as is not None
    assert done.saved_as.name.endswith(".sealed"), "what stood there before is sealed as well"
    whole = bytearray(made.file.read_bytes())
    made.file.write_bytes(whole[:-1])
    with pytest.raises(BadBackup):
        await restore(made.file, file, both)


def test_retention_counts_sealed_and_open_ones_alike(file: Path, tmp_path: Path):
    folder, keys = tmp_path / "backups", Keyring([Keyring.new()])
    made = [backup(file, folder, keep=3, keys=keys if sealed else None).file for sealed in (0, 1, 0, 1, 1)]
    assert backups(folder) == made[-3:]


async def test_the_erased_stay_erased(file: Path, tmp_path: Path):
    made = backup(file, tmp_path / "backups")
    database = await Database.open(file)
    await Accounts(database).erase(ADA)
    await database.close()
    assert (await restore(made.file, file)).erased == 1
    assert await people(file) == {BEN}
    assert b"Ada's demo" not in file.read_bytes()
    assert (await restore(made.file, file)).erased == 1, "and stay so when it is put back again"
    assert await people(file) == {BEN}


async def test_who_was_first_seen_under_a_clock_that_ran_ahead_stays_erased(file: Path, tmp_path: Path):
    database = await Database.open(file)
    async with database.transaction() as connection:
        await connection.exec_driver_sql("UPDATE listeners SET created_at = created_at + 86400")
    made = backup(file, tmp_path / "backups")
    await Accounts(database).erase(ADA)
    await live(database, ADA, "Ada's new demo")  # under a clock that is right again
    await database.close()
    later = backup(file, tmp_path / "backups")
    assert (await restore(later.file, file)).erased == 0, "whoever came back stays"
    assert await people(file) == {ADA, BEN}
    assert (await restore(made.file, file)).erased == 1
    assert await people(file) == {BEN}


async def test_on_a_new_machine_a_newer_backup_tells_who_was_erased(file: Path, tmp_path: Path):
    folder, keys = tmp_path / "backups", Keyring([Keyring.new()])
    older = backup(file, folder)
    database = await Database.open(file)
    await Accounts(database).erase(ADA)
    await database.close()
    newer = backup(file, folder, keys=keys)
    (folder / "earmark-99999999-broken.db.zst").write_bytes(b"rubbish")
    elsewhere = tmp_path / "new" / "earmark.db"
    done = await restore(older.file, elsewhere, keys, unsealed=True)
    assert (done.erased, done.told_by) == (1, newer.file)
    assert await people(elsewhere) == {BEN}
    assert b"Ada's demo" not in elsewhere.read_bytes()
    assert [child.name for child in elsewhere.parent.iterdir()] == ["earmark.db"]
    done = await restore(newer.file, tmp_path / "newer" / "earmark.db", keys)
    assert (done.erased, done.told_by) == (None, None), "nobody tells what came after the newest"


async def test_a_damaged_database_is_kept_and_replaced(file: Path, tmp_path: Path):
    made = backup(file, tmp_path / "backups")
    data = bytearray(file.read_bytes())
    data[100:] = b"\xff" * (len(data) - 100)
    file.write_bytes(data)
    done = await restore(made.file, file)
    assert done.erased is None, "and the operator is told"
    assert done.saved_as is not None
    assert done.saved_as.read_bytes() == bytes(data)
    assert await people(file) == {ADA, BEN}


def unpacked(whole: bytearray) -> bytes | None:
    try:
        return zstd.decompress(bytes(whole))
    except zstd.ZstdError:
        return None


@settings(max_examples=60, deadline=None)
@given(
    how=st.sampled_from(["cut", "flip", "text", "other"]),
    where=st.floats(0, 1, exclude_max=True),
    change=st.integers(1, 255),
    instead=st.binary(max_size=300),
)
def test_a_damaged_backup_changes_nothing(
    how: str, where: float, change: int, instead: bytes, tmp_path_factory: pytest.TempPathFactory
):
    folder = tmp_path_factory.mktemp("damaged")
    path = folder / "earmark.db"

    async def make() -> None:
        database = await Database.open(path)
        await live(database, ADA, "Ada's demo")
        await database.close()

    asyncio.run(make())
    made = backup(path, folder / "backups").file
    whole, before = bytearray(made.read_bytes()), path.read_bytes()
    inside = unpacked(whole)
    if how == "cut":
        del whole[int(where * len(whole)) :]
    elif how == "flip":
        whole[int(where * len(whole))] ^= change
    elif how == "text":
        whole[:] = instead
    else:
        whole[:] = zstd.compress(instead)
    made.write_bytes(whole)
    if how == "flip" and unpacked(whole) == inside:
        return  # a bit that says nothing of the content
    with pytest.raises((BadBackup, WrongKey)):  # hypothesis knows how a sealed file begins
        asyncio.run(restore(made, path))
    assert path.read_bytes() == before
    assert sorted(child.name for child in folder.iterdir()) == [LOCK, "backups", "earmark.db"]


FOREIGN = {
    "a trigger": "CREATE TRIGGER t AFTER INSERT ON ratings BEGIN DELETE FROM ratings; END",
    "a view": "CREATE VIEW v AS SELECT 1",
    "a virtual table": "CREATE VIRTUAL TABLE v USING fts5(x)",
    "an unknown table": "CREATE TABLE t (a, b GENERATED ALWAYS AS (zeroblob(100000000)) VIRTUAL)",
    "a name that quotes": 'CREATE TABLE "a"") ; drop table listeners; --" (x)',
    "another column": "ALTER TABLE settings ADD COLUMN more TEXT",
    "another index": "CREATE INDEX i ON ratings (stars)",
    "no version": "DELETE FROM alembic_version",
    "an older version": "UPDATE alembic_version SET version_num = '0001'",
    "no number": "UPDATE alembic_version SET version_num = 'evil'",
}


@pytest.mark.parametrize("foreign", FOREIGN)
async def test_a_file_whose_schema_is_not_ours_is_refused(file: Path, tmp_path: Path, foreign: str):
    before = file.read_bytes()
    other = tmp_path / "other.db"
    other.write_bytes(before)
    with closing(sqlite3.connect(other)) as connection, connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute(FOREIGN[foreign])
    packed = tmp_path / "other.db.zst"
    packed.write_bytes(zstd.compress(other.read_bytes()))
    with pytest.raises(BadBackup):
        await restore(packed, file)
    assert file.read_bytes() == before
    assert [child.name for child in file.parent.iterdir()] == ["earmark.db"]


async def test_a_later_version_s_backup_is_called_that(file: Path, tmp_path: Path):
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    packed = tmp_path / "later.db.zst"
    packed.write_bytes(zstd.compress(file.read_bytes()))
    with pytest.raises(NewerDatabase):
        await restore(packed, tmp_path / "new" / "earmark.db")


async def test_an_old_version_s_backup_comes_back(tmp_path: Path):
    old = tmp_path / "old.db"
    migrate(old, to="0005")
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("INSERT INTO listeners VALUES (1, 1)")
    packed = tmp_path / "old.db.zst"
    packed.write_bytes(zstd.compress(old.read_bytes()))
    assert (await restore(packed, tmp_path / "new" / "earmark.db")).rows["listeners"] == 1


async def test_with_keys_only_what_they_sealed_is_put_back(file: Path, tmp_path: Path):
    keys, folder = Keyring([Keyring.new()]), tmp_path / "backups"
    made = backup(file, folder)
    with pytest.raises(NotSealed):
        await restore(made.file, file, keys)
    assert (await restore(made.file, file, keys, unsealed=True)).rows["ratings"] == 2


@pytest.mark.parametrize("pages", [1, 100, 2**32 - 1])
async def test_a_backup_that_unpacks_to_more_than_it_says_or_than_fits_takes_no_disk(tmp_path: Path, pages: int):
    head = b"SQLite format 3\0" + (4096).to_bytes(2, "big") + bytes(10) + pages.to_bytes(4, "big")
    bomb = tmp_path / "bomb.db.zst"
    with bomb.open("wb") as raw, zstd.ZstdFile(raw, "wb") as packed:
        packed.write(head)
        for _ in range(200):
            packed.write(bytes(1_000_000))
    with pytest.raises(Unwritable if pages > 100 else BadBackup), disk_full(10_000_000):
        await restore(bomb, tmp_path / "data" / "earmark.db")
    assert not list((tmp_path / "data").iterdir())


async def test_a_database_that_is_deleted_or_replaced_is_noticed_by_the_next_click(file: Path):
    database = await Database.open(file)
    ratings, kept = Ratings(database), file.read_bytes()
    await ratings.start()
    try:
        with closing(sqlite3.connect(file)) as connection:
            (track,) = connection.execute("SELECT max(id) FROM tracks").fetchone()
        await ratings.rate(ADA, track, 3)
        for _ in ("deleted", "replaced"):
            file.unlink()
            with pytest.raises(DatabaseGone):
                await ratings.rate(ADA, track, 9)
            with pytest.raises(DatabaseGone):
                await Settings(database).ping()
            assert not file.exists(), "and none is made anew"
            file.write_bytes(kept)
            with pytest.raises(DatabaseGone):
                await ratings.rate(ADA, track, 9)
    finally:
        await ratings.close()
        await database.close()
    assert file.read_bytes() == kept


def test_what_is_not_there_is_said(tmp_path: Path):
    with pytest.raises(NoBackup):
        backup(tmp_path / "none.db", tmp_path)
    with pytest.raises(NoBackup):
        asyncio.run(restore(tmp_path / "none.db.zst", tmp_path / "earmark.db"))
    with closing(sqlite3.connect(tmp_path / "other.db")) as other, other:
        other.execute("CREATE TABLE t (x)")
    other.close()
    with pytest.raises(BadBackup):
        check(tmp_path / "other.db")
    with pytest.raises(BadBackup):
        backup(tmp_path / "other.db", tmp_path / "backups")
    assert backups(tmp_path / "backups") == []


def test_only_the_newest_are_kept(file: Path, tmp_path: Path):
    folder = tmp_path / "backups"
    made = [backup(file, folder, keep=3).file for _ in range(5)]
    assert backups(folder) == made[-3:]


async def test_members_click_on_while_a_backup_is_made(file: Path, tmp_path: Path):
    database = await Database.open(file)
    async with database.transaction() as connection:  # large enough that a copy in parts would begin anew each time
        for place in range(300):
            large = (f"large {place}", "x" * 100_000)
            await connection.exec_driver_sql("INSERT INTO settings VALUES (?, ?)", large)
    ratings = Ratings(database)
    await ratings.start()
    copying = asyncio.create_task(asyncio.to_thread(backup, file, tmp_path / "backups"))
    clicks = 0
    while not copying.done() or clicks < 20:
        await ratings.rate(ADA, 1, clicks % 10 + 1)
        clicks += 1
    made = await copying
    assert made.rows["ratings"] == 2, "one moment's state, whole"
    await ratings.close()
    await database.close()


def enlarge(file: Path, megabytes: int) -> None:
    """Let a backup of it take a while."""
    with closing(sqlite3.connect(file)) as connection, connection:
        for place in range(megabytes):
            connection.execute("INSERT INTO settings VALUES (?, hex(randomblob(500000)))", (f"large {place}",))


async def test_a_damaged_header_is_said_and_a_backup_takes_its_place(file: Path, tmp_path: Path):
    made = backup(file, tmp_path / "backups")
    data = bytearray(file.read_bytes())
    data[:21] = b"?" * 21
    file.write_bytes(data)
    with pytest.raises(BadDatabase) as caught:
        await Database.open(file)
    assert caught.value.path == str(file)
    with pytest.raises(BadDatabase):
        backup(file, tmp_path / "backups")
    assert backups(tmp_path / "backups") == [made.file]
    done = await restore(made.file, file)
    assert done.saved_as is not None
    assert done.saved_as.read_bytes() == bytes(data)
    assert await people(file) == {ADA, BEN}


@pytest.mark.parametrize("parent", ["listeners", "tracks", "playlists", "sessions", "session_rounds"])
async def test_rows_that_point_nowhere_are_found(file: Path, parent: str):
    database = await Database.open(file)
    await meet(database)
    await database.close()
    assert check(file)["session_votes"]
    with closing(sqlite3.connect(file)) as connection, connection:  # foreign keys are off here
        connection.execute(f"DELETE FROM {parent}")
    with pytest.raises(BadBackup):
        check(file)


@contextmanager
def disk_full(most: int) -> Iterator[None]:
    """Let no file grow beyond `most` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_fails_one_backup_and_not_the_next(
    file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    config = Config(data=file.parent, database=file, backups=tmp_path / "backups")
    with disk_full(100_000):
        with pytest.raises(StorageBusy):
            backup(file, config.backups)
        task = asyncio.create_task(_back_up(config, every=0.2, keys=None))
        await eventually(lambda: "no backup could be made: StorageBusy(code=" in caplog.text)
    async with asyncio.timeout(20):
        while not backups(config.backups):
            await asyncio.sleep(0.05)
    assert not task.done()
    task.cancel()


async def test_the_age_of_the_newest_backup_is_a_figure(file: Path, tmp_path: Path):
    metrics = Metrics()
    config = Config(data=file.parent, database=file, backups=tmp_path / "backups", backup_every=1)
    async with backing_up(config, metrics):
        assert "earmark_backup_age_seconds +Inf" in metrics.text()
        async with asyncio.timeout(20):
            while not backups(config.backups):
                await asyncio.sleep(0.05)
        age = re.search(r"^earmark_backup_age_seconds ([\d.e-]+)$", metrics.text(), re.MULTILINE)
        assert age
        assert float(age[1]) < 20


def half_made(*folders: Path) -> list[str]:
    return [child.name for folder in folders if folder.exists() for child in folder.glob(".earmark*")]


def test_a_killed_backup_leaves_nothing_open_for_long(file: Path, tmp_path: Path):
    folder = tmp_path / "backups"
    enlarge(file, 60)
    command = (
        "import sys; from pathlib import Path; from storage.backup import backup; backup(*map(Path, sys.argv[1:]))"
    )
    for again in (lambda: backup(file, folder), lambda: sweep(file, folder, restoring=True)):
        with subprocess.Popen(
            [sys.executable, "-c", command, str(file), str(folder)], cwd=Path(__file__).parents[2]
        ) as killed:
            while not half_made(file.parent):
                time.sleep(0.005)
            killed.send_signal(signal.SIGKILL)
        assert all(name.endswith(".part") for name in half_made(folder)), "what is not sealed stays with the data"
        assert half_made(file.parent)
        for old in (folder / ".earmark-1.copy", file.parent / ".earmark.db.restoring"):
            old.touch()
        again()
        left = half_made(file.parent, folder)
        assert left in ([], [".earmark.db.restoring"])
    assert left == []


def test_two_backups_at_once_wait_for_each_other(file: Path, tmp_path: Path):
    enlarge(file, 20)
    threads = [threading.Thread(target=backup, args=(file, tmp_path / "backups")) for _ in range(3)]
    for thread in threads:
        thread.start()
    sweep(file, tmp_path / "backups", restoring=True)  # another program starts meanwhile
    for thread in threads:
        thread.join()
    assert len(backups(tmp_path / "backups")) == 3
    assert half_made(file.parent, tmp_path / "backups") == []


async def test_the_end_of_the_program_ends_a_backup(file: Path, tmp_path: Path):
    await asyncio.to_thread(enlarge, file, 100)
    config = Config(data=file.parent, database=file, backups=tmp_path / "backups", backup_every=1)
    async with backing_up(config, Metrics()):
        async with asyncio.timeout(20):
            while not half_made(file.parent):
                await asyncio.sleep(0.005)
    await asyncio.get_running_loop().shutdown_default_executor()  # as asyncio.run does, waiting for threads
    assert backups(config.backups) == []
    assert half_made(file.parent, config.backups) == []


def test_a_check_that_is_not_wanted_any_more_ends(file: Path):
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        check(file, stop)
