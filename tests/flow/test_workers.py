import asyncio
import multiprocessing
import os
import signal
import time

import pytest

from bot.domain.errors import Busy, TooFewRatings
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
            await asyncio.sleep(0.3)
            assert workers._executor is None
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
