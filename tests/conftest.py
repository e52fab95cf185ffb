"""What all tests share: hypothesis profiles, which skips CI allows, the demo desk, and the sample desks if they are there."""

from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

from deskgate.demo import DemoDesk, write_demo

# `make test` is the same on every run; `make test-long` searches (--hypothesis-profile long).
settings.register_profile("quick", max_examples=20, derandomize=True, deadline=None, database=None)
settings.register_profile("long", max_examples=500, deadline=None, database=None, print_blob=True)
settings.load_profile("quick")

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "data"
# The sample desks are not part of the repository, so that CI may lack them. Every other skip there is a mistake.
EXPECTED_SKIPS = ("the sample desks are not there",)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fail-on-skip", action="store_true", help="a skip that CI does not expect is a failure")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and item.config.getoption("--fail-on-skip") and not hasattr(report, "wasxfail"):
        reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not any(expected in reason for expected in EXPECTED_SKIPS):
            report.outcome, report.longrepr = "failed", f"skipped in CI: {reason}"
    return report


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoDesk:
    """The default demo desk; tests read it and never write to it."""
    return write_demo(tmp_path_factory.mktemp("demo") / "desk")


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of sample desks."""
    if not SAMPLES.is_dir():
        pytest.skip(f"the sample desks are not there ({SAMPLES})")
    return SAMPLES
