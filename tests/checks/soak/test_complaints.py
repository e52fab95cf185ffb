"""What a bot's log complains of: counted where a line shows that it was written, else without a value."""

from typing import Any

import pytest

from checks.soak.test_own_log import log
from deskgate.case.findings import Metric
from deskgate.checks.soak.check import check
from desks import bot, case, desk

LISTS = desk(bot(local=["logs/logs_*.log*"]))


def complaints(*lines: list[dict[str, Any]]) -> dict[str, Metric]:
    rows = [row for each in lines for row in each]
    return {
        metric.metric: metric for metric in check(case(LISTS, log_lines=rows)).metrics if metric.metric[:4] == "log_"
    }


@pytest.mark.parametrize(
    ("lines", "errors", "others", "note"),
    [
        ((), None, None, "no line of the log of b1 is of 2026-05-04 00:00 UTC or later"),
        ((log(range(-60, 0)), log(range(-60, 0), "error")), None, None, "no line of the log of b1"),
        ((log(range(9)),), 0, 0, ""),
        ((log(range(9)), log(range(3), "error")), 3, 0, "the last at 2026-05-04 00:02:00 UTC"),
        # Read in two pieces.
        ((log(range(9)), log(range(3), "error"), log(range(3), "error")), 3, 0, ""),
        ((log(range(9)), log(range(1), "ahead", local_time="2026-05-04 09:00:00,000")), None, None, "log_timezone"),
    ],
)
def test_errors_are_counted(lines: Any, errors: float | None, others: float | None, note: str) -> None:
    got = complaints(*lines)
    assert (got["log_errors"].value, got["log_complaints"].value) == (errors, others)
    assert note in (got["log_errors"].note or "")


def test_complaints_are_named() -> None:
    got = complaints(
        log(range(9)), log(range(2), "fills_late"), log(range(4, 5), "order_lost"), log(range(1), "fee_not_in_quote")
    )
    note = got["log_complaints"].note or ""
    assert (got["log_complaints"].value, got["log_errors"].value) == (4, 0)
    assert "order fill updates did not arrive on time (2), the last at 2026-05-04 00:01:00 UTC" in note
    assert "an order will be considered lost (1)" in note


def test_bot_that_lists_no_log_is_not_judged() -> None:
    assert not [metric for metric in check(case(log_lines=log(range(9)))).metrics if metric.metric[:4] == "log_"]
