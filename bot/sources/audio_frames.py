"""A stream cut into overlapping frames, whatever blocks it comes in."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array = NDArray[np.float32]


class Framer:
    """Keeps what is left over of a block for the next."""

    def __init__(self, size: int, hop: int) -> None:
        self.size, self.hop = size, hop
        self._rest = np.zeros(0, np.float32)

    def cut(self, samples: Array) -> Array:
        """The frames (n, size) that are complete now, as a view."""
        data = np.concatenate((self._rest, samples)) if len(self._rest) else samples
        count = max(0, 1 + (len(data) - self.size) // self.hop)
        self._rest = data[count * self.hop :].copy()
        if not count:
            return np.zeros((0, self.size), np.float32)
        return sliding_window_view(data, self.size)[: count * self.hop : self.hop]


def hann(size: int) -> Array:
    """Make a window of that many samples, periodic, whose sum is 1."""
    window = 1 - np.cos(2 * np.pi * np.arange(size) / size)
    return (window / window.sum()).astype(np.float32)


def spectra(frames: Array) -> NDArray[np.complex64]:
    """The spectrum of each frame, (n, size // 2 + 1)."""
    from scipy import fft  # noqa: PLC0415 - heavy

    return np.asarray(fft.rfft(frames))


def quick_size(size: int) -> int:
    """The next length from `size` on whose transform is quick."""
    from scipy import fft  # noqa: PLC0415 - heavy

    return int(fft.next_fast_len(size, real=True) or size)


def autocorrelation(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    """How alike a curve is to itself at each shift, 1 at none."""
    from scipy import fft  # noqa: PLC0415 - heavy

    curve = curve - curve.mean()
    size = quick_size(2 * len(curve))
    spectrum = np.asarray(fft.rfft(curve, size))
    correlation = np.asarray(fft.irfft(np.abs(spectrum) ** 2, size))[: len(curve)]
    return correlation / max(float(correlation[0]), 1e-12)
