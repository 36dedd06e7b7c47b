"""Clients that know nothing of this sandbox do their whole round on it; all nine run by tests/bench/other_clients/."""

import shutil
import subprocess

import pytest

from tests.bench.other_clients.clients import CLIENTS
from tests.bench.other_clients.round import go


@pytest.mark.slow
@pytest.mark.parametrize("name", ["py-cord", "hikari"])
async def test_a_foreign_client_does_its_whole_round(name: str) -> None:
    if shutil.which("uv") is None:
        pytest.skip("uv is not installed, which the other clients are installed with")
    # In an environment of its own: py-cord and discord.py are both called `discord`.
    ready = subprocess.run([*CLIENTS[name].python(), "-c", ""], capture_output=True, text=True, check=False)
    if ready.returncode:
        pytest.skip(f"{name} cannot be installed, the package registry may be out of reach: {ready.stderr[-300:]}")
    results = await go(CLIENTS[name].command())
    assert not {step: why for step, why in results.items() if why}
