"""How the program shows its operator that it is well, and what it makes of the troubles of its surroundings."""

import asyncio
import json
import re
import resource
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.sandbox.server import Sandbox
from tests.end_to_end.people import button, eventually, playlist_csv, track_of, words
from tests.end_to_end.processes import Program, program

pytestmark = pytest.mark.slow


class Stand:
    """A bot in a process of its own, on a sandbox of this one."""

    def __init__(self, sandbox: Sandbox, bot: Program, port: int, data: Path, http: aiohttp.ClientSession) -> None:
        self.sandbox, self.bot, self.port, self.data, self._http = sandbox, bot, port, data, http
        self.human = sandbox.human

    async def get(self, path: str) -> tuple[int, str]:
        async with self._http.get(f"http://127.0.0.1:{self.port}{path}") as answer:
            return answer.status, await answer.text()

    async def figure(self, name: str) -> float:
        """One of the figures; 0 where nothing was counted."""
        lines = (line.rpartition(" ") for line in (await self.get("/metrics"))[1].splitlines())
        return next((float(value) for named, _, value in lines if named == name), 0.0)

    async def healthy(self) -> bool:
        return (await self.get("/healthz"))[0] == 200

    async def card(self, who: str = "Ada") -> Any:
        """Link a playlist and open a card."""
        await self.human.slash(who, "general", "playlist link", {}, attachments={"file": ("m.csv", playlist_csv(30))})

        async def open_card() -> Any:
            shown = await self.human.slash(who, "general", "rate start", {})
            return shown if shown.get("components") else None

        return await eventually(open_card, 20)

    def stars(self) -> dict[int, int]:
        database = sqlite3.connect(self.data / "earmark.db")
        try:
            return dict(database.execute("SELECT track_id, stars FROM ratings").fetchall())
        finally:
            database.close()


@asynccontextmanager
async def stand(data: Path, port: int, **env: str) -> AsyncIterator[Stand]:
    sandbox = await Sandbox.start()
    env |= {"DISCORD_TOKEN": sandbox.bot_token, "EARMARK_DISCORD_URL": sandbox.url, "EARMARK_METRICS_PORT": str(port)}
    try:
        async with program("run", "--data", str(data), **env) as bot, aiohttp.ClientSession() as http:
            await bot.said("logged in")
            yield Stand(sandbox, bot, port, data, http)
    finally:
        await sandbox.close()


async def test_health_figures_status_and_a_log_for_machines(tmp_path: Path, unused_port: int):
    async with stand(tmp_path, unused_port, EARMARK_LOG_FORMAT="json") as s:
        assert await s.get("/healthz") == (200, '{"gateway": true, "database": true}')
        card = await s.card()
        await s.human.click("Ada", card, button(card, "rate", 7))
        await s.human.slash("Ada", "general", "retrain", {})  # too few ratings: an error by class
        _, figures = await s.get("/metrics")
        counted = re.search(r"^earmark_answer_seconds_count (\d+)\.0$", figures, re.MULTILINE)
        assert counted
        assert int(counted[1]) >= 4
        assert 'earmark_errors_total{kind="TooFewRatings"} 1' in figures
        assert 'earmark_database_seconds_count{kind="write"}' in figures
        assert "earmark_event_loop_lag_seconds_count" in figures
        assert "earmark_connected 1.0" in figures
        for what in ("Ada", "Piece", s.human.member("Ada").id, s.sandbox.bot_token):
            assert str(what) not in figures
        async with program("status", EARMARK_METRICS_PORT=str(unused_port)) as status:
            await status.said("Connected to Discord: yes. Database answers: yes.")
            await status.said("Clicks and commands answered: ")

        # A fault that nobody expects: the member reads an id, the log holds it, and neither holds what she did.
        with closing(sqlite3.connect(tmp_path / "earmark.db")) as database, database:
            database.execute("DROP TABLE playlist_tracks")
        database.close()
        told = words(await s.human.slash("Ada", "general", "predict track", {"track": "My private title"}))
        (error_id,) = re.findall(r"`([0-9a-f]{8})`", told)
        await s.bot.said(error_id)
        assert await s.bot.end() == 0
        lines = [json.loads(line) for line in s.bot.lines]
        (entry,) = (line for line in lines if line.get("error_id") == error_id)
        assert (entry["level"], entry["error"]) == ("ERROR", "OperationalError")
        assert any("playlists.py" in line for line in entry["trace"])
        said = "\n".join(s.bot.lines)
        for what in ("My private title", "Piece 1-", "Ada", str(s.human.member("Ada").id), s.sandbox.bot_token):
            assert what not in said
    async with program("status", EARMARK_METRICS_PORT=str(unused_port)) as status:
        await status.said("No bot answers on port")
        assert await status.process.wait() == 2


