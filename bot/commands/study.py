"""`earmark study`: the experiment of 2020 on any listener's ratings, done honestly."""

import argparse
import csv
import hashlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from bot.commands.ratings_files import Listener, read_all, unreadable
from bot.domain.names import printable
from bot.flow import study_report
from bot.flow.processes import Processes
from bot.taste import study, study_leak
from bot.taste.matrices import telling
from bot.taste.study import REDUCTIONS, Plan, Result

PROCESSES = 2
LEAST = 15  # ratings, for folds inside folds


def main(argv: Sequence[str]) -> int:
    """Run the study; returns 0, 1 when interrupted, 2 when not understood."""
    parser = argparse.ArgumentParser(prog="earmark study", description=__doc__)
    parser.add_argument("file", type=Path, metavar="FILE.csv", help="ratings and features, as for earmark evaluate")
    parser.add_argument("--user", help="whose ratings, where the file holds several listeners'")
    parser.add_argument("--leaky", action="store_true", help="also print what the protocol of 2020 would have claimed")
    parser.add_argument("--full", action="store_true", help="the grid of 2020 and its 20 repeats: hours")
    parser.add_argument("--repeats", type=int, help="of the cross-validation (default 2, with --full 20)")
    parser.add_argument("--out", type=Path, default=Path("study"), help="folder for the report (default study)")
    options = parser.parse_args(list(argv))
    try:
        listeners = read_all(options.file)
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        return _refuse(unreadable(options.file, problem))
    chosen = [listener for listener in listeners if options.user in {None, listener.name}]
    if len(chosen) > 1:
        chosen = [listener for listener in chosen if not listener.equal] or chosen
    problem = _amiss(options, listeners, chosen)
    if problem:
        return _refuse(problem)
    plan = study.FULL if options.full else study.DEFAULT
    if options.repeats is not None:
        plan = replace(plan, repeats=options.repeats)
    try:
        return _study(chosen[0], plan, options)
    except OSError as problem:
        return _refuse(f"{problem.filename or options.out} cannot be written: {problem.strerror or problem}.")
    except KeyboardInterrupt:  # while nothing is left but the report
        return _interrupted()


def _amiss(options: argparse.Namespace, listeners: Sequence[Listener], chosen: Sequence[Listener]) -> str | None:
    """Why nothing can be studied, if so."""
    if options.repeats is not None and options.repeats < 1:
        return "--repeats takes a number from 1 on."
    if not chosen:
        return f"{options.file} holds no ratings of tracks with features" + (" of theirs." if listeners else ".")
    if len(chosen) > 1:
        names = ", ".join(listener.name for listener in chosen[:10])
        return f"Whose ratings? {options.file} holds those of {names}: choose with --user."
    return _too_little(chosen[0])


def _too_little(listener: Listener) -> str | None:
    count = len(listener.y)
    if count < LEAST:
        given = "1 rating of a track with features is" if count == 1 else f"{count} ratings of tracks with features are"
        return f"{given} too few: a study needs {LEAST}."
    if listener.equal:
        return f"All {count} ratings are the same, so there is no difference to learn from."
    if not telling(listener.X):
        return f"All {count} tracks have the same features, so nothing tells them apart."
    return None


def _interrupted() -> int:
    print("Interrupted. The same command goes on where it stopped.", file=sys.stderr)
    return 1


def _refuse(sentence: str) -> int:
    print(printable(sentence), file=sys.stderr)
    return 2


def _study(listener: Listener, plan: Plan, options: argparse.Namespace) -> int:
    X, y = listener.X, listener.y
    if options.full:
        print(f"This takes about {_spell(estimate(listener, plan))}; Ctrl-C stops it, the same command goes on.")
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = "1"  # read by the processes that start below
    options.out.mkdir(parents=True, exist_ok=True)
    kept = options.out / "parts.jsonl"
    done = _kept(kept, _fingerprint(listener, plan))
    stop = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: stop.set())
    try:
        with kept.open("a", encoding="utf-8") as log, Processes(PROCESSES) as pool:

            def progress(count: int, total: int, name: str, results: list[Result]) -> None:
                print(json.dumps([name, results]), file=log, flush=True)
                print(f"\r{count} of {total} parts", end="", file=sys.stderr, flush=True)

            results = study.run(
                X, y, plan, pool, at_a_time=PROCESSES, done=done, progress=progress, should_stop=stop.is_set
            )
    except BrokenExecutor:
        results = None
    finally:
        signal.signal(signal.SIGINT, before)
    print(file=sys.stderr)
    if results is None:
        return _interrupted()
    ordered = {part.name: results[part.name] for part in study.parts(plan)}
    leak = study_leak.leaky(X, y) if options.leaky else None
    report = study_report.write(options.out, options.file.stem, X, y, plan, ordered, leak)
    print(report.read_text(encoding="utf-8").split("\n## Pictures")[0])
    print(f"Written: {report}")
    return 0


def _fingerprint(listener: Listener, plan: Plan) -> str:
    return hashlib.sha256(listener.X.tobytes() + listener.y.tobytes() + repr(plan).encode()).hexdigest()


def _kept(file: Path, fingerprint: str) -> dict[str, list[Result]]:
    """Results of an earlier, interrupted run on the same ratings with the same plan; else the file is begun anew."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    if lines[:1] != [fingerprint]:
        file.write_text(fingerprint + "\n", encoding="utf-8")
        return {}
    found: dict[str, list[Result]] = {}
    for line in lines[1:]:
        try:
            name, results = json.loads(line)
        except ValueError:  # the last line, half written
            continue
        found[name] = results
    return found


def estimate(listener: Listener, plan: Plan) -> float:
    """About how many seconds a study takes: one network of the middling kind is timed for each reduction."""
    train = np.arange(len(listener.y)) % plan.folds > 0
    network = plan.networks[len(plan.networks) // 2]
    seconds = 0.0
    for reduction in REDUCTIONS:
        began = time.perf_counter()
        study.Pipe(reduction, network, plan.iterations, artificial=False, seed=0)(
            listener.X[train], listener.y[train], listener.X[~train]
        )
        seconds += time.perf_counter() - began
    fits = (len(plan.networks) * plan.inner + 1) * plan.folds * plan.repeats * 2
    return seconds * fits / PROCESSES


def _spell(seconds: float) -> str:
    if seconds < 5400:
        return f"{max(1, round(seconds / 60))} minutes"
    return f"{seconds / 3600:.0f} hours"
