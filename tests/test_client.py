"""What the client changes of the library that it is built on."""

from pathlib import Path

import discord

from bot.client import Earmark
from bot.config import Config
from bot.serving.app import services


async def test_no_privileged_intent_is_asked_for(tmp_path: Path):
    async with services(Config(data=tmp_path, database=tmp_path / "earmark.db")) as made, Earmark(made) as bot:
        assert not any((bot.intents.members, bot.intents.presences, bot.intents.message_content))


async def test_after_an_outage_it_tries_again_every_minute(tmp_path: Path):
    async with services(Config(data=tmp_path, database=tmp_path / "earmark.db")) as made, Earmark(made):
        pauses = discord.client.ExponentialBackoff()  # what discord.py itself makes
        tried = [pauses.delay() for _ in range(200)]
    assert tried[0] <= 2
    assert max(tried) == 60
