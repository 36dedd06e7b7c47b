"""A catalogue to start with: 100 chorales of J. S. Bach, which can be heard.

`bach.jsonl` holds their notes (where from: `bach.md`), the synthesizer plays them, each by one of five instruments and
at a tempo of its own, and `bach.csv` holds what our own analysis hears in that (see `bach_build.py`).
"""

import csv
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.domain.tracks import PlaylistSource, TrackSource
from bot.sources.synth import INSTRUMENTS, RATE, Array, Instrument, Note, play

NAME = "Bach, 100 pieces"
COMPOSER = "Johann Sebastian Bach"
NOTES = Path(__file__).with_name("bach.jsonl")
FEATURES = Path(__file__).with_name("bach.csv")
CLIP_SECONDS = 30
TICKS = 24  # a quarter note in bach.jsonl
SLOWEST, FASTEST = 56.0, 120.0  # quarter notes per minute
GOLDEN = 0.618_034
VERSION = 1  # in the names of cached files; to be raised when anything would sound otherwise
KEYS = ("C", "C-sharp", "D", "E-flat", "E", "F", "F-sharp", "G", "A-flat", "A", "B-flat", "B")
MINOR_KEYS = ("C", "C-sharp", "D", "E-flat", "E", "F", "F-sharp", "G", "G-sharp", "A", "B-flat", "B")


@dataclass(frozen=True, slots=True)
class Piece:
    """One chorale, and how we play it."""

    bwv: str  # "269", or work and movement: "1/6"
    name: str  # the first line of the chorale
    key: int  # pitch class, 0 = C, by key signature and last bass note
    mode: int  # 1 = major
    source: str  # which file of which collection the notes are from
    notice: str  # what that file says of rights, word by word; empty: nothing
    voices: tuple[str, ...]  # soprano to bass, `pitch.ticks` or `r.ticks`
    instrument: Instrument
    bpm: float

    @property
    def title(self) -> str:
        tonic = (KEYS if self.mode else MINOR_KEYS)[self.key]
        return f"{self.name} in {tonic} {'major' if self.mode else 'minor'}, BWV {self.bwv}"

    def lines(self) -> list[list[Note]]:
        """The notes of each voice."""
        return [list(_notes(voice)) for voice in self.voices]

    def render(self) -> Array:
        """Play the first half minute, RATE samples a second."""
        return play(self.lines(), self.instrument, self.bpm, CLIP_SECONDS)


def pieces() -> tuple[Piece, ...]:
    """All pieces, in the order of the works' catalogue."""
    found: list[Piece] = []
    with NOTES.open(encoding="utf-8") as file:
        for place, line in enumerate(file):
            row = json.loads(line)
            share = (place * GOLDEN) % 1  # spreads evenly, and not in step with the instruments
            found.append(
                Piece(
                    bwv=row["bwv"],
                    name=row["title"],
                    key=row["key"],
                    mode=row["mode"],
                    source=row["source"],
                    notice=row["notice"],
                    voices=tuple(row["voices"]),
                    instrument=INSTRUMENTS[place % len(INSTRUMENTS)],
                    bpm=round(SLOWEST * (FASTEST / SLOWEST) ** share, 1),
                )
            )
    return tuple(found)


def catalogue() -> PlaylistSource:
    """All pieces as a playlist, with the features that our analysis hears in them.

    Key and mode are those of the score: there is no need to guess them.
    """
    heard = features()
    return PlaylistSource(NAME, "bach", tuple(_track(piece, heard[piece.bwv]) for piece in pieces()))


def features() -> dict[str, dict[str, float]]:
    """The table of features: BWV number to name to value; what is unknown is not there."""
    with FEATURES.open(encoding="utf-8", newline="") as file:
        return {
            row.pop("bwv"): {name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)
        }


def clip_name(piece: Piece) -> str:
    """What the file of a piece's clip is called."""
    return f"bach-{piece.bwv.replace('/', '-')}-v{VERSION}.mp3"


def clip(piece: Piece, folder: Path) -> Path:
    """Give the file (MP3) of a piece's first half minute, rendered the first time it is asked for.

    Several processes may ask at once: each writes a file of its own, and the last to be done gives it its name.
    """
    target = folder / clip_name(piece)
    if target.exists():
        return target
    import soundfile  # noqa: PLC0415 - heavy

    folder.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=folder, prefix="bach-", suffix=".part")
    os.close(descriptor)
    written = Path(name)
    try:
        soundfile.write(written, piece.render(), RATE, format="MP3")
        written.replace(target)
    finally:
        written.unlink(missing_ok=True)
    return target


def _track(piece: Piece, heard: dict[str, float]) -> TrackSource:
    return TrackSource(
        piece.title,
        COMPOSER,
        album=f"Chorales, played by our own {piece.instrument.name}",
        duration_ms=round(heard["duration_ms"]),
        features={**heard, "key": float(piece.key), "mode": float(piece.mode)},
        measured_by="audio",
        by_service=True,
    )


def _notes(voice: str) -> Iterator[Note]:
    now = 0
    for token in voice.split():
        pitch, _, ticks = token.partition(".")
        if pitch != "r":
            yield now / TICKS, int(ticks) / TICKS, int(pitch)
        now += int(ticks)
