"""Files that cannot be heard: each one error that says why."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.errors import (
    AudioDamaged,
    AudioError,
    AudioTooLarge,
    AudioTooLong,
    AudioTooShort,
    AudioUnusual,
    NoSound,
    NotAudio,
)
from bot.sources.audio import analyse
from cogs.ui import text_errors
from tests.examples import examples
from tests.sources.sounds import RATE, music, sine, wav

SECOND = np.zeros(RATE)


def refused(data: bytes, kind: type[AudioError], name: str = "demo.mp3") -> AudioError:
    with pytest.raises(kind) as caught:
        analyse(data, name)
    said = text_errors.error(caught.value)
    assert "demo" in said
    assert said.endswith(".")
    return caught.value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"just a text that somebody called demo.mp3" * 100,
        b"\x89PNG\r\n\x1a\n" + bytes(1000),
        b"PK\x03\x04" + bytes(1000),
        b"RIFF\x00\x00\x00\x00AVI LIST" + bytes(100),
        b"\x00\x00\x00\x20ftypM4A " + bytes(1000),
        b"\xff\xfea\x00b\x00c\x00",
        b"fLaC" + bytes(200),
    ],
)
def test_not_audio(data: bytes):
    refused(data, NotAudio)


@pytest.mark.parametrize(("kind", "share"), [("WAV", 0.5), ("FLAC", 0.5), ("OGG", 0.5), ("MP3", 0.5), ("WAV", 0.9999)])
def test_cut_off(kind: str, share: float):
    data = wav(music(), kind=kind)
    refused(data[: int(len(data) * share)], AudioDamaged)


def test_a_file_whose_writer_did_not_know_its_length_is_heard():
    data = bytearray(wav(music()))
    place = data.index(b"data") + 4
    data[place : place + 4] = b"\xff\xff\xff\xff"
    data[4:8] = b"\xff\xff\xff\xff"
    assert analyse(bytes(data)).key == 0


@pytest.mark.parametrize("frames", [0, 1, 100, RATE - 1])
def test_too_short(frames: int):
    refused(wav(music()[:frames]), AudioTooShort)


def test_an_hour_is_too_long_and_refused_before_it_is_decoded():
    import io

    import soundfile

    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", 8000, 1, format="FLAC") as sound:
        for _ in range(60):
            sound.write(np.zeros(8000 * 60, np.float32))
    data = buffer.getvalue()
    assert len(data) < 2_000_000  # an hour of silence is small: a bomb
    assert refused(data, AudioTooLong).seconds == 3600


@pytest.mark.parametrize("known", [True, False])
def test_many_channels_at_a_high_rate_are_bounded_as_what_they_cost(monkeypatch: pytest.MonkeyPatch, known: bool):
    import io

    import soundfile

    from bot.sources import audio_stream

    monkeypatch.setattr(audio_stream, "MAX_SAMPLES", 3 * 2 * 48_000)
    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", 192_000, 8, format="FLAC") as sound:
        sound.write(np.zeros((192_000 * 5, 8), np.float32))
    data = bytearray(buffer.getvalue())
    if not known:
        data[21] &= 0xF0
        data[22:26] = bytes(4)
    with pytest.raises(AudioTooLong) as caught:
        analyse(bytes(data), "demo")
    assert caught.value.most == 0
    stereo = io.BytesIO()
    soundfile.write(stereo, np.random.default_rng(1).normal(0, 0.1, (3 * 44_100, 2)), 44_100, format="FLAC")
    assert analyse(stereo.getvalue(), "demo").duration_ms == 3000, "as much sound in fewer samples"


def test_a_header_that_lies_about_its_length_does_not_help():
    import io

    import soundfile

    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", 8000, 1, format="FLAC") as sound:
        for _ in range(20):
            sound.write(np.zeros(8000 * 60, np.float32))
    data = bytearray(buffer.getvalue())
    data[21] &= 0xF0  # the number of samples: 0 stands for unknown
    data[22:26] = bytes(4)
    with pytest.raises(AudioError) as caught:
        analyse(bytes(data), "demo")
    assert isinstance(caught.value, AudioTooLong)
    assert caught.value.seconds <= 910


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(RATE * 5),
        np.full(RATE * 5, 0.5),
        np.concatenate([SECOND, [1.0, -1.0], SECOND, SECOND]),
        1e-5 * sine(440),
        np.concatenate([SECOND, sine(440, 0.2), SECOND]),
    ],
    ids=["silent", "constant", "click", "inaudible", "beep"],
)
def test_nothing_to_hear(samples: np.ndarray):
    refused(wav(samples, subtype="FLOAT"), NoSound)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
def test_samples_that_are_no_numbers(bad: float):
    samples = music().astype(np.float32)
    samples[RATE * 5] = bad
    refused(wav(samples, subtype="FLOAT"), AudioDamaged)


@pytest.mark.parametrize(("channels", "rate"), [(9, 44_100), (200, 8_000), (1, 1_000), (1, 2_000_000)])
def test_unusual(channels: int, rate: int):
    frames = 4000
    body = bytes(2 * channels * frames)
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(body), b"WAVE", b"fmt ", 16, 1, channels, rate,
                       rate * channels * 2, channels * 2, 16, b"data", len(body))  # fmt: skip
    refused(head + body, AudioUnusual)


def test_over_the_limit_it_is_not_even_opened():
    assert refused_over(wav(music()), 1000).limit == 1000


def refused_over(data: bytes, limit: int) -> AudioTooLarge:
    with pytest.raises(AudioTooLarge) as caught:
        analyse(data, "demo.wav", limit)
    return caught.value


@pytest.mark.parametrize("name", ["music.txt", "music.raw", "music.mp3", "music", "müsik 1.wav"])
def test_a_wrong_extension_does_not_matter(tmp_path: Path, name: str):
    path = tmp_path / name
    path.write_bytes(wav(music(), kind="OGG"))
    assert analyse(path).key == 0


WHOLE = [wav(music(seconds=2), kind=kind) for kind in ("WAV", "FLAC", "OGG", "MP3")]


@given(st.sampled_from(WHOLE), st.integers(0, 10**9), st.binary(min_size=1, max_size=40))
@example(WHOLE[3], 0, b"\xff\xfb\x90\x00" * 4)
@examples(60)
def test_any_damage_is_an_error_of_ours_or_is_heard(data: bytes, place: int, junk: bytes):
    place %= len(data)
    damaged = data[:place] + junk + data[place + len(junk) :]
    try:
        heard = analyse(damaged, "demo")
    except AudioError:
        return
    assert np.isfinite(list(heard.features().values())).all()


@given(
    st.sampled_from([b"RIFF\x00\x01\x00\x00WAVE", b"fLaC", b"OggS", b"ID3", b"\xff\xfb\x90\x00"]),
    st.binary(max_size=3000),
)
@examples(60)
def test_noise_behind_a_known_beginning_is_an_error(head: bytes, noise: bytes):
    with pytest.raises(AudioError):
        analyse(head + noise, "demo")
