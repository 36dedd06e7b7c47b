"""The program from outside: what it prints, how it ends, and what it survives."""

import asyncio
import contextlib
import os
import random
import re
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.domain.errors import FolderInUse
from bot.safe.lock import FolderLock
from tests.end_to_end.people import button, eventually, playlist_csv, track_of
from tests.end_to_end.processes import HttpHuman, Program, program

pytestmark = pytest.mark.slow


async def test_alone_it_runs_the_sandbox_and_ends_cleanly(tmp_path: Path):
    async with program("--data", str(tmp_path), "--port", "0", "--no-browser") as earmark:
        url = await earmark.said("Sandbox ready: ")
        assert url.startswith("http://127.0.0.1:")
        async with HttpHuman.connect(url) as human:
            answer = await human.slash("Ada", "help")
            assert "playlist link" in answer["message"]["embeds"][0]["description"]
        async with program("--data", str(tmp_path), "--port", "0", "--no-browser") as second:
            await second.said("Another instance is using")
            assert await second.process.wait() == 2
        assert await earmark.end(signal.SIGTERM) == 0
        assert not [line for line in earmark.lines if "Traceback" in line or "ERROR" in line], earmark.lines


async def test_a_port_in_use_and_a_folder_that_is_none_are_one_sentence_each(tmp_path: Path, unused_port: int):
    (tmp_path / "file").write_text("no folder")
    async with program("sandbox", "--port", str(unused_port), "--no-browser") as first:
        await first.said("Sandbox ready: ")
        for command in ((), ("sandbox",)):
            arguments = (*command, "--data", str(tmp_path / "data"), "--port", str(unused_port), "--no-browser")
            async with program(*arguments) as second:
                await second.said(f"Port {unused_port} is in use.")
                assert await second.process.wait() == 2
                assert not [line for line in second.lines if "Traceback" in line]
    async with program("--data", str(tmp_path / "file"), "--port", "0", "--no-browser") as earmark:
        await earmark.said("cannot be used as a data folder")
        assert await earmark.process.wait() == 2
        assert not [line for line in earmark.lines if "Traceback" in line]


async def test_a_deleted_lock_is_taken_again_and_lost_to_whoever_is_quicker(tmp_path: Path):
    lock = FolderLock()
    async with program("--data", str(tmp_path), "--port", "0", "--no-browser") as earmark:
        await earmark.said("Sandbox ready: ")
        (tmp_path / ".lock").unlink()
        await earmark.said("it is locked again")
        with pytest.raises(FolderInUse):
            lock.acquire(tmp_path)
        (tmp_path / ".lock").unlink()
        lock.acquire(tmp_path)
        await earmark.said("cannot be taken again (FolderInUse): ending")
        async with asyncio.timeout(30):
            assert await earmark.process.wait() == 0
    lock.release()


async def test_run_insists_on_a_token(tmp_path: Path):
    async with program("run", "--data", str(tmp_path)) as earmark:
        await earmark.said("DISCORD_TOKEN is missing")
        assert await earmark.process.wait() == 2
        assert len(earmark.lines) == 1


async def test_it_answers_on_port_and_warns_of_a_disk_that_is_thrown_away(tmp_path: Path, unused_port: int):
    async with program("sandbox", "--port", "0", "--no-browser") as sandbox:
        url, token = await sandbox.said("Sandbox ready: "), await sandbox.said("Bot token: ")
        env = {"DISCORD_TOKEN": token, "EARMARK_DISCORD_URL": url.rstrip("/"), "PORT": str(unused_port)}
        folder = "/dev/shm/earmark-test" if Path("/dev/shm").is_dir() else str(tmp_path)
        async with program("run", "--data", folder, **env) as bot:
            invite = await bot.said("invite the bot with ")
            assert "permissions=274878024768" in invite
            assert "scope=bot+applications.commands" in invite
            async with HttpHuman.connect(url) as human, human._session.get(f"http://127.0.0.1:{unused_port}/") as page:
                assert page.status == 200
            if folder.startswith("/dev/shm"):
                await bot.said("attach a persistent disk")
            assert not [line for line in bot.lines if token in line]
            assert await bot.end() == 0
    for file in Path(folder).glob("*"):
        file.unlink()


async def test_no_login_is_one_sentence(tmp_path: Path, unused_port: int):
    env = {"DISCORD_TOKEN": "a.b.c", "EARMARK_DISCORD_URL": f"http://127.0.0.1:{unused_port}"}
    async with program("run", "--data", str(tmp_path), **env) as bot:
        await bot.said("I can't reach Discord")
        assert await bot.process.wait() == 2
        assert not [line for line in bot.lines if "Traceback" in line]
    async with program("sandbox", "--port", "0", "--no-browser") as sandbox:
        env["EARMARK_DISCORD_URL"] = (await sandbox.said("Sandbox ready: ")).rstrip("/")
        async with program("run", "--data", str(tmp_path), **env) as bot:
            await bot.said("Discord does not accept this token")
            assert await bot.process.wait() == 2
            assert not [line for line in bot.lines if "Traceback" in line]


