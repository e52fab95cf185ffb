"""Incidents, critical breaks, caps, alerts and actions of the day."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from deskgate.controls.alerts import Delivery
from deskgate.gates.evaluation import Status
from deskgate.reports.daily_report.risks import risks_section
from verdicts import verdict

from .hand_made import a_break, pair, rows, said

ALERTS = "Alerts not delivered"
INCIDENT = {"id": "i1", "title": "STOP", "owner": "ann", "todo": "look"}
_TIME = pl.Datetime("us", "UTC")


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("2026-05-04T18:00:00Z", ("", 30.0)),
        ("2026-05-05T06:00:00Z", ("opened", 18.0)),
        # A STOP opens its incident as of the day's end.
        ("2026-05-06T00:00:00Z", ("opened", 0.0)),
    ],
)
def test_open_incident_has_owner_action_and_age(tmp_path: Path, since: str, expected: tuple[str, float]) -> None:
    section = risks_section(pair(tmp_path, None, incidents=(INCIDENT | {"since": since},)))
    row = rows(section, "Incidents")[0]
    assert (row["on_this_day"], row["age_h"], row["owner"], row["to_do"]) == (*expected, "ann", "look")
    assert said(section, "Incidents") == "1 open at the day's close."


def test_incident_that_was_closed_on_the_day_is_listed_and_an_older_one_is_not(tmp_path: Path) -> None:
    at = [datetime(2026, 5, 5, 9, tzinfo=UTC), datetime(2026, 5, 4, 9, tzinfo=UTC)]
    text = {name: ["a", "b"] for name in ("incident", "owner", "what", "to_do")}
    view = pl.DataFrame(
        text | {"status": ["closed"] * 2, "since": at, "closed": at}, schema_overrides={"closed": _TIME}
    )
    section = risks_section(pair(tmp_path, None, {"views": {"incidents": view}}))
    assert [(row["incident"], row["on_this_day"]) for row in rows(section, "Incidents")] == [("a", "closed")]
    assert said(section, "Incidents") == "0 open at the day's close. 1 closed on the day."


def test_quiet_day_says_so_in_each_part(tmp_path: Path) -> None:
    section = risks_section(pair(tmp_path, None, incidents=()))
    assert all(part.says and part.rows is None for part in section.parts)
    assert said(section, "Incidents") == "None is open."


def test_critical_breaks_stand_by_value_and_unknown_ones_last(tmp_path: Path) -> None:
    breaks = [a_break("none", value_quote=""), a_break("small", value_quote="1"), a_break("large", value_quote="9")]
    breaks += [a_break("warning", severity="warning"), a_break("fine", status="accepted")]
    section = risks_section(pair(tmp_path, None, {"breaks": breaks}))
    assert [row["break_id"] for row in rows(section, "Critical breaks")] == ["large", "small", "none"]
    assert said(section, "Critical breaks") == "3 open, 10.00 quote in all. 1 have no known value."
    assert [row["id"] for row in rows(section, "Accepted breaks")] == ["fine"]


def test_accepted_breaks_of_the_decision_have_who_and_why(tmp_path: Path) -> None:
    accepted = {"id": "x", "kind": "k", "bot": "b1", "value": 5, "by": "ann", "why": "known", "since": "2026-05-01"}
    section = risks_section(pair(tmp_path, None, decision={"decision": "GO", "accepted": [accepted]}))
    assert [(row["by"], row["why"]) for row in rows(section, "Accepted breaks")] == [("ann", "known")]


def test_caps_that_are_most_used_stand_first_and_one_past_an_unmeasured_cap_before_them(tmp_path: Path) -> None:
    used = {"held": None, "half": 0.5, "past": 5.0, "unknown": None}
    status = {"held": "PASS", "half": "PASS", "past": "FAIL", "unknown": "INSUFFICIENT"}
    view = pl.DataFrame(
        [(name, "b1", 1.0, 2.0, "h", share, status[name]) for name, share in used.items()],
        schema=["check", "subject", "value", "cap", "unit", "used", "status"],
        orient="row",
    )
    section = risks_section(pair(tmp_path, None, {"views": {"risk_caps": view}}))
    assert [row["check"] for row in rows(section, "Caps nearest to their bound")] == ["unknown", "past", "half"]


def test_undelivered_alerts_and_actions_of_the_day_are_listed(tmp_path: Path) -> None:
    lost = verdict(Status.FAIL, check="alerts_undelivered", title="Alerts", reason="1 alert")
    text: dict[str, Any] = {name: ["x", "x"] for name in ("action", "bot", "entry", "step", "says", "by")}
    times = [datetime(2026, 5, 4, 9, tzinfo=UTC), datetime(2026, 5, 5, 9, tzinfo=UTC)]
    content = {"verdicts": [lost], "views": {"actions": pl.DataFrame({"ts": times} | text)}}
    section = risks_section(pair(tmp_path, None, content))
    assert [row["reason"] for row in rows(section, ALERTS)] == ["1 alert"]
    assert [row["time"] for row in rows(section, "Risk actions of the day")] == ["09:00:00"]


@pytest.mark.parametrize(
    ("status", "check", "words", "listed"),
    [
        (Status.PASS, "alerts_undelivered", "As of the checks none: each check of alerts passed.", []),
        (Status.WAIVED, "channels_failing", "As of the checks 1 did not pass, 1 of them waived.", ["WAIVED"]),
        (Status.INSUFFICIENT, "alert_drill_age_h", "As of the checks 1 did not pass.", ["INSUFFICIENT"]),
        (Status.PASS, "other", "No check of this day's suites asks whether alerts arrive.", []),
    ],
)
def test_alerts_are_told_as_of_the_checks(
    tmp_path: Path, status: Status, check: str, words: str, listed: list[str]
) -> None:
    section = risks_section(pair(tmp_path, None, {"verdicts": [verdict(status, check=check)]}))
    assert said(section, ALERTS) == f"{words} This run's alert of breaks is sent after this report."
    assert [row["status"] for row in rows(section, ALERTS)] == listed


def test_alert_of_the_runs_own_stop_that_failed_is_told(tmp_path: Path) -> None:
    passed = {"verdicts": [verdict(check="alerts_undelivered")]}
    for place, failed, words in (("a", ("json://b",), "did not reach json://b."), ("b", (), "reached json://a.")):
        sent = Delivery(("json://a",), failed)
        text = said(risks_section(pair(tmp_path / place, None, passed, stop_alert=sent)), ALERTS)
        assert text.startswith(f"This run's alert of a STOP {words} As of the checks none")
