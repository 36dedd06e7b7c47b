import asyncio

from hypothesis import given
from hypothesis import strategies as st

from bot.telemetry.metrics import Counter, Histogram, Metrics


def test_a_counter_counts_by_labels():
    counter = Counter("errors_total", "Errors.", "kind", ["Busy"])
    assert counter.value(kind="Busy") == 0
    counter.add(kind="Busy")
    counter.add(2, kind="Busy")
    counter.add(kind='odd"\\\n')
    assert counter.value(kind="Busy") == 3
    assert list(counter.lines()) == [
        "# HELP errors_total Errors.",
        "# TYPE errors_total counter",
        'errors_total{kind="Busy"} 3',
        'errors_total{kind="odd\\"\\\\\\n"} 1',
    ]


def test_what_can_happen_stands_at_zero_before_it_happens():
    text = Metrics().text()
    for line in (
        "earmark_unanswered_total 0",
        "earmark_unexpected_errors_total 0",
        "earmark_models_trained_total 0",
        'earmark_errors_total{kind="StorageBusy"} 0',
        'earmark_errors_total{kind="FileTooLarge"} 0',
        'earmark_discord_responses_total{status="503"} 0',
        'earmark_gateway_events_total{event="disconnect"} 0',
    ):
        assert f"\n{line}\n" in text, line


@given(st.lists(st.floats(0, 5), min_size=1))
def test_a_histogram_holds_every_value_once(values: list[float]):
    histogram = Histogram("t", "T.", (0.1, 1))
    for value in values:
        histogram.observe(value, kind="a")
    lines = [line.rpartition(" ") for line in histogram.lines() if not line.startswith("#")]
    found = {name: float(value) for name, _, value in lines}
    assert found['t_bucket{kind="a",le="0.1"}'] == sum(value <= 0.1 for value in values)
    assert found['t_bucket{kind="a",le="1"}'] == sum(value <= 1 for value in values)
    assert found['t_bucket{kind="a",le="+Inf"}'] == found['t_count{kind="a"}'] == len(values) == histogram.count()
    assert abs(found['t_sum{kind="a"}'] - sum(values)) < 1e-5


async def test_a_loop_that_is_blocked_is_seen():
    import time

    metrics = Metrics()
    async with metrics.watching_the_loop():
        await asyncio.sleep(0.1)
        time.sleep(0.8)  # beyond the moment at which it would have looked
        await asyncio.sleep(0.05)
    found = dict(line.rsplit(" ", 1) for line in metrics.text().splitlines() if not line.startswith("#"))
    assert found["earmark_event_loop_lag_seconds_count"] == "1"
    assert float(found["earmark_event_loop_lag_seconds_sum"]) > 0.3


def test_a_gauge_is_asked_when_somebody_looks():
    metrics, waiting = Metrics(), [1]
    metrics.gauge("waiting", "W.", lambda: len(waiting))
    waiting.append(2)
    assert "\nwaiting 2\n" in metrics.text()
