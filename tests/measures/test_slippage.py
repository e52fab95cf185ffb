from typing import Any

import polars as pl
import pytest

from deskgate.measures.measure import ROWS, value
from deskgate.measures.slippage import SLIPPAGE, SLIPPAGE_AT_ORDER
from desks import bot, case, desk, sources

from .prices import mid, order, traded


@pytest.mark.parametrize(
    ("side", "price", "cost"),
    [
        # Bought 0.5 above the mid of 100: 1 x 0.5 x 1 = 0.5 of 100.5 traded.
        ("BUY", "100.5", 0.5 / 100.5),
        ("BUY", "99.5", -0.5 / 99.5),
        ("SELL", "100.5", -0.5 / 100.5),
        ("SELL", "99.5", 0.5 / 99.5),
        ("BUY", "100", 0.0),
    ],
)
def test_slippage_is_positive_where_a_fill_costs(side: str, price: str, cost: float) -> None:
    rows = SLIPPAGE.rows(case(fills=traded(0, side, price), mids=[mid(-1, "100")]))
    assert value(SLIPPAGE, rows) == pytest.approx(1e4 * cost, abs=1e-12)


def test_slippage_is_weighted_by_traded_notional() -> None:
    fills = [
        *traded(0, "BUY", "101", "1", "t1"),
        *traded(10, "SELL", "99", "3", "t2"),
        *traded(20, "BUY", "98", "2", "t3"),
    ]
    rows = SLIPPAGE.rows(case(fills=fills, mids=[mid(-1, "100"), mid(15, "97")]))
    # (101 - 100) x 1 = 1; -(99 - 100) x 3 = 3; (98 - 97) x 2 = 2; traded: 101 + 297 + 196 = 594.
    assert rows.select("num", "den").rows() == [(1.0, 101.0), (3.0, 297.0), (2.0, 196.0)]
    assert value(SLIPPAGE, rows) == pytest.approx(6 / 594 * 1e4)


def test_slippage_at_order_is_against_the_mid_when_the_order_was_made() -> None:
    of = case(fills=traded(0, "BUY", "101", "2"), mids=[mid(-70, "100"), mid(-1, "102")], orders=[order(-60)])
    # Made at a mid of 100, filled at 101 while the mid was 102: 2 x 1 of 202, and -2 x 1.
    assert value(SLIPPAGE_AT_ORDER, SLIPPAGE_AT_ORDER.rows(of)) == pytest.approx(2 / 202 * 1e4)
    assert value(SLIPPAGE, SLIPPAGE.rows(of)) == pytest.approx(-2 / 202 * 1e4)


@pytest.mark.parametrize("mids", [[], [mid(-301, "100")], [mid(1, "100")], [mid(-1, "100", "0", "101")]])
def test_fill_without_a_mid_counts_against_the_coverage(mids: list[dict[str, Any]]) -> None:
    rows = SLIPPAGE.rows(case(fills=traded(0, "BUY", "100"), mids=mids))
    assert rows.select("num", "den").rows() == [(None, 100.0)]
    assert value(SLIPPAGE, rows) is None


def test_no_fills_have_no_slippage() -> None:
    rows = SLIPPAGE.rows(case(mids=[mid(0, "100")]))
    assert rows.schema == pl.Schema(ROWS)
    assert value(SLIPPAGE, rows) is None


def test_rows_are_sorted_and_of_one_schema() -> None:
    fills = [row for at, name in ((5, "t9"), (5, "t1"), (0, "t5")) for row in traded(at, "BUY", "100", trade_id=name)]
    other = [{**row, "bot": "b0"} for row in traded(9, "BUY", "100", trade_id="t0")]
    of = desk(bot("b0"), bot())
    every = [row for name in ("b0", "b1") for row in sources("local", "events", "exchange", bot=name)]
    rows = SLIPPAGE.rows(case(of, fills=[*fills, *other], mids=[mid(-1, "99")], sources=every))
    assert rows.schema == pl.Schema(ROWS)
    assert rows["id"].to_list() == ["t0", "t5", "t1", "t9"]
