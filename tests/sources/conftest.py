"""Fakes on loopback, and clients of them that lose patience quickly; what went over the wire is checked at the end."""

from collections.abc import AsyncIterator

import pytest

from bot.sources.queue import Queue
from bot.sources.reccobeats import ReccoBeats
from bot.sources.spotify import Spotify
from bot.sources.spotify_tokens import App
from tests.fakes.reccobeats import FakeReccoBeats
from tests.fakes.spotify import FakeSpotify
from tests.spotify_spec import SpotifySpec

REDIRECT = "http://127.0.0.1:8888/spotify/callback"


@pytest.fixture(scope="session")
def spotify_spec() -> SpotifySpec | None:
    return SpotifySpec.find()


def app_of(fake: FakeSpotify) -> App:
    fake.redirects.add(REDIRECT)
    return App(fake.client_id, fake.client_secret, REDIRECT, fake.url, f"{fake.url}/v1/")


@pytest.fixture
async def fake(spotify_spec: SpotifySpec | None) -> AsyncIterator[FakeSpotify]:
    async with FakeSpotify() as made:
        yield made
    if spotify_spec is not None:
        assert spotify_spec.problems(made.exchanges, broken=made.faults.met > 0) == []


@pytest.fixture
async def spotify(fake: FakeSpotify) -> AsyncIterator[Spotify]:
    made = Spotify(app_of(fake), deadline=1.0, patience=5)
    made.queue = Queue(6, patience=5, pause=0.01)
    yield made
    await made.close()


@pytest.fixture
async def recco() -> AsyncIterator[FakeReccoBeats]:
    async with FakeReccoBeats() as made:
        yield made


@pytest.fixture
async def reccobeats(recco: FakeReccoBeats) -> AsyncIterator[ReccoBeats]:
    made = ReccoBeats(recco.url, deadline=1.0, patience=5)
    yield made
    await made.close()
