"""The next day's tasks: stop conditions, then value, then what blocks most; on a day that nothing blocks what is near."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deskgate.gates.checklist import Item
from deskgate.gates.evaluation import Status, Verdict
from deskgate.reports.blocking_cause import BlockingCause, Kind, causes_frame, worst_first
from deskgate.reports.daily_report import tasks
from deskgate.reports.daily_report.markdown import part_lines
from deskgate.reports.daily_report.tasks import Task, tasks_of, tasks_section
from verdicts import verdict

from .hand_made import SUITES_IN_USE, a_break, failing, pair, said

ITEMS = (
    Item(id="1", section="s", title="t", owner="risk", entries=("reconciliation#position_drift",), runbook="docs/r.md"),
    Item(id="2", section="s", title="t", owner="ops", gates=("soak",)),
)


def _tasks(place: Path, *verdicts: Any, breaks: Any = (), **facts: Any) -> list[Task]:
    days = pair(place, None, {"verdicts": list(verdicts), "breaks": list(breaks)}, **facts)
    return tasks_of(days, SUITES_IN_USE, ITEMS)


def _named(name: str, status: Status = Status.FAIL, **changes: Any) -> Any:
    return failing(status, check=name, what_to_do=name, **changes)


def test_stops_come_first_then_value_then_what_blocks_most(tmp_path: Path) -> None:
    found = _tasks(
        tmp_path,
        _named("one"),
        _named("two"),
        replace(_named("two"), subject="b2"),
        _named("position_drift"),
        _named("stop", stop=True),
        breaks=[a_break("x"), a_break("y", bot="b2"), a_break("z", status="accepted")],
    )
    assert [task.what for task in found] == ["stop", "position_drift", "two"]
    assert [task.worth for task in found] == ["", "100.00 quote", ""]
    assert found[2].why.startswith("b1, b2: Positions: fail")


def _cause(kind: Kind, *verdicts: Verdict) -> BlockingCause:
    checks = tuple((each.gate, each.check, each.subject) for each in verdicts)
    return BlockingCause(kind, f"c {kind}", f"r {kind}", len(checks), len(checks), (), (), checks, "")


def test_tasks_are_the_first_causes_in_the_order_of_the_day_page(tmp_path: Path) -> None:
    lacking = [_named(name, Status.INSUFFICIENT) for name in ("a", "b")]
    small = [_named(name, Status.INSUFFICIENT) for name in ("c", "d", "e")]
    stop = [_named("position_drift", stop=True), _named("position_drift_age_h", stop=True)]
    causes = worst_first(
        [
            _cause(Kind.TIME, *small),
            _cause(Kind.LACKING, *lacking),
            _cause(Kind.LACKING),
            replace(_cause(Kind.STOP, *stop), value_quote=100.0),
        ]
    )
    now = {
        "verdicts": [*lacking, *small, *stop],
        "breaks": [a_break("x")],
        "views": {"blocking_causes": causes_frame(causes)},
    }
    found = tasks_of(pair(tmp_path, None, now), SUITES_IN_USE, ITEMS)
    assert [task.what for task in found] == ["r stop condition", "r lacking", "r needs time"]
    assert [task.worth for task in found] == ["100.00 quote", "", ""]
    assert [task.why for task in found][1:] == ["c lacking (2 checks).", "c needs time (3 checks)."]


def test_unknown_value_ranks_before_a_known_one_and_is_told(tmp_path: Path) -> None:
    found = _tasks(
        tmp_path,
        _named("position_drift"),
        _named("shared_fills"),
        breaks=[
            a_break("x", value_quote="900"),
            a_break("y", kind="shared_fills", value_quote=""),
            a_break("z", kind="shared_fills", value_quote="2"),
        ],
    )
    worth = [("shared_fills", "at least 2.0, 1 of unknown value"), ("position_drift", "900.00 quote")]
    assert [(task.what, task.worth) for task in found] == worth


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"breaks": ("x",)}, "   - value of its breaks: 1,234.50 quote"),
        ({}, "   - over the cap: 1,234.50 quote"),
        ({"breaks": ("x",), "gates": ("portfolio_risk",)}, "   - breaks, or over the cap: 1,234.50 quote"),
        ({"value_quote": None}, ""),
    ],
)
def test_money_of_a_task_is_named_as_on_the_pages(tmp_path: Path, changes: dict[str, Any], line: str) -> None:
    stop = [_named("daily_loss_share", stop=True)]
    cause = replace(_cause(Kind.STOP, *stop), **{"value_quote": 1234.5} | changes)
    now = {"verdicts": stop, "breaks": [a_break("x")], "views": {"blocking_causes": causes_frame([cause])}}
    (part,) = tasks_section(pair(tmp_path, None, now), SUITES_IN_USE).parts
    lines = [*part_lines(part)]
    assert line in lines
    assert sum("quote" in each for each in lines) == (1 if line else 0)
    assert "at stake" not in "".join(lines).lower()


def test_failure_comes_before_what_is_not_known(tmp_path: Path) -> None:
    found = _tasks(tmp_path, _named("a", Status.INSUFFICIENT), _named("b"))
    assert [task.what for task in found] == ["b", "a"]


def test_owner_and_runbook_are_those_of_the_item_that_names_the_entry_or_its_gate(tmp_path: Path) -> None:
    found = _tasks(tmp_path, failing(), _named("x", gate="soak"), _named("y", gate="parity"))
    owners = {task.what: (task.owner, task.runbook) for task in found}
    assert owners["d"] == ("risk (item 1 of the checklist)", "docs/r.md")
    assert owners["x"] == ("ops (item 2 of the checklist)", "docs/runbook.md#soak-and-readiness")
    assert owners["y"] == ("nobody: no item of the checklist names it", "docs/runbook.md#live-against-shadow")


def test_step_that_failed_is_a_task_after_the_stops(tmp_path: Path) -> None:
    decision = {"decision": "STOP", "failures": [{"notebook": "04_parity", "error": "torn"}]}
    found = _tasks(tmp_path, _named("a", stop=True), _named("b"), decision=decision)
    assert [task.what for task in found] == ["a", "Run the day again.", "b"]


def test_decision_that_awaits_sign_offs_is_a_task_of_those_roles(tmp_path: Path) -> None:
    decision = {"decision": "HOLD", "awaits": {"roles": ["risk", "ops"], "keys": []}}
    found = _tasks(tmp_path, verdict(), decision=decision)
    assert [(task.owner, "deskgate sign" in task.what) for task in found] == [("risk, ops", True)]


def test_day_that_nothing_blocks_names_warnings_then_what_is_nearest_to_its_bound(tmp_path: Path) -> None:
    near: dict[str, Any] = {"gate": "portfolio_risk", "check": "daily_loss_share", "what_to_do": "near"}
    found = _tasks(
        tmp_path,
        verdict(gate="portfolio_risk", check="leverage", observed=0.1, what_to_do="far"),
        verdict(observed=0.03 * 0.9, **near),
        verdict(Status.FAIL, severity="warning", check="other", what_to_do="warned"),
        verdict(Status.INSUFFICIENT, severity="warning", check="kill_drill_age_h", what_to_do="drill"),
    )
    assert [task.what for task in found] == ["drill", "warned", "near"]


@pytest.mark.parametrize("check", ["alert_drill_age_h", "alert_delivery_age_h"])
def test_evidence_of_alerts_that_expires_stands_before_other_warnings(tmp_path: Path, check: str) -> None:
    warned = [verdict(Status.FAIL, severity="warning", check=name, what_to_do=name) for name in ("other", check)]
    assert [task.what for task in _tasks(tmp_path, *warned)] == [check, "other"]


def test_nothing_to_do_is_said(tmp_path: Path) -> None:
    section = tasks_section(pair(tmp_path, {}), SUITES_IN_USE)
    assert "no task" in said(section)
    assert section.parts[0].rows is None


def test_checklist_that_cannot_be_read_names_no_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "CHECKLIST", tmp_path / "gone.toml")
    section = tasks_section(pair(tmp_path, {}, {"verdicts": [failing()]}), SUITES_IN_USE)
    assert "No owner can be named" in said(section)
    assert section.parts[0].rows is not None
    assert "nobody" in section.parts[0].rows["owner"][0]
