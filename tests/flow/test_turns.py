"""Whose turn it is, when many wait."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from bot.flow.turns import Turns


async def play(at_once: int, asked: list[int], cancelled: set[int]) -> tuple[list[int], int]:
    turns, order, inside, most = Turns(at_once), [], 0, 0
    held = asyncio.Event()

    async def work(person: int) -> None:
        nonlocal inside, most
        async with turns.of(person):
            inside += 1
            most = max(most, inside)
            try:
                await held.wait()
                order.append(person)
                await asyncio.sleep(0)
            finally:
                inside -= 1

    tasks = [asyncio.create_task(work(person)) for person in asked]
    await asyncio.sleep(0)
    for place in cancelled:
        tasks[place].cancel()
    held.set()
    await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
    assert turns.waiting == 0
    async with asyncio.timeout(1):
        for _ in range(at_once):
            await turns.of(9).__aenter__()  # every place is free again
    return order, most


def test_one_with_many_does_not_keep_another_waiting():
    order, most = asyncio.run(play(1, [1] * 50 + [2, 3], set()))
    assert order[:5] == [1, 1, 2, 3, 1], "one was at work, one more of theirs was first in line"
    assert len(order) == 52
    assert most == 1


@given(
    st.integers(1, 3),
    st.lists(st.integers(1, 4), min_size=1, max_size=20).flatmap(
        lambda asked: st.tuples(st.just(asked), st.sets(st.integers(0, len(asked) - 1)))
    ),
)
def test_everybody_who_stays_is_let_in_and_never_too_many(at_once: int, given_: tuple[list[int], set[int]]):
    asked, cancelled = given_
    order, most = asyncio.run(play(at_once, asked, cancelled))
    assert sorted(order) == sorted(person for place, person in enumerate(asked) if place not in cancelled)
    assert most <= at_once
