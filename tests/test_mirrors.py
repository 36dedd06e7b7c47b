"""Every step, cog and store has a file of tests that a stranger finds."""

from itertools import chain

from tests.mirrors import ELSEWHERE, ROOT, mirror, of_its_name

MODULES = [
    path.relative_to(ROOT).as_posix()
    for path in sorted(chain.from_iterable((ROOT / folder).glob("*.py") for folder in ("bot/flow", "cogs", "storage")))
    if path.name != "__init__.py"
]


def test_every_flow_cog_and_storage_module_has_its_mirror():
    assert [module for module in MODULES if not (ROOT / mirror(module)).exists()] == []


def test_nothing_is_said_of_modules_that_are_gone_or_have_a_file_of_their_own():
    stale = [name for name in ELSEWHERE if not (ROOT / name).exists() or (ROOT / of_its_name(name)).exists()]
    assert stale == []