async def test_discord_is_gone_for_a_while(tmp_path: Path, unused_port: int):
    async with stand(tmp_path, unused_port) as s:
        card = await s.card()
        first = track_of(card)
        card = await s.human.click("Ada", card, button(card, "rate", 4))
        s.sandbox.gateway.refusing = True
        s.sandbox.gateway.drop(1006)

        async def said() -> bool:
            return await s.get("/healthz") == (503, '{"gateway": false, "database": true}')

        await eventually(said, 20)
        async with program("status", EARMARK_METRICS_PORT=str(unused_port)) as status:
            await status.said("Connected to Discord: NO.")
        await asyncio.sleep(3)  # several attempts
        assert s.bot.process.returncode is None
        s.sandbox.gateway.refusing = False
        await eventually(s.healthy, 60)
        second = track_of(card)
        await s.human.click("Ada", card, button(card, "rate", 9))
        assert s.stars() == {first: 4, second: 9}


@pytest.mark.parametrize(
    "trouble",
    [(500, {"message": "500: Internal Server Error", "code": 0}),
     (429, {"message": "You are being rate limited.", "retry_after": 0.5, "global": False})],
)  # fmt: skip
async def test_discord_answers_errors_for_a_while(tmp_path: Path, unused_port: int, trouble: tuple[int, Any]):
    async with stand(tmp_path, unused_port) as s:
        card = await s.card()
        track = track_of(card)
        answered = await s.figure("earmark_answer_seconds_count")
        s.sandbox.rest.trouble = trouble
        clicks = [s.human.begin_click("Ada", card, button(card, "rate", 6)) for _ in range(3)]
        await eventually(lambda: s.stars() == {track: 6}, 10)  # saved, though nobody can be told
        # Discord itself gives these up after three seconds.
        await asyncio.gather(*(s.human.wait(click.id) for click in clicks), return_exceptions=True)
        s.sandbox.rest.trouble = None

        async def unanswered() -> bool:
            return await s.figure("earmark_unanswered_total") == 3

        await eventually(unanswered)
        assert await s.figure("earmark_answer_seconds_count") == answered, "an error is no answer"
        again = await s.human.slash("Ada", "general", "rate start", {})
        assert track_of(again) != track
        answered = await s.human.click("Ada", again, button(again, "rate", 2))
        assert track_of(answered) not in {track, track_of(again)}
        assert s.stars() == {track: 6, track_of(again): 2}
        _, figures = await s.get("/metrics")
        assert f'earmark_discord_responses_total{{status="{trouble[0]}"}}' in figures
        assert await s.bot.end() == 0


async def test_a_token_that_is_revoked_is_one_sentence_and_loses_nothing(tmp_path: Path, unused_port: int):
    async with stand(tmp_path, unused_port) as s:
        card = await s.card()
        track = track_of(card)
        await s.human.click("Ada", card, button(card, "rate", 8))
        s.sandbox.gateway.drop(4004)
        await s.bot.said("Discord does not accept this token")
        assert await s.bot.process.wait() == 2
        assert not [line for line in s.bot.lines if "Traceback" in line]
        assert s.stars() == {track: 8}


async def test_a_host_that_was_suspended(tmp_path: Path, unused_port: int):
    async with stand(tmp_path, unused_port) as s:
        card = await s.card()
        s.bot.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(2)
        s.bot.process.send_signal(signal.SIGCONT)
        track = track_of(card)
        answered = await s.human.click("Ada", card, button(card, "rate", 5))
        assert track_of(answered) != track
        assert s.stars() == {track: 5}


async def test_a_port_in_use_is_said(tmp_path: Path, unused_port: int):
    server = await asyncio.start_server(lambda _, __: None, "127.0.0.1", unused_port)
    sandbox = await Sandbox.start()
    env = {"DISCORD_TOKEN": sandbox.bot_token, "EARMARK_DISCORD_URL": sandbox.url}
    try:
        async with program("run", "--data", str(tmp_path), EARMARK_METRICS_PORT=str(unused_port), **env) as bot:
            await bot.said(f"Port {unused_port} is in use")
            assert await bot.process.wait() == 2
    finally:
        server.close()
        await server.wait_closed()
        await sandbox.close()


