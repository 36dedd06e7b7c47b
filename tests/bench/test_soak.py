"""The soak, for seconds: the same code that runs for hours by option."""

import signal
from pathlib import Path

import pytest

from tests.bench.soak_big import soak_big
from tests.bench.soak_kills import soak_kills

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
