"""Backups: made under load, checked, kept to a number, and put back without the erased."""

import asyncio
import sqlite3
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import BadBackup, NoBackup, WrongKey
from bot.keys import Keyring
from bot.zstd import zstd
from storage.accounts import Accounts
from storage.backup import backup, backups, check, restore
from storage.database import Database
from storage.ratings import Ratings
from tests.storage.test_accounts import ADA, BEN, live


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    """A database in which two people have everything."""
    path = tmp_path / "data" / "earmark.db"
    database = await Database.open(path)
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
    with sqlite3.connect(file) as connection:
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
    assert sorted(child.name for child in folder.iterdir()) == ["backups", "earmark.db"]


def test_what_is_not_there_is_said(tmp_path: Path):
    with pytest.raises(NoBackup):
        backup(tmp_path / "none.db", tmp_path)
    with pytest.raises(NoBackup):
        asyncio.run(restore(tmp_path / "none.db.zst", tmp_path / "earmark.db"))
    with sqlite3.connect(tmp_path / "other.db") as other:
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
