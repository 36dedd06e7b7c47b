"""A pytest plugin: with EARMARK_CI set, a skipped test fails the run, for CI installs all that a test needs."""

import os
from collections.abc import Generator
from typing import TypeVar

import pytest

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def _strict(report: Report, *, may_skip: bool = False) -> Report:
    if not may_skip and os.environ.get("EARMARK_CI") and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"in CI a skip is a failure: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _strict((yield), may_skip=item.get_closest_marker("may_skip") is not None)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Catch files that skip themselves as a whole."""
    return _strict((yield))
