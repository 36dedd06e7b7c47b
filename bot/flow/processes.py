"""Worker processes that end at once when they are no longer wanted, whatever they are at, and with their parent."""

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import Connection

POLITE = 5  # how much less of a busy core a process gets than the bot itself


class Processes(ProcessPoolExecutor):
    """Processes without shared state (start method `spawn`), each holding one end of a pipe that tells it to end.

    The library's own shutdown waits for running jobs, also at the program's end: a host that stopped the bot would wait
    for a training, and then kill it.
    """

    def __init__(self, count: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._theirs, self._ours = context.Pipe(duplex=False)
        super().__init__(count, mp_context=context, initializer=_prepare, initargs=(self._theirs,))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._ours.close()
        super().shutdown(wait=wait, cancel_futures=cancel_futures)
        self._theirs.close()


def _prepare(wanted: Connection) -> None:
    """Leave Ctrl-C to the parent, use one core, make way for clicks, and end when the other end of the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):  # Windows has none
        os.nice(POLITE)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")

    def follow() -> None:
        wanted.poll(None)  # nothing is ever sent: the system closes the pipe when the parent ends, however it ends
        os._exit(0)

    threading.Thread(target=follow, name="follow-parent", daemon=True).start()
