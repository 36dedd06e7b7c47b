"""What a host gets: the Procfile, the hashed requirements, and files that name no machine and no registry."""

import os
import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# Put together here, so that this file does not hold what it looks for.
REGISTRIES = tuple(".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org")))
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:" + "|".join(("wor" + "k", "far" + "m", "hom" + "e", "Use" + "rs")) + r")/\w")
BINARY = {".png", ".jpg", ".ico", ".woff2", ".mp3", ".ogg", ".db", ".zip"}
PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)==(\S+)")


def run(*command: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, env=env, check=False, capture_output=True, text=True)


def tracked_texts() -> dict[str, str]:
    listed = run("git", "ls-files", "-z")
    if listed.returncode:
        pytest.skip("this is not a git checkout, so there are no tracked files to read")
    files = [name for name in listed.stdout.split("\0") if name and Path(name).suffix not in BINARY]
    return {name: (ROOT / name).read_text("utf-8", "replace") for name in files if (ROOT / name).is_file()}


def pins() -> dict[str, list[str]]:
    """Read requirements.txt: `name==version` to its hashes."""
    found: dict[str, list[str]] = {}
    name = None
    for raw in (ROOT / "requirements.txt").read_text("utf-8").splitlines():
        line = raw.rstrip("\\").strip()
        if line.startswith("--hash="):
            assert name is not None
            found[name].append(line.removeprefix("--hash="))
        elif line and not line.startswith("#"):
            pin = PIN.match(line)
            assert pin, f"not an exact pin: {line}"
            name = f"{pin[1]}=={pin[2]}"
            found[name] = []
    return found


def _normalised(requirement: str) -> str:
    name, equals, version = re.sub(r"\[.*?\]", "", requirement).strip().partition("==")
    return re.sub(r"[-_.]+", "-", name).lower() + equals + version


def test_the_procfile_starts_the_bot():
    assert (ROOT / "Procfile").read_text("utf-8") == "worker: python -m bot run\n"


def test_every_requirement_is_pinned_and_hashed():
    found = pins()
    assert found
    for name, hashes in found.items():
        assert hashes, f"{name} has no hash"
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", value) for value in hashes), name


def test_requirements_hold_every_dependency_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = {_normalised(line.split(";")[0]) for line in project["dependencies"]}
    assert all("==" in line for line in wanted), "direct dependencies are pinned exactly"
    assert wanted <= set(pins())


def test_no_tracked_file_names_a_registry_or_a_folder_of_one_machine():
    texts = tracked_texts()
    assert "uv.lock" not in texts
    hosts = [(name, host) for name, text in texts.items() for host in REGISTRIES if host in text]
    assert hosts == []
    assert [name for name, text in texts.items() if MACHINE_PATH.search(text)] == []


def test_requirements_hold_no_address_at_all():
    text = (ROOT / "requirements.txt").read_text("utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_requirements_alone_start_the_procfile_s_line(tmp_path: Path):
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    install = (str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", "requirements.txt")
    installed = run(*install)
    unreachable = ("Could not find a version", "NewConnectionError", "Max retries exceeded", "ProxyError")
    if installed.returncode and any(words in installed.stderr for words in unreachable):
        pytest.skip(f"no package registry is reachable: {installed.stderr.strip().splitlines()[-1]}")
    assert installed.returncode == 0, installed.stderr
    env = {name: value for name, value in os.environ.items() if not name.startswith(("DISCORD_", "EARMARK_", "PYTHON"))}
    line = (ROOT / "Procfile").read_text("utf-8").removeprefix("worker: python").split()
    ran = run(str(python), *line, env=env)
    assert ran.returncode == 2, ran.stderr
    said = (ran.stdout + ran.stderr).strip().splitlines()
    assert len(said) == 1
    assert "DISCORD_TOKEN" in said[0]
