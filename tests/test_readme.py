"""What README and docs promise is so: commands, links, settings, paths, and what may import what."""

import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import pytest
from discord import app_commands

from bot.client import COGS, Earmark
from bot.commands.cli import TOOLS, arguments_parser
from bot.commands.evaluate import main as evaluate
from bot.config import Config
from bot.serving.app import services

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / ".github").glob("*.md"))]
SITE = {"healthz", "metrics"}  # pages of the bot's site, which look like commands
# What the shell blocks need of the system, besides the program itself.
SYSTEM = {"git", "cd", "pip", "cryptsetup", "mkfs.ext4", "mount", "docker"}


def shell_lines() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for block in re.findall(r"```sh\n(.*?)```", page.read_text("utf-8"), flags=re.DOTALL):
            for line in block.splitlines():
                for command in re.split(r"\s&&\s", line.split("  #")[0].strip()):
                    if command:
                        yield page.name, command


def words_of(command: str) -> list[str]:
    """A command's words, without the settings before it."""
    words = shlex.split(command.replace("USER_ID", "123").replace("<this repository>", "repository"))
    while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
        words = words[1:]
    return words


@pytest.mark.parametrize(("page", "command"), list(shell_lines()))
def test_every_shell_command_is_one(page: str, command: str):
    words = words_of(command)
    if words[:3] == ["uv", "run", "earmark"]:
        arguments = words[3:]
        if arguments and arguments[0] in TOOLS:
            return
        arguments_parser().parse_args(arguments)  # exits where it does not understand
    elif words[:4] == ["uv", "run", "python", "-m"]:
        assert find_spec(words[4]), words[4]
    elif words[0] == "uv":
        assert words[1:] == ["run", "pytest"]
    else:
        assert words[0] in SYSTEM, f"{page}: {command}"


def test_the_readme_is_short():
    text = README.read_text("utf-8")
    assert len(text.splitlines()) <= 150
    assert len(text.split()) <= 1500


def test_the_two_commands_stand_in_the_readme():
    text = README.read_text("utf-8")
    assert "\npip install uv && uv run earmark\n" in text
    assert "\nuv run pytest\n" in text


def test_every_link_and_picture_leads_to_a_file():
    missing = [
        f"{page.name}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
        if "://" not in target and not (page.parent / target.split("#")[0]).exists()
    ]
    assert missing == []


async def commands(tmp_path: Path) -> Mapping[str, app_commands.Command]:
    async with services(Config(data=tmp_path, database=tmp_path / "earmark.db")) as made, Earmark(made) as bot:
        for cog in COGS:
            await bot.load_extension(cog)
        return {
            command.qualified_name: command
            for command in bot.tree.walk_commands()
            if isinstance(command, app_commands.Command)
        }


async def test_every_slash_command_and_option_exists(tmp_path: Path):
    known = await commands(tmp_path)
    groups = {name.split()[0] for name in known if " " in name}
    unknown: list[str] = []
    for page in PAGES:
        text = page.read_text("utf-8")
        for name, options in re.findall(r"`/([a-z]+(?: [a-z]+)?)((?: [a-z]+:[^`\s]*)*)`", text):
            if name in groups | SITE:
                continue  # a whole group, such as `/account`, or a page of the bot's site
            if name not in known:
                unknown.append(f"{page.name}: /{name}")
                continue
            parameters = {parameter.display_name for parameter in known[name].parameters}
            unknown += [
                f"{page.name}: /{name} {option}:"
                for option in re.findall(r"([a-z]+):", options)
                if option not in parameters
            ]
    assert not unknown, "\n".join(unknown)


class Recorded(dict[str, str]):
    """An environment that remembers what was asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.asked.add(key)
        return super().get(key, default)


def test_every_setting_stands_in_the_operators_page():
    env = Recorded()
    Config.from_env(env)
    page = (ROOT / "docs" / "operators.md").read_text("utf-8")
    named = {
        name
        for line in page.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`([A-Z_]+)`", line.split("|")[1])
    }
    assert named == env.asked


def test_the_development_page_names_paths_that_exist():
    page = (ROOT / "docs" / "development.md").read_text("utf-8")
    table = page.split("| question | answer |")[1].split("\n\n")[0]
    rows = [line for line in table.splitlines() if line.startswith("| W")]
    assert len(rows) == 10
    for path in re.findall(r"`((?:bot|cogs|storage|tests)/[\w/.*]*)`", page):
        assert list(ROOT.glob(path.rstrip("/"))), path


def test_the_drawing_of_imports_is_what_the_contract_says():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    allowed = [set(re.split(r"\s*\|\s*", layer)) for layer in layers]
    page = (ROOT / "docs" / "development.md").read_text("utf-8")
    drawing = page.split("```\n")[1]
    drawn = re.findall(r"^[ │├└─]*((?:bot\.)?[a-z_0-9]+)\b", drawing, flags=re.MULTILINE)
    places = iter(drawn)
    assert [set(islice(places, len(layer))) for layer in allowed] == allowed
    assert not list(places)


def test_evaluate_takes_the_file_that_the_readme_describes(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    rows = [f"you,{i},Song {i},Somebody,{1 + i % 10},{i / 40},{60 + i}" for i in range(40)]
    file = tmp_path / "my_ratings.csv"
    file.write_text("\n".join(["user_id,track_id,name,artist,rating,energy,tempo", *rows]), "utf-8")
    assert evaluate([str(file), "--ratings", "15", "--draws", "1"]) == 0
    assert "my_ratings" in capsys.readouterr().out
