from typing import Any

import polars as pl

from deskgate.reports.daily_report.highlights import highlights
from deskgate.reports.daily_report.section import DailyReport, Part, Section

SAYS = "Compared with 2026-05-03, the last run on record before this day that can be used."


def _report(*parts: Part, says: str = SAYS) -> DailyReport:
    section = Section("changes", "What changed", (Part("Decision", ("HOLD -> HOLD.", says)), *parts))
    return DailyReport("fleet", "2026-05-04", "2026-05-05T00:00:00Z", "HOLD", (section,))


def _flips(*rows: tuple[str, str, int, str]) -> Part:
    keys = ("before", "now", "subject", "checks", "which")
    made: list[dict[str, Any]] = [dict(zip(keys, (b, n, "b1", many, which), strict=True)) for b, n, many, which in rows]
    return Part("Verdicts that flipped", rows=pl.DataFrame(made))


def test_day_without_a_report_or_a_day_before_says_so() -> None:
    assert (highlights(None).since, highlights(None).against) == (None, "Not known: this day has no report.")
    alone = highlights(_report(says="No run of the 30 days before this one can be used, so nothing."))
    assert (alone.since, alone.lines) == (None, ())
    assert alone.against.startswith("No run of the 30 days")


def test_what_got_worse_stands_first_and_at_most_five_are_left() -> None:
    worse = [("pass", "fail", 4, f"A{n}; B; C and 1 more") for n in range(6)]
    found = highlights(_report(_flips(*worse, ("fail", "pass", 1, "D"))))
    assert found.since == "2026-05-03"
    assert [each.tone for each in found.lines] == ["fail"] * 4 + ["pass"]
    assert found.lines[0].says == "b1: A0 and 3 more: pass → fail"


def test_new_and_gone_breaks_with_their_value_and_older_ones_left_out() -> None:
    columns = ("change", "what", "bot", "breaks", "value", "note")
    rows = [
        ("new", "Missing", "b1", 1, None, "at least 5, 1 of unknown value"),
        ("older", "Fees", "b1", 9, 1.0, None),
        ("gone", "Fees", "b2", 2, 0.5, None),
    ]
    breaks = Part("Breaks", rows=pl.DataFrame(rows, schema=columns, orient="row"))
    says = [each.says for each in highlights(_report(breaks)).lines]
    assert says == [
        "1 new break of b1: Missing, value at least 5, 1 of unknown value",
        "2 gone breaks of b2: Fees, worth 0.5",
    ]


def test_number_that_is_the_portfolios_and_its_only_bots_is_told_once() -> None:
    columns = ("subject", "number", "before", "now", "change", "unit")
    rows = [(subject, "Equity", 5.0, 4.0, -1.0, "USDT") for subject in ("portfolio", "b1")]
    moved = Part("Numbers that moved", rows=pl.DataFrame(rows, schema=columns, orient="row"))
    assert [each.says for each in highlights(_report(moved)).lines] == ["portfolio: Equity 5 → 4 USDT"]


def test_what_nobody_judges_any_more_is_worse_and_a_waiver_is_no_improvement() -> None:
    flips = _flips(("fail, stops the desk", "not judged", 1, "A"), ("fail", "waived", 1, "B"), ("fail", "pass", 1, "C"))
    assert [(each.tone, each.says) for each in highlights(_report(flips)).lines] == [
        ("fail", "b1: A: fail, stops the desk → not judged"),
        ("waived", "b1: B: fail → waived"),
        ("pass", "b1: C: fail → pass"),
    ]
