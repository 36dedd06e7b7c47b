"""Figures of a running bot, in Prometheus' text format; numbers and classes only, nothing of any person."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, suppress

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

from bot.domain.errors import EarmarkError

QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)  # seconds
ANSWERS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.0, 3.0)  # Discord waits for 3
WORK = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
STATUSES = ("200", "201", "204", "400", "401", "403", "404", "429", "500", "502", "503", "504")
GATEWAY_EVENTS = ("ready", "resumed", "disconnect")
LAG_EVERY = 0.5  # seconds between looks at the event loop


class Metrics:
    """All that is measured; one for each running bot, passed by hand.

    The series that can be known beforehand stand at 0 from the start: what a series begins with is no increase to
    whoever watches it, so the first event would raise no alert.
    """

    def __init__(self) -> None:
        disable_created_metrics()  # a second series for each, which nobody asks for
        self._registry = CollectorRegistry()
        self.answers = self._histogram(
            "earmark_answer_seconds", "From a click or command to its first answer.", ANSWERS
        )
        self.unanswered = self._counter("earmark_unanswered_total", "Clicks and commands that got no answer in time.")
        kinds = sorted(_names(EarmarkError))
        self.errors = self._counter(
            "earmark_errors_total", "What did not go, by class, members told or not.", "kind", kinds
        )
        self.unexpected = self._counter("earmark_unexpected_errors_total", "Of these, what the log tells with an id.")
        self.requests = self._counter(
            "earmark_discord_responses_total", "What Discord answered, by status.", "status", STATUSES
        )
        self.gateway = self._counter(
            "earmark_gateway_events_total", "Connections to Discord made and lost.", "event", GATEWAY_EVENTS
        )
        self.jobs = self._histogram("earmark_job_seconds", "Work in other processes, waiting included.", WORK, "job")
        self.trained = self._counter("earmark_models_trained_total", "Models that were trained and stored.")
        self.database = self._histogram(
            "earmark_database_seconds", "Reading and writing, waiting included.", QUICK, "kind"
        )
        self.lag = self._histogram("earmark_event_loop_lag_seconds", "How late the event loop wakes up.", QUICK)

    def _counter(self, name: str, text: str, label: str | None = None, known: Iterable[str] = ()) -> Counter:
        counter = Counter(name, text, (label,) if label else (), registry=self._registry)
        for value in known:
            counter.labels(value)
        return counter

    def _histogram(self, name: str, text: str, bounds: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(name, text, labels, buckets=bounds, registry=self._registry)

    def failed(self, problem: BaseException, *, unexpected: bool = False) -> None:
        """Count what went wrong, by its class."""
        self.errors.labels(type(problem).__name__).inc()
        if unexpected:
            self.unexpected.inc()

    def gauge(self, name: str, text: str, ask: Callable[[], float]) -> None:
        """Add a number to be asked for when somebody looks."""
        Gauge(name, text, registry=self._registry).set_function(ask)

    def value(self, name: str, **labels: str) -> float:
        """One series' value; 0 where there is none yet."""
        return self._registry.get_sample_value(name, labels) or 0.0

    def text(self) -> str:
        """Everything, as Prometheus reads it."""
        return generate_latest(self._registry).decode()

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
