"""What all tests share: hypothesis profiles, which skips CI allows, and whole desks, each made once for all workers."""

import os
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from deskgate.assessment import judge, replay
from deskgate.audit.keys import ENVIRONMENT
from deskgate.demo import DemoDesk, write_demo
from deskgate.reports.execution import runner, workers
from deskgate.reports.views import registry
from deskgate.run import daily
from webhook import Webhook
from whole_desks import SAMPLES, IngestedDesk, JudgeInProcess, ingest_once, narrow

# Tests of what this file does to a run of pytest need it.
pytest_plugins = ["pytester"]

# `make test` is the same on every run; `make test-long` searches (--hypothesis-profile long).
settings.register_profile("quick", max_examples=10, derandomize=True, deadline=None, database=None)
settings.register_profile("long", max_examples=500, deadline=None, database=None, print_blob=True)
settings.load_profile("quick")

# The sample desks are not part of the repository, so that CI may lack them. Every other skip there is a mistake.
EXPECTED_SKIPS = ("the sample desks are not",)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fail-on-skip", action="store_true", help="a skip that CI does not expect is a failure")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the tests that start kernels, and put the group of a test into its id.

    Tests with kernels take longest, and no worker is to be left with one at the end. The group: pytest-xdist 3.8 writes it where
    pytest 9.2 no longer reads it.
    """
    items.sort(key=_starts_no_kernel)
    for item in items if getattr(config.option, "loadgroup", False) else ():
        for mark in item.iter_markers("xdist_group"):
            if "@" not in item.nodeid.rpartition("]")[2]:
                item._id = type(item._id).parse(f"{item.nodeid}@{mark.args[0]}")


@pytest.fixture
def channel() -> Iterator[Webhook]:
    """A webhook that takes alerts."""
    made = Webhook()
    yield made
    made.close()


def _starts_no_kernel(item: pytest.Item) -> bool:
    # A notebook run by nbmake is no function.
    return isinstance(item, pytest.Function) and "patient_kernels" not in item.fixturenames


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test or a fixture that was skipped against expectation."""
    report = yield
    if not hasattr(report, "wasxfail"):
        _refuse_skip(report, item.config)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a module that was skipped against expectation."""
    report = yield
    _refuse_skip(report, collector.config)
    return report


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport, config: pytest.Config) -> None:
    if report.skipped and config.getoption("--fail-on-skip"):
        reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not any(expected in reason for expected in EXPECTED_SKIPS):
            report.outcome, report.longrepr = "failed", f"skipped in CI: {reason}"


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of this run that all its workers share."""
    mine = tmp_path_factory.getbasetemp()
    return mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine


def _demo_once(folder: Path, **options: int | str) -> DemoDesk:
    with FileLock(f"{folder}.lock"):
        return write_demo(folder, **options)  # type: ignore[arg-type]  # each of its own type


@pytest.fixture(scope="session")
def demo(shared: Path) -> DemoDesk:
    """The default demo desk; tests read it and never write to it."""
    return _demo_once(shared / "demo")


@pytest.fixture(scope="session")
def one_day_demo(shared: Path) -> DemoDesk:
    """The demo desk of one day; tests that change a desk take a copy."""
    return _demo_once(shared / "one_day_demo", days=1)


@pytest.fixture(scope="session")
def one_bot_demo(one_day_demo: DemoDesk, shared: Path) -> DemoDesk:
    """Its live bot alone, compared with no other: for tests of what a run does whatever the desk; it takes a third of the time."""
    folder = shared / "one_bot_demo"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            narrow(one_day_demo.folder, folder, "bot1")
    return DemoDesk(folder, one_day_demo.first_day, one_day_demo.last_day)


@pytest.fixture(scope="session")
def faulty_demo(shared: Path) -> DemoDesk:
    """The demo desk of two days, the second one with a fault of each kind; tests read it and never write to it."""
    return _demo_once(shared / "faulty_demo", days=2, faults="all")


@pytest.fixture(scope="session")
def ingested_demo(demo: DemoDesk, shared: Path) -> IngestedDesk:
    """The default demo desk in its store, its configuration frozen when it opened."""
    return ingest_once(demo.folder, shared / "demo_out", frozen_at=datetime(2026, 3, 2, 7, tzinfo=UTC))


@pytest.fixture(scope="session")
def ingested_one_day_demo(one_day_demo: DemoDesk, shared: Path) -> IngestedDesk:
    """The demo desk of one day in its store."""
    return ingest_once(one_day_demo.folder, shared / "one_day_demo_out")


@pytest.fixture(scope="session")
def ingested_one_bot_demo(one_bot_demo: DemoDesk, shared: Path) -> IngestedDesk:
    """The demo desk of one day and one bot in its store."""
    return ingest_once(one_bot_demo.folder, shared / "one_bot_demo_out")


@pytest.fixture(scope="session")
def ingested_faulty_demo(faulty_demo: DemoDesk, shared: Path) -> IngestedDesk:
    """The faulty demo desk in its store."""
    return ingest_once(faulty_demo.folder, shared / "faulty_demo_out")


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of sample desks."""
    if not SAMPLES.is_dir():
        pytest.skip(f"the sample desks are not there ({SAMPLES})")
    return SAMPLES


@pytest.fixture(scope="session")
def ingested_sample(samples: Path, shared: Path) -> Callable[[str], IngestedDesk]:
    """Return a sample desk in its store, by name."""
    kept: dict[str, IngestedDesk] = {}

    def ingested(name: str) -> IngestedDesk:
        if name not in kept:
            kept[name] = ingest_once(samples / name, shared / f"{name}_out")
        return kept[name]

    return ingested


@pytest.fixture(scope="session", autouse=True)
def _no_keys_of_a_person(shared: Path) -> None:
    """Let no test see or make an audit key in the home of whoever runs it; processes that tests start neither."""
    os.environ["XDG_CONFIG_HOME"] = str(shared / "config")
    os.environ.pop(ENVIRONMENT, None)


@pytest.fixture
def judge_in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs of this process evaluate their gates in it; the run of the real command keeps its own process for it."""
    monkeypatch.setattr(judge, "Judge", JudgeInProcess)


@pytest.fixture
def assessed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs of this process assess their day once; that a second time gives the same bytes has tests of its own."""
    monkeypatch.setattr(replay, "replays", lambda *_: [])


@pytest.fixture
def without_notebooks(judge_in_process: None, assessed_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run of this process execute no notebook and compute nothing for one: what is looked at is what it does beside them."""
    monkeypatch.setattr(daily, "NOTEBOOKS", ())
    # The run itself says what blocks.
    monkeypatch.setattr(registry, "VIEWS", {"blocking_causes": registry.VIEWS["blocking_causes"]})


@pytest.fixture
def patient_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give kernels of this process the time that a busy machine needs."""
    monkeypatch.setattr(workers, "START_S", 3600)
    monkeypatch.setattr(runner, "OUTPUTS_S", 3600)