@pytest.mark.parametrize("what", ["rest", "gateway"])
async def test_discord_is_down_at_the_start(tmp_path: Path, unused_port: int, what: str):
    sandbox = await Sandbox.start()
    sandbox.rest.trouble = (503, {"message": "503: Service Unavailable", "code": 0}) if what == "rest" else None
    sandbox.gateway.refusing = what == "gateway"
    env = {"DISCORD_TOKEN": sandbox.bot_token, "EARMARK_DISCORD_URL": sandbox.url}
    try:
        async with (
            program("run", "--data", str(tmp_path), EARMARK_METRICS_PORT=str(unused_port), **env) as bot,
            aiohttp.ClientSession() as http,
        ):
            await bot.said("Discord is down")
            await eventually(lambda: sum("Discord is down" in line for line in bot.lines) >= 2, 20)
            async with http.get(f"http://127.0.0.1:{unused_port}/healthz") as answer:
                assert await answer.json() == {"gateway": False, "database": True}
            sandbox.rest.trouble, sandbox.gateway.refusing = None, False
            await bot.said("logged in", 60)
            assert "playlist link" in words(await sandbox.human.slash("Ada", "general", "help", {}))
            assert await bot.end() == 0
    finally:
        await sandbox.close()


@pytest.mark.parametrize("status", [503, 502])
async def test_a_signal_ends_the_wait_for_discord(tmp_path: Path, status: int):
    """In our own pause after a 503, and while the library itself asks a 502 once more."""
    sandbox = await Sandbox.start()
    sandbox.rest.trouble = (status, {"message": "unavailable", "code": 0})
    env = {"DISCORD_TOKEN": sandbox.bot_token, "EARMARK_DISCORD_URL": sandbox.url}
    try:
        async with program("run", "--data", str(tmp_path), **env) as bot:
            await bot.said("Discord is down" if status == 503 else "logging in")
            await eventually(lambda: sandbox.exchanges)
            assert await bot.end(seconds=5) == 0
            assert not any("Traceback" in line for line in bot.lines)
    finally:
        await sandbox.close()


@contextmanager
def full_disk(bot: Program, _: Path) -> Iterator[None]:
    """No file of the bot's may grow, as on a disk that is full."""
    pid, endless = bot.process.pid, resource.RLIM_INFINITY
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, endless))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (endless, endless))


@contextmanager
def locked(_: Program, data: Path) -> Iterator[None]:
    """Another program writes, and does not end."""
    with closing(sqlite3.connect(data / "earmark.db", isolation_level=None)) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        yield


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux can fill a disk for one process")
@pytest.mark.parametrize("fault", [full_disk, locked])
async def test_what_cannot_be_written_is_said_and_is_not_well(tmp_path: Path, unused_port: int, fault: Any):
    async with stand(tmp_path, unused_port) as s:
        card = await s.card()
        track = track_of(card)
        with fault(s.bot, tmp_path):
            assert await s.healthy(), "nobody has tried to write yet"
            await s.human.click("Ada", card, button(card, "rate", 7))
            told = [words(message) for message in s.human.messages("Ada", "general")]
            assert any("couldn't save that just now" in one for one in told)
            for _ in range(2):
                assert await s.get("/healthz") == (503, '{"gateway": true, "database": false}')
            assert s.stars() == {}
        assert await s.healthy()
        await s.human.click("Ada", card, button(card, "rate", 7))
        assert s.stars() == {track: 7}
        assert await s.bot.end() == 0


async def test_a_database_that_is_deleted_under_the_bot_is_not_well_and_acknowledges_nothing(
    tmp_path: Path, unused_port: int
):
    async with stand(tmp_path, unused_port) as s:
        card = await s.card()
        for file in tmp_path.glob("earmark.db*"):
            file.unlink()
        assert await s.get("/healthz") == (503, '{"gateway": true, "database": false}')
        await s.human.click("Ada", card, button(card, "rate", 7))
        told = [words(message) for message in s.human.messages("Ada", "general")]
        assert any("I can't save anything: my database was moved or deleted" in one for one in told)
        assert not (tmp_path / "earmark.db").exists(), "and none is made anew"
        assert await s.bot.end() == 0
        assert len([line for line in s.bot.lines if "was moved, deleted or replaced" in line]) == 1
