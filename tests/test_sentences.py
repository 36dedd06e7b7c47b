"""Sentences stand where translators find them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
WORD = re.compile(r"[\W\d]*[^\W\d_]{2,}[^\w:=]*")
LOOKUPS = {"_", "N_", "ngettext", "ngettext_noop", "pgettext"}


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


def speaks(name: str) -> bool:
    """Whether a module is one of those that hold the sentences."""
    return name.startswith("cogs/ui/text") or name == "bot/charts/text.py"


# English: the study's report, as a whole; what operators read; a name that is stored, whoever reads it later.
ENGLISH = {
    "bot/charts/study.py",
    "bot/flow/outside.py",
    "bot/flow/study_report.py",
    "bot/serving/app.py",
    "bot/serving/doctor.py",
    "bot/serving/schedule.py",
    "bot/serving/site.py",
}


def test_no_sentence_stands_outside_the_text_modules():
    strays = [
        f"{name}:{line} {words}"
        for name, tree in modules("cogs", "bot/charts", "bot/flow", "bot/serving")
        if not speaks(name) and name not in ENGLISH
        for line, words in sentences(tree)
    ]
    assert strays == []


def test_every_sentence_of_a_text_module_can_be_translated():
    strays = [
        f"{name}:{line} {words}"
        for name, tree in modules("cogs/ui", "bot/charts")
        if speaks(name)
        for line, words in sentences(tree)
    ]
    assert strays == []


def sentences(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Literals of three words or more that are no lookup's, nor a docstring, of the log, or of a programming error."""
    aside: set[ast.AST] = set()
    for node in ast.walk(tree):
        log = (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and ast.unparse(node.func.value) == "log"
        )
        problem = isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Error")
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            aside.add(node.value)
        elif isinstance(node, ast.Raise | ast.Assert) or log or problem:
            aside.update(ast.walk(node))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns:
            aside.update(ast.walk(node.returns))  # a type in quotes
        elif isinstance(node, ast.JoinedStr):
            aside.update(part for part in node.values if isinstance(part, ast.Constant))
    for call in lookups(tree):
        aside.update(ast.walk(call))
    for node in ast.walk(tree):
        if not isinstance(node, ast.expr) or node in aside:
            continue
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        words = " ".join(part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str))
        if len([word for word in words.split() if WORD.fullmatch(word)]) >= 3:
            yield node.lineno, words
