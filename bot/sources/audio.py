"""Decoded audio becomes features: what can be told from sound, with how sure it is, and nothing else.

Valence, danceability, energy, acousticness, instrumentalness, liveness and speechiness are a provider's words for its
own models' answers. They stay unknown.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.domain.errors import NoSound
from bot.domain.tracks import AudioAnalysis
from bot.sources.audio_loudness import ABSOLUTE_GATE, LoudnessMeter, integrated, sounding_seconds
from bot.sources.audio_pitch import PeakMeter, find_key, mean_pitches, profiles, tuning
from bot.sources.audio_rhythm import rhythm
from bot.sources.audio_stream import MAX_SECONDS, MIN_SECONDS, open_audio
from bot.sources.audio_timbre import HIGH, BandMeter, colour

SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".oga", ".mp3"})
MIN_SOUNDING = 0.5  # seconds in which something is heard; a click has less

NOISE = 0.5  # spectral flatness from which there are no tones


def analyse(source: Path | bytes, name: str | None = None, most_bytes: int | None = None) -> AudioAnalysis:
    """Analyse a wav, flac, ogg or mp3 file of 1 s to 15 min; memory does not grow with its length.

    Raises:
        AudioError: see bot/domain/errors/__init__.py; `name` is what the error calls the file.
        OSError: the file cannot be opened.

    """
    name = name or (source.name if isinstance(source, Path) else "the file")
    with open_audio(source, name, most_bytes) as stream:
        loudness = LoudnessMeter(stream.rate, stream.channels)
        bands = BandMeter(stream.rate)
        peaks = PeakMeter(stream.rate)
        for block in stream.blocks():
            loudness.add(block)
            mono = _mono(block)
            bands.add(mono)
            peaks.add(mono)
        wide = stream.rate / 2 > HIGH
        return _summary(name, stream.seconds, loudness, bands, peaks, wide=wide)


def _mono(block: NDArray[np.float32]) -> NDArray[np.float32]:
    """The channels' mean, or the first channel alone where they cancel each other out."""
    first = block[0]
    if len(block) == 1:
        return first
    mean = np.add.reduce(block, axis=0)
    mean /= len(block)
    return mean if np.dot(mean, mean) > 0.01 * np.dot(first, first) else first


def _summary(
    name: str, seconds: float, loudness: LoudnessMeter, bands: BandMeter, peaks: PeakMeter, *, wide: bool
) -> AudioAnalysis:
    energies = loudness.energies()
    lufs, dynamic_range = integrated(energies)
    heard = sounding_seconds(energies)
    if lufs < ABSOLUTE_GATE or heard < MIN_SOUNDING:
        raise NoSound(name=name, seconds=round(heard, 1), least=MIN_SOUNDING)
    power = bands.bands()
    shape = colour(power)
    pulse = rhythm(power, bands.frames_a_second)
    frame, cents, weight, frames = peaks.peaks()
    tonal = len(frame) > 0 and shape is not None and shape.flatness < NOISE
    pitches = mean_pitches(profiles(frame, cents, weight, frames)) if tonal else None
    key = find_key(pitches) if pitches is not None else None
    # A file without the upper bands has no colour that could be compared with others'.
    known = shape if wide else None
    return AudioAnalysis(
        duration_ms=round(seconds * 1000),
        loudness=lufs,
        dynamic_range=dynamic_range,
        tempo=pulse.tempo,
        tempo_confidence=pulse.confidence if pulse.tempo is not None else 0.0,
        beat_strength=pulse.strength,
        onset_rate=pulse.onset_rate,
        key=key.tonic if key else None,
        mode=key.mode if key else None,
        key_confidence=key.confidence if key else 0.0,
        mode_confidence=key.mode_confidence if key else 0.0,
        tuning=tuning(cents, weight) if pitches is not None else None,
        pitches=tuple(float(value) for value in pitches) if pitches is not None else None,
        timbre=tuple(float(value) for value in known.coefficients) if known else None,
        spectral_centroid=known.centroid if known else None,
        spectral_flatness=known.flatness if known else None,
        spectral_flux=known.flux if known else None,
    )


__all__ = ["MAX_SECONDS", "MIN_SECONDS", "SUFFIXES", "analyse"]
