import io

import numpy as np
import pytest
import soundfile

from bot.domain.errors import AudioTooLarge, NotAudio
from bot.sources.uploads import MAX_BYTES, hear
from tests.sources.sounds import music, wav


def test_a_recording_becomes_a_track_with_features_and_a_clip():
    heard = hear("The Band - Second Song.wav", wav(music(seconds=40)))
    assert (heard.track.title, heard.track.artist) == ("Second Song", "The Band")
    assert heard.track.measured_by == "audio"
    assert heard.track.features["tempo"] == pytest.approx(100, rel=0.04)
    assert {"pitch_0", "timbre_3", "loudness", "key", "mode"} <= heard.track.features.keys()
    assert "valence" not in heard.track.features
    clip = soundfile.info(io.BytesIO(heard.clip))
    assert clip.format == "MP3"
    assert clip.duration == pytest.approx(30, abs=0.1)


def test_tags_name_a_track_before_the_file_does():
    out = io.BytesIO()
    with soundfile.SoundFile(out, "w", 44_100, 1, format="FLAC") as file:
        file.title, file.artist = "Tagged\u202e @everyone", "Somebody"
        file.write(music(seconds=4))
    heard = hear("other.flac", out.getvalue())
    assert (heard.track.title, heard.track.artist) == ("Tagged @everyone", "Somebody")


def test_two_demos_called_alike_stay_two_and_the_same_one_stays_one():
    first, again, other = (hear("demo.wav", wav(music(bpm=bpm, seconds=4))) for bpm in (100, 100, 130))
    assert first.track.title == other.track.title == "demo"
    assert first.track.artist == again.track.artist != other.track.artist


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (22_050, 2), (96_000, 6)])
def test_the_clip_plays_whatever_the_file_was(rate: int, channels: int):
    sound = np.repeat(music(seconds=4, rate=rate)[:, None], channels, axis=1)
    clip = soundfile.info(io.BytesIO(hear("x.wav", wav(sound, rate)).clip))
    assert clip.duration == pytest.approx(4, abs=0.1)
    assert clip.channels <= 2


def test_what_is_no_audio_or_too_large_is_refused():
    with pytest.raises(NotAudio):
        hear("x.mp3", b"hello" * 100)
    with pytest.raises(AudioTooLarge):
        hear("x.wav", bytes(MAX_BYTES + 1))
