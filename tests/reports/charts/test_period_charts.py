"""The charts of a period: what has no value is not drawn."""

from datetime import date

import polars as pl

from deskgate.reports.charts.period import pnl_days


def test_line_of_all_days_ends_before_a_day_without_a_value_or_without_a_row() -> None:
    days = pl.DataFrame(
        [
            (mode, "USDT", date(2026, 5, n), pnl, so_far)
            for mode, n, pnl, so_far in (
                *(("live", 1, 1.0, 1.0), ("live", 2, 1.0, 2.0), ("live", 3, None, None), ("live", 4, 1.0, 3.0)),
                *(("live", 6, 1.0, 4.0), ("paper", 7, 1.0, 1.0), ("paper", 8, 1.0, 2.0)),
            )
        ],
        schema=["mode", "quote", "date", "pnl_quote", "cumulated_quote"],
        orient="row",
    )
    drawn = pnl_days(days, 8).to_dict()
    (rows,) = drawn["datasets"].values()
    assert [row["stretch"] for row in rows] == [1, 1, 2, 3, 1, 1]
    line = next(layer for layer in drawn["spec"]["layer"] if layer["mark"]["type"] == "line")
    assert line["encoding"]["detail"]["field"] == "stretch"
