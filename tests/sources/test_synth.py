"""The synthesizer: the right pitches at the right times, in colours that differ."""

import numpy as np
import pytest

from bot.sources import bach
from bot.sources.audio import analyse
from bot.sources.synth import INSTRUMENTS, LEVEL, RATE, Instrument, play
from tests.sources.sounds import wav

SCALE = [[(float(place), 1.0, 60 + step) for place, step in enumerate((0, 4, 7, 12, 11, 7, 5, 2, 4, 0, 7, 0))]]
CHORDS = [[(float(place), 1.0, note + root) for place, root in enumerate((0, 5, 7, 0) * 4)] for note in (60, 64, 67)]


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda i: i.name)
def test_each_plays_the_notes_in_tune_and_in_time(instrument: Instrument):
    heard = analyse(wav(play(CHORDS, instrument, 90, 30), RATE))
    assert (heard.key, heard.mode) == (0, 1)
    assert heard.tempo == pytest.approx(90, rel=0.02)
    assert heard.tuning == pytest.approx(0, abs=8)
    assert heard.duration_ms == pytest.approx(16 / 90 * 60_000 + instrument.release * 1000, abs=5)


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda i: i.name)
def test_it_neither_clips_nor_clicks_and_is_the_same_each_time(instrument: Instrument):
    sound = play(SCALE, instrument, 120, 4)
    assert np.abs(sound).max() == pytest.approx(LEVEL)
    assert abs(sound[0]) < 0.01
    assert abs(sound[-1]) < 0.01
    assert len(sound) == 4 * RATE
    assert np.array_equal(sound, play(SCALE, instrument, 120, 4))


def test_a_440_has_440_cycles():
    sound = play([[(0.0, 8.0, 69)]], INSTRUMENTS[3], 120, 3)  # the flute sounds an octave higher
    spectrum = np.abs(np.fft.rfft(sound[RATE : 2 * RATE]))
    assert int(np.argmax(spectrum)) == pytest.approx(880, abs=4)


def test_the_instruments_are_clearly_different():
    pieces, table = bach.pieces(), bach.features()
    colours = np.array([[table[piece.bwv][f"timbre_{i}"] for i in range(1, 12)] for piece in pieces])
    apart = np.linalg.norm(colours[:, None] - colours[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    same = [pieces[i].instrument is piece.instrument for i, piece in zip(apart.argmin(axis=1), pieces, strict=True)]
    assert np.mean(same) > 0.95  # of each piece's nearest neighbour by colour
