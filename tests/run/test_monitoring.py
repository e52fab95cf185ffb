"""The file of metrics: an old GO never outlives a run that failed, was killed or was refused."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError, RunError, StepError
from deskgate.reports.monitoring.textfile import read_samples
from deskgate.run import monitoring
from deskgate.run.monitoring import DEFAULT, Monitor, metrics_file, withdraw
from deskgate.run.status import DeskStatus

from .alerting import a_desk

DAY, NOON = date(2026, 3, 4), datetime(2026, 3, 5, 12, tzinfo=UTC)
GO = {
    "decision": "GO",
    "date": "2026-03-04",
    "run_id": "r1",
    "blockers": [],
    "provisional": False,
    "as_of": "2026-03-05T00:00:00Z",
    "expires_at": "2026-03-06T00:00:00Z",
}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return load_desk(a_desk(tmp_path / "desk"))


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def monitor(desk: Desk, tmp_path: Path, notes: list[str]) -> Monitor:
    out = tmp_path / "out"
    return Monitor(desk, out, metrics_file(desk, out), lambda: NOON, notes.append)


def decided(monitor: Monitor, day: date = DAY, **changes: object) -> None:
    file = monitor.out / str(day) / "decision.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(GO | {"date": str(day)} | changes))


def values(file: Path) -> dict[str, float]:
    return {
        " ".join((each.name.removeprefix("deskgate_"), *each.labels[1:])): each.value for each in read_samples(file)
    }


def stands(file: Path) -> tuple[str, float]:
    """Return the one word that the file has, and whether a GO holds."""
    found = values(file)
    (word,) = [name.split()[1] for name, value in found.items() if name.startswith("decision ") and value]
    return word, found["decision_holds"]


@pytest.fixture
def after_go(monitor: Monitor) -> Monitor:
    decided(monitor)
    with monitor.running(DAY, {}):
        pass
    monitor.ended(0, {"ingest": 2.0, "04_parity": 9.0})
    assert stands(monitor.file) == ("GO", 1)
    return monitor


def test_run_that_ended_says_when_how_and_how_long(after_go: Monitor) -> None:
    found = values(after_go.file)
    assert found["run_begun_timestamp_seconds"] == found["run_ended_timestamp_seconds"] == NOON.timestamp()
    assert (found["run_exit_code"], found["run_stage_seconds ingest"]) == (0, 2)
    assert "run_stage_seconds 04_parity" not in found
    assert found["expires_timestamp_seconds"] == datetime(2026, 3, 6, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("raised", "day", "stood"),
    [
        (InputError("x"), DAY, ("none", 0)),
        (InputError("x"), date(2026, 3, 5), ("none", 0)),
        (KeyboardInterrupt(), DAY, ("none", 0)),
        (RunError("x"), DAY, ("none", 0)),
        (ZeroDivisionError(), DAY, ("none", 0)),
        # An older day says nothing of the last one.
        (InputError("x"), date(2026, 3, 3), ("GO", 1)),
    ],
)
def test_run_that_failed_withdraws_the_go_that_it_was_to_replace(
    after_go: Monitor, raised: BaseException, day: date, stood: tuple[str, float]
) -> None:
    with pytest.raises(type(raised)), after_go.running(day, {"ingest": 1.0}):
        raise raised
    assert stands(after_go.file) == stood
    assert values(after_go.file)["run_exit_code"] == getattr(raised, "exit_code", 3)


def test_step_that_failed_shows_the_decision_that_names_it(after_go: Monitor) -> None:
    def fail() -> None:
        decided(after_go, decision="STOP")
        raise StepError("x", "checks", "y")

    with pytest.raises(StepError), after_go.running(DAY, {}):
        fail()
    assert stands(after_go.file) == ("STOP", 0)


def test_stop_is_not_withdrawn_by_a_run_that_is_refused(monitor: Monitor) -> None:
    decided(monitor, decision="STOP")
    with pytest.raises(InputError), monitor.running(DAY, {}):
        raise InputError("x")
    assert stands(monitor.file) == ("STOP", 0)


def test_run_that_is_killed_has_begun_and_not_ended(after_go: Monitor, desk: Desk) -> None:
    later = Monitor(desk, after_go.out, after_go.file, lambda: NOON.replace(hour=13), print)
    with later.running(DAY, {}):
        found = values(after_go.file)
    assert found["run_begun_timestamp_seconds"] > found["run_ended_timestamp_seconds"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda monitor: decided(monitor, expires_at="2026-03-05T11:00:00Z"),
        lambda monitor: decided(monitor, expires_at=None),
        lambda monitor: decided(monitor, date(2026, 3, 5), provisional=True, blockers=[{}]),
        lambda monitor: (monitor.out / str(DAY) / "decision.json").write_text("{"),
        lambda monitor: (monitor.out / str(DAY) / "decision.json").unlink(),
    ],
)
def test_go_that_cannot_be_shown_does_not_hold(after_go: Monitor, spoil: Callable[[Monitor], Any]) -> None:
    spoil(after_go)
    after_go.ended(0, {})
    assert stands(after_go.file)[1] == 0


def test_failure_to_make_the_metrics_leaves_no_go(
    after_go: Monitor, notes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(monitoring, "day_samples", broken)
    after_go.ended(0, {})
    assert stands(after_go.file) == ("none", 0)
    assert "cannot be made, ZeroDivisionError" in notes[0]


@pytest.mark.parametrize(
    ("status", "stood"),
    [
        (DeskStatus(GO, "GO", ()), ("GO", 1)),
        (DeskStatus(GO, "GO", ("it expired",)), ("GO", 0)),
        (DeskStatus(GO, "HOLD", ()), ("HOLD", 0)),
        (None, ("GO", 0)),
        # Of another run: one has published since.
        (DeskStatus(GO | {"run_id": "r0"}, "HOLD", ("it expired",)), ("GO", 1)),
    ],
)
def test_look_says_whether_the_decision_holds(
    after_go: Monitor, status: DeskStatus | None, stood: tuple[str, float]
) -> None:
    after_go.looked(status)
    assert stands(after_go.file) == stood
    assert values(after_go.file)["run_exit_code"] == 0


def test_look_makes_the_file_where_no_run_has(monitor: Monitor) -> None:
    monitor.out.mkdir()
    monitor.looked(DeskStatus(None, None, ("no decision is there",)))
    assert stands(monitor.file) == ("none", 0)


def test_refused_run_makes_no_folder_and_an_unwritable_file_is_a_note(
    monitor: Monitor, desk: Desk, tmp_path: Path, notes: list[str]
) -> None:
    with pytest.raises(InputError), monitor.running(DAY, {}):
        raise InputError("x")
    assert (monitor.out.exists(), notes) == (False, [])
    (tmp_path / "file").write_text("")
    lost = Monitor(desk, monitor.out, tmp_path / "file" / "deskgate.prom", lambda: NOON, notes.append)
    lost.ended(0, {})
    assert "the metrics cannot be written" in notes[0]


def test_file_of_a_desk_that_cannot_be_read_has_no_go(after_go: Monitor, notes: list[str]) -> None:
    withdraw(after_go.file, notes.append)
    assert stands(after_go.file) == ("none", 0)
    assert values(after_go.file)["run_exit_code"] == 0
    withdraw(after_go.out / "absent.prom", notes.append)
    assert notes == []


def test_file_is_the_given_one_else_that_of_desk_toml_else_in_out(desk: Desk, tmp_path: Path) -> None:
    assert metrics_file(desk, tmp_path) == tmp_path / DEFAULT
    named = desk.model_copy(update={"textfile": "prom/d.prom"})
    assert metrics_file(named, tmp_path) == desk.root / "prom" / "d.prom"
    assert metrics_file(named, tmp_path, tmp_path / "x.prom") == tmp_path / "x.prom"
    with pytest.raises(InputError, match=r"ends in '\.txt', expected \.prom"):
        metrics_file(desk, tmp_path, tmp_path / "x.txt")
