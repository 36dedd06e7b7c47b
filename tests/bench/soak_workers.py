"""Workers are killed at random moments while they return results, small and large; none may keep another waiting."""

import asyncio
import os
import random
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from bot.flow.workers import Workers

SIZES = (100, 100_000, 8_000_000)  # bytes of a result
PATIENCE = 60.0  # seconds after which a job counts as hung


@dataclass
class WorkerOutcome:
    """What came of it; `end_s` is the longest end."""

    kills: int = 0
    hung: int = 0
    longest_s: float = 0.0
    end_s: float = 0.0


def answer_and_die(flag: Path, size: int, delay_s: float) -> bytes:
    """Answer with so many bytes; the first time the process is killed meanwhile."""
    if not flag.exists():
        flag.touch()
        killer = threading.Timer(delay_s, os.kill, (os.getpid(), signal.SIGKILL))
        killer.daemon = True
        killer.start()
    return bytes(size)


async def soak_workers(folder: Path, kills: int, seed: int = 1) -> WorkerOutcome:
    """Kill a worker `kills` times while it returns its result."""
    chance, outcome = random.Random(seed), WorkerOutcome()
    for kill in range(kills):
        workers = Workers.processes(1)  # anew, so that a kill that comes late meets no other job
        size = SIZES[kill % len(SIZES)]
        delay = chance.uniform(0, 0.01)
        began = time.perf_counter()
        try:
            await asyncio.wait_for(workers.run(answer_and_die, folder / str(kill), size, delay), PATIENCE)
        except TimeoutError:
            outcome.hung += 1
        outcome.kills += 1
        ended = time.perf_counter()
        outcome.longest_s = max(outcome.longest_s, ended - began)
        workers.close()
        outcome.end_s = max(outcome.end_s, time.perf_counter() - ended)
    return outcome
