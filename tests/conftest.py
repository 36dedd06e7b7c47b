"""Shared by all tests: in CI a skip is a failure."""

pytest_plugins = ["tests.strict_skips"]
