"""A room for each test, and one with Spotify and ReccoBeats around it."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.end_to_end.outside import Outside, outside_of
from tests.end_to_end.room import Room, a_room
from tests.openapi import DiscordSpec
from tests.spotify_spec import SpotifySpec


@pytest.fixture(scope="session")
def discord_spec() -> DiscordSpec | None:
    return DiscordSpec.find()


@pytest.fixture
async def room(tmp_path: Path, discord_spec: DiscordSpec | None) -> AsyncIterator[Room]:
    async with a_room(tmp_path, discord_spec) as room:
        yield room


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def spotify_spec() -> SpotifySpec | None:
    return SpotifySpec.find()


@pytest.fixture
async def outside(
    tmp_path: Path, discord_spec: DiscordSpec | None, spotify_spec: SpotifySpec | None
) -> AsyncIterator[Outside]:
    async with outside_of(tmp_path, discord_spec, spotify_spec) as made:
        yield made
