"""What the last days stand as on a day's page: only what is on record, and a gap with its reason for all else."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from deskgate.audit.chain import Chain
from deskgate.audit.decision_ids import identified
from deskgate.audit.open_runs import begin_run
from deskgate.audit.trail import Trail
from deskgate.reports.pages.recent_days import RecentDay, recent_days, since
from deskgate.run.publish import record_decision
from report_inputs import decision

TODAY = date(2026, 5, 6)
GO: dict[str, Any] = {"decision": "GO", "blockers": []}


def _publish(out: Path, back: int, gates: Sequence[str] = ("parity", "soak"), **changes: Any) -> Path:
    """Publish a day so many days before today, with its record, a verdict of each gate and the view that has the equity."""
    day = TODAY - timedelta(days=back)
    view = out / str(day) / "views" / "risk_bots.parquet"
    view.parent.mkdir(parents=True)
    pl.DataFrame({"bot": ["b1", "b2"], "equity": [100.0 + back, None]}).write_parquet(view)
    verdicts = out / str(day) / "verdicts.json"
    verdicts.write_text(json.dumps([{"gate": gate} for gate in gates]))
    evidence = [
        {"path": str(each.relative_to(out / str(day))), "sha256": sha256(each.read_bytes()).hexdigest()}
        for each in (view, verdicts)
    ]
    made = identified(decision(**{"date": str(day), "evidence": evidence, **changes}))
    (out / str(day) / "decision.json").write_text(json.dumps(made))
    record_decision(Trail(Chain.open(out, "fleet")), made, datetime(2026, 5, 7, tzinfo=UTC))
    return out / str(day)


def _recent(out: Path) -> list[RecentDay]:
    folder = out / ".staging" / str(TODAY)
    folder.mkdir(parents=True)
    return recent_days(folder, decision(date=str(TODAY)), out, days=3)


def test_days_are_oldest_first_with_what_blocked_and_what_the_bots_are_worth(tmp_path: Path) -> None:
    _publish(tmp_path, 1)
    _publish(tmp_path, 2, **GO)
    before, yesterday, today = _recent(tmp_path)
    assert (before.word, yesterday.word, today.word) == ("GO", "HOLD", "HOLD")
    assert yesterday.gates == {"parity": "FAIL", "soak": "PASS"}
    assert yesterday.blocked == {("parity", "fill_ratio", "b1"): False}
    assert yesterday.equity == {"b1": 101.0}
    assert before.blocked == {}


def test_stop_outweighs_a_failure_of_the_same_gate(tmp_path: Path) -> None:
    failed = decision()["blockers"][0]
    _publish(tmp_path, 1, blockers=[failed, {**failed, "check": "loss", "stop": True}])
    assert _recent(tmp_path)[1].gates["parity"] == "STOP"


@pytest.mark.parametrize(
    ("spoil", "gap"),
    [
        (lambda folder: (folder / "decision.json").unlink(), "its decision cannot be read"),
        (lambda folder: (folder / "decision.json").write_text('{"decision": "GO"'), "its decision cannot be read"),
        (lambda folder: folder.rename(folder.with_name("gone")), "on record, but its folder is gone"),
        (lambda folder: begin_run(folder.parent, date(2026, 5, 5), datetime(2026, 5, 6, tzinfo=UTC)), "has not ended"),
    ],
)
def test_day_that_cannot_be_relied_on_is_a_gap(tmp_path: Path, spoil: Any, gap: str) -> None:
    spoil(_publish(tmp_path, 1, **GO))
    yesterday = _recent(tmp_path)[1]
    assert yesterday.word is None
    assert gap in yesterday.gap
    assert not yesterday.gates


@pytest.mark.parametrize(
    ("changes", "gap"),
    [({"provisional": True}, "before the day was over"), ({"desk": "other"}, "of the desk 'other'")],
)
def test_day_of_something_else_is_a_gap(tmp_path: Path, changes: dict[str, Any], gap: str) -> None:
    _publish(tmp_path, 1, **changes)
    assert gap in _recent(tmp_path)[1].gap


def test_decision_that_was_changed_is_a_gap(tmp_path: Path) -> None:
    file = _publish(tmp_path, 1) / "decision.json"
    file.write_text(file.read_text().replace('"HOLD"', '"GO"'))
    assert _recent(tmp_path)[1].gap == "changed since it was run"


def test_view_that_was_changed_has_no_equity_and_the_day_stands(tmp_path: Path) -> None:
    folder = _publish(tmp_path, 1)
    pl.DataFrame({"bot": ["b1"], "equity": [9e9]}).write_parquet(folder / "views" / "risk_bots.parquet")
    yesterday = _recent(tmp_path)[1]
    assert (yesterday.word, yesterday.equity) == ("HOLD", {})


def test_day_that_was_not_run_is_a_gap_and_breaks_the_row(tmp_path: Path) -> None:
    _publish(tmp_path, 2)
    days = _recent(tmp_path)
    assert days[1].gap == "not run"
    assert since(days, lambda day: day.word == "HOLD") == f"{TODAY} or before"
    assert not since(days, lambda day: day.word == "GO")


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (("GO", "HOLD", "HOLD"), "2026-05-05"),
        # The row reaches the first day that is looked at, or a day that is not known.
        (("HOLD", "HOLD", "HOLD"), "2026-05-04 or before"),
        ((None, "HOLD", "HOLD"), "2026-05-05 or before"),
        (("HOLD", "HOLD", "GO"), ""),
    ],
)
def test_age_that_may_be_more_says_so(words: tuple[str | None, ...], first: str) -> None:
    days = [RecentDay(TODAY - timedelta(days=2 - n), word) for n, word in enumerate(words)]
    assert since(days, lambda day: day.word == "HOLD") == first


def test_gate_that_a_waiver_holds_up_has_not_passed(tmp_path: Path) -> None:
    _publish(tmp_path, 1, waivers=[{"gate": "soak", "subject": "b1"}, {"gate": "legs", "subject": "b1"}])
    _publish(tmp_path, 2, waivers=[{"gate": "parity", "subject": "b2"}])
    before, yesterday, _ = _recent(tmp_path)
    assert yesterday.gates == {"parity": "FAIL", "soak": "WAIVED"}
    assert before.gates == {"parity": "FAIL", "soak": "PASS"}


def test_gate_that_judged_nobody_has_not_passed(tmp_path: Path) -> None:
    _publish(tmp_path, 1, ("soak",), **GO, inputs={"suites": {"parity": "x", "soak": "y"}})
    assert _recent(tmp_path)[1].gates == {"soak": "PASS"}


def test_no_gate_has_passed_where_the_verdicts_were_changed(tmp_path: Path) -> None:
    folder = _publish(tmp_path, 1)
    (folder / "verdicts.json").write_text('[{"gate": "soak"}]')
    assert _recent(tmp_path)[1].gates == {"parity": "FAIL"}
