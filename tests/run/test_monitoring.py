"""The file of metrics: an old GO never outlives a run that failed, was killed or was refused."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError, RunError, StepError
from deskgate.reports.monitoring.textfile import read_samples
from deskgate.run import monitoring
from deskgate.run.day_folder import alerting_alone
from deskgate.run.monitoring import DEFAULT, LOCK, Monitor, metrics_file, withdraw
from deskgate.run.status import DeskStatus, read_or_none

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


def broken(*_: object, **__: object) -> None:
    raise ZeroDivisionError


def stands(file: Path) -> tuple[str, float]:
    """Return the one word that the file has, and whether a GO holds."""
    found = values(file)
    (word,) = [name.split()[1] for name, value in found.items() if name.startswith("decision ") and value]
    return word, found["decision_holds"]


@pytest.fixture(autouse=True)
def lapsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return why the last decision lapsed, as `desk_status` says: these desks have no store."""
    reasons: list[str] = []

    def status(_: Desk, out: Path, *__: object, **___: object) -> DeskStatus:
        decision = read_or_none(out / str(DAY) / "decision.json")
        return DeskStatus(decision, str((decision or {}).get("decision")), tuple(reasons))

    monkeypatch.setattr(monitoring, "desk_status", status)
    return reasons


def failed(monitor: Monitor, raised: BaseException, day: date | None) -> None:
    """Let a run of a day fail."""
    monitor.day = day
    with pytest.raises(type(raised)), monitor.running({"ingest": 1.0}):
        raise raised


@pytest.fixture
def after_go(monitor: Monitor) -> Monitor:
    decided(monitor)
    with monitor.running({}):
        monitor.day = DAY
    monitor.ended(0, {"ingest": 2.0, "04_parity": 9.0}, "r1")
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
        # Refused before it was known of which day it is.
        (InputError("x"), None, ("none", 0)),
        # An older day says nothing of the last one.
        (InputError("x"), date(2026, 3, 3), ("GO", 1)),
    ],
)
def test_run_that_failed_withdraws_the_go_that_it_was_to_replace(
    after_go: Monitor, raised: BaseException, day: date | None, stood: tuple[str, float]
) -> None:
    failed(after_go, raised, day)
    assert stands(after_go.file) == stood
    assert values(after_go.file)["run_exit_code"] == getattr(raised, "exit_code", 3)


def test_step_that_failed_shows_the_decision_that_names_it(after_go: Monitor) -> None:
    def fail() -> None:
        decided(after_go, decision="STOP")
        raise StepError("x", "checks", "y")

    after_go.day = DAY
    with pytest.raises(StepError), after_go.running({}):
        fail()
    assert stands(after_go.file) == ("STOP", 0)


def test_stop_is_not_withdrawn_by_a_run_that_is_refused(monitor: Monitor) -> None:
    decided(monitor, decision="STOP")
    failed(monitor, InputError("x"), DAY)
    assert stands(monitor.file) == ("STOP", 0)


def test_run_that_is_killed_has_begun_and_not_ended(after_go: Monitor, desk: Desk) -> None:
    later = Monitor(desk, after_go.out, after_go.file, lambda: NOON.replace(hour=13), print)
    with later.running({}):
        found = values(after_go.file)
    assert found["run_begun_timestamp_seconds"] > found["run_ended_timestamp_seconds"]


@pytest.mark.parametrize(
    ("spoil", "stood"),
    [
        (lambda monitor: decided(monitor, decision="HOLD"), ("HOLD", 0)),
        (lambda monitor: (monitor.out / str(DAY) / "decision.json").write_text("{"), ("none", 0)),
        (lambda monitor: (monitor.out / str(DAY) / "decision.json").unlink(), ("none", 0)),
    ],
)
def test_go_that_cannot_be_shown_does_not_hold(
    after_go: Monitor, spoil: Callable[[Monitor], Any], stood: tuple[str, float]
) -> None:
    spoil(after_go)
    after_go.ended(0, {}, "r1")
    assert stands(after_go.file) == stood


