"""Chorales as MIDI files, and FluidSynth to play them: audio that our own synthesizer has no part in."""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

FONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
TICKS = 480  # a quarter note
TIME_LIMIT = 60  # seconds for one file


def midi(
    notes: Iterable[tuple[float, float, int, int]], *, bpm: float, program: int, transpose: int, seconds: float
) -> bytes:
    """Write the first `seconds` of the notes (onset, duration, pitch, voice) as a MIDI file of one track."""
    last = seconds * bpm / 60
    events = [(0, 0, bytes([0xC0 | voice, program])) for voice in range(4)]
    for onset, duration, pitch, voice in notes:
        if onset < last and duration > 0:
            start, end = round(onset * TICKS), round(min(onset + duration, last) * TICKS) - 8
            events.append((start, 2, bytes([0x90 | voice, pitch + transpose, 84])))
            events.append((max(end, start + 1), 1, bytes([0x80 | voice, pitch + transpose, 0])))
    track = b"\x00\xff\x51\x03" + round(60_000_000 / bpm).to_bytes(3, "big")
    now = 0
    for tick, _, event in sorted(events):
        track += _length(tick - now) + event
        now = tick
    track += b"\x00\xff\x2f\x00"
    header = b"MThd" + (6).to_bytes(4, "big") + b"".join(n.to_bytes(2, "big") for n in (0, 1, TICKS))
    return header + b"MTrk" + len(track).to_bytes(4, "big") + track


def _length(ticks: int) -> bytes:
    digits = [ticks & 0x7F]
    while ticks := ticks >> 7:
        digits.append(0x80 | ticks & 0x7F)
    return bytes(reversed(digits))


def render(source: bytes, target: Path) -> None:
    """Play a MIDI file into a wav file; raises where FluidSynth or its sounds are not installed."""
    program = shutil.which("fluidsynth")
    if program is None or not FONT.exists():
        raise SystemExit("apt-get install fluidsynth fluid-soundfont-gm")
    written = target.with_suffix(".mid")
    written.write_bytes(source)
    command = [program, "-ni", "-q", "-g", "0.6", "-r", "44100", "-F", str(target), str(FONT), str(written)]
    subprocess.run(command, check=True, timeout=TIME_LIMIT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
