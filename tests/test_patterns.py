"""Every regular expression stays linear in what members send, whatever they make up."""

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import pytest

import bot
import cogs
import storage

PACKAGES = (bot, cogs, storage)
SHORT, LONG = 10_000, 100_000  # letters
MOST = 20  # times the processor time, for ten times the letters
TOO_SHORT_TO_TELL = 0.002  # seconds of processor time


def modules() -> Iterator[Any]:
    for package in PACKAGES:
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__") and ".migrations." not in found.name:
                yield importlib.import_module(found.name)


def compiled() -> dict[str, re.Pattern[str]]:
    """The patterns that modules and their classes hold, also inside of dictionaries and sequences, by place."""
    places: dict[str, re.Pattern[str]] = {}
    for module in modules():
        classes = [x for x in vars(module).values() if isinstance(x, type) and x.__module__ == module.__name__]
        for holder in (module, *classes):
            for name, value in vars(holder).items():
                held = (
                    value.values()
                    if isinstance(value, dict)
                    else value
                    if isinstance(value, list | tuple)
                    else (value,)
                )
                for one in held:
                    if isinstance(one, re.Pattern) and isinstance(one.pattern, str):
                        places[f"{module.__name__}.{name}: {one.pattern}"] = one
    return places


PATTERNS = compiled()


def letters(parsed: Any) -> Iterator[str]:
    """Letters that a pattern speaks of, one for each class of them."""
    for kind, value in parsed:
        if kind in (op.LITERAL, op.NOT_LITERAL):
            yield chr(value)
        elif kind is op.RANGE:
            yield chr(value[0])
        elif kind is op.CATEGORY:
            yield {op.CATEGORY_DIGIT: "1", op.CATEGORY_SPACE: " ", op.CATEGORY_WORD: "a"}.get(value, "!")
        elif kind is op.IN:
            yield from letters(value)
        elif kind is op.BRANCH:
            yield from chain.from_iterable(letters(branch) for branch in value[1])
        elif isinstance(value, tuple):
            yield from chain.from_iterable(letters(part) for part in value if isinstance(part, _parser.SubPattern))


def words(parsed: Any) -> Iterator[str]:
    """Texts by which a pattern's ways begin: a letter for each thing, again and again."""
    text = ""
    for kind, value in parsed:
        if kind is op.BRANCH:
            for branch in value[1]:
                yield from (text + word for word in words(branch))
        elif kind in (op.SUBPATTERN, op.MAX_REPEAT, op.MIN_REPEAT):
            inner = next(words(value[-1]), "")
            yield text + inner
            text += inner
        else:
            text += next(letters([(kind, value)]), "")
        yield text


def adversarial(pattern: re.Pattern[str], length: int) -> Iterator[str]:
    """Long texts on which a matcher that goes back would go back: what the pattern knows, repeated, and no end."""
    parsed = _parser.parse(pattern.pattern, pattern.flags)
    units = {*letters(parsed), *words(parsed), "a", " ", "\n", "1"} - {""}
    for unit in sorted(units)[:60]:
        yield "a" + unit * (length // len(unit)) + "\x01"
        yield unit * (length // len(unit))
    for unit in sorted(u for u in units if len(u) > 1)[:10]:
        yield unit[:-1] + unit[-1] * length + "\x01"
        yield (unit + " ") * (length // (len(unit) + 1))


def seconds(pattern: re.Pattern[str], text: str, enough: float = TOO_SHORT_TO_TELL) -> float:
    """The processor time of looking everywhere in a text, and at its whole: the best of five, or the first below."""
    best = float("inf")
    for _ in range(5):
        began = time.process_time()
        pattern.sub("", text)
        pattern.fullmatch(text)
        best = min(best, time.process_time() - began)
        if best <= enough:
            break
    return best


@pytest.mark.parametrize("place", sorted(PATTERNS))
def test_ten_times_the_letters_take_no_more_than_twenty_times_the_time(place: str):
    pattern = PATTERNS[place]
    for short, long in zip(adversarial(pattern, SHORT), adversarial(pattern, LONG), strict=True):
        base = max(seconds(pattern, short), TOO_SHORT_TO_TELL)
        assert base < 0.1, repr(short[:40])  # so that one which is not linear does not hold the suite for minutes
        assert seconds(pattern, long, MOST * base) <= MOST * base, repr(short[:40])


def test_the_measure_finds_patterns_that_go_back():
    """Three that stood in this program once."""
    for source in (r"\s+[-–—]\s+", r"\s+[-(\[].*\b(live|mix)\b.*$", r"!\[([^\]]*)\]\(([^)]+)\)"):
        pattern = re.compile(source)
        assert any(seconds(pattern, text) > 0.1 for text in adversarial(pattern, SHORT)), source


def test_patterns_are_compiled_where_they_are_found_and_nowhere_else():
    for path in chain.from_iterable(Path(package.__path__[0]).rglob("*.py") for package in PACKAGES):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        within = {id(node) for function in functions for node in ast.walk(function)}
        for node in ast.walk(tree):
            match node:
                case ast.ImportFrom(module="re"):
                    pytest.fail(f"{path}:{node.lineno} hides where patterns are compiled")
                case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=name)):
                    compiles = name == "compile" and id(node) not in within
                    assert compiles or name == "escape", f"{path}:{node.lineno} compiles inline"
                case _:
                    pass
