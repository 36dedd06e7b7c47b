"""An operator's commands as they are typed, beside a running bot and without one."""

import asyncio
import os
import sqlite3
import stat
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.config import Config
from bot.safe.keys import Keyring
from bot.serving.schedule import _back_up
from storage.accounts import Accounts
from storage.backup import backups
from storage.database import Database
from tests.end_to_end.people import eventually, playlist_csv
from tests.end_to_end.processes import HttpHuman, program
from tests.storage.test_accounts import ADA, BEN, live

pytestmark = pytest.mark.slow


async def fill(data: Path) -> None:
    database = await Database.open(data / "earmark.db")
    await live(database, ADA, "Ada's demo")
    await live(database, BEN, "Ben's demo")
    await database.close()


async def run(*arguments: str, **env: str) -> tuple[int, str]:
    async with program(*arguments, **env) as command:
        code = await command.process.wait()
        await command._reader
        return code, "\n".join(command.lines)


async def test_backup_erase_restore_rehearsed(tmp_path: Path):
    data, folder = tmp_path / "data", tmp_path / "backups"
    await fill(data)
    code, said = await run("backup", str(folder), "--keep", "3", "--data", str(data))
    assert code == 0, said
    assert "checked; 2 people, 2 ratings" in said
    (made,) = backups(folder)
    (data / ".earmark-20260101-000000-1.copy").write_bytes(b"what a killed backup left")
    code, said = await run("erase", str(ADA), "--data", str(data))
    assert code == 0, said
    assert "1 of ratings" in said
    assert not list(data.glob(".earmark-*"))
    code, said = await run("restore", str(made), "--data", str(data))
    assert code == 0, said
    assert "1 people, 1 ratings" in said
    assert "Erased again, for they had left since: 1" in said
    code, said = await run("export", str(BEN), str(tmp_path / "ben.zip"), "--data", str(data))
    assert code == 0, said
    with zipfile.ZipFile(tmp_path / "ben.zip") as archive:
        assert b"Ben's demo" in archive.read("everything.json") + archive.read("playlists/List of Ben_s demo.csv")
    code, said = await run("export", str(ADA), str(tmp_path / "ada.zip"), "--data", str(data))
    assert (code, said) == (2, "Nothing is stored about this person.")
    assert not (tmp_path / "ada.zip").exists()