async def test_a_token_is_never_sent_to_a_foreign_host(tmp_path: Path):
    env = {"DISCORD_TOKEN": "a.b.c", "EARMARK_DISCORD_URL": "http://evil.example"}
    async with program("run", "--data", str(tmp_path), **env) as bot:
        await bot.said("EARMARK_DISCORD_URL is not understood")
        assert await bot.process.wait() == 2


async def _start_bot(url: str, token: str, data: Path) -> Program:
    bot = await Program.start("run", "--data", str(data), DISCORD_TOKEN=token, EARMARK_DISCORD_URL=url.rstrip("/"))
    await bot.said("logged in")
    return bot


async def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path):
    """Click without a pause while the bot is killed at random moments; compare what was said with what is stored."""
    chance = random.Random(9)
    async with program("sandbox", "--port", "0", "--no-browser") as sandbox:
        url, token = await sandbox.said("Sandbox ready: "), await sandbox.said("Bot token: ")
        async with HttpHuman.connect(url) as human:
            bot = await _start_bot(url, token, tmp_path)
            await human.slash("Ada", "playlist link", file=("mix.csv", playlist_csv(400)))
            card = await _first_card(human)
            acknowledged: dict[int, int] = {}
            for _ in range(3):
                killing = asyncio.create_task(_kill_soon(bot, chance.uniform(0.05, 0.4)))
                while not killing.done():
                    track, stars = track_of(card), chance.randint(1, 10)
                    answer = await human.click("Ada", card["id"], button(card, "rate", stars), wait=1)
                    if answer["state"] == "answered":
                        acknowledged[track] = stars
                        card = answer["message"]
                await killing
                bot = await _start_bot(url, token, tmp_path)
                # The old card's buttons work on: the next click is answered by the new process.
                stars = chance.randint(1, 10)
                track = track_of(card)
                answer = await human.click("Ada", card["id"], button(card, "rate", stars))
                assert answer["state"] == "answered", answer
                acknowledged[track] = stars
                card = answer["message"]
            assert await bot.end(signal.SIGTERM) == 0
    with closing(sqlite3.connect(tmp_path / "earmark.db")) as database, database:
        stored = dict(database.execute("SELECT track_id, stars FROM ratings").fetchall())
    database.close()
    assert len(acknowledged) > 5
    # A click that was cut off may be stored or not; what was acknowledged must be.
    assert {track: stored.get(track) for track in acknowledged} == acknowledged


HANGS = """
import asyncio, time
from bot.serving.app import stop_at_signals
async def main():
    stop = stop_at_signals(1.0)
    asyncio.get_running_loop().run_in_executor(None, time.sleep, 600)
    print("ready", flush=True)
    await stop.wait()
asyncio.run(main())
"""


async def test_the_end_waits_for_no_thread_that_hangs():
    hanging = await asyncio.create_subprocess_exec(sys.executable, "-c", HANGS, stdout=asyncio.subprocess.PIPE)
    assert hanging.stdout is not None
    try:
        await hanging.stdout.readline()
        hanging.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(hanging.wait(), 30) == 1
    finally:
        with contextlib.suppress(ProcessLookupError):
            hanging.kill()


async def test_a_worker_that_stands_still_does_not_keep_the_bot_from_ending(tmp_path: Path):
    async with program("sandbox", "--port", "0", "--no-browser") as sandbox:
        url, token = await sandbox.said("Sandbox ready: "), await sandbox.said("Bot token: ")
        async with HttpHuman.connect(url) as human:
            bot = await _start_bot(url, token, tmp_path)
            await human.slash("Ada", "playlist link", file=("mix.csv", playlist_csv(40)))
            workers = await eventually(lambda: _workers_of(bot), 60)
            for worker in workers:
                os.kill(worker, signal.SIGSTOP)
            waiting = asyncio.create_task(human.slash("Ada", "playlist link", file=("more.csv", playlist_csv(20))))
            await asyncio.sleep(0.1)
            assert await bot.end(signal.SIGTERM, seconds=10) == 0
            waiting.cancel()
            await eventually(lambda: not [worker for worker in workers if _parent(worker) is not None], 10)


def _workers_of(bot: Program) -> list[int]:
    """The processes that the bot started for its work."""
    children = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [
        child
        for child in children
        if _parent(child) == bot.process.pid and b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


def _parent(process_id: int) -> int | None:
    try:
        status = Path(f"/proc/{process_id}/status").read_text()
    except OSError:
        return None
    found = re.search(r"PPid:\s+(\d+)", status)
    return int(found[1]) if found else None


async def _kill_soon(bot: Program, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await bot.end(signal.SIGKILL)


async def _first_card(human: HttpHuman) -> dict:
    async def card() -> dict | None:
        answer = await human.slash("Ada", "rate start")
        return answer["message"] if answer["message"].get("components") else None

    return await eventually(card, 15)
