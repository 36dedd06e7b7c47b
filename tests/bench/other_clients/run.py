"""Runs every client through the whole round, and prints what each could do.

    uv run python -m tests.bench.other_clients.run [client ...]

Needs uv, node and npm, and the package registries; what is installed goes to a temporary folder.
"""

import asyncio
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.other_clients.clients import CLIENTS, FOLDER
from tests.bench.other_clients.round import go


def install(folder: Path, names: list[str]) -> None:
    """Put the packages of npm, and the scripts that need them, into a folder."""
    chosen = [CLIENTS[name] for name in names if CLIENTS[name].on_node]
    if not chosen:
        return
    (folder / "package.json").write_text('{"private": true}', encoding="utf-8")
    packages = [package for client in chosen for package in client.packages]
    quiet = ["--no-audit", "--no-fund", "--no-optional", "--ignore-scripts", "--loglevel=error"]
    subprocess.run([shutil.which("npm") or "npm", "install", *quiet, *packages], cwd=folder, check=True)
    for client in chosen:
        shutil.copy(FOLDER / client.script, folder / client.script)


async def main(names: list[str]) -> int:
    failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        install(folder, names)
        for name in names:
            results = await go(CLIENTS[name].command(folder))
            output = results.pop("output", "")
            wrong = {step: why for step, why in results.items() if why}
            print(f"{name:16} {len(results) - len(wrong):2} of {len(results)} steps", flush=True)
            for step, why in wrong.items():
                print(f"    {step}: {why}")
            if wrong:
                print(output)
            failed += bool(wrong)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:] or list(CLIENTS))))
