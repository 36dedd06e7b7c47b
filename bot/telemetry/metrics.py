"""Figures of a running bot, in Prometheus' text format; numbers and classes only, nothing of any person."""

import asyncio
import time
from bisect import bisect_left
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress

from bot.domain.errors import EarmarkError

Labels = tuple[tuple[str, str], ...]
QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)  # seconds
ANSWERS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.0, 3.0)  # Discord waits for 3
WORK = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
STATUSES = ("200", "201", "204", "400", "401", "403", "404", "429", "500", "502", "503", "504")
GATEWAY_EVENTS = ("ready", "resumed", "disconnect")
LAG_EVERY = 0.5  # seconds between looks at the event loop


class Counter:
    """Counts up, by labels.

    The series that can be known beforehand stand at 0 from the start: what a series begins with is no increase to
    whoever watches it, so the first event would raise no alert.
    """

    def __init__(self, name: str, text: str, label: str | None = None, known: Iterable[str] = ()) -> None:
        self.name, self._text = name, text
        self._values: dict[Labels, float] = {((label, value),): 0 for value in known} if label else {(): 0}

    def add(self, number: float = 1, **labels: str) -> None:
        key = tuple(sorted(labels.items()))
        self._values[key] = self._values.get(key, 0) + number

    def value(self, **labels: str) -> float:
        return self._values.get(tuple(sorted(labels.items())), 0)

    def lines(self) -> Iterator[str]:
        yield from _head(self.name, self._text, "counter")
        for labels, value in self._values.items():
            yield f"{self.name}{_labels(labels)} {value:g}"


class Gauge:
    """A number that is asked for when somebody looks."""

    def __init__(self, name: str, text: str, ask: Callable[[], float]) -> None:
        self.name, self._text, self._ask = name, text, ask

    def lines(self) -> Iterator[str]:
        yield from _head(self.name, self._text, "gauge")
        yield f"{self.name} {self._ask():g}"


class Histogram:
    """How long something took, in seconds, by labels; `bounds` are upper ones, each included."""

    def __init__(self, name: str, text: str, bounds: Sequence[float]) -> None:
        self.name, self._text, self._bounds = name, text, tuple(bounds)
        self._seen: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}

    def observe(self, seconds: float, **labels: str) -> None:
        key = tuple(sorted(labels.items()))
        buckets = self._seen.setdefault(key, [0] * (len(self._bounds) + 1))
        buckets[bisect_left(self._bounds, seconds)] += 1
        self._sums[key] = self._sums.get(key, 0.0) + seconds

    @contextmanager
    def timed(self, **labels: str) -> Generator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.observe(time.perf_counter() - started, **labels)

    def count(self) -> int:
        return sum(sum(buckets) for buckets in self._seen.values())

    def lines(self) -> Iterator[str]:
        yield from _head(self.name, self._text, "histogram")
        for labels, buckets in self._seen.items():
            total = 0
            for bound, number in zip((*(f"{bound:g}" for bound in self._bounds), "+Inf"), buckets, strict=True):
                total += number
                yield f"{self.name}_bucket{_labels((*labels, ('le', bound)))} {total}"
            yield f"{self.name}_sum{_labels(labels)} {self._sums[labels]:.6f}"
            yield f"{self.name}_count{_labels(labels)} {total}"


class Metrics:
    """All that is measured; one for each running bot, passed by hand."""

    def __init__(self) -> None:
        self.answers = Histogram("earmark_answer_seconds", "From a click or command to its first answer.", ANSWERS)
        self.unanswered = Counter("earmark_unanswered_total", "Clicks and commands that got no answer in time.")
        kinds = sorted(_names(EarmarkError))
        self.errors = Counter("earmark_errors_total", "What did not go, by class, members told or not.", "kind", kinds)
        self.unexpected = Counter("earmark_unexpected_errors_total", "Of these, what the log tells with an id.")
        self.requests = Counter(
            "earmark_discord_responses_total", "What Discord answered, by status.", "status", STATUSES
        )
        self.gateway = Counter(
            "earmark_gateway_events_total", "Connections to Discord made and lost.", "event", GATEWAY_EVENTS
        )
        self.jobs = Histogram("earmark_job_seconds", "Work in other processes, waiting included.", WORK)
        self.trained = Counter("earmark_models_trained_total", "Models that were trained and stored.")
        self.database = Histogram("earmark_database_seconds", "Reading and writing, waiting included.", QUICK)
        self.lag = Histogram("earmark_event_loop_lag_seconds", "How late the event loop wakes up.", QUICK)
        self._parts: list[Counter | Gauge | Histogram] = [
            self.answers, self.unanswered, self.errors, self.unexpected, self.requests, self.gateway, self.jobs,
            self.trained, self.database, self.lag,
        ]  # fmt: skip

    def failed(self, problem: BaseException, *, unexpected: bool = False) -> None:
        """Count what went wrong, by its class."""
        self.errors.add(kind=type(problem).__name__)
        if unexpected:
            self.unexpected.add()

    def gauge(self, name: str, text: str, ask: Callable[[], float]) -> None:
        """Add a number to be asked for."""
        self._parts.append(Gauge(name, text, ask))

    def text(self) -> str:
        """Everything, as Prometheus reads it."""
        return "\n".join(line for part in self._parts for line in part.lines()) + "\n"

    @asynccontextmanager
    async def watching_the_loop(self) -> AsyncGenerator[None]:
        """Measure the event loop's lag while the block runs."""
        task = asyncio.create_task(self._watch(), name="loop-lag")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_EVERY
            await asyncio.sleep(LAG_EVERY)
            self.lag.observe(max(0.0, loop.time() - due))


def _names(kind: type[EarmarkError]) -> Iterator[str]:
    for below in kind.__subclasses__():
        yield below.__name__
        yield from _names(below)


def _head(name: str, text: str, kind: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
