"""The soak, for seconds: the same code that runs for hours by option."""

import signal
from pathlib import Path

import pytest

from tests.bench.soak_big import soak_big
from tests.bench.soak_kills import soak_kills
from tests.bench.soak_load import soak_busy, soak_flat

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_nothing_acknowledged_is_lost_when_the_bot_is_ended(tmp_path: Path, number: int):
    outcome = await soak_kills(tmp_path, ends=2, number=number, members=4, rate=50)
    assert outcome.ends == 2
    assert outcome.acknowledged > 10
    assert (outcome.lost, outcome.twice, outcome.dead) == (0, 0, 0)
    assert set(outcome.codes) == {-number if number == signal.SIGKILL else 0}


async def test_the_big_file_answers_every_command(tmp_path: Path):
    said: dict[str, str] = {}
    await soak_big(tmp_path, members=60, times=3, say=lambda what, figure: said.update({what: figure}))
    assert {"/account export", "/account erase", "earmark backup", "/playlist link, 50 new tracks"} <= said.keys()


async def test_everybody_learns_while_others_click(tmp_path: Path):
    busy = await soak_busy(tmp_path, members=4, rate=20, seconds=6, say=print)
    assert busy.trained == 4
    assert busy.answered > 10


async def test_nothing_stays_behind(tmp_path: Path):
    flat = await soak_flat(tmp_path, members=4, actions=10, seconds=20, say=print)
    assert len(flat.seen) >= 2
    assert flat.last.tasks <= flat.first.tasks, flat
    assert flat.last.descriptors <= flat.first.descriptors + 1, flat  # one may be somebody's request
