"""Worker processes that may die at any moment, as an `Executor`.

Each process has a pipe of its own, of which the parent keeps one end only: a process that dies closes the other, so
whoever waits for its result learns of it at once, also when half of the result has arrived. The standard library's
pool shares one pipe among its processes and holds both ends: a process killed while it answers leaves its job, all
later ones and the program's end waiting for ever.
"""

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, ParamSpec, TypeVar

from bot.domain.errors import TookTooLong

P = ParamSpec("P")
T = TypeVar("T")

NICENESS = 5  # how much less of a busy core a process gets than the bot itself
USED_UP_CODE = 75  # with which a process exits whose processor time is used up, where no signal ends it
CPU_CHECK_S = 0.1


class ProcessDied(BrokenExecutor):
    """The process was killed before it answered; another one takes its place at the next job."""


class WorkerTraceback(Exception):
    """Where in the other process an exception came from: places in the code, without the exception's words."""

    def __init__(self, places: str) -> None:
        super().__init__(places)
        self.places = places


class Processes(Executor):
    """At most `count` processes without shared state (start method `spawn`), started as they are needed.

    A job that takes longer than `deadline_s` of wall time raises TookTooLong, and its process is ended.
    """

    def __init__(self, count: int, deadline_s: float = threading.TIMEOUT_MAX) -> None:
        self._deadline_s = deadline_s
        self._threads = ThreadPoolExecutor(count, "worker")  # each waits for one process
        self._lock = threading.Lock()
        self._all: set[_Process] = set()
        self._idle: list[_Process] = []
        self._ended = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        return self._threads.submit(self._run, partial(fn, *args, **kwargs))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End; without `wait`, jobs that run end with ProcessDied."""
        if wait:
            self._threads.shutdown(cancel_futures=cancel_futures)
        with self._lock:
            self._ended = True
            processes, self._all, self._idle = self._all, set(), []
        for process in processes:
            process.kill()
        self._threads.shutdown(wait=False, cancel_futures=cancel_futures)

    def _run(self, job: Callable[[], T]) -> T:
        process = self._take()
        try:
            answer = process.run(job, self._deadline_s)
        except BaseException:
            process.kill()
            with self._lock:
                self._all.discard(process)
            raise
        with self._lock:
            if not self._ended:
                self._idle.append(process)
        return answer()

    def _take(self) -> "_Process":
        with self._lock:
            if self._ended:
                raise ProcessDied
            while self._idle:
                process = self._idle.pop()
                if process.alive:
                    return process
                self._all.discard(process)
            process = _Process()
            self._all.add(process)
            return process


class _Process:
    """One process, and the pipe to it."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        with theirs:
            self._process = context.Process(target=_serve, args=(theirs,), name="worker", daemon=True)
            self._process.start()

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def run(self, job: Callable[[], T], deadline_s: float) -> Callable[[], T]:
        """Run a job there, and return what gives its value or raises what it raised.

        Raises:
            ProcessDied: the process was killed.
            TookTooLong: the job took all its time.

        """
        overrun = threading.Event()

        def end() -> None:
            overrun.set()
            self._process.kill()

        timer = threading.Timer(deadline_s, end)
        timer.daemon = True
        timer.start()
        try:
            self._pipe.send(job)
            return self._pipe.recv()
        except (EOFError, OSError):
            self._process.join(1)
            if overrun.is_set() or _used_up(self._process.exitcode):
                raise TookTooLong from None
            raise ProcessDied from None
        finally:
            timer.cancel()

    def kill(self) -> None:
        self._process.kill()


def within(cpu_s: float, job: Callable[[], T]) -> T:
    """Run a job; its process ends, whatever it is at, after so many seconds of processor time."""
    if sys.platform == "win32":  # it has no such timer
        return watched(cpu_s, job)
    signal.setitimer(signal.ITIMER_PROF, cpu_s)
    try:
        return job()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def watched(cpu_s: float, job: Callable[[], T]) -> T:
    """Do as `within` does by a thread of Python's; C code that keeps the interpreter to itself overruns it."""
    done, end = threading.Event(), time.process_time() + cpu_s

    def watch() -> None:
        while not done.wait(CPU_CHECK_S):
            if time.process_time() >= end:
                os._exit(USED_UP_CODE)

    threading.Thread(target=watch, name="processor-time", daemon=True).start()
    try:
        return job()
    finally:
        done.set()


def _used_up(code: int | None) -> bool:
    """Whether a process ended because its processor time was used up."""
    return code == USED_UP_CODE or (sys.platform != "win32" and code == -signal.SIGPROF)


def _serve(pipe: Connection) -> None:
    """Run what comes through the pipe, one job after another, until its other end is closed."""
    _prepare()
    while True:
        try:
            job: Callable[[], Any] = pipe.recv()
        except EOFError:
            return
        except Exception as error:  # noqa: BLE001 - a job that cannot be read; the parent is to know
            pipe.send(_failure(error))
            continue
        try:
            answer = partial(_value, job())
        except Exception as error:  # noqa: BLE001 - the parent raises it
            answer = _failure(error)
        try:
            pipe.send(answer)
        except OSError:
            return
        except Exception as error:  # noqa: BLE001 - an answer that cannot be pickled; nothing of it was sent
            pipe.send(_failure(RuntimeError(f"a {type(error).__name__} kept a job's answer from being sent")))
        del job, answer  # they may be large, and the next job may be long in coming


def _prepare() -> None:
    """Leave Ctrl-C to the parent, use one core, make way for clicks, and end when the parent ends, however it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "win32":
        kernel = ctypes.WinDLL("kernel32")
        kernel.SetPriorityClass(ctypes.c_void_p(-1), subprocess.BELOW_NORMAL_PRIORITY_CLASS)  # -1: this process
    else:
        os.nice(NICENESS)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")

    def follow() -> None:
        parent = multiprocessing.parent_process()
        assert parent is not None
        parent.join()
        os._exit(0)

    threading.Thread(target=follow, name="follow-parent", daemon=True).start()


def _value(value: T) -> T:
    return value


def _failure(error: Exception) -> Callable[[], Any]:
    return partial(_fail, error, "".join(traceback.format_tb(error.__traceback__)))


def _fail(error: Exception, places: str) -> Any:
    raise error from WorkerTraceback(places)
