"""Whatever work makes is kept only while its person has not been erased, and no method lets that be forgotten."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import storage

AT_ONCE = {
    "storage/listeners.py": "`ensure` itself",
    "storage/ratings.py": "clicks: written the moment they come",
    "storage/sessions.py": "clicks",
    "storage/sharing.py": "a choice that is made with the command",
}


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    root = Path(inspect.getfile(storage)).parent
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield str(path.relative_to(root.parent)), node


def test_what_keeps_the_outcome_of_work_cannot_be_called_without_when_the_work_began():
    optional: list[str] = []
    for path, function in functions():
        for argument in (*function.args.args, *function.args.kwonlyargs):
            if argument.annotation is not None and "Began" in (kind := ast.unparse(argument.annotation)):
                optional += [f"{path}: {function.name}"] * (kind != "Began")
    assert optional == []


def test_only_what_is_written_at_once_makes_a_person_known_without_it():
    using = {path for path, function in functions() if "ensure_now(" in ast.unparse(function)}
    assert using == AT_ONCE.keys()
