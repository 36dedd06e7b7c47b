"""Makes the catalogue's table of features anew, after any change of its sound: `python -m bot.sources.bach_build`."""

import csv
import io
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from bot.domain.features import NAMES
from bot.sources.audio import analyse
from bot.sources.bach import FEATURES, Piece, pieces
from bot.sources.synth import RATE


def heard(piece: Piece) -> dict[str, float]:
    """What the analysis hears in a piece, before any encoder made it smaller."""
    import soundfile  # noqa: PLC0415 - heavy

    buffer = io.BytesIO()
    soundfile.write(buffer, np.asarray(piece.render()), RATE, format="WAV", subtype="PCM_16")
    return analyse(buffer.getvalue(), f"BWV {piece.bwv}").features()


def main() -> None:
    """Analyse every piece and write the table."""
    every = pieces()
    with ProcessPoolExecutor() as executor:
        rows = list(executor.map(heard, every))
    columns = [name for name in NAMES if any(name in row for row in rows)]
    with FEATURES.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["bwv", *columns])
        for piece, row in zip(every, rows, strict=True):
            writer.writerow([piece.bwv, *(f"{row[name]:.5g}" if name in row else "" for name in columns)])


if __name__ == "__main__":
    main()
