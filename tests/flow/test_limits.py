import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import TooOften
from bot.flow.limits import MANY, RULES, Limits, Pace, Rate, Rule
from cogs.ui.text_errors import error

RULE = {"link": Rule(Rate(3, 10), Rate(5, 1))}


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_so_many_at_once_then_one_by_one():
    clock = Clock()
    limits = Limits(RULE, clock)
    for _ in range(3):
        limits.take("link", 1, None)
    with pytest.raises(TooOften) as caught:
        limits.take("link", 1, None)
    assert (caught.value.whose, caught.value.seconds) == ("member", 10)
    limits.take("link", 2, None)  # somebody else is not touched
    clock.now += caught.value.seconds
    limits.take("link", 1, None)
    with pytest.raises(TooOften):
        limits.take("link", 1, None)
    clock.now += 1000
    for _ in range(3):
        limits.take("link", 1, None)


def test_a_server_has_a_limit_of_its_own_and_a_refusal_costs_nothing():
    clock = Clock()
    limits = Limits(RULE, clock)
    for member in range(5):
        limits.take("link", member, 7)
    for _ in range(20):
        with pytest.raises(TooOften) as caught:
            limits.take("link", 9, 7)
    assert caught.value.whose == "server"
    limits.take("link", 9, 8, number=3)
    clock.now += 1
    with pytest.raises(TooOften) as caught:
        limits.take("link", 9, 7)
    assert caught.value.whose == "member"


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(1, 3)), max_size=60))
def test_never_more_than_the_rate_allows_and_the_wait_is_true(asks: list[tuple[float, int]]):
    clock = Clock()
    limits, begun, let = Limits(RULE, clock), clock.now, 0
    for later, number in asks:
        clock.now += later
        try:
            limits.take("link", 1, None, number)
            let += number
        except TooOften as refused:
            clock.now += refused.seconds
            limits.take("link", 1, None, number)
            let += number
        assert let <= 3 + (clock.now - begun) / 10 + 1e-6


def test_more_at_once_than_ever_allowed_is_as_much_as_allowed():
    Limits(RULE, Clock()).take("link", 1, None, number=50)


def test_memory_is_bounded():
    clock = Clock()
    limits = Limits(RULE, clock)
    for member in range(3 * MANY):
        clock.now += 0.01
        limits.take("link", member, None)
    assert len(limits._empty_at) <= MANY + 1


@pytest.mark.parametrize("what", RULES)
@pytest.mark.parametrize(("seconds", "said"), [(1, "1 second"), (60, "60 seconds"), (600, "10 minutes")])
def test_the_sentence_says_how_long(what: str, seconds: int, said: str):
    sentence = error(TooOften(what=what, seconds=seconds, whose="server"))
    assert f"again in {said};" in sentence
    assert "in this server" in sentence
    assert f"lot of {what} " not in sentence, "a word for people"


async def test_a_pace_spreads_out_what_comes_at_once_in_its_order():
    pace, came, begin = Pace(100, at_once=5), list[tuple[int, float]](), time.monotonic()

    async def one(number: int) -> None:
        await pace.turn()
        came.append((number, time.monotonic() - begin))

    await asyncio.gather(*(one(number) for number in range(40)))
    assert [number for number, _ in came] == list(range(40))
    assert came[4][1] < 0.2, "a few go at once"
    for place in range(5, 40):
        assert came[place][1] >= (place - 5) / 100 - 0.01, "never faster"
