"""`earmark doctor` in every situation of an operator; its tables are in docs/doctor.md, word by word."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.config import Config
from bot.safe.keys import Keyring
from bot.sandbox.server import Sandbox
from bot.serving.doctor import TRACK, examine, failed, table
from storage.database import Database
from storage.listeners import Began
from storage.spotify import SpotifyAccounts
from tests.end_to_end.processes import program
from tests.fakes.reccobeats import FakeReccoBeats
from tests.fakes.spotify import FakeSpotify, Playlist, track
from tests.spotify_spec import SpotifySpec

DOCS = Path(__file__).resolve().parents[2] / "docs" / "doctor.md"
ALBUM, PLAYLIST = "4aawyAB9vmqN3uQ7FjRGTy", "3cEYpjA9oz9GiPac4AsH4n"
TIMEOUT: dict[str, Any] = {"kind": "hang", "path": "/v1", "times": 99}
SITUATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "A new app (development mode, since 2024-11-27)": ("new", {}),
    "An older app": ("old", {}),
    "An app with extended quota": ("extended", {}),
    "Wrong secret": ("new", {"secret": "wrong"}),
    "401 to every question": ("new", {"kind": "401", "path": "/v1", "times": 99}),
    "403 to every question": ("new", {"kind": "403", "path": "/v1", "times": 99}),
    "404 to every question": ("new", {"kind": "404", "path": "/v1", "times": 99}),
    "429, with a second to wait": ("new", {"kind": "429", "path": "/v1/tracks", "retry_after": "1"}),
    "429, with ten hours to wait": (
        "new",
        {"kind": "429", "path": "/v1", "retry_after": "36000", "reason": "QUOTA_EXCEEDED"},
    ),
    "503 to every question": ("new", {"kind": "503", "path": "/v1", "times": 99}),
    "No answer in time": ("new", TIMEOUT),
    "Cut-off JSON": ("old", {"kind": "truncated", "path": "/v1", "times": 99}),
    "A slow drip": ("old", {"kind": "drip", "path": "/v1", "times": 99}),
}


@asynccontextmanager
async def around(mode: str, tmp_path: Path, how: dict[str, Any]) -> AsyncIterator[tuple[Config, Any, Any]]:
    async with FakeSpotify(mode) as spotify, FakeReccoBeats() as recco:
        spotify.catalogue([track(1, id=TRACK, album={**track(1)["album"], "id": ALBUM})])
        spotify.playlists[PLAYLIST] = Playlist(PLAYLIST, "Example", "somebody", [track(1)])
        recco.knows(TRACK)
        if "kind" in how:
            spotify.faults.add(**how)
            if how.get("times", 1) > 1:
                recco.faults.add(how["kind"], times=99)
        data = tmp_path / "data"
        await (await Database.open(data / "earmark.db")).close()
        yield (
            Config(
                data=Path("data"),
                database=data / "earmark.db",
                spotify_client_id=spotify.client_id,
                spotify_client_secret=how.get("secret", spotify.client_secret),
                spotify_api=f"{spotify.url}/v1/",
                spotify_accounts=spotify.url,
                reccobeats=recco.url,
                features=("file", "audio", "reccobeats"),
                keys=(Keyring.new(),),
                patience=0.5,
            ),
            spotify,
            recco,
        )


def machine(folder: Path, *uuids: str) -> tuple[Path, Path]:
    """Everything on one disk, and what Linux says of it: the device-mapper's names from the uppermost down."""
    mounts, device = folder / "mountinfo", folder / "sys" / "254:1"
    mounts.write_text("30 1 254:1 / / rw,relatime - ext4 /dev/root rw\n", encoding="utf-8")
    for uuid in uuids:
        (device / "dm").mkdir(parents=True)
        (device / "dm" / "uuid").write_text(f"{uuid}\n", encoding="utf-8")
        device = device / "slaves" / "dm-0"
    return mounts, folder / "sys"


@pytest.mark.parametrize(
    ("uuids", "state"),
    [((), "partly"), (("CRYPT-LUKS2-0a-earmark",), "works"), (("LVM-Xy", "CRYPT-LUKS2-0a"), "works"),
     (("LVM-Xy",), "partly")],
)  # fmt: skip
async def test_encryption_at_rest_is_told_where_linux_tells(tmp_path: Path, uuids: tuple[str, ...], state: str):
    config = Config(data=tmp_path, database=tmp_path / "earmark.db", backups=tmp_path / "backups", features=())
    mounts, devices = machine(tmp_path, *uuids)
    checks = await examine(config, discord=None, mounts=mounts, devices=devices)
    found = {check.what: check for check in checks}
    assert (found["- data at rest"].state, found["- backups at rest"].state) == (state, state)
    assert ("LUKS" in found["- data at rest"].todo) == (state == "partly")
    assert not failed(checks)


