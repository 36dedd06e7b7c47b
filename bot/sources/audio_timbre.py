"""The colour of sound: levels in 32 bands, and what they come to.

All of it is taken between 60 and 7,500 Hz, so that a file's sampling rate and its encoder's low-pass change nothing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.sources.audio_frames import Framer, hann, quick_size, spectra

Array = NDArray[np.float64]
Bands = NDArray[np.float32]  # (frames, BANDS), power as a density

BANDS = 32
LOW, HIGH = 60.0, 7500.0  # Hz
HOP = 0.0116  # seconds; a frame has two hops
COEFFICIENTS = 12
FLOOR = 1e-6  # of the loudest frame's power: nothing quieter counts, so that silence has no colour


@dataclass(frozen=True, slots=True)
class Colour:
    """What the bands come to, as means over the frames that sound."""

    coefficients: Array  # (12,) cosine coefficients of the bands' levels in dB; the first is the level itself
    centroid: float  # Hz
    flatness: float  # 0 one tone .. 1 noise
    flux: float  # dB by which bands rise from one frame to the next, on average


class BandMeter:
    """Takes blocks of one channel and keeps the power in each band, 86 times a second."""

    def __init__(self, rate: int) -> None:
        self.hop = round(rate * HOP)
        self.frames_a_second = rate / self.hop
        size = quick_size(2 * self.hop)
        self._framer = Framer(size, self.hop)
        self._window = hann(size)
        filters = _filters(np.arange(size // 2 + 1) * rate / size)
        self._bins = len(filters)
        # Once for the real and once for the imaginary part of each bin.
        self._filters = np.repeat(filters, 2, axis=0).astype(np.float32)
        self._bands: list[Bands] = []

    def add(self, samples: NDArray[np.float32]) -> None:
        frames = self._framer.cut(samples)
        if len(frames):
            spectrum = spectra(frames * self._window)[:, : self._bins]
            parts = np.ascontiguousarray(spectrum).view(np.float32)
            self._bands.append(np.square(parts, out=parts) @ self._filters)

    def bands(self) -> Bands:
        return np.concatenate(self._bands) if self._bands else np.zeros((0, BANDS), np.float32)


def edges() -> Array:
    """The bands' centres in Hz, with the neighbours of the first and last: (BANDS + 2,), even on the mel scale."""
    low, high = (2595 * np.log10(1 + f / 700) for f in (LOW, HIGH))
    return 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)


def _filters(frequencies: Array) -> Array:
    """Triangles, each with an area of one, over the bins up to the last that is needed: (bins, BANDS)."""
    frequencies = frequencies[: np.searchsorted(frequencies, HIGH) + 1]
    places = edges()
    centres = places[1:-1]
    rising = (frequencies[:, None] - places[:-2]) / (centres - places[:-2])
    falling = (places[2:] - frequencies[:, None]) / (places[2:] - centres)
    triangles = np.maximum(0, np.minimum(rising, falling))
    area = triangles.sum(axis=0)
    # A low band may lie between two bins: then it takes what they hold there.
    for band in np.flatnonzero(area < 0.5):
        triangles[:, band] = np.maximum(0, 1 - np.abs(frequencies - centres[band]) / frequencies[1])
    return triangles / np.maximum(triangles.sum(axis=0), 1e-9)


def levels(bands: Bands) -> tuple[Array, NDArray[np.bool_]]:
    """Levels in dB (frames, BANDS), not below the floor, and which frames sound."""
    power = bands.mean(axis=1)
    loudest = float(np.percentile(power, 99)) if len(power) else 0.0
    floor = max(loudest * FLOOR, 1e-30)
    return 10 * np.log10(np.maximum(bands, floor)), power > loudest * 1e-4


def colour(bands: Bands) -> Colour | None:
    """Sum up; None where nothing sounds."""
    in_db, sounding = levels(bands)
    if not sounding.any():
        return None
    heard, heard_db = bands[sounding].astype(np.float64), in_db[sounding]
    angles = np.pi * (np.arange(BANDS) + 0.5) / BANDS
    basis = np.cos(np.outer(np.arange(COEFFICIENTS), angles)) * np.where(np.arange(COEFFICIENTS) == 0, 1, 2)[:, None]
    places = edges()
    widths = places[2:] - places[:-2]
    power = heard * widths
    rises = np.maximum(np.diff(in_db, axis=0), 0)[sounding[1:]]
    means = np.maximum(heard.mean(axis=1), 1e-30)
    return Colour(
        coefficients=(basis @ heard_db.mean(axis=0)) / BANDS,
        centroid=float(np.mean(power @ places[1:-1] / power.sum(axis=1))),
        flatness=float(np.mean(10 ** (heard_db.mean(axis=1) / 10) / means)),
        flux=float(rises.mean()) if len(rises) else 0.0,
    )
