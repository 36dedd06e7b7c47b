"""A whole evening with EARMARK_LOG=DEBUG: the log holds nothing of what members did or are called."""

import re
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.server import Sandbox
from tests.end_to_end.people import button, eventually, playlist_csv
from tests.end_to_end.processes import HttpHuman, program

pytestmark = pytest.mark.slow

TYPED = ("Zanzibar Nocturne", "Quetzal Quartet", "Pamplemousse Evening", "nobody knows this one", "Vexatious Theme")


async def test_a_debug_log_holds_no_token_no_name_and_nothing_that_was_typed(tmp_path: Path):
    sandbox = await Sandbox.start(port=0, data=tmp_path / "sandbox")
    try:
        url, token = sandbox.url, sandbox.bot_token
        env = {"DISCORD_TOKEN": token, "EARMARK_DISCORD_URL": url, "EARMARK_LOG": "DEBUG"}
        async with (
            program("run", "--data", str(tmp_path / "data"), **env) as bot,
            HttpHuman.connect(f"{url}/") as human,
        ):
            await bot.said("logged in")
            await _evening(human)
            names = list(human.members)
            assert await bot.end() == 0
            log = "\n".join(bot.lines)
        tokens = {interaction.token for interaction in sandbox.interactions.by_id.values()}
    finally:
        await sandbox.close()
    assert len(tokens) > 15
    assert not [secret for secret in (token, *tokens) if secret in log]
    assert not [word for word in (*TYPED, *names) if re.search(rf"\b{re.escape(word)}\b", log)], log
    assert "Title 1" not in log


async def _evening(human: HttpHuman) -> None:
    """Link, rate, train, ask, meet, and erase; some of it in ways that fail."""
    await human.slash("Ada", "playlist link", file=("mix.csv", playlist_csv(30)), name=TYPED[2])
    await human.slash("Ada", "playlist link", file=("broken.csv", b"\0\1\2"))

    async def first_card() -> Any:
        message = (await human.slash("Ada", "rate start")).get("message") or {}
        return message if message.get("components") else None

    card = await eventually(first_card, 60)
    for stars in range(1, 11):
        card = (await human.click("Ada", card["id"], button(card, "rate", stars), wait=30))["message"]
    lines = "\n".join(f"{TYPED[1]} - {TYPED[0]} {number}" for number in range(3))
    await human.slash("Ada", "playlist link", file=("songs.txt", lines.encode()))
    await human.slash("Ada", "retrain")
    await human.slash("Ada", "predict track", track=TYPED[3])
    await human.slash("Ada", "playlist unlink", playlist=TYPED[3])
    await human.slash("Ben", "rate start")
    await human.slash("Ada", "session start", theme=TYPED[4])
    await human.slash("Ada", "account show")
    await human.slash("Ada", "account export")
