"""Loudness as ITU-R BS.1770-4 defines it: K-weighted, gated, in LUFS.

The weighting is applied to the spectrum of each 100 ms instead of by filters in time, which is the same energy by
Parseval's theorem, at any sampling rate, and several times as fast.
"""

import numpy as np
from numpy.typing import NDArray

from bot.sources.audio_frames import Framer, spectra

Array = NDArray[np.float64]

STEP = 0.1  # seconds
ABSOLUTE_GATE = -70.0  # LUFS
RELATIVE_GATE = -10.0  # LU
RANGE_GATE = -20.0  # LU: what counts for the dynamic range (EBU Tech 3342)
SURROUND = {6: (1, 1, 1, 0, 1.41, 1.41), 5: (1, 1, 1, 1.41, 1.41), 8: (1, 1, 1, 0, 1.41, 1.41, 1.41, 1.41)}
# The two filters at 48 kHz, as printed in the recommendation: (b0, b1, b2), (1, a1, a2).
SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))


class LoudnessMeter:
    """Takes blocks (channels, frames) and keeps one energy for each 100 ms."""

    def __init__(self, rate: int, channels: int) -> None:
        self._size = round(rate * STEP)
        self._framers = [Framer(self._size, self._size) for _ in range(channels)]
        self._shares = SURROUND.get(channels, (1.0,) * channels)
        frequencies = np.arange(self._size // 2 + 1) * rate / self._size
        # Twice, for the spectrum's other half; the mean square of a frame is its spectrum's sum by its length squared.
        # Once for the real and once for the imaginary part of each bin.
        self._weights = np.repeat(2 * k_weighting(frequencies) / self._size**2, 2).astype(np.float32)
        self._energies: list[Array] = []

    def add(self, block: NDArray[np.float32]) -> None:
        energies: list[Array] = []
        for samples, framer, share in zip(block, self._framers, self._shares, strict=True):
            parts = spectra(framer.cut(samples)).view(np.float32)
            energies.append(share * (np.square(parts, out=parts) @ self._weights).astype(np.float64))
        self._energies.append(np.sum(energies, axis=0))

    def energies(self) -> Array:
        """K-weighted energy of each 100 ms, summed over the channels."""
        return np.concatenate(self._energies) if self._energies else np.zeros(0)


def k_weighting(frequencies: Array) -> Array:
    """The power that the K-weighting lets through at each frequency in Hz; constant above 24 kHz."""
    z = np.exp(-2j * np.pi * np.minimum(frequencies, 24_000.0) / 48_000.0)
    power = np.ones(len(z))
    for above, below in (SHELF, HIGH_PASS):
        power *= np.abs(np.polyval(above[::-1], z) / np.polyval(below[::-1], z)) ** 2
    return power


def in_lufs(energy: Array) -> Array:
    return -0.691 + 10 * np.log10(np.maximum(energy, 1e-20))


def integrated(energies: Array) -> tuple[float, float]:
    """Loudness in LUFS, gated, and dynamic range in LU; (-inf, 0) of silence.

    The range lies between the 10th and the 95th percentile of 400 ms blocks (EBU Tech 3342 takes 3 s, and a clip has
    too few of those).
    """
    if len(energies) < 4:
        return float("-inf"), 0.0
    blocks = np.convolve(energies, np.full(4, 0.25), "valid")
    heard = blocks[in_lufs(blocks) > ABSOLUTE_GATE]
    if not len(heard):
        return float("-inf"), 0.0
    mean = in_lufs(np.array([heard.mean()]))[0]
    loud = heard[in_lufs(heard) > mean + RELATIVE_GATE]
    levels = in_lufs(heard[in_lufs(heard) > mean + RANGE_GATE])
    low, high = np.percentile(levels, [10, 95])
    return float(in_lufs(np.array([loud.mean()]))[0]), float(high - low)


def sounding_seconds(energies: Array) -> float:
    """How long something is heard: above the absolute gate, and within 40 dB of the loudest 100 ms."""
    if not len(energies):
        return 0.0
    levels = in_lufs(energies)
    return float(STEP * np.count_nonzero(levels > max(ABSOLUTE_GATE, levels.max() - 40)))
