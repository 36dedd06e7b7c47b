import asyncio
import multiprocessing
import os
import re
import signal
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from bot.domain.errors import Busy, FileTooSlow, Interrupted, TooFewRatings, TookTooLong
from bot.flow import workers as module
from bot.flow.processes import Processes, watched
from bot.flow.workers import Workers
from tests.end_to_end.people import eventually


def process_id() -> int:
    return os.getpid()


def fail() -> None:
    raise TooFewRatings(have=1, need=10)


def exhausted() -> int:
    return next(iter(()))


def test_a_job_runs_in_another_process_and_its_error_keeps_its_values():
    async def main() -> None:
        workers = Workers.processes(1)
        try:
            assert await workers.run(process_id) != os.getpid()
            with pytest.raises(TooFewRatings) as caught:
                await workers.run(fail)
            assert (caught.value.have, caught.value.need) == (1, 10)
        finally:
            workers.close()

    asyncio.run(main())


def test_a_job_whose_iterator_is_exhausted_fails_and_holds_nobody_up():
    async def main() -> None:
        workers = Workers.processes(1)
        try:
            with pytest.raises(RuntimeError, match="StopIteration"):
                await asyncio.wait_for(workers.run_for(1, exhausted), 30)
            assert await asyncio.wait_for(workers.run_for(2, process_id), 30) != os.getpid()
        finally:
            workers.close()

    asyncio.run(main())


def test_a_killed_worker_is_replaced():
    async def main() -> None:
        workers = Workers.processes(1)
        try:
            first = await workers.run(process_id)
            os.kill(first, signal.SIGKILL)
            assert await workers.run(process_id) not in (first, os.getpid())
        finally:
            workers.close()

    asyncio.run(main())


async def test_the_same_work_for_one_member_runs_once_at_a_time():
    workers = Workers.processes(1)
    async with workers.only_one("training", 7):
        async with workers.only_one("training", 8):
            pass
        with pytest.raises(Busy):
            async with workers.only_one("training", 7):
                pass
    async with workers.only_one("training", 7):
        pass


def test_processes_without_work_are_given_back():
    async def main() -> None:
        workers = Workers.processes(1)
        workers._patience = 0.05
        try:
            first = await workers.run(process_id)
            await eventually(lambda: workers._executor is None)
            assert await workers.run(process_id) != first
        finally:
            workers.close()

    asyncio.run(main())


def politeness() -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)


async def test_training_makes_way_for_clicks():
    workers = Workers.processes(1)
    try:
        assert await workers.run(politeness) > politeness()
    finally:
        workers.close()


async def test_the_end_waits_for_no_job_and_begins_none():
    workers = Workers.processes(1)
    await workers.run(process_id)
    working, waiting = (asyncio.create_task(workers.run_for(member, time.sleep, 60)) for member in (1, 2))
    await eventually(lambda: workers.waiting)
    workers.close()
    done = asyncio.gather(working, waiting, workers.run(process_id), return_exceptions=True)
    assert [type(outcome) for outcome in await asyncio.wait_for(done, 10)] == [asyncio.CancelledError] * 3
    await eventually(lambda: not multiprocessing.active_children(), 10)


LARGE = 8_000_000  # bytes: more than any pipe holds, so that they go in many parts
MOMENTS = 10  # for one process, and as many for two


def dies_while_it_answers(flag: Path, delay_s: float) -> bytes:
    """Answer with LARGE bytes; the first time the process is killed `delay_s` after it began to."""
    if not flag.exists():
        flag.touch()
        killer = threading.Timer(delay_s, os.kill, (os.getpid(), signal.SIGKILL))
        killer.daemon = True
        killer.start()
    return bytes(LARGE)


def dies() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("count", [1, 2])
async def test_a_worker_killed_while_it_answers_holds_up_no_job_and_not_the_end(tmp_path: Path, count: int):
    for moment in range(MOMENTS):
        workers = Workers.processes(count)
        dying = (dies_while_it_answers, tmp_path / str(moment), 0.0005 * moment)
        jobs = [workers.run_for(member, *dying) for member in range(count)]
        assert await asyncio.wait_for(asyncio.gather(*jobs), 60) == [bytes(LARGE)] * count
        assert await asyncio.wait_for(workers.run(process_id), 60)
        workers.close()
    await eventually(lambda: not multiprocessing.active_children(), 10)


async def test_a_job_whose_process_is_killed_twice_is_interrupted_and_the_next_one_is_not():
    workers = Workers.processes(1)
    try:
        for _ in range(2):
            with pytest.raises(Interrupted):
                await asyncio.wait_for(workers.run(dies), 60)
        assert await asyncio.wait_for(workers.run(process_id), 60) != os.getpid()
    finally:
        workers.close()


async def test_a_worker_that_stands_still_is_ended_at_its_deadline():
    workers = Workers(partial(Processes, 1, 1.0))
    try:
        with pytest.raises(TookTooLong):
            await asyncio.wait_for(workers.run(time.sleep, 3600), 60)
        assert await asyncio.wait_for(workers.run_for(2, len, "ab"), 60) == 2
    finally:
        workers.close()


def computes_for_ever() -> None:
    while True:
        pass


async def test_processor_time_is_bounded_without_signals_too():
    workers = Workers(partial(Processes, 1))
    try:
        assert await asyncio.wait_for(workers.run(watched, 60.0, partial(len, "ab")), 60) == 2
        with pytest.raises(TookTooLong):
            await asyncio.wait_for(workers.run(watched, 0.3, computes_for_ever), 60)
    finally:
        workers.close()


def reads_for_ever(name: str, _: bytes) -> int:
    re.match(r"(a+)+$", "a" * 60 + name)  # in one call of the library, which holds Python's lock meanwhile
    return 0


async def test_reading_ends_after_its_processor_time_whatever_it_is_at(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "READING_CPU_S", 0.5)
    workers = Workers.processes(1)
    try:
        with pytest.raises(FileTooSlow) as caught:
            await asyncio.wait_for(workers.read_for(1, reads_for_ever, "b.txt", b""), 120)
        assert caught.value.name == "b.txt"
        assert await asyncio.wait_for(workers.run(process_id), 60) != os.getpid()
    finally:
        workers.close()


def lambda_of_its_own() -> object:
    return lambda: None


async def test_an_answer_that_cannot_be_sent_is_an_error_of_that_job_alone():
    workers = Workers.processes(1)
    try:
        with pytest.raises(RuntimeError, match="answer"):
            await asyncio.wait_for(workers.run(lambda_of_its_own), 60)
        assert await asyncio.wait_for(workers.run(process_id), 60) != os.getpid()
    finally:
        workers.close()