async def test_erasing_beside_a_long_reader_says_that_traces_may_be_left(tmp_path: Path):
    await fill(tmp_path)
    with closing(sqlite3.connect(tmp_path / "earmark.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM tracks").fetchall()
        code, said = await run("erase", str(ADA), "--data", str(tmp_path))
    assert code == 0
    assert "earmark.db-wal may hold traces until it has ended. Run this again then." in said
    code, said = await run("erase", str(ADA), "--data", str(tmp_path))
    assert (code, "may hold traces" in said) == (0, False)


async def test_with_keys_what_leaves_the_database_is_sealed(tmp_path: Path):
    data, folder, sealed = tmp_path / "data", tmp_path / "backups", tmp_path / "ben.zip"
    await fill(data)
    code, key = await run("key")
    assert code == 0
    code, said = await run("backup", str(folder), "--data", str(data), EARMARK_KEYS=key)
    assert code == 0, said
    (made,) = backups(folder)
    code, said = await run("restore", str(made), "--data", str(data))
    assert code == 2
    assert "None of the keys in EARMARK_KEYS opens this" in said
    code, said = await run("restore", str(made), "--data", str(data), EARMARK_KEYS=key)
    assert (code, "2 people, 2 ratings" in said) == (0, True), said
    code, said = await run("export", str(BEN), str(sealed), "--data", str(data), EARMARK_KEYS=key)
    assert code == 0, said
    assert not zipfile.is_zipfile(sealed)
    assert stat.S_IMODE(sealed.stat().st_mode) == 0o600
    code, said = await run("unseal", str(sealed), str(tmp_path / "open.zip"), EARMARK_KEYS=key)
    assert code == 0, said
    assert stat.S_IMODE((tmp_path / "open.zip").stat().st_mode) == 0o600
    with zipfile.ZipFile(tmp_path / "open.zip") as archive:
        assert b"Ben's demo" in archive.read("everything.json")
    code, said = await run("unseal", str(sealed), str(tmp_path / "other.zip"))
    assert (code, said) == (2, "EARMARK_KEYS is not set: see docs/operators.md.")
    sealed.write_bytes(sealed.read_bytes()[:-1])
    code, said = await run("unseal", str(sealed), str(tmp_path / "other.zip"), EARMARK_KEYS=key)
    assert code == 2
    assert "is damaged" in said
    assert not (tmp_path / "other.zip").exists()
    for file in (data, *data.iterdir(), folder, *folder.iterdir()):
        assert stat.S_IMODE(file.stat().st_mode) == (0o700 if file.is_dir() else 0o600), file


async def test_mistakes_are_said_in_one_sentence(tmp_path: Path):
    code, said = await run("backup", str(tmp_path / "b"), "--data", str(tmp_path / "none"))
    assert (code, len(said.splitlines())) == (2, 1)
    assert "There is nothing at" in said
    (tmp_path / "rubbish.db.zst").write_bytes(b"rubbish")
    code, said = await run("restore", str(tmp_path / "rubbish.db.zst"), "--data", str(tmp_path / "data"))
    assert (code, len(said.splitlines())) == (2, 1)
    assert "is damaged, or isn't a backup" in said
    for command in (["erase", str(ADA)], ["export", str(ADA), str(tmp_path / "ada.zip")], ["rotate"]):
        code, said = await run(*command, "--data", str(tmp_path / "typo"), EARMARK_KEYS=Keyring.new())
        assert (code, len(said.splitlines())) == (2, 1), said
        assert "There is nothing at" in said
        assert not (tmp_path / "typo").exists()
    code, said = await run("status")
    assert (code, said) == (2, "EARMARK_METRICS_PORT is not set: see docs/operators.md.")
    await fill(tmp_path / "data")
    (tmp_path / "file").write_bytes(b"")
    for command in (["backup", str(tmp_path / "file")], ["export", str(ADA), str(tmp_path / "none" / "ada.zip")]):
        code, said = await run(*command, "--data", str(tmp_path / "data"))
        assert (code, len(said.splitlines())) == (2, 1), said
        assert "cannot be written: " in said
    with (tmp_path / "data" / "earmark.db").open("r+b") as database:
        database.write(b"?" * 21)
    for command in (["backup", str(tmp_path / "b")], ["export", str(ADA), "ada.zip"], ["--port", "0"]):
        code, said = await run(*command, "--data", str(tmp_path / "data"))
        assert (code, len(said.splitlines())) == (2, 1), said
        assert "earmark.db is damaged, or isn't a database of mine. `earmark restore FILE`" in said
    code, said = await run("doctor", EARMARK_DATA=str(tmp_path / "data"))
    assert code == 1
    assert "BadDatabase" in said


async def test_an_export_replaces_nothing_unasked_and_follows_no_link(tmp_path: Path):
    data = tmp_path / "data"
    await fill(data)
    mine, victim, link = tmp_path / "mine.zip", tmp_path / "victim", tmp_path / "link.zip"
    mine.write_bytes(b"mine")
    victim.write_bytes(b"victim")
    link.symlink_to(victim)
    (tmp_path / ".new.zip.part").symlink_to(victim)
    os.mkfifo(tmp_path / "pipe")
    key = Keyring.new()
    sealed = tmp_path / "ben.sealed"
    code, said = await run("export", str(BEN), str(sealed), "--data", str(data), EARMARK_KEYS=key)
    assert code == 0, said
    for command in (["export", str(BEN)], ["unseal", str(sealed)]):
        for place, why in (
            (mine, "exists already"),
            (link, "something else than a file"),
            (tmp_path / "pipe", "something else than a file"),
            (data, "something else than a file"),
            (Path("/dev/null"), "something else than a file"),
        ):
            code, said = await run(*command, str(place), "--data", str(data), EARMARK_KEYS=key)
            assert (code, len(said.splitlines())) == (2, 1), said
            assert why in said
        code, said = await run(
            *command, str(tmp_path / "new.zip"), "--overwrite", "--data", str(data), EARMARK_KEYS=key
        )
        assert code == 0, said
    assert (mine.read_bytes(), victim.read_bytes()) == (b"mine", b"victim")
    assert zipfile.is_zipfile(tmp_path / "new.zip")
    code, said = await run("unseal", str(sealed), str(mine), "--overwrite", "--data", str(data), EARMARK_KEYS=key)
    assert code == 0, said
    assert zipfile.is_zipfile(mine)


@pytest.mark.parametrize("user_id", ["0", "-1", str(2**64), "9" * 5000, "²", "x"])
async def test_what_is_no_user_s_id_is_a_sentence(tmp_path: Path, user_id: str):
    for command in (["erase", "--", user_id], ["export", "--", user_id, str(tmp_path / "x.zip")]):
        code, said = await run(*command)
        assert code == 2
        assert "a Discord user's id is a whole number of up to 19 digits" in said
        assert "Traceback" not in said


async def test_another_data_folder_says_which_settings_do_not_count(tmp_path: Path):
    await fill(tmp_path)
    elsewhere = {"EARMARK_DATABASE": str(tmp_path / "other.db"), "EARMARK_BACKUPS": str(tmp_path / "b")}
    code, said = await run("erase", str(ADA), "--data", str(tmp_path), **elsewhere)
    assert code == 0
    assert said.splitlines()[0] == "--data counts, and not EARMARK_DATABASE and EARMARK_BACKUPS."


async def test_beside_a_running_bot(tmp_path: Path):
    async with program("--data", str(tmp_path), "--port", "0", "--no-browser") as bot:
        url = await bot.said("Sandbox ready: ")
        async with HttpHuman.connect(url) as human:
            await human.slash("Ada", "playlist link", file=("mix.csv", playlist_csv(12)))
            code, said = await run("backup", str(tmp_path / "backups"), "--data", str(tmp_path))
            assert code == 0, said
            code, said = await run("restore", str(backups(tmp_path / "backups")[0]), "--data", str(tmp_path))
            assert code == 2
            assert "Another instance is using" in said
            code, said = await run("erase", human.members["Ada"], "--data", str(tmp_path))
            assert code == 0, said
            assert "1 of playlists" in said
            answer = await human.slash("Ada", "account show")
            assert "nothing stored about you" in answer["message"]["content"]


async def test_backups_by_the_clock(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    config = Config(data=tmp_path, database=tmp_path / "earmark.db", backups=tmp_path / "backups", backup_keep=2)
    task = asyncio.create_task(_back_up(replace(config, backup_every=1), every=0.2, keys=None))
    await eventually(lambda: caplog.text.count("no backup could be made: NoBackup"))  # and tried again
    await fill(tmp_path)
    async with asyncio.timeout(20):
        while len(backups(config.backups)) < 2:
            await asyncio.sleep(0.05)
        first = backups(config.backups)
        while backups(config.backups)[0] == first[0]:
            await asyncio.sleep(0.05)
    assert len(backups(config.backups)) in {2, 3}
    task.cancel()
    database = await Database.open(config.database)
    assert await Accounts(database).counts(ADA)
    await database.close()
