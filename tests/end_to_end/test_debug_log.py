"""A whole evening with EARMARK_LOG=DEBUG: the log holds nothing of what members did or are called."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.people import button, eventually, playlist_csv
from tests.end_to_end.processes import HttpHuman, program

pytestmark = pytest.mark.slow

TYPED = ("Zanzibar Nocturne", "Quetzal Quartet", "Pamplemousse Evening", "nobody knows this one", "Vexatious Theme")


async def test_a_debug_log_holds_no_token_no_name_and_nothing_that_was_typed(tmp_path: Path):
    trace = tmp_path / "trace.jsonl"
    async with program("sandbox", "--port", "0", "--no-browser", "--trace", str(trace)) as sandbox:
        url, token = await sandbox.said("Sandbox ready: "), await sandbox.said("Bot token: ")
        env = {"DISCORD_TOKEN": token, "EARMARK_DISCORD_URL": url.rstrip("/"), "EARMARK_LOG": "DEBUG"}
        async with program("run", "--data", str(tmp_path / "data"), **env) as bot, HttpHuman.connect(url) as human:
            await bot.said("logged in")
            await _evening(human)
            names = list(human.members)
            assert await bot.end() == 0
            log = "\n".join(bot.lines)
    exchanged = trace.read_text(encoding="utf-8")
    tokens = set(re.findall(r"/(?:webhooks|interactions)/\d+/([^/\"?\s]{20,})", exchanged))
    assert len(tokens) > 5, "the trace shows the interactions' tokens"
    assert not [secret for secret in (token, *tokens) if secret in log]
    assert not [word for word in (*TYPED, *names) if re.search(rf"\b{re.escape(word)}\b", log)], log
    assert "Title 1" not in log


async def _evening(human: HttpHuman) -> None:
    """Link, rate, train, ask, meet, and erase; some of it in ways that fail."""
    lines = "\n".join(f"{TYPED[1]} - {TYPED[0]} {number}" for number in range(3))
    await human.slash("Ada", "playlist link", file=("songs.txt", lines.encode()))
    await human.slash("Ada", "playlist link", file=("mix.csv", playlist_csv(30)), name=TYPED[2])
    await human.slash("Ada", "playlist link", file=("broken.csv", b"\0\1\2"))

    async def first_card() -> Any:
        message = (await human.slash("Ada", "rate start")).get("message") or {}
        return message if message.get("components") else None

    card = await eventually(first_card, 60)
    for stars in range(1, 11):
        card = (await human.click("Ada", card["id"], button(card, "rate", stars), wait=30))["message"]
    await human.slash("Ada", "retrain")
    await human.slash("Ada", "predict track", track=TYPED[3])
    await human.slash("Ada", "playlist drop", playlist=TYPED[3])
    await human.slash("Ben", "rate start")
    await human.slash("Ada", "session start", theme=TYPED[4])
    await human.slash("Ada", "account show")
    await human.slash("Ada", "account export")
