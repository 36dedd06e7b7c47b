"""`earmark analyse FILE...`: what can be heard in audio files, as text or as JSON lines."""

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import asdict
from pathlib import Path

from bot.domain.errors import AudioError
from bot.domain.names import printable
from bot.domain.tracks import AudioAnalysis
from bot.flow.processes import Processes
from bot.sources.audio import SUFFIXES, analyse

EXIT_SOME_FAILED = 1
EXIT_USAGE = 2
KEYS = ("C", "C-sharp", "D", "E-flat", "E", "F", "F-sharp", "G", "A-flat", "A", "B-flat", "B")
BAR = 30  # characters
Outcome = tuple[AudioAnalysis | None, str]  # the second: what went wrong


def main(argv: Sequence[str]) -> int:
    """Analyse and print; 0: all could be heard, 1: some could not, 2: there was nothing to do."""
    parser = argparse.ArgumentParser(
        prog="earmark analyse",
        description="Print tempo, key, loudness and more of audio files (WAV, FLAC, OGG, MP3; 1 s to 15 min).",
        epilog="The exit code is 1 if some files could not be analysed; the others are printed all the same.",
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE", help="an audio file, or a folder of them")
    parser.add_argument("--json", action="store_true", help="one JSON object a line, with all values")
    options = parser.parse_args(argv)
    files = list(dict.fromkeys(_files(options.paths)))
    if not files:
        print("There is no audio file in there.", file=sys.stderr)
        return EXIT_USAGE
    failed = 0
    for path, (heard, problem) in _with_bar(zip(files, _outcomes(files), strict=True), len(files)):
        failed += heard is None
        if options.json:
            print(json.dumps({"file": str(path), **(asdict(heard) if heard else {"error": problem})}), flush=True)
        elif heard is not None:
            print(printable(f"{path}\n{_lines(heard)}"), flush=True)
        if heard is None:
            print(printable(f"{path}: {problem}"), file=sys.stderr)
    return EXIT_SOME_FAILED if failed else 0


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """Files as they are named; of folders, all that are called like audio, at any depth."""
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
        else:
            yield path


def _outcomes(files: Sequence[Path]) -> Iterator[Outcome]:
    """In the order of the files, as soon as each is known."""
    if len(files) == 1:
        yield _outcome(files[0])
        return
    # Each process uses one core, so the arithmetic in it shall not start threads.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    count = min(len(files), os.cpu_count() or 1)
    with Processes(count) as executor:
        for outcome in [executor.submit(_outcome, file) for file in files]:
            try:
                yield outcome.result()
            except BrokenExecutor:
                yield None, "the process that read it was killed"


def _outcome(path: Path) -> Outcome:
    try:
        return analyse(path), ""
    except AudioError as problem:
        from cogs.ui.text import bare  # noqa: PLC0415 - needs discord.py, for its markdown
        from cogs.ui.text_errors import error  # noqa: PLC0415 - likewise

        return None, error(problem, bare)
    except OSError as problem:
        return None, problem.strerror or str(problem)


def _with_bar(found: Iterator[tuple[Path, Outcome]], count: int) -> Iterator[tuple[Path, Outcome]]:
    """Show on a terminal how far it is; nothing where stderr is no terminal, or for one file."""
    shown = count > 1 and sys.stderr.isatty()
    for done in range(count):
        if shown:
            filled = BAR * done // count
            print(f"\r[{'#' * filled}{'.' * (BAR - filled)}] {done}/{count}", end="", file=sys.stderr, flush=True)
        item = next(found)
        if shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
        yield item


def _lines(heard: AudioAnalysis) -> str:
    def known(value: float | None, form: str) -> str:
        return "unknown" if value is None else form.format(value)

    key = "unknown"
    if heard.key is not None:
        key = f"{KEYS[heard.key]} {'major' if heard.mode else 'minor'} (confidence {heard.key_confidence:.2f})"
    tempo = known(heard.tempo, "{:.1f} beats per minute") + (
        f" (confidence {heard.tempo_confidence:.2f})" if heard.tempo is not None else ""
    )
    rows = (
        ("duration", f"{heard.duration_ms / 1000:.1f} s"),
        ("tempo", tempo),
        ("key", key),
        ("tuning", known(heard.tuning, "{:+.0f} cents")),
        ("loudness", f"{heard.loudness:.1f} LUFS, range {heard.dynamic_range:.1f} LU"),
        ("onsets", f"{heard.onset_rate:.1f} a second, beat strength {heard.beat_strength:.2f}"),
        ("centroid", known(heard.spectral_centroid, "{:.0f} Hz")),
        ("flatness", known(heard.spectral_flatness, "{:.3f}")),
        ("flux", known(heard.spectral_flux, "{:.2f} dB")),
        ("pitches", " ".join(f"{value:.2f}" for value in heard.pitches) if heard.pitches else "unknown"),
        ("timbre", " ".join(f"{value:.1f}" for value in heard.timbre) if heard.timbre else "unknown"),
    )
    return "\n".join(f"  {name:<9} {value}" for name, value in rows)
