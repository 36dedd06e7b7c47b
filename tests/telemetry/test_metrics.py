import asyncio
import contextlib

from bot.domain.errors import Busy
from bot.telemetry.metrics import Metrics


def test_a_counter_counts_by_labels():
    metrics = Metrics()
    assert metrics.value("earmark_errors_total", kind="Busy") == 0
    for _ in range(3):
        metrics.failed(Busy("training"))
    metrics.failed(ZeroDivisionError(), unexpected=True)
    assert metrics.value("earmark_errors_total", kind="Busy") == 3
    assert metrics.value("earmark_errors_total", kind="ZeroDivisionError") == 1
    assert metrics.value("earmark_unexpected_errors_total") == 1
    assert Metrics().value("earmark_errors_total", kind="Busy") == 0, "each bot counts for itself"


def test_a_block_is_timed_also_when_it_fails():
    metrics = Metrics()
    for fails in (False, True):
        with contextlib.suppress(ZeroDivisionError), metrics.database.labels("read").time():
            assert 1 / (not fails)
    assert metrics.value("earmark_database_seconds_count", kind="read") == 2
    assert metrics.value("earmark_database_seconds_bucket", kind="read", le="+Inf") == 2


def test_the_text_holds_our_series_alone_and_no_moment_at_which_each_began():
    names = {line.partition("{")[0].split()[0] for line in Metrics().text().splitlines() if not line.startswith("#")}
    assert all(name.startswith("earmark_") for name in names)
    assert not [name for name in names if name.endswith("_created")]


def test_what_can_happen_stands_at_zero_before_it_happens():
    text = Metrics().text()
    for line in (
        "earmark_unanswered_total 0.0",
        "earmark_unexpected_errors_total 0.0",
        "earmark_models_trained_total 0.0",
        'earmark_errors_total{kind="StorageBusy"} 0.0',
        'earmark_errors_total{kind="FileTooLarge"} 0.0',
        'earmark_discord_responses_total{status="503"} 0.0',
        'earmark_gateway_events_total{event="disconnect"} 0.0',
    ):
        assert f"\n{line}\n" in text, line


async def test_a_loop_that_is_blocked_is_seen():
    import time

    metrics = Metrics()
    async with metrics.watching_the_loop():
        await asyncio.sleep(0.1)
        time.sleep(0.8)  # beyond the moment at which it would have looked
        await asyncio.sleep(0.05)
    found = dict(line.rsplit(" ", 1) for line in metrics.text().splitlines() if not line.startswith("#"))
    assert found["earmark_event_loop_lag_seconds_count"] == "1.0"
    assert float(found["earmark_event_loop_lag_seconds_sum"]) > 0.3


def test_a_gauge_is_asked_when_somebody_looks():
    metrics, waiting = Metrics(), [1]
    metrics.gauge("waiting", "W.", lambda: len(waiting))
    waiting.append(2)
    assert "\nwaiting 2.0\n" in metrics.text()
