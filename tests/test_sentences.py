"""Sentences stand where translators find them."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOOKUPS = {"_", "N_", "ngettext", "pgettext"}


def modules(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text("utf-8"))


def lookups(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in LOOKUPS:
            yield node


def test_extraction_sees_every_lookup():
    hidden = [
        f"{name}:{call.lineno}"
        for name, tree in modules("bot", "cogs")
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for call in lookups(node)
    ]
    assert hidden == [], "before Python 3.12 an f-string is one word to those who extract"


def test_the_template_holds_every_sentence():
    template = ast.literal_eval("(" + _strings((ROOT / "bot" / "locale" / "earmark.pot").read_text("utf-8")) + ")")
    missing = [
        f"{name}:{argument.lineno} {argument.value}"
        for name, tree in modules("bot", "cogs")
        for call in lookups(tree)
        for argument in call.args
        if isinstance(argument, ast.Constant) and argument.value not in template and isinstance(argument.value, str)
    ]
    assert missing == [], "run .ci/catalogue"


def _strings(template: str) -> str:
    """A .pot's strings as Python's."""
    lines = [line for line in template.splitlines() if line and not line.startswith("#")]
    words = [line if line.startswith('"') else ", " + line.partition(" ")[2] for line in lines]
    return " ".join(words).lstrip(", ") + ","
