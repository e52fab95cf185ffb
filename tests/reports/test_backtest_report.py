"""A backtest as text: the days that flip, and the bound that would have blocked none."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from deskgate.gates.backtest import RecordedDay, compare_day
from deskgate.gates.evaluation import Status
from deskgate.reports.backtest_report import BacktestReport
from verdicts import verdict

COST: dict[str, Any] = {
    "gate": "g",
    "check": "c",
    "title": "t",
    "bound": "<= 1",
    "unit": "bps",
    "blocked_days": 1,
    "blocked_verdicts": 2,
    "alone_days": 1,
    "alone_verdicts": 2,
    "unmeasured": 0,
    "nearest_pass": 0.5,
    "nearest_miss": 1.0,
    "farthest_miss": 1.0,
    "strict_min": False,
    "strict_max": False,
    "needed_min": None,
    "needed_max": 2.0,
}
FLIPPED = compare_day(RecordedDay(date(2026, 5, 4), "HOLD", [verdict(Status.FAIL)]), [verdict()])


def report(**cost: Any) -> BacktestReport:
    return BacktestReport("d", "suites", [FLIPPED], pl.DataFrame([COST | cost]), {"not run": [date(2026, 5, 3)]}, ["n"])


def test_summary_counts_and_names_what_flips() -> None:
    assert report().summary == (
        "d: 1 day replayed, 1 decision would flip (2026-05-04 HOLD -> GO), 0 false HOLDs; 1 day not used"
    )
    assert report().remarks == ["not used, not run: 2026-05-03", "n"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["0.5 bps", "1 bps", "<= 2.0"]),
        ({"strict_max": True}, ["0.5 bps", "1 bps", "beyond 2.0"]),
        ({"farthest_miss": 3.0, "needed_min": -4.0}, ["0.5 bps", "1 to 3 bps", ">= -4.0 and <= 2.0"]),
        (
            {"unmeasured": 2, "needed_max": None, "nearest_miss": None, "farthest_miss": None, "nearest_pass": None},
            ["", "", "no bound: 2 without a value or with too small a sample"],
        ),
    ],
)
def test_cost_says_how_near_and_which_bound(changes: dict[str, Any], expected: list[str]) -> None:
    assert report(**changes).tables()[2].rows[0][-3:] == expected


def test_entry_that_blocked_nothing_is_in_the_json_alone() -> None:
    quiet = report(blocked_verdicts=0)
    assert quiet.tables()[2].rows == []
    assert [row["check"] for row in quiet.as_json()["costs"]] == ["c"]
    assert "What each threshold blocked" not in quiet.as_markdown()


def test_day_that_awaited_sign_offs_says_so() -> None:
    awaiting = compare_day(RecordedDay(date(2026, 5, 4), "HOLD", [verdict()], awaits=True), [verdict()])
    found = BacktestReport("d", "suites", [awaiting], pl.DataFrame([COST]), {}, [])
    assert found.tables()[0].rows == [["2026-05-04", "HOLD", "HOLD", "0", "it awaited sign-offs alone"]]
    assert found.as_json()["days"][0]["awaits"] is True
