"""A large library is searched without keeping others waiting, and a sentence finds the track that it names."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.domain.errors import UnknownTrack
from bot.domain.tracks import PlaylistSource, TrackSource
from bot.flow.predict import track_named
from bot.flow.rate import Questions, Round
from bot.flow.workers import Workers
from storage.database import Database
from storage.playlists import Playlists
from storage.ratings import Ratings

LARGE = 20_000  # tracks
ADA, BEN = 1, 2
SPOTIFY_ID = "4uLU6hMCjMI75M1A2tKUQC"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "earmark.db")
    yield opened
    await opened.close()


async def longest_turn(work: Awaitable[object]) -> float:
    """The most processor time that the event loop's thread took between two chances for somebody else's click."""
    gc.collect()
    gc.freeze()  # what earlier tests left is no part of the work
    working, longest = asyncio.ensure_future(work), 0.0
    while not working.done():
        began = time.thread_time()
        await asyncio.sleep(0)
        longest = max(longest, time.thread_time() - began)
    await asyncio.gather(working, return_exceptions=True)
    gc.unfreeze()
    return longest


async def test_no_click_waits_while_a_large_library_is_searched_or_put_in_order(database: Database):
    playlists, ratings = Playlists(database), Ratings(database)
    workers = Workers(lambda: ThreadPoolExecutor(1))
    questions = Questions(playlists, ratings, workers)
    sounds = ({"energy": i % 100 / 100, "tempo": 60.0 + i % 90} for i in range(LARGE))
    songs = [TrackSource(f"Piece {i}", f"Artist {i % 900}", features=sound) for i, sound in enumerate(sounds)]
    await playlists.link(ADA, PlaylistSource("Large", "csv", songs))
    for text in ("a sentence that names nothing at all", "word " * 1000, "\n".join(["no such name"] * 20)):
        with pytest.raises(UnknownTrack):
            await track_named(playlists, ADA, None, text)
        assert await longest_turn(track_named(playlists, ADA, None, text)) < 0.5, text[:40]
    assert (await track_named(playlists, ADA, None, "please play piece 19999 for me")).title == "Piece 19999"
    assert await longest_turn(questions.next(Round(ADA))) < 0.5
    workers.close()


@pytest.mark.parametrize(
    ("text", "title", "artist"),
    [
        ("I love Bohemian Rhapsody by Queen so much", "Bohemian Rhapsody", "Queen"),
        ("hallelujah, the one of jeff buckley!", "Hallelujah", "Jeff Buckley"),
        ("das ist doch ein Lied von gestern: işik hatırası", "Işık Hatırası", "Sezen"),
        ("Have you heard Rhapsody?", "Rhapsody", "Other"),
        (f"https://open.spotify.com/track/{SPOTIFY_ID}?si=1", "By id", "Somebody"),
        ("Queen - Bohemian Rhapsody", "Bohemian Rhapsody", "Queen"),
        ("first line says nothing of note\nRhapsody", "Rhapsody", "Other"),
    ],
)
async def test_a_text_finds_the_track_that_it_names(database: Database, text: str, title: str, artist: str):
    playlists = Playlists(database)
    names = [("Rhapsody", "Other"), ("Bohemian Rhapsody", "Queen"), ("Hallelujah", "Leonard Cohen"),
             ("Hallelujah", "Jeff Buckley"), ("Işık Hatırası", "Sezen"), ("It", "Prince"),
             ("So Much", "Raye")]  # fmt: skip
    songs = [TrackSource(*name) for name in names] + [TrackSource("By id", "Somebody", spotify_id=SPOTIFY_ID)]
    await playlists.link(ADA, PlaylistSource("Mix", "csv", songs))
    found = await track_named(playlists, ADA, None, text)
    assert (found.title, found.artist) == (title, artist)
    with pytest.raises(UnknownTrack):
        await track_named(playlists, BEN, None, text)
