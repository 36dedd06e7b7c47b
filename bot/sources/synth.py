"""A small synthesizer: lines of notes become sound, by five instruments that nobody takes for each other.

Each note is read from a table of one period, made for its pitch so that nothing lies above half the sampling rate.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

RATE = 24_000  # samples per second
PERIOD = 2048  # samples in a table; a power of two
FADE = 1.5  # seconds at the end of a clip that was cut
VIBRATO = 5.5  # a second
DETUNED = 7  # cents between those who play together
LEVEL = 0.7  # of full scale, for the loudest sample

Note = tuple[float, float, int]  # onset and duration in quarter notes, MIDI pitch


@dataclass(frozen=True, slots=True)
class Instrument:
    """How a tone is built, and what becomes of it.

    Attributes:
        partials: the strength of the partials (n,) from their numbers (n,) and their frequencies in Hz (n,).
        attack, release: seconds.
        decay: per second at middle C, as of a plucked string, whose upper partials go first; 0 as of a pipe.
        vibrato: depth in cents.
        voices: how many play each note, a little out of tune with each other.
        breath: noise, as a share.
        octave: how much higher it plays than written.

    """

    name: str
    partials: Callable[[Array, Array], Array]
    attack: float
    release: float
    decay: float = 0.0
    vibrato: float = 0.0
    voices: int = 1
    breath: float = 0.0
    octave: int = 0


def _organ(number: Array, _: Array) -> Array:
    stops = {1: 1.0, 2: 0.8, 3: 0.35, 4: 0.5, 6: 0.2, 8: 0.3, 12: 0.1, 16: 0.12}
    return np.array([stops.get(int(n), 0.0) for n in number], np.float32)


def _harpsichord(number: Array, _: Array) -> Array:
    return (number**-0.7 * np.abs(np.sin(np.pi * number * 0.13))).astype(np.float32)


def _strings(number: Array, hertz: Array) -> Array:
    return (number**-1.0 / (1 + (hertz / 3500) ** 2)).astype(np.float32)


def _flute(number: Array, _: Array) -> Array:
    return np.where(number <= 4, 0.22 ** (number - 1), 0.0).astype(np.float32)


def _choir(number: Array, hertz: Array) -> Array:
    """Sing an open vowel: three formants."""
    shape = np.full(len(hertz), 0.06, np.float32)
    for centre, width, gain in ((700.0, 130.0, 1.0), (1150.0, 170.0, 0.5), (2900.0, 300.0, 0.12)):
        shape += gain * np.exp(-0.5 * ((hertz - centre) / width) ** 2)
    return (shape * number**-0.6 / (1 + (hertz / 4500) ** 4)).astype(np.float32)


INSTRUMENTS: tuple[Instrument, ...] = (
    Instrument("organ", _organ, attack=0.03, release=0.08),
    Instrument("harpsichord", _harpsichord, attack=0.002, release=0.12, decay=2.2),
    Instrument("strings", _strings, attack=0.09, release=0.16, vibrato=9, voices=3),
    Instrument("flute", _flute, attack=0.05, release=0.08, vibrato=6, breath=0.02, octave=1),
    Instrument("choir", _choir, attack=0.11, release=0.2, vibrato=14, voices=3),
)


def play(lines: Sequence[Sequence[Note]], instrument: Instrument, bpm: float, seconds: float) -> Array:
    """Play the lines together; at most `seconds`, in RATE samples a second, (n,) within -LEVEL..LEVEL.

    The same notes give the same samples, always.
    """
    beat = 60 / bpm
    whole = max(onset + duration for line in lines for onset, duration, _ in line) * beat + instrument.release
    length = round(min(whole, seconds) * RATE)
    sound = np.zeros(length, np.float32)
    for place, line in enumerate(lines):
        for onset, duration, pitch in line:
            start = round(onset * beat * RATE)
            if start < length:
                tone = _tone(instrument, pitch + 12 * instrument.octave, duration * beat, place)
                sound[start : start + len(tone)] += tone[: length - start]
    if whole > seconds:
        fade = min(round(FADE * RATE), length)
        sound[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return sound * np.float32(LEVEL / max(float(np.abs(sound).max()), 1e-9))


def _tone(instrument: Instrument, pitch: int, seconds: float, line: int) -> Array:
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    time = np.arange(round((seconds + instrument.release) * RATE)) / RATE
    numbers = np.arange(1, min(max(int(0.45 * RATE / hertz), 1), PERIOD // 2 - 1) + 1, dtype=np.float32)
    strengths = instrument.partials(numbers, numbers * np.float32(hertz))
    seed = zlib.crc32(f"{pitch} {line} {instrument.name}".encode())
    table = _table(strengths, seed)
    cycles = hertz * time
    if instrument.vibrato:
        depth = hertz * (2 ** (instrument.vibrato / 1200) - 1) / (2 * np.pi * VIBRATO)
        cycles += depth * np.sin(2 * np.pi * VIBRATO * time + line)
    tone = np.zeros(len(time), np.float32)
    for voice in range(instrument.voices):
        apart = 2 ** ((voice - (instrument.voices - 1) / 2) * DETUNED / 1200)
        tone += _read(table, cycles * apart + voice / 3)
    if instrument.decay:
        rate = instrument.decay * (hertz / 262) ** 0.5
        dull = _read(_table(strengths * np.exp(-numbers / 3), seed), cycles)
        tone = (tone * np.exp(-3 * rate * time) + dull * np.exp(-rate * time)).astype(np.float32)
    if instrument.breath:
        tone += instrument.breath * np.random.default_rng(seed).standard_normal(len(tone), np.float32)
    return tone * _envelope(len(tone), seconds, instrument)


def _read(table: Array, cycles: NDArray[np.float64]) -> Array:
    return table[(cycles * PERIOD).astype(np.int64) & (PERIOD - 1)]


def _table(strengths: Array, seed: int) -> Array:
    """One period of a sound with these partials, as loud as any other, with phases drawn by lot."""
    spectrum = np.zeros(PERIOD // 2 + 1, np.complex128)
    phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, len(strengths))
    spectrum[1 : len(strengths) + 1] = strengths * np.exp(1j * phases)
    period = np.fft.irfft(spectrum, PERIOD)
    return (0.1 * period / max(float(np.sqrt(np.mean(period**2))), 1e-12)).astype(np.float32)


def _envelope(length: int, seconds: float, instrument: Instrument) -> Array:
    level = np.ones(length, np.float32)
    rise = min(round(instrument.attack * RATE), length)
    level[:rise] = np.sin(np.linspace(0, np.pi / 2, rise, dtype=np.float32)) ** 2
    fall = length - min(round(seconds * RATE), length)
    if fall:
        level[-fall:] *= np.linspace(1, 0, fall, dtype=np.float32) ** 2
    return level
