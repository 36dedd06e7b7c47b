"""Rhythm: where notes begin, how often, and the beat they fall on.

The tempo is where the autocorrelation of the onset curve has peaks at one, two, three and four beats, weighted by how
often people would beat time at that speed (after Ellis, Beat tracking by dynamic programming, 2007).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.sources.audio_frames import autocorrelation
from bot.sources.audio_timbre import Bands

Array = NDArray[np.float64]

SLOWEST, FASTEST = 40.0, 220.0  # beats per minute
USUAL, SPREAD = 95.0, 0.8  # beats per minute; octaves
LEAST_SECONDS = 4.0  # of which a tempo can be told
CHANCE = 1.8  # a beat weaker than this by the root of the number of frames may be chance
SQUEEZE = 100.0  # how many times the loudest band's power is above where its logarithm begins
BEATS = np.array([1.0, 2.0, 3.0, 4.0])


@dataclass(frozen=True, slots=True)
class Rhythm:
    tempo: float | None  # beats per minute
    confidence: float  # 0..1: how far the second best tempo is behind
    strength: float  # 0..1: how regularly notes begin on the beat
    onset_rate: float  # notes or chords a second


def onset_curve(bands: Bands, lag: int = 3) -> Array:
    """How much the bands rise within 35 ms, at each frame; whatever the level of the file."""
    if len(bands) <= lag:
        return np.zeros(0)
    reference = float(np.percentile(bands.max(axis=1), 99))
    if reference <= 0:
        return np.zeros(len(bands) - lag)
    squeezed = np.log1p(bands * np.float32(SQUEEZE / reference))
    return np.maximum(squeezed[lag:] - squeezed[:-lag], 0).mean(axis=1).astype(np.float64)


def rhythm(bands: Bands, frames_a_second: float) -> Rhythm:
    curve = onset_curve(bands)
    if len(curve) < frames_a_second / 2:
        return Rhythm(None, 0.0, 0.0, 0.0)
    width = max(int(frames_a_second * 0.5), 1)
    sharp = np.maximum(curve - _moving_mean(curve, width), 0)
    rate = _onsets(curve, frames_a_second) / (len(bands) / frames_a_second)
    if len(curve) < LEAST_SECONDS * frames_a_second:
        return Rhythm(None, 0.0, 0.0, rate)
    tempo, confidence, strength = _tempo(sharp, frames_a_second)
    credible = strength > CHANCE / np.sqrt(len(sharp))
    return Rhythm(tempo if credible else None, confidence, strength, rate)


def _moving_mean(curve: Array, width: int) -> Array:
    return np.convolve(np.pad(curve, width // 2, mode="edge"), np.full(width, 1 / width), "valid")[: len(curve)]


def _onsets(curve: Array, frames_a_second: float) -> int:
    """Count the peaks that stand out: highest within 60 ms and well above what is around."""
    apart = max(int(frames_a_second * 0.06), 1)
    padded = np.pad(curve, apart)
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * apart + 1).max(axis=1)
    around = _moving_mean(curve, max(int(frames_a_second * 0.4), 1))
    return int(np.count_nonzero((curve == highest) & (curve > 1.3 * around) & (curve > 0.1 * np.percentile(curve, 99))))


def _tempo(curve: Array, frames_a_second: float) -> tuple[float, float, float]:
    """The best tempo in beats per minute, how far the next is behind, and the strength of its beat."""
    correlation = autocorrelation(curve)
    tempi = np.exp(np.linspace(np.log(SLOWEST), np.log(FASTEST), 700))
    lags = 60 * frames_a_second / tempi
    places = np.arange(len(correlation))
    reached = np.outer(BEATS, lags) < len(correlation) * 0.8
    read = np.interp(np.outer(BEATS, lags), places, correlation) * reached
    regular = read.sum(axis=0) / np.maximum(reached.sum(axis=0), 1)
    liked = np.exp(-0.5 * (np.log2(tempi / USUAL) / SPREAD) ** 2)
    scores = np.maximum(regular, 0) * liked
    best = int(np.argmax(scores))
    apart = np.abs(np.log2(tempi / tempi[best])) > 0.1
    behind = scores[apart].max(initial=0.0) / max(scores[best], 1e-12)
    return float(tempi[best]), float(np.clip(1 - behind, 0, 1)), float(np.clip(regular[best], 0, 1))
