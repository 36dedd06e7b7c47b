"""Python loads this before a program whose path begins with this folder: its clock can then be set from outside."""

import os
import time
from collections.abc import Callable
from pathlib import Path


def _set_by(file: Path, real: Callable[[], float]) -> Callable[[], float]:
    def now() -> float:
        try:
            return real() + float(file.read_text("ascii") or 0)
        except OSError:
            return real()

    return now


if "EARMARK_TEST_CLOCK" in os.environ:
    time.time = _set_by(Path(os.environ["EARMARK_TEST_CLOCK"]), time.time)
