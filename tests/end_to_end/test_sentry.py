"""Errors reach the operator's Sentry, a real HTTP server on loopback, with no more than the log says."""

import gzip
import json
import logging
import re
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.commands.cli import main
from bot.domain.errors import ExtraMissing, NotConfigured
from bot.telemetry.logs import to_stderr
from bot.telemetry.sentry import reporting
from tests.end_to_end.people import eventually, words
from tests.end_to_end.test_running import stand

SECRET = "private song"
TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcDE.abcdefghijklmnopqrstuvwxyz0123456789AB"


@dataclass
class Sentry:
    """Takes envelopes: lines of JSON, headers and events by turns."""

    port: int = 0
    bodies: list[str] = field(default_factory=list)
    status: int = 200

    @property
    def dsn(self) -> str:
        return f"http://{'0' * 32}@127.0.0.1:{self.port}/7"

    @property
    def events(self) -> list[dict[str, Any]]:
        lines = [json.loads(line) for body in self.bodies for line in body.splitlines() if line]
        return [line for line in lines if "logentry" in line]

    async def take(self, request: web.Request) -> web.Response:
        raw = await request.read()
        self.bodies.append((gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode())
        return web.json_response({}, status=self.status)


@pytest.fixture
async def sentry() -> AsyncIterator[Sentry]:
    server = Sentry()
    app = web.Application()
    app.router.add_post("/api/7/envelope/", server.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.port = runner.addresses[0][1]
    yield server
    await runner.cleanup()


def fail(secret: str) -> None:
    try:
        {}[secret]
    except KeyError as cause:
        raise ValueError(f"what Ada typed: {secret}") from cause


async def test_an_error_arrives_by_class_place_and_id_and_without_words(sentry: Sentry):
    log = logging.getLogger("bot.x")
    with reporting(sentry.dsn):
        try:
            fail(SECRET)
        except ValueError as problem:
            log.exception("unexpected error %s", "12ab34cd", exc_info=problem, extra={"error_id": "12ab34cd"})
        log.error("login with %s failed", TOKEN)
        log.warning("only a warning")
        await eventually(lambda: len(sentry.events) == 2)
    first, second = sentry.events
    assert first["tags"] == {"error_id": "12ab34cd"}
    assert (first["level"], first["logger"]) == ("error", "bot.x")
    assert [one["type"] for one in first["exception"]["values"]] == ["KeyError", "ValueError"]
    frame = first["exception"]["values"][1]["stacktrace"]["frames"][-1]
    assert (frame["filename"], frame["function"]) == ("tests/end_to_end/test_sentry.py", "fail")
    assert second["logentry"]["formatted"] == "login with *** failed"
    said = "\n".join(sentry.bodies)
    for what in (SECRET, TOKEN, "only a warning", str(Path.home()), str(Path(__file__).parent), '"vars"'):
        assert what not in said
    assert first["server_name"] == "earmark"
    assert "user" not in first
    log.error("after the end")
    assert len(sentry.events) == 2


async def test_a_sentry_that_fails_disturbs_nobody(sentry: Sentry):
    sentry.status = 500
    log = logging.getLogger("bot.x")
    with reporting(sentry.dsn):
        log.error("one")
        await eventually(lambda: len(sentry.bodies) == 1)
    with reporting("http://key@127.0.0.1:9/1"):
        log.error("two")


@pytest.mark.parametrize("dsn", ["rubbish", "http://127.0.0.1/1", "ftp://key@127.0.0.1/1"])
def test_a_dsn_that_is_none_is_said_before_anything_starts(dsn: str, monkeypatch: pytest.MonkeyPatch, capsys: Any):
    with pytest.raises(NotConfigured), reporting(dsn):
        pass
    monkeypatch.setenv("SENTRY_DSN", dsn)
    assert main(["run"]) == 2
    assert "SENTRY_DSN is not understood" in capsys.readouterr().err


def test_without_the_package_the_operator_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch, capsys: Any):
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    with pytest.raises(ExtraMissing), reporting("http://key@127.0.0.1:9/1"):
        pass
    monkeypatch.setenv("SENTRY_DSN", "http://key@127.0.0.1:9/1")
    assert main(["run"]) == 2
    assert "uv run --extra sentry earmark" in capsys.readouterr().err


def test_without_a_dsn_nothing_is_sent_and_nothing_imported(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    with reporting(None):
        assert logging.getLogger().handlers == logging.getLogger().handlers
    to_stderr("INFO", "text")


async def test_the_running_bot_tells_sentry_of_a_fault_that_nobody_expects(
    sentry: Sentry, tmp_path: Path, unused_port: int
):
    async with stand(tmp_path, unused_port, SENTRY_DSN=sentry.dsn) as s:
        await s.card()
        with closing(sqlite3.connect(tmp_path / "earmark.db")) as database, database:
            database.execute("DROP TABLE playlist_tracks")
        database.close()
        told = words(await s.human.slash("Ada", "general", "predict track", {"track": "My private title"}))
        (error_id,) = re.findall(r"`([0-9a-f]{8})`", told)
        await eventually(lambda: any(one.get("tags") == {"error_id": error_id} for one in sentry.events))
        assert await s.bot.end() == 0
    (fault,) = (one for one in sentry.events if one.get("tags") == {"error_id": error_id})
    places = [frame["filename"] for one in fault["exception"]["values"] for frame in one["stacktrace"]["frames"]]
    assert "storage/playlists.py" in places
    said = "\n".join(sentry.bodies)
    for what in ("My private title", "Piece 1-", "Ada", str(s.human.member("Ada").id), s.sandbox.bot_token):
        assert what not in said
