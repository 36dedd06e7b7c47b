import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import soundfile

from bot.domain.tracks import Track
from bot.flow.clips import Clips
from bot.sources import bach
from storage.clips import StoredClips
from storage.database import Database
from tests.end_to_end.people import eventually


@pytest.fixture
async def clips(tmp_path: Path) -> AsyncIterator[Clips]:
    database = await Database.open(tmp_path / "earmark.db")
    made = Clips(tmp_path / "clips", StoredClips(database))
    yield made
    await made.close()
    await database.close()


def track(place: int) -> Track:
    return Track(place + 1, bach.pieces()[place].title, bach.COMPOSER)


async def test_a_chorale_can_be_heard(clips: Clips):
    clip = await clips.of(track(41), 1, None)
    assert clip is not None
    assert clip.name.endswith(".mp3")
    assert clip.played_by == bach.pieces()[41].instrument.name
    heard = soundfile.info(io.BytesIO(clip.data))
    assert heard.duration == pytest.approx(bach.features()[bach.pieces()[41].bwv]["duration_ms"] / 1000, abs=0.1)


async def test_other_music_has_no_clip(clips: Clips):
    assert await clips.of(Track(1, "Air", bach.COMPOSER), 1, None) is None
    assert await clips.of(Track(1, bach.pieces()[0].title, "Somebody"), 1, None) is None


async def test_what_is_played_ahead_is_there_when_asked_for(clips: Clips, tmp_path: Path):
    clips.ahead([Track(1, "Air", bach.COMPOSER), track(3)])
    path = tmp_path / "clips" / bach.clip_name(bach.pieces()[3])
    await eventually(path.exists, 20)
    before = path.stat().st_mtime_ns
    clip = await clips.of(track(3), 1, None)
    assert clip is not None
    assert clip.data == path.read_bytes()
    assert path.stat().st_mtime_ns == before


async def test_a_disk_that_fails_takes_the_sound_and_not_the_card(clips: Clips, tmp_path: Path):
    (tmp_path / "clips").write_text("a file in the folder's place")
    clips.ahead([track(0)])
    assert await clips.of(track(0), 1, None) is None