async def test_a_missing_database_is_not_made_and_open_modes_are_told(tmp_path: Path):
    config = Config(data=tmp_path, database=tmp_path / "earmark.db", backups=tmp_path / "backups", features=())
    tmp_path.chmod(0o700)
    found = {check.what: check for check in await examine(config, discord=None)}
    assert found["Database"].state == "off"
    assert "is not there yet" in found["Database"].found
    assert not config.database.exists()
    config.database.touch(0o600)
    config.database.chmod(0o644)
    found = {check.what: check for check in await examine(config, discord=None)}
    assert found["Data folder"].todo == f"chmod go= {config.database}"
    found = {check.what: check for check in await examine(config, discord=None)}
    assert found["Data folder"].state == "works", "opening it has closed it to others"


def section(title: str, words: str) -> str:
    return f"## {title}\n\n```\n{words}\n```\n"


@pytest.mark.parametrize("title", SITUATIONS)
async def test_each_situation_has_its_table_in_the_docs(title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    mode, how = SITUATIONS[title]
    spec = SpotifySpec.find()
    monkeypatch.chdir(tmp_path)  # where `data` is
    async with around(mode, tmp_path, how) as (config, spotify, _):
        mounts, devices = machine(tmp_path)
        said = section(title, table(await examine(config, discord=None, mounts=mounts, devices=devices)))
        if spec is not None:
            assert spec.problems(spotify.exchanges, broken=spotify.faults.met > 0) == []
        if not how:
            assert all(spotify.asked(path) == 1 for path in ("/v1/tracks/1", "/v1/search", "/items", "-analysis"))
    if os.environ.get("EARMARK_WRITE_DOCS"):
        before = await asyncio.to_thread(DOCS.read_text, "utf-8")
        await asyncio.to_thread(DOCS.write_text, f"{before.rstrip()}\n\n{said}", "utf-8")
    assert said in await asyncio.to_thread(DOCS.read_text, "utf-8")


async def test_the_three_kinds_of_app_are_told_apart(tmp_path: Path):
    kinds = {}
    for mode in ("new", "old", "extended"):
        async with around(mode, tmp_path, {}) as (config, _, _):
            checks = await examine(config, discord=None)
            assert not failed(checks)
            kinds[mode] = next(check.found for check in checks if check.what.startswith("="))
    assert "development mode" in kinds["new"]
    assert "older" in kinds["old"]
    assert "extended" in kinds["extended"]


async def test_keys_are_checked_against_what_they_must_open(tmp_path: Path):
    async with around("new", tmp_path, {}) as (config, _, _):
        database = await Database.open(config.database)
        await SpotifyAccounts(database).put(1, config.keyring().seal(b"{}"), Began(None))
        await database.close()
        for keys, state in ((config.keys, "works"), ((), "fails"), (("x",), "fails"), ((Keyring.new(),), "partly")):
            checks = await examine(replace(config, keys=keys, spotify_client_id=None), discord=None)
            assert next(check.state for check in checks if check.what == "Keys") == state


async def test_a_token_that_discord_does_not_know(tmp_path: Path):
    sandbox = await Sandbox.start()
    try:
        config = Config(data=tmp_path, database=tmp_path / "earmark.db", token=sandbox.bot_token)
        checks = await examine(config, discord=f"{sandbox.url}/api/v10")
        assert (checks[0].state, checks[1].found) == ("works", "no privileged one")
        checks = await examine(replace(config, token="a.b.c"), discord=f"{sandbox.url}/api/v10")
        assert checks[0].state == "fails"
    finally:
        await sandbox.close()
    checks = await examine(config, discord=f"{sandbox.url}/api/v10")
    assert "cannot be reached" in checks[0].found


async def test_the_command_prints_it_and_needs_nothing(tmp_path: Path):
    async with program("doctor", EARMARK_DATA=str(tmp_path)) as ours:
        await ours.said("Feature sources")
        assert await asyncio.wait_for(ours.process.wait(), 15) == 0
    text = "\n".join(ours.lines)
    assert "DISCORD_TOKEN is not set" in text
    assert "SPOTIFY_CLIENT_ID is not set" in text
    assert "earmark key" in text


async def test_keys_are_rotated_by_a_command(tmp_path: Path):
    old, new = Keyring.new(), Keyring.new()
    database = await Database.open(tmp_path / "earmark.db")
    await SpotifyAccounts(database).put(1, Keyring([old]).seal(b"{}"), Began(None))
    await database.close()
    async with program("rotate", EARMARK_DATA=str(tmp_path), EARMARK_KEYS=f"{new},{old}") as ours:
        await ours.said("Sealed anew with the first key: 1")
    database = await Database.open(tmp_path / "earmark.db")
    permission = await SpotifyAccounts(database).get(1)
    await database.close()
    assert permission is not None
    assert Keyring([new]).open(permission.sealed) == b"{}"
