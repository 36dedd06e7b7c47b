"""What is heard in sounds that are known."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

from bot.domain.features import clean
from bot.domain.tracks import AudioAnalysis
from bot.sources.audio import analyse
from bot.sources.audio_loudness import HIGH_PASS, SHELF, in_lufs
from tests.sources.sounds import RATE, music, sine, wav


@pytest.fixture(scope="module")
def in_c() -> AudioAnalysis:
    return analyse(wav(music()))


def test_music_in_c_major_at_100(in_c: AudioAnalysis):
    assert (in_c.key, in_c.mode) == (0, 1)
    assert in_c.tempo == pytest.approx(100, rel=0.02)
    assert in_c.duration_ms == 12_000
    assert in_c.onset_rate == pytest.approx(200 / 60, rel=0.1)
    assert in_c.tuning == pytest.approx(0, abs=5)
    assert 0 < in_c.key_confidence <= 1
    assert 0 < in_c.tempo_confidence <= 1


def test_the_features_are_those_of_the_taste_engine_and_in_range(in_c: AudioAnalysis):
    features = in_c.features()
    assert len(features) == 5 + 24
    kept, bad = clean(features)
    assert bad == 0
    assert kept == pytest.approx(features)
    invented = {"valence", "danceability", "energy", "acousticness", "instrumentalness", "liveness", "speechiness"}
    assert not invented & set(features)


def test_a_440_is_an_a():
    heard = analyse(wav(sine(440)))
    assert int(np.argmax(heard.pitches)) == 9
    assert heard.spectral_centroid == pytest.approx(440, rel=0.03)
    assert heard.spectral_flatness < 0.01
    assert heard.tuning == pytest.approx(0, abs=2)


def test_tuning_is_heard_and_corrected():
    heard = analyse(wav(music(transpose=0.3)))
    assert heard.tuning == pytest.approx(30, abs=5)
    assert (heard.key, heard.mode) == (0, 1)


@pytest.mark.parametrize("rate", [44_100, 48_000, 32_000])
def test_the_reference_of_bs_1770(rate: int):
    one_channel = np.zeros((rate * 5, 2))
    one_channel[:, 0] = sine(997, 5, rate, 1.0)
    assert analyse(wav(one_channel, rate, subtype="FLOAT")).loudness == pytest.approx(-3.01, abs=0.05)


@pytest.mark.parametrize("seed", [1, 2])
def test_loudness_is_that_of_the_filters_of_the_standard(seed: int):
    rng = np.random.default_rng(seed)
    noise = 0.1 * rng.standard_normal((48_000 * 6, 2)) * np.linspace(0.5, 1, 48_000 * 6)[:, None]
    weighted = lfilter(*HIGH_PASS, lfilter(*SHELF, noise, axis=0), axis=0)
    blocks = [np.sum(np.mean(weighted[i : i + 19_200] ** 2, axis=0)) for i in range(0, len(noise) - 19_200 + 1, 4_800)]
    gated = np.array(blocks)
    gated = gated[in_lufs(gated) > in_lufs(gated.mean()) - 10]
    assert analyse(wav(noise, 48_000, subtype="FLOAT")).loudness == pytest.approx(in_lufs(gated.mean()), abs=0.05)


def test_silence_between_does_not_count_for_loudness():
    tone = sine(997, 4)
    apart = np.concatenate([tone, np.zeros(RATE * 8), tone])
    assert analyse(wav(apart)).loudness == pytest.approx(analyse(wav(tone)).loudness, abs=0.3)


@pytest.mark.parametrize("semitones", [-5, 1, 3, 6])
def test_transposing_rotates_the_pitches_and_moves_the_key(in_c: AudioAnalysis, semitones: int):
    moved = analyse(wav(music(transpose=semitones)))
    assert (moved.key, moved.mode) == (semitones % 12, 1)
    assert np.roll(in_c.pitches, semitones) == pytest.approx(np.array(moved.pitches), abs=0.08)
    assert moved.tempo == pytest.approx(in_c.tempo, rel=0.01)


@given(gain=st.floats(-30, 10))
@settings(max_examples=8, deadline=None)
def test_gain_changes_loudness_and_the_level_and_nothing_else(in_c: AudioAnalysis, gain: float):
    louder = analyse(wav(music() * 10 ** (gain / 20), subtype="FLOAT"))
    exact = analyse(wav(music(), subtype="FLOAT"))
    before, after = exact.features(), louder.features()
    assert after.pop("loudness") - before.pop("loudness") == pytest.approx(gain, abs=0.05)
    assert after.pop("timbre_0") - before.pop("timbre_0") == pytest.approx(gain, abs=0.05)
    assert after == pytest.approx(before, rel=1e-3, abs=1e-3)
    assert louder.spectral_centroid == pytest.approx(exact.spectral_centroid, rel=1e-3)
    assert louder.spectral_flux == pytest.approx(exact.spectral_flux, rel=1e-2)
    assert louder.dynamic_range == pytest.approx(exact.dynamic_range, abs=0.05)


@pytest.mark.parametrize("bpm", [60, 72, 90])
def test_half_as_fast_again_is_heard_so(bpm: float):
    slow, fast = analyse(wav(music(bpm))), analyse(wav(music(bpm * 1.5)))
    assert slow.tempo == pytest.approx(bpm, rel=0.02)
    assert fast.tempo == pytest.approx(bpm * 1.5, rel=0.02)


def test_what_sound_does_not_tell_stays_unknown():
    rng = np.random.default_rng(3)
    noise = analyse(wav(0.1 * rng.standard_normal(RATE * 8)))
    assert noise.spectral_flatness > 0.8
    assert noise.timbre is not None
    assert noise.tempo is noise.key is noise.mode is noise.pitches is noise.tuning is None
    assert not {"tempo", "key", "mode", "pitch_0"} & set(noise.features())
    short = analyse(wav(music(seconds=2)))
    assert short.tempo is None


@pytest.mark.parametrize(("kind", "subtype"), [("WAV", "PCM_24"), ("FLAC", None), ("OGG", "VORBIS"), ("MP3", None)])
def test_every_format_sounds_alike(in_c: AudioAnalysis, kind: str, subtype: str | None):
    heard = analyse(wav(np.stack([music(), music()], axis=1), kind=kind, subtype=subtype))
    assert (heard.key, heard.mode) == (in_c.key, in_c.mode)
    assert heard.tempo == pytest.approx(in_c.tempo, rel=0.01)
    assert heard.loudness == pytest.approx(in_c.loudness + 3.01, abs=0.3)  # twice the channels
    assert heard.duration_ms == pytest.approx(12_000, abs=80)
    assert heard.pitches == pytest.approx(in_c.pitches, abs=0.05)
    assert heard.timbre[1:6] == pytest.approx(in_c.timbre[1:6], abs=2)


@pytest.mark.parametrize("rate", [22_050, 96_000, 192_000])
def test_the_rate_changes_nothing(in_c: AudioAnalysis, rate: int):
    heard = analyse(wav(music(rate=rate), rate))
    assert (heard.key, heard.mode) == (0, 1)
    assert heard.tempo == pytest.approx(in_c.tempo, rel=0.01)
    assert heard.pitches == pytest.approx(in_c.pitches, abs=0.05)
    assert heard.timbre[0:6] == pytest.approx(in_c.timbre[0:6], abs=1.5)


def test_at_8_khz_key_and_tempo_are_heard_and_the_colour_is_unknown():
    heard = analyse(wav(music(rate=8_000), 8_000))
    assert (heard.key, heard.mode) == (0, 1)
    assert heard.tempo == pytest.approx(100, rel=0.02)
    assert heard.timbre is None
    assert heard.spectral_centroid is None
    assert "timbre_1" not in heard.features()


def test_six_channels_are_one_piece_of_music(in_c: AudioAnalysis):
    six = np.zeros((len(music()), 6))
    six[:, :3] = music()[:, None]
    heard = analyse(wav(six))
    assert (heard.key, heard.mode) == (0, 1)
    assert heard.loudness == pytest.approx(in_c.loudness + 10 * np.log10(3), abs=0.1)


def test_channels_that_cancel_each_other_out_are_heard(in_c: AudioAnalysis):
    heard = analyse(wav(np.stack([music(), -music()], axis=1)))
    assert heard.pitches == pytest.approx(in_c.pitches, abs=0.01)


MEMORY = """
import re, sys
from pathlib import Path
from bot.sources.audio import analyse
assert analyse(Path(sys.argv[1])).duration_ms == 900_000
print(int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_fifteen_minutes_in_stereo_need_little_memory(tmp_path):
    path = tmp_path / "long.flac"
    part = np.stack([music(seconds=60), music(seconds=60)], axis=1)
    path.write_bytes(wav(np.tile(part, (15, 1)), kind="FLAC"))
    done = subprocess.run([sys.executable, "-c", MEMORY, str(path)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 250  # MB