def test_go_of_this_run_holds_only_where_status_says_so(after_go: Monitor, lapsed: list[str]) -> None:
    lapsed.append("an incident is open")
    after_go.ended(0, {}, "r1")
    assert stands(after_go.file) == ("GO", 0)


def test_look_asks_status(after_go: Monitor, lapsed: list[str]) -> None:
    for reasons, holds in ((["desk.toml changed"], 0), ([], 1)):
        lapsed[:] = reasons
        after_go.look()
        assert stands(after_go.file) == ("GO", holds)


def test_status_that_fails_leaves_no_go_that_holds(
    after_go: Monitor, notes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitoring, "desk_status", broken)
    after_go.ended(0, {}, "r1")
    assert stands(after_go.file) == ("GO", 0)
    assert "nobody can tell whether the decision holds" in notes[0]


def test_withdrawn_go_does_not_come_back_by_a_run_of_an_older_day(after_go: Monitor) -> None:
    failed(after_go, InputError("x"), date(2026, 3, 5))
    after_go.ended(1, {}, "r0")
    assert stands(after_go.file) == ("none", 0)
    after_go.ended(0, {}, "r1")
    assert stands(after_go.file) == ("GO", 1)


def test_lapsed_go_does_not_hold_again_by_a_run_of_an_older_day(after_go: Monitor) -> None:
    after_go.looked(DeskStatus(GO, "GO", ("an incident is open",)), NOON)
    after_go.ended(1, {}, "r0")
    assert stands(after_go.file) == ("GO", 0)


def test_run_of_an_older_day_lowers_a_go_that_lapsed(after_go: Monitor, lapsed: list[str]) -> None:
    after_go.ended(1, {}, "r0")
    assert stands(after_go.file) == ("GO", 1)
    lapsed.append("desk.toml changed")
    after_go.ended(1, {}, "r0")
    assert stands(after_go.file) == ("GO", 0)


def test_failure_to_make_the_metrics_leaves_no_go(
    after_go: Monitor, notes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitoring, "day_samples", broken)
    after_go.ended(0, {}, "r1")
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
    after_go.looked(status, NOON)
    assert stands(after_go.file) == stood
    assert values(after_go.file)["run_exit_code"] == 0


def test_look_makes_the_file_where_no_run_has(monitor: Monitor) -> None:
    monitor.out.mkdir()
    monitor.looked(DeskStatus(None, None, ("no decision is there",)), NOON)
    assert stands(monitor.file) == ("none", 0)


@pytest.mark.parametrize("status", [None, DeskStatus(None, None, ("no decision is there",))])
def test_look_at_a_folder_that_is_gone_leaves_a_stop(monitor: Monitor, status: DeskStatus | None) -> None:
    decided(monitor, decision="STOP")
    monitor.ended(1, {}, "r1")
    (monitor.out / str(DAY) / "decision.json").unlink()
    monitor.looked(status, NOON)
    assert stands(monitor.file) == ("STOP", 0)
    monitor.ended(1, {}, "r0")
    assert stands(monitor.file) == ("STOP", 0)


def test_look_that_began_before_a_refused_run_does_not_bring_its_go_back(after_go: Monitor) -> None:
    failed(after_go, InputError("x"), DAY)
    after_go.looked(DeskStatus(GO, "GO", ()), NOON - timedelta(seconds=1))
    assert stands(after_go.file) == ("none", 0)
    after_go.looked(DeskStatus(GO, "GO", ()), NOON)
    assert stands(after_go.file) == ("GO", 1)


