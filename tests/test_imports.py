"""The idle bot is small: the heavy libraries are imported where they are used, and not before."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("sklearn", "scipy", "matplotlib", "pandas", "soundfile", "spotipy")
EVERYTHING_AT_START = (
    "import importlib, json, pkgutil, sys\n"
    "import bot.__main__, bot.serving.app, bot.client, cogs\n"
    "for module in pkgutil.iter_modules(cogs.__path__, 'cogs.'):\n"
    "    importlib.import_module(module.name)\n"
    f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))\n"
)


def test_starting_imports_nothing_heavy():
    done = subprocess.run(
        [sys.executable, "-c", EVERYTHING_AT_START], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []
