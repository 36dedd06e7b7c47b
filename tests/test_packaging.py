"""What a host gets: the Procfile, the hashed requirements, and files that name no machine and no registry."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
# Put together here, so that this file does not hold what it looks for.
REGISTRIES = tuple(".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org")))
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:" + "|".join(("wor" + "k", "far" + "m", "hom" + "e", "Use" + "rs")) + r")/\w")
BINARY = {".png", ".jpg", ".ico", ".woff2", ".mp3", ".ogg", ".db", ".zip"}
PROCFILE = "worker: python -m bot run"
PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)==(\S+)")


def run(*command: str, env: dict[str, str] | None = None, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, env=env, check=False, capture_output=True, text=True)


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
    assert (ROOT / "Procfile").read_text("utf-8") == f"{PROCFILE}\n"


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


def dockerfile() -> list[tuple[str, str]]:
    """Its instructions and what they say, lines that go on joined."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text("utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def test_the_container_runs_without_rights_keeps_one_volume_and_is_asked_how_it_is():
    steps = dict(dockerfile())
    assert steps["USER"] == "earmark"
    assert steps["VOLUME"] == "/data"
    assert "EARMARK_DATA=/data" in steps["ENV"]
    assert json.loads(steps["CMD"]) == ["python", *PROCFILE.split()[2:]]
    assert json.loads(steps["HEALTHCHECK"].partition("CMD ")[2]) == ["python", "-m", "bot", "status"]
    assert [rest for word, rest in dockerfile() if word == "RUN"][-1].endswith("--require-hashes -r requirements.txt")


def test_compose_names_the_volume_and_asks_for_the_token():
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    bot = compose["services"]["earmark"]
    assert bot["build"] == "."
    assert bot["volumes"] == ["data:/data"]
    assert "data" in compose["volumes"]
    assert bot["environment"]["DISCORD_TOKEN"].startswith("${DISCORD_TOKEN:?")


def context(folder: Path) -> Path:
    """What an image would hold: the files that COPY takes and .dockerignore lets through."""
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert ignored[0] == "*"
    folder.mkdir()
    for word, rest in dockerfile():
        if word == "COPY":
            source, target = rest.split()
            assert f"!{source}" in ignored, f"{source} does not reach the builder"
            place = folder / target
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, place)
    return folder


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_requirements_alone_start_what_the_procfile_and_the_container_start(tmp_path: Path, unused_tcp_port: int):
    """No container engine is needed: the Dockerfile's steps are done in a virtual environment and a folder."""
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    install = (str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", "requirements.txt")
    installed = run(*install)
    unreachable = ("Could not find a version", "NewConnectionError", "Max retries exceeded", "ProxyError")
    if installed.returncode and any(words in installed.stderr for words in unreachable):
        pytest.skip(f"no package registry is reachable: {installed.stderr.strip().splitlines()[-1]}")
    assert installed.returncode == 0, installed.stderr
    env = {name: value for name, value in os.environ.items() if not name.startswith(("DISCORD_", "EARMARK_", "PYTHON"))}
    app = context(tmp_path / "app")
    ran = run(str(python), *PROCFILE.split()[2:], env=env, cwd=app)
    assert ran.returncode == 2, ran.stderr
    said = (ran.stdout + ran.stderr).strip().splitlines()
    assert len(said) == 1
    assert "DISCORD_TOKEN" in said[0]
    asked = run(str(python), "-m", "bot", "status", env={**env, "EARMARK_METRICS_PORT": str(unused_tcp_port)}, cwd=app)
    assert asked.returncode != 0, "a container in which no bot answers is not well"


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_an_installed_wheel_starts_from_any_folder_with_at_most_five_lines(tmp_path: Path):
    built = run("uv", "build", "--wheel", "--quiet", "--out-dir", str(tmp_path / "dist"))
    if built.returncode and "network" in built.stderr.lower():
        pytest.skip("the build backend cannot be fetched")
    assert built.returncode == 0, built.stderr
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    # What it depends on is installed already; the wheel itself goes where a tool's would, apart from the checkout.
    site, home, empty = tmp_path / "site", tmp_path / "home", tmp_path / "empty"
    unpacked = run("uv", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel))
    assert unpacked.returncode == 0, unpacked.stderr
    home.mkdir()
    empty.mkdir()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("DISCORD_", "EARMARK_"))}
    env = inherited | {"HOME": str(home), "XDG_DATA_HOME": str(home / "share"), "PYTHONPATH": str(site)}
    for command in ((), ("sandbox",)):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "bot", *command, "--no-browser", "--port", "0",
            cwd=empty, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        assert process.stdout is not None
        lines: list[str] = []
        try:
            async with asyncio.timeout(120):
                while not lines or not lines[-1].startswith("Sandbox ready: http://127.0.0.1:"):
                    line = await process.stdout.readline()
                    assert line, lines
                    lines.append(line.decode().strip())
        finally:
            process.terminate()
            lines += (await process.stdout.read()).decode().splitlines()
            await process.wait()
        assert len([line for line in lines if "stopping" not in line]) <= 5, lines
        assert not [line for line in lines if "oauth2/authorize" in line], "nobody can be invited to a sandbox"
    assert list(empty.iterdir()) == []
    assert list(home.rglob("earmark.db")), "the bot's own data lies with the system's"
