from typing import Any

import polars as pl
import pytest

from deskgate.reports.pages.gate_status import COLUMNS, gate_statuses


def _verdicts(*rows: tuple[str, str, str, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["gate", "subject", "severity", "status"], orient="row")


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([("critical", "PASS")], ("PASS", False, 0, 1)),
        ([("critical", "PASS"), ("critical", "WAIVED")], ("WAIVED", False, 0, 2)),
        ([("warning", "FAIL"), ("critical", "INSUFFICIENT")], ("INSUFFICIENT", True, 2, 2)),
        ([("critical", "INSUFFICIENT"), ("critical", "FAIL")], ("FAIL", True, 2, 2)),
        ([("warning", "FAIL"), ("critical", "PASS")], ("FAIL", False, 1, 2)),
        ([("critical", "NEW"), ("critical", "PASS")], ("NEW", True, 1, 2)),
    ],
)
def test_standing_is_the_worst(verdicts: list[tuple[str, str]], expected: tuple[Any, ...]) -> None:
    rows = gate_statuses(_verdicts(*(("g", "b1", *verdict) for verdict in verdicts))).rows()
    assert rows == [("g", "b1", *expected)]


def test_order_is_the_runs_for_gates_and_by_name_for_subjects() -> None:
    given = _verdicts(
        *((gate, subject, "info", "PASS") for gate in ("soak", "parity") for subject in ("portfolio", "z", "b1"))
    )
    assert gate_statuses(given).select("gate", "subject").rows() == [
        (gate, subject) for gate in ("soak", "parity") for subject in ("b1", "z", "portfolio")
    ]


def test_no_verdicts_give_no_standing() -> None:
    assert gate_statuses(_verdicts().clear()).columns == list(COLUMNS)
