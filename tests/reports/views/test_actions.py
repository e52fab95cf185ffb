"""What was done about breaches, in order of time."""

import json
from datetime import timedelta
from typing import Any

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.case.case import Case
from deskgate.reports.views.actions import actions, drill_dates
from desks import END, NOON, case
from run.test_drill import INPUTS

INTENT: dict[str, Any] = {
    "entry": "loss",
    "action": "kill_switch",
    "bots": ["b1", "b2"],
    "authorised_by": "ann",
    "reason": "5 %",
}


def row(kind: str, seconds: int, bot: str | None = None, sink: str | None = None, **content: Any) -> dict[str, Any]:
    at = NOON + timedelta(seconds=seconds)
    about = {"event_id": "e1", "kind": kind, "bot": bot, "sink": sink, "effective_at": at, "recorded_at": at}
    return {**about, "content": json.dumps({"event_id": "e1", **content})}


def assessed(of: Case) -> Assessment:
    return Assessment(of, pl.DataFrame(), pl.DataFrame(), {}, INPUTS)


def shown(*rows: dict[str, Any]) -> pl.DataFrame:
    return actions(assessed(case(actions=list(rows))))


def test_actions_are_told_in_order_with_their_receipts() -> None:
    told = shown(
        row("receipt", 30, "b1", is_complete=True, why="", authorised_by="ann"),
        row("receipt", 31, "b2", is_complete=False, why="1 order is open", authorised_by="ann"),
        row("sent", 2, "b1", "mqtt", outcome="sending", detail=""),
        row("sent", 3, "b1", "mqtt", outcome="delivered", detail="it is there"),
        row("acknowledged", 3, "b1", "mqtt", detail="200"),
        row("sent", 4, "b2", "mqtt", outcome="sending", detail=""),
        row("intent", 1, **INTENT),
        row("breach", 1, **INTENT),
    )
    assert told.select("step", "bot", "says").rows() == [
        ("breach", "b1, b2", "5 %"),
        ("intent", "b1, b2", "5 %"),
        ("sent", "b1", "mqtt: delivered, it is there"),
        ("acknowledged", "b1", "200"),
        # Nothing came of it: the run was killed.
        ("sent", "b2", "mqtt: sending"),
        ("receipt", "b1", "complete"),
        ("receipt", "b2", "1 order is open"),
    ]
    assert set(told["entry"]) == {"loss"}
    assert told["by"].drop_nulls().unique().to_list() == ["ann"]


def test_retry_of_which_nothing_came_is_shown() -> None:
    told = shown(
        row("intent", 1, **INTENT),
        row("sent", 2, "b1", "mqtt", outcome="sending", detail=""),
        row("sent", 2, "b1", "mqtt", outcome="failed", detail=""),
        row("sent", 62, "b1", "mqtt", outcome="sending", detail=""),
    )
    assert told["says"].to_list()[1:] == ["mqtt: failed", "mqtt: sending"]


def test_old_actions_are_not_shown_and_none_is_an_empty_table() -> None:
    assert shown(row("intent", -8 * 86_400, **INTENT)).is_empty()
    assert shown().columns == ["ts", "action", "bot", "entry", "step", "says", "by"]


def test_last_run_of_each_drill_is_shown() -> None:
    runs = [
        {"drill": name, "passed": passed, "evidence": "{}", "effective_at": at, "recorded_at": at}
        for name, passed, at in (("kill", True, NOON), ("kill", False, END), ("breach", True, NOON))
    ]
    found = drill_dates(assessed(case(drills=runs)))
    assert found.rows() == [("breach", NOON, True), ("kill", END, False)]