def test_refused_run_makes_no_folder_and_an_unwritable_file_is_a_note(
    monitor: Monitor, desk: Desk, tmp_path: Path, notes: list[str]
) -> None:
    failed(monitor, InputError("x"), DAY)
    assert (monitor.out.exists(), notes) == (False, [])
    (tmp_path / "file").write_text("")
    lost = Monitor(desk, monitor.out, tmp_path / "file" / "deskgate.prom", lambda: NOON, notes.append)
    lost.ended(0, {}, "r1")
    assert "the metrics cannot be written" in notes[0]


@pytest.mark.parametrize(("word", "stood"), [("GO", "none"), ("HOLD", "HOLD"), ("STOP", "STOP")])
def test_file_of_a_desk_that_cannot_be_read_has_no_go_and_keeps_a_stop(
    monitor: Monitor, notes: list[str], word: str, stood: str
) -> None:
    decided(monitor, decision=word)
    monitor.ended(1, {"ingest": 2.0}, "r1")
    withdraw(monitor.out, None, lambda: NOON.replace(hour=13), notes.append, 2)
    found = values(monitor.file)
    assert stands(monitor.file) == (stood, 0)
    assert (found["run_exit_code"], "run_stage_seconds ingest" in found) == (2, False)
    assert found["run_begun_timestamp_seconds"] == found["run_ended_timestamp_seconds"] == NOON.timestamp() + 3600
    withdraw(monitor.out, monitor.out / "absent.prom", lambda: NOON, notes.append)
    assert (notes, (monitor.out / "absent.prom").exists()) == ([], False)


def test_look_that_cannot_read_the_desk_says_nothing_of_a_run(after_go: Monitor, notes: list[str]) -> None:
    withdraw(after_go.out, None, lambda: NOON.replace(hour=13), notes.append)
    found = values(after_go.file)
    assert (stands(after_go.file), found["run_exit_code"]) == (("none", 0), 0)
    assert found["run_ended_timestamp_seconds"] == NOON.timestamp()


@pytest.mark.parametrize(
    "more", ["deskgate_of_a_newer_version 1\n", 'deskgate_soak_clean_hours{desk="d",pair="x"} 1\n']
)
def test_gauge_of_another_version_keeps_no_go(after_go: Monitor, notes: list[str], more: str) -> None:
    after_go.file.write_text(after_go.file.read_text() + more)
    withdraw(after_go.out, None, lambda: NOON, notes.append, 2)
    assert (stands(after_go.file), notes) == (("none", 0), [])


@pytest.mark.parametrize("text", ['deskgate_decision{desk="d",decision="GO"} 1\ndeskgate_dec{', "\udcff"])
def test_file_of_which_nothing_can_be_read_is_emptied(after_go: Monitor, notes: list[str], text: str) -> None:
    after_go.file.write_bytes(text.encode(errors="surrogateescape"))
    withdraw(after_go.out, None, lambda: NOON, notes.append, 2)
    assert (after_go.file.read_text(), notes) == ("", [])


def test_withdrawal_waits_for_who_writes_the_file(after_go: Monitor) -> None:
    with alerting_alone(after_go.out, LOCK):
        waiting = Thread(target=withdraw, args=(after_go.out, None, lambda: NOON, print, 2))
        waiting.start()
        waiting.join(0.2)
        assert (waiting.is_alive(), stands(after_go.file)) == (True, ("GO", 1))
    waiting.join()
    assert stands(after_go.file) == ("none", 0)


def test_file_is_the_given_one_else_that_of_desk_toml_else_in_out(desk: Desk, tmp_path: Path) -> None:
    assert metrics_file(desk, tmp_path) == tmp_path / DEFAULT
    named = desk.model_copy(update={"textfile": "prom/d.prom"})
    assert metrics_file(named, tmp_path) == desk.root / "prom" / "d.prom"
    assert metrics_file(named, tmp_path, tmp_path / "x.prom") == tmp_path / "x.prom"
    with pytest.raises(InputError, match=r"ends in '\.txt', expected \.prom"):
        metrics_file(desk, tmp_path, tmp_path / "x.txt")
