from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from deskgate.reports.columns import read_column, rounded


@pytest.mark.parametrize(
    ("number", "is_money", "expected"),
    [
        (0, False, "0"),
        (-0.0, True, "0"),
        (1234567, False, "1,234,567"),
        (0.000120446, False, "0.0001204"),
        (-1.23456, False, "-1.235"),
        (9.99996, False, "10"),
        (10.005, True, "10.01"),
        (3265.08824, False, "3,265.09"),
        (Decimal("108.900000000000000000"), True, "108.90"),
        (Decimal("0.005942280000000000"), True, "0.005942"),
        (1e-9, False, "0.000000001"),
        (1e-30, False, "0"),
        (float("nan"), False, "nan"),
        (float("inf"), False, "inf"),
    ],
)
def test_number_is_rounded_for_a_reader(number: Any, is_money: bool, expected: str) -> None:
    assert rounded(number, is_money=is_money) == expected


@pytest.mark.parametrize(
    ("name", "value", "heading", "text"),
    [
        ("value_quote", 12.4, "value (quote)", "12.40"),
        ("slippage_bps", 1.20446, "slippage (bps)", "1.204"),
        ("loss_share", 0.03407, "loss share (%)", "3.407"),
        ("share", 1.0, "share (%)", "100"),
        ("live_p95_s", 185.0, "live p95 (s)", "185"),
        ("delta", 0.5, "delta", "+0.5"),
        ("pnl_quote", -1.869, "pnl (quote)", "-1.87"),
        ("ts", datetime(2026, 5, 4, 1, 2, 3, tzinfo=UTC), "time (UTC)", "2026-05-04 01:02:03"),
        (
            "newest_record",
            datetime(2026, 5, 4, 1, 2, 3, 450_000, tzinfo=UTC),
            "newest record (UTC)",
            "2026-05-04 01:02:03.450",
        ),
        ("trade_id", "7", "trade id", "7"),
    ],
)
def test_heading_names_the_unit(name: str, value: object, heading: str, text: str) -> None:
    column = read_column(pl.Series(name, [value]))
    assert (column.heading, column.cells[0].text) == (heading, text)


def test_points_stand_below_each_other_and_the_unknown_is_a_dash() -> None:
    cells = read_column(pl.Series("x", [1.25, 100.0, 0.005, None])).cells
    assert [cell.text for cell in cells] == ["1.25", "100", "0.005", "—"]
    assert [len(cell.pad) for cell in cells] == [1, 4, 0, 0]


def test_time_says_its_instant_for_machines() -> None:
    moment = datetime(2026, 5, 4, 1, 2, 3, tzinfo=UTC)
    assert read_column(pl.Series("ts", [moment, None])).cells[0].instant == "2026-05-04T01:02:03Z"
    assert read_column(pl.Series("ts", [moment, None])).cells[1].text == "—"


def test_number_beyond_its_bound_does_not_read_as_within_it() -> None:
    numbers, bounds = [24.004, 24.0, 23.5, 0.050001, None], ["<= 24", "<= 24", None, "-0.05 .. 0.05", "<= 1"]
    cells = read_column(pl.Series("observed", numbers), bounds=bounds).cells
    assert [cell.text for cell in cells] == ["24.004", "24", "23.5", "0.050001", "—"]
