"""What changed since the last run: flipped verdicts, breaks and numbers, worst first."""

from pathlib import Path

import pytest

from deskgate.gates.evaluation import Status
from deskgate.reports.daily_report.changes import changes_section
from verdicts import verdict

from .hand_made import GOOD, a_break, failing, money, pair, rows, said

FLIPPED = "Verdicts that flipped"


def test_without_a_day_before_it_says_so_and_nothing_else(tmp_path: Path) -> None:
    section = changes_section(pair(tmp_path, None))
    assert [part.title for part in section.parts] == ["Decision"]
    assert "No run of the 30 days before this one can be used" in said(section)


def test_decision_that_awaits_sign_offs_says_whose(tmp_path: Path) -> None:
    decision = {"decision": "HOLD", "awaits": {"roles": ["risk"], "keys": []}}
    assert "on HOLD until it is signed: risk." in said(changes_section(pair(tmp_path, {}, decision=decision)))


def test_two_equal_days_have_no_flip_no_break_and_no_moved_number(tmp_path: Path) -> None:
    section = changes_section(pair(tmp_path, {}))
    assert all(part.rows is None for part in section.parts)
    assert "HOLD on 2026-05-04 → no verdict blocks" in said(section, "Decision")
    assert said(section, FLIPPED) == "None: each verdict is as it was."


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (Status.PASS, failing(stop=True), ("pass", "fail, stops the desk", True)),
        (Status.PASS, failing(), ("pass", "fail", True)),
        (Status.PASS, failing(Status.INSUFFICIENT), ("pass", "insufficient", True)),
        (Status.INSUFFICIENT, failing(), ("insufficient", "fail", True)),
        (Status.WAIVED, failing(Status.PASS), ("waived", "pass", False)),
    ],
)
def test_flip_is_worse_or_better(tmp_path: Path, before: Status, now: object, expected: tuple[str, str, bool]) -> None:
    section = changes_section(pair(tmp_path, {"verdicts": [failing(before)]}, {"verdicts": [now]}))
    row = rows(section, FLIPPED)[0]
    worse = said(section, FLIPPED) == "Got worse: 1; got better: 0."
    assert (row["before"], row["now"], worse) == expected


def test_stops_are_named_with_the_decision(tmp_path: Path) -> None:
    now = [failing(stop=True), failing(check="other"), failing(Status.INSUFFICIENT, check="absent", stop=True)]
    text = said(changes_section(pair(tmp_path, {}, {"verdicts": now})), "Decision")
    assert text.startswith(
        "HOLD on 2026-05-04 → STOP by the verdicts. 3 verdicts block, 1 of them stop the desk: Positions (b1)."
    )


def test_what_is_no_longer_judged_flips_too(tmp_path: Path) -> None:
    gone = verdict(gate="soak", check="x", title="Gone")
    row = rows(changes_section(pair(tmp_path, {"verdicts": [GOOD, gone]})), FLIPPED)[0]
    assert (row["before"], row["now"], row["which"]) == ("pass", "not judged", "Gone")


def test_flips_of_a_gate_and_subject_share_a_row_and_stops_stand_first(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(5)]
    before = [verdict(gate="soak", check=name, title=name) for name in names] + [failing(Status.PASS)]
    now = [verdict(Status.FAIL, gate="soak", check=name, title=name) for name in names] + [failing(stop=True)]
    found = rows(changes_section(pair(tmp_path, {"verdicts": before}, {"verdicts": now})), FLIPPED)
    assert [(row["gate"], row["checks"], row["which"]) for row in found] == [
        ("reconciliation", 1, "Positions"),
        ("soak", 5, "c0; c1; c2 and 2 more"),
    ]


def test_breaks_are_new_older_or_gone(tmp_path: Path) -> None:
    before = {"breaks": [a_break("old"), a_break("gone", value_quote="7")]}
    now = {"breaks": [a_break("old"), a_break("new", value_quote=""), a_break("also", value_quote="3")]}
    section = changes_section(pair(tmp_path, before, now))
    assert said(section, "Breaks") == "2 new, 1 older, 1 gone; values in quote."
    assert [(row["change"], row["breaks"], row["value"], row["note"]) for row in rows(section, "Breaks")] == [
        ("new", 2, None, "at least 3.0, 1 of unknown value"),
        ("older", 1, 100.0, None),
        ("gone", 1, 7.0, None),
    ]


def test_breaks_of_unknown_value_stand_before_the_largest_known(tmp_path: Path) -> None:
    now = {"breaks": [a_break("large", value_quote="900"), a_break("unknown", bot="b2", value_quote="")]}
    found = rows(changes_section(pair(tmp_path, {}, now)), "Breaks")
    assert [(row["bot"], row["value"]) for row in found] == [("b2", None), ("b1", 900.0)]


def test_numbers_that_neither_day_has_are_not_called_unmoved(tmp_path: Path) -> None:
    content = {"views": {"risk_bots": money(None, None)}, "verdicts": [failing()]}
    text = said(changes_section(pair(tmp_path, content, content)), "Numbers that moved")
    assert text == (
        "None of these: Open breaks, Value of open breaks. "
        "Neither day has: Equity, Net PnL of the day, hours of the soak."
    )


def test_numbers_that_got_worse_stand_first(tmp_path: Path) -> None:
    before = {"views": {"risk_bots": money(equity=900.0, pnl=5.0)}}
    section = changes_section(pair(tmp_path, before, {"breaks": [a_break("x")]}))
    moved = [row["number"] for row in rows(section, "Numbers that moved") if row["subject"] == "portfolio"]
    assert moved == ["Net PnL of the day", "Open breaks", "Value of open breaks", "Equity"]
