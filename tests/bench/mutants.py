"""Small faults set into the code, one at a time: do the tests notice?

    uv run python -m tests.bench.mutants --count 40 --seed 1

Draws mutants of the modules on which results rest, runs on each the tests that mirror its module, in a copy of the
project, and prints who survived and the share that was killed. Nothing here changes a file of the project.
"""

import argparse
import ast
import copy
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.mirrors import ROOT, mirror

MODULES = (
    "bot/taste/kernel.py",
    "bot/taste/group_rules.py",
    "bot/flow/rate.py",
    "storage/ratings.py",
    "bot/flow/session.py",
)
# Why no test can tell: each bounds the effort alone.
EQUIVALENT = {
    "bot/taste/group_rules.py : 1000 -> 2000": "more tracks are looked at, of which the first 1,000 hold the best",
    "bot/taste/group_rules.py : 200 -> 400": "a search ends long before, where no swap helps",
    "bot/taste/kernel.py : 16000 -> 32000": "distances come out the same in larger parts",
    "bot/flow/rate.py : 500 -> 1000": "more orders are kept, which would be made again",
}

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Add, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    module: str
    line: int
    function: str
    before: str
    after: str
    source: str  # of the whole module

    @property
    def name(self) -> str:
        """What stays the same while lines move."""
        return f"{self.module} {self.function}: {self.before} -> {self.after}"


def changed(node: ast.AST) -> Iterator[ast.AST]:
    """The faults that a hand could make here, each in a copy of the node."""
    match node:
        case ast.Compare(ops=[operator, *_]) if type(operator) in COMPARED:
            yield _with(node, ops=[COMPARED[type(operator)](), *node.ops[1:]])
        case ast.BinOp(op=operator) | ast.AugAssign(op=operator) if type(operator) in COMPUTED:
            yield _with(node, op=COMPUTED[type(operator)]())
        case ast.BoolOp(op=operator):
            yield _with(node, op=ast.Or() if isinstance(operator, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(2 * value if abs(value) > 1 or value % 1 else value + 1)
        case ast.IfExp():
            yield _with(node, body=node.orelse, orelse=node.body)
        case ast.If() | ast.While():
            yield _with(node, test=ast.UnaryOp(ast.Not(), node.test))
        case ast.Expr(value=ast.Call() | ast.Await()) | ast.Raise():
            yield ast.Pass()
        case ast.Return(value=ast.expr()):
            yield ast.Return(ast.Constant(None))
        case ast.Break():
            yield ast.Continue()
        case _:
            pass


def _with(node: ast.AST, **fields: object) -> ast.AST:
    return type(node)(**{**dict(ast.iter_fields(node)), **fields})


def mutants(module: str) -> Iterator[Mutant]:
    """All mutants of a module; types, documentation and what is logged are left alone."""
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    for parent, field, place, function in _places(tree, ""):
        held = getattr(parent, field)
        node = held if place is None else held[place]
        for other in changed(node):
            _put(parent, field, place, ast.copy_location(other, node))
            source = ast.unparse(ast.fix_missing_locations(copy.deepcopy(tree)))
            _put(parent, field, place, node)
            yield Mutant(module, node.lineno, function, _short(node), _short(other), source)


def _places(node: ast.AST, function: str) -> Iterator[tuple[ast.AST, str, int | None, str]]:
    """Where an expression or a statement stands: its parent, the field, the place in it, and the function around."""
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list", "keywords" if _is_dataclass(node) else ""}:
            continue
        for place, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or _says_nothing(child):
                continue
            named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            inside = child.name if named else function
            if hasattr(child, "lineno"):
                yield node, field, place, inside
            yield from _places(child, inside)


def _is_dataclass(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) in {"dataclass", "field"}


def _says_nothing(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and ast.unparse(node.value).startswith(("'", '"', "log.", "log("))


def _put(parent: ast.AST, field: str, place: int | None, node: ast.AST) -> None:
    if place is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[place] = node


def _short(node: ast.AST) -> str:
    return ast.unparse(ast.fix_missing_locations(copy.deepcopy(node))).partition("\n")[0][:100]


class Copy:
    """The project in a folder of its own, where a module can be replaced and its tests run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in ("bot", "cogs", "storage", "tests"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)

    def passes(self, module: str, seconds: float | None = None) -> bool:
        """Whether the module's tests pass; those that do not end in time do not."""
        command = [sys.executable, "-m", "pytest", "-n", "0", "-x", "-q", "-p", "no:cacheprovider"]
        command += ["--hypothesis-profile", "mutants", mirror(module)]
        # Without compiled files: one of before would be taken for the mutant's where size and second are the same.
        run = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(self._folder)}
        try:
            return not subprocess.run(
                command, cwd=self._folder, env=run, capture_output=True, timeout=seconds, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            return False

    def survives(self, mutant: Mutant, seconds: float) -> bool:
        path = self._folder / mutant.module
        good = path.read_text(encoding="utf-8")
        path.write_text(mutant.source, encoding="utf-8")
        try:
            return self.passes(mutant.module, seconds)
        finally:
            path.write_text(good, encoding="utf-8")


def sample(modules: list[str], count: int, seed: int) -> list[Mutant]:
    """As many of each module, drawn with a seed and in an order that visits the modules in turn."""
    chance = random.Random(seed)
    each = -(-count // len(modules))
    everyone = [list(mutants(module)) for module in modules]
    drawn = [chance.sample(some, min(each, len(some))) for some in everyone]
    turns = [mutant for turn in range(each) for some in drawn for mutant in some[turn : turn + 1]]
    return turns[:count]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", default=list(MODULES), help="paths from the root")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=30, help="begin no mutant after this")
    parser.add_argument("--only", default="", help="of those drawn, the ones whose name holds this")
    options = parser.parse_args()
    began, tally = time.monotonic(), {"killed": 0, "survived": 0, "equivalent": 0}
    with tempfile.TemporaryDirectory() as folder:
        project, patience = Copy(Path(folder)), dict[str, float]()
        for mutant in sample(options.modules, options.count, options.seed):
            if options.only not in mutant.name:
                continue
            if time.monotonic() - began > 60 * options.minutes:
                print("time is over")
                break
            if mutant.module not in patience:
                start = time.monotonic()
                if not project.passes(mutant.module):
                    sys.exit(f"{mirror(mutant.module)} fails without a mutant")
                patience[mutant.module] = 20 + 4 * (time.monotonic() - start)
            if mutant.name in EQUIVALENT:
                outcome = "equivalent"
            else:
                outcome = "survived" if project.survives(mutant, patience[mutant.module]) else "killed"
            tally[outcome] += 1
            print(f"{outcome:10} {mutant.name} (line {mutant.line})", flush=True)
    judged = tally["killed"] + tally["survived"]
    print(", ".join(f"{number} {outcome}" for outcome, number in tally.items()), end="")
    print(f": {tally['killed'] / judged:.0%} killed" if judged else "")


if __name__ == "__main__":
    main()
