"""Shared by all tests: in CI a skip is a failure; `--hypothesis-profile long` tries 10,000 inputs instead of 100."""

from hypothesis import Phase, settings

pytest_plugins = ["tests.shuffled", "tests.strict_skips"]

settings.register_profile("long", max_examples=10_000, deadline=None)
settings.register_profile("default", deadline=None)  # a busy machine is slow, and that is no fault
# That a test fails is all that tests.bench.mutants asks, not on how small an example.
settings.register_profile("mutants", phases=[Phase.explicit, Phase.generate], deadline=None)
settings.load_profile("default")
