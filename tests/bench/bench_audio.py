"""How right and how quick the audio analysis is, on audio that our own synthesizer has no part in.

    apt-get install fluidsynth fluid-soundfont-gm
    uv run --group bench python -m tests.bench.bench_audio [--folder FOLDER]

120 chorales, 30 s each, played by FluidSynth with FluidR3 in four timbres (piano, organ, strings, choir in turn),
transposed by -5..6 semitones and at 60..120 quarter notes a minute, both drawn by lot. Twenty are those whose key a
person found (Riemenschneider 1-20), a hundred have a key signature and a last bass note that agree.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SEED = 2026
SECONDS = 30
TIMBRES = {0: "piano", 19: "organ", 48: "strings", 52: "choir"}
WITHIN = 0.04

Heard = tuple[int | None, int | None, float | None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="keep the audio here, and use what is there")
    parser.add_argument("--without-librosa", action="store_true")
    options = parser.parse_args()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        truth = render_all(folder)
        table("Earmark", folder, truth, ours)
        if not options.without_librosa:
            table("librosa", folder, truth, librosas)
        speed(folder)


def render_all(folder: Path) -> list[dict]:
    written = folder / "truth.json"
    if written.exists():
        return json.loads(written.read_text())
    from tests.bench.chorales import all_chorales, analysed
    from tests.bench.midi import midi, render

    lot = random.Random(SEED)
    every = {chorale.bwv: chorale for chorale in all_chorales()}
    hard = analysed()
    missing = sorted(set(hard) - set(every))
    assert not missing, missing
    clear = [chorale for chorale in every.values() if chorale.clear and chorale.bwv not in hard]
    jobs: list[tuple[Path, bytes]] = []
    truth: list[dict] = []
    for group, chosen in (("hard", [every[bwv] for bwv in hard]), ("clear", lot.sample(clear, 100))):
        for chorale in chosen:
            key, mode = hard.get(chorale.bwv, (chorale.key, chorale.mode))
            program, transpose, bpm = list(TIMBRES)[len(truth) % 4], lot.randint(-5, 6), 60 * 2 ** lot.random()
            path = folder / f"{len(truth):03}.wav"
            notes = midi(chorale.notes, bpm=bpm, program=program, transpose=transpose, seconds=SECONDS)
            jobs.append((path, notes))
            row = {"file": path.name, "bwv": chorale.bwv, "group": group, "timbre": TIMBRES[program], "tempo": bpm}
            truth.append({**row, "key": (key + transpose) % 12, "mode": mode})

    def one(job: tuple[Path, bytes]) -> None:
        import soundfile

        whole = job[0].with_suffix(".whole.wav")
        render(job[1], whole)
        samples, rate = soundfile.read(whole, frames=SECONDS * 44_100, dtype="float32")
        soundfile.write(job[0], samples, rate, subtype="PCM_16")
        whole.unlink()

    with ThreadPoolExecutor(os.cpu_count()) as executor:
        list(executor.map(one, jobs))
    written.write_text(json.dumps(truth))
    return truth


def ours(path: Path) -> Heard:
    from bot.sources.audio import analyse

    found = analyse(path)
    return found.key, found.mode, found.tempo


def librosas(path: Path) -> Heard:
    """What its documentation leads to: mean chroma (CQT), the profiles of Krumhansl and Kessler, beat_track."""
    import librosa
    import numpy as np

    samples, rate = librosa.load(path)
    chroma = librosa.feature.chroma_cqt(y=samples, sr=rate).mean(axis=1)
    profiles = (
        (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
        (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    )
    fits = [np.corrcoef(np.roll(profile, tonic), chroma)[0, 1] for profile in profiles for tonic in range(12)]
    mode, tonic = divmod(int(np.argmax(fits)), 12)
    tempo = float(np.atleast_1d(librosa.beat.beat_track(y=samples, sr=rate)[0])[0])
    return tonic, mode, tempo


def table(name: str, folder: Path, truth: list[dict], hear: Callable[[Path], Heard]) -> None:
    marks: dict[str, list[tuple[bool, bool]]] = {}
    times: list[float] = []
    for row in truth:
        began = time.process_time()
        key, mode, tempo = hear(folder / row["file"])
        times.append(time.process_time() - began)
        mark = ((key, mode) == (row["key"], row["mode"]), bool(tempo) and abs(tempo / row["tempo"] - 1) <= WITHIN)
        for group in (row["group"], row["timbre"]):
            marks.setdefault(group, []).append(mark)
    median = sorted(times)[len(times) // 2]
    print(f"\n{name}: CPU time of a clip: median {1000 * median:.0f} ms, first {times[0]:.2f} s")
    print("| clips | n | key and mode | tempo within 4 % |\n|---|---|---|---|")
    for group, found in marks.items():
        keys, tempi = (sum(mark[i] for mark in found) / len(found) for i in (0, 1))
        print(f"| {group} | {len(found)} | {keys:.2f} | {tempi:.2f} |", flush=True)


MEASURE = """
import re, sys, time
from pathlib import Path
from bot.sources.audio import analyse
path, repeats = Path(sys.argv[1]), int(sys.argv[2])
best = 1e9
for _ in range(repeats):
    began = time.process_time(); analyse(path); best = min(best, time.process_time() - began)
peak = int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
print(f"{1000 * best:.0f} ms | {peak:.0f} MB")
"""


def speed(folder: Path) -> None:
    """CPU time on one core and peak memory, each format in a process of its own."""
    import numpy as np
    import soundfile

    samples, rate = soundfile.read(folder / "000.wav", dtype="float32")
    print("\n| file | CPU time, best of several | peak memory of the process |\n|---|---|---|")
    for seconds, repeats in ((30, 15), (900, 2)):
        whole = np.tile(samples, (seconds // SECONDS, 1))
        for kind in ("wav", "flac", "ogg", "mp3"):
            path = folder / f"speed-{seconds}.{kind}"
            with soundfile.SoundFile(path, "w", rate, 2, format=kind.upper()) as file:
                for start in range(0, len(whole), rate * 30):  # at once, libsndfile's Vorbis encoder overruns its stack
                    file.write(whole[start : start + rate * 30])
            command = [sys.executable, "-c", MEASURE, str(path), str(repeats)]
            done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
            print(f"| {seconds} s stereo {kind} | {done.stdout.strip()} |", flush=True)
            path.unlink()


if __name__ == "__main__":
    main()
