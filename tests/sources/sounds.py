"""Sounds made of numbers, for tests of the analysis."""

import functools
import io

import numpy as np
import soundfile

RATE = 44_100
TRIADS = {"C": (60, 64, 67), "F": (53, 57, 60, 65), "G7": (55, 59, 62, 65), "Dm": (50, 57, 62, 65), "Am": (57, 60, 64)}
CADENCE = ("C", "F", "C", "G7", "C", "Am", "Dm", "G7", "C", "C")


def wav(samples: np.ndarray, rate: int = RATE, kind: str = "WAV", subtype: str | None = None) -> bytes:
    """Encode samples (frames,) or (frames, channels)."""
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=kind, subtype=subtype)
    return buffer.getvalue()


def sine(hertz: float, seconds: float = 4.0, rate: int = RATE, level: float = 0.5) -> np.ndarray:
    return level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def tone(midi: float, seconds: float, rate: int) -> np.ndarray:
    time = np.arange(round(seconds * rate)) / rate
    hertz = 440 * 2 ** ((midi - 69) / 12)
    partials = [np.sin(2 * np.pi * hertz * h * time) / h for h in range(1, 7) if hertz * h < rate / 2]
    return np.sum(partials, axis=0) * np.exp(-2.5 * time) * np.minimum(1, time / 0.004)


@functools.cache
def music(bpm: float = 100, transpose: float = 0, seconds: float = 12, rate: int = RATE) -> np.ndarray:
    """Play a cadence in C major, transposed, a chord a beat, with a quieter note of its own between the beats."""
    sound = np.zeros(round((seconds + 2) * rate))
    beat = 60 / bpm
    for place in range(int(seconds / beat)):
        chord = TRIADS[CADENCE[place % len(CADENCE)]]
        for note in chord:
            _add(sound, tone(note + transpose, min(beat * 1.5, 1.5), rate), place * beat * rate)
        _add(sound, 0.5 * tone(chord[1] + 12 + transpose, 0.4, rate), (place + 0.5) * beat * rate)
    sound = 0.1 * sound[: round(seconds * rate)]
    sound.flags.writeable = False
    return sound


def _add(sound: np.ndarray, part: np.ndarray, start: float) -> None:
    place = round(start)
    part = part[: max(len(sound) - place, 0)]
    sound[place : place + len(part)] += part
