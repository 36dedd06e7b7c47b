"""Pitch classes and key: a harmonic pitch-class profile from spectral peaks, tuned, against key profiles.

After Gomez (Tonal description of music audio signals, 2006); the profiles are those of Albrecht and Shanahan (The use
of large corpora to train a new type of key-finding algorithm, 2013), which found more keys here than Temperley's.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.sources.audio_frames import Framer, hann, quick_size, spectra

Array = NDArray[np.float64]

FRAME = 0.186  # seconds; 5.4 Hz apart, a semitone at 90 Hz
LOW, HIGH = 80.0, 2600.0  # Hz
HARMONICS = 12  # a peak may be any of the first twelve partials of a tone
DECAY = 0.85  # how much less likely each next one is
MAJOR = np.array([0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081])
MINOR = np.array([0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052])
LEAST_FIT = 0.35  # correlation below which there is no key
FAR = 0.3  # a correlation this much above the next is certain


@dataclass(frozen=True, slots=True)
class Key:
    """A key, and how sure it is: 0 no more than the next best, 1 far from every other."""

    tonic: int  # 0 = C
    mode: int  # 1 = major
    confidence: float  # of tonic and mode together
    mode_confidence: float


class PeakMeter:
    """Takes blocks of one channel and keeps the spectral peaks of each frame, 11 frames a second."""

    def __init__(self, rate: int) -> None:
        size = quick_size(round(rate * FRAME))
        self._bin = rate / size  # Hz
        self._framer = Framer(size, size // 2)
        self._window = hann(size)
        self._first = max(int(LOW / self._bin), 2)
        self._last = min(int(HIGH / self._bin), size // 2 - 2)
        self._count = 0
        self._frame: list[NDArray[np.int32]] = []
        self._cents: list[NDArray[np.float32]] = []
        self._weight: list[NDArray[np.float32]] = []

    def add(self, samples: NDArray[np.float32]) -> None:
        frames = self._framer.cut(samples)
        if not len(frames):
            return
        magnitude = np.abs(spectra(frames * self._window)[:, self._first - 1 : self._last + 2])
        here, before, after = magnitude[:, 1:-1], magnitude[:, :-2], magnitude[:, 2:]
        loudest = here.max(axis=1, keepdims=True)
        frame, place = np.nonzero((here > before) & (here >= after) & (here > 0.01 * loudest) & (here > 1e-7))
        a, b, c = (np.log(np.maximum(part[frame, place], 1e-12)) for part in (before, here, after))
        offset = 0.5 * (a - c) / np.minimum(a - 2 * b + c, -1e-9)
        hertz = (self._first + place + np.clip(offset, -0.5, 0.5)) * self._bin
        self._frame.append((frame + self._count).astype(np.int32))
        self._cents.append((1200 * np.log2(hertz / 440.0) + 900).astype(np.float32))  # above a C
        self._weight.append(here[frame, place])
        self._count += len(frames)

    def peaks(self) -> tuple[NDArray[np.int32], Array, Array, int]:
        """Of all peaks: frame, cents above a C, magnitude; and the number of frames."""
        if not self._frame:
            return np.zeros(0, np.int32), np.zeros(0), np.zeros(0), 0
        cents, weight = (np.concatenate(part).astype(np.float64) for part in (self._cents, self._weight))
        return np.concatenate(self._frame), cents, weight, self._count


def tuning(cents: Array, weight: Array) -> float:
    """By how many cents, -50..50, the tones lie off equal temperament at A = 440 Hz."""
    if not len(cents):
        return 0.0
    return float(np.angle(np.sum(weight * np.exp(2j * np.pi * cents / 100))) * 50 / np.pi)


def profiles(frame: NDArray[np.int32], cents: Array, weight: Array, frames: int) -> Array:
    """Pitch-class profile of each frame, (frames, 12), C first, not normalised."""
    tuned = cents - tuning(cents, weight)
    total = np.zeros(frames * 12)
    for harmonic in range(1, HARMONICS + 1):
        semitones = (tuned - 1200 * np.log2(harmonic)) / 100
        nearest = np.rint(semitones)
        share = np.cos(np.pi * (semitones - nearest)) ** 2
        place = frame * 12 + (nearest.astype(np.int64) % 12)
        total += np.bincount(place, weight * share * DECAY ** (harmonic - 1), minlength=frames * 12)
    return total.reshape(frames, 12)


def mean_pitches(profile: Array) -> Array | None:
    """The 12 pitch values: each frame's strongest class is 1, then the mean over the frames; None without tones."""
    strongest = profile.max(axis=1)
    heard = strongest > 0.02 * strongest.max(initial=0.0)
    if not heard.any() or strongest.max() <= 0:
        return None
    return (profile[heard] / strongest[heard, None]).mean(axis=0)


def find_key(pitches: Array) -> Key | None:
    """Compare with the 24 keys; None where none fits."""
    keys = np.array([np.roll(profile, tonic) for profile in (MINOR, MAJOR) for tonic in range(12)])
    fits = _standard(keys) @ _standard(pitches) / 12
    best = int(np.argmax(fits))
    if fits[best] < LEAST_FIT:
        return None
    mode, tonic = divmod(best, 12)
    other_mode = fits[12:] if mode == 0 else fits[:12]
    return Key(
        tonic=tonic,
        mode=mode,
        confidence=float(np.clip((fits[best] - np.delete(fits, best).max()) / FAR, 0, 1)),
        mode_confidence=float(np.clip((fits[best] - other_mode.max()) / FAR, 0, 1)),
    )


def _standard(values: Array) -> Array:
    values = values - values.mean(axis=-1, keepdims=True)
    return values / np.maximum(values.std(axis=-1, keepdims=True), 1e-9)
