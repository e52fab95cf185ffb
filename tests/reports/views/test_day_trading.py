"""What bots earned by market and hour, their equity's path, their fills and their quotes, by hand."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from day_inputs import day_inputs
from deskgate.accounting.day_pnl import DayPnl, day_pnl
from deskgate.assessment.assessment import Assessment
from deskgate.case.case import Case
from deskgate.config.bot import Mode, Opening
from deskgate.reports.views import day_trading as views
from desks import END, NOON, START, bot, case, desk, fills, sources
from portfolio.books import MINUTE, day, joined, mids, opened, trade

HOUR = timedelta(hours=1)
AMOUNTS = ("realized_quote", "unrealized_quote", "fees_quote", "funding_quote", "pnl_quote")


def assessed(of: Case) -> Assessment:
    return Assessment(of, pl.DataFrame(), pl.DataFrame(), {}, day_inputs())


def amounts(rows: pl.DataFrame, **at: Any) -> dict[str, float | None]:
    return rows.filter(**at).select(AMOUNTS).row(0, named=True)


def two_markets() -> Case:
    """BTC bought at noon for 100, sold half at 14:00 for 110; ETH bought at 12:30 for 10. BTC is worth 100, 110 from 13:00; ETH 10."""
    of = opened(pairs=["BTC-USDT", "ETH-USDT"])
    fee: dict[str, Any] = {"fee_amount": Decimal("0.5"), "fee_quote": Decimal("0.5"), "fee_token": "USDT"}
    traded = joined(
        trade("2", **fee),
        trade("-1", "110", at=NOON + 2 * HOUR),
        trade("4", "10", at=NOON + HOUR / 2, pair="ETH-USDT"),
    )
    funding = [{"bot": "b1", "leg": "exchange", "ts": NOON + 3 * HOUR, "pair": "BTC-USDT", "amount": Decimal("-0.25")}]
    later = NOON + HOUR - START
    prices = joined(mids(lambda n: "110" if n * MINUTE >= later else "100"), mids("10", pair="ETH-USDT"))
    return day(desk(of), fills=traded, funding=funding, mids=prices)


def test_parts_of_each_market_add_up_to_the_net_of_the_bot() -> None:
    of = two_markets()
    rows = views.pnl_split(assessed(of))
    assert rows.select("bot", "mode", "pair", "quote", "fills", "turnover_quote").rows() == [
        ("b1", "live", "BTC-USDT", "USDT", 2, 310.0),
        ("b1", "live", "ETH-USDT", "USDT", 1, 40.0),
    ]
    # 10 of the one that was sold, 10 of the one that is held.
    assert list(amounts(rows, pair="BTC-USDT").values()) == pytest.approx([10, 10, 0.5, -0.25, 19.25], abs=1e-8)
    assert list(amounts(rows, pair="ETH-USDT").values()) == pytest.approx([0, 0, 0, 0, 0], abs=1e-8)
    whole = day_pnl(of, of.desk.bots["b1"])
    assert isinstance(whole, DayPnl)
    assert rows["pnl_quote"].sum() == pytest.approx(whole.pnl_quote, abs=1e-12)


def test_what_happens_at_a_full_hour_is_of_the_hour_that_begins() -> None:
    hours = views.pnl_by_hour(assessed(two_markets())).filter(pl.col("pair") == "BTC-USDT")
    assert hours.height == 24
    at = {row["hour"]: row for row in hours.iter_rows(named=True)}
    # Bought at 12:00: the fee is of that hour, and so is the rise to 110, which is there when 13:00 comes.
    assert (at[NOON - HOUR]["fills"], at[NOON]["fills"], at[NOON]["fees_quote"]) == (0, 1, 0.5)
    assert at[NOON]["unrealized_quote"] == pytest.approx(20, abs=1e-6)
    sold = at[NOON + 2 * HOUR]
    assert (sold["realized_quote"], sold["unrealized_quote"]) == pytest.approx((10, -10), abs=1e-6)
    assert sold["turnover_quote"] == 110
    assert at[NOON + 3 * HOUR]["funding_quote"] == -0.25
    assert hours["pnl_quote"].sum() == pytest.approx(19.25, abs=1e-6)


def test_hour_whose_end_nothing_values_is_unknown_and_the_day_is_not() -> None:
    gap = (NOON + HOUR / 2, NOON + HOUR + HOUR / 2)
    prices = [row for row in mids("100") if not gap[0] < row["ts"] < gap[1]]
    of = assessed(day(desk(opened()), fills=trade("1"), mids=prices))
    hours = {row["hour"]: row["pnl_quote"] for row in views.pnl_by_hour(of).iter_rows(named=True)}
    assert (hours[NOON], hours[NOON + HOUR]) == (None, None)
    assert hours[NOON + 2 * HOUR] == pytest.approx(0, abs=1e-8)
    assert views.pnl_split(of)["pnl_quote"][0] == pytest.approx(0, abs=1e-8)


def test_bot_without_a_balance_has_what_its_fills_say_and_no_net() -> None:
    of = bot(opening=Opening(at=START, position=Decimal(0)))
    rows = views.pnl_split(assessed(day(desk(of), fills=trade("1"), mids=mids("100"))))
    found = rows.row(0, named=True)
    assert (found["fills"], found["turnover_quote"], found["realized_quote"]) == (1, 100.0, 0.0)
    assert (found["unrealized_quote"], found["pnl_quote"]) == (None, None)
    assert "balance" in found["because"]


def test_desk_without_fills_has_zeros_and_no_path_where_nothing_is_known() -> None:
    rows = views.pnl_split(assessed(day(desk(opened(), bot("b2", Mode.PAPER, opening=None)))))
    assert rows.select("bot", "fills", "pnl_quote").rows() == [("b1", 0, 0.0), ("b2", 0, None)]
    assert rows.filter(bot="b2")["because"][0]
    empty = assessed(day(desk(bot("b2", Mode.DISABLED))))
    for view in (views.pnl_split, views.pnl_by_hour, views.equity_path, views.trading_fills, views.trading_quotes):
        assert view(empty).is_empty()


def test_fills_that_one_leg_alone_has_are_shown_apart_and_in_no_amount() -> None:
    of = assessed(case(desk(opened()), sources=sources("local"), fills=fills("local"), mids=mids("100")))
    found = views.pnl_split(of).row(0, named=True)
    assert [found[name] for name in ("fills", "turnover_quote", *AMOUNTS)] == [None] * 7
    assert (found["not_confirmed"], "b1" in found["because"]) == (1, True)
    assert views.trading_fills(of)["agreed"].to_list() == [False]
    assert views.equity_path(of).is_empty()


def test_fill_that_its_other_legs_lack_is_counted_beside_the_amounts() -> None:
    alone = fills("local", trade_id="t9", order_id="o9", exchange_order_id="x9", ts=NOON + HOUR)
    rows = joined(trade("1"), alone)
    found = views.pnl_split(assessed(day(desk(opened()), fills=rows, mids=mids("100")))).row(0, named=True)
    assert (found["fills"], found["turnover_quote"], found["not_confirmed"]) == (1, 100.0, 1)


def test_path_keeps_the_best_and_the_worst_reading_of_each_ten_minutes() -> None:
    # Held 1 since before noon: up to 120 at 12:03, down to 90 at 12:07, and 100 at the end.
    at = {12 * 60 + 3: "120", 12 * 60 + 7: "90"}
    of = opened(position="1", price="100")
    path = views.equity_path(assessed(day(desk(of), mids=mids(lambda n: at.get(n, "100")))))
    assert path["drawdown_quote"].max() == pytest.approx(30, abs=1e-6)
    assert path["equity_quote"].max() == pytest.approx(1020, abs=1e-6)
    assert (path["ts"][0], path["ts"][-1]) == (START, END)
    assert path.group_by(pl.col("ts").dt.truncate("10m")).len().filter(pl.col("len") > 3).is_empty()


def test_quotes_are_the_best_resting_prices_at_that_instant() -> None:
    def order(name: str, side: str, price: str, until: int) -> list[dict[str, Any]]:
        shared: dict[str, Any] = {"bot": "b1", "leg": "local", "order_id": name, "pair": "BTC-USDT", "side": side}
        shared |= {"price": Decimal(price), "quantity": Decimal(1), "created_ts": NOON + MINUTE}
        states = [("open", NOON + MINUTE), ("cancelled", NOON + until * MINUTE)]
        return [{**shared, "status": status, "ts": ts} for status, ts in states]

    orders = joined(order("a", "BUY", "99", 20), order("b", "BUY", "98", 6), order("c", "SELL", "101", 5))
    rows = views.trading_quotes(assessed(day(desk(opened()), orders=orders, mids=mids("100"))))
    at = {row["ts"]: (row["bid"], row["ask"]) for row in rows.iter_rows(named=True)}
    # One that ends at the instant does not rest at it.
    assert [at[NOON + n * MINUTE] for n in (0, 5, 15, 20)] == [(None, None), (99, None), (99, None), (None, None)]
    assert rows.height == 288
    assert rows["mid"].round(6).unique().to_list() == [100.0]


def test_fills_are_marked_as_agreed() -> None:
    rows = views.trading_fills(assessed(two_markets()))
    assert rows.select("pair", "side", "price", "agreed").rows() == [
        ("BTC-USDT", "BUY", 100.0, True),
        ("BTC-USDT", "SELL", 110.0, True),
        ("ETH-USDT", "BUY", 10.0, True),
    ]


@pytest.mark.parametrize("pairs", [["BTC-USDT", "ETH-USDT"], ["BTC-USDT"]])
def test_market_whose_fills_nothing_confirms_leaves_the_net_of_the_bot_known(pairs: list[str]) -> None:
    alone = fills("local", pair="ETH-USDT", trade_id="t9", order_id="o9", exchange_order_id="x9", ts=NOON + HOUR)
    of = day(desk(opened(pairs=pairs)), fills=joined(trade("1"), alone), mids=mids("100"))
    rows = views.pnl_split(assessed(of))
    assert rows.select("pair", "fills", "not_confirmed", "because").rows() == [
        ("BTC-USDT", 1, 0, None),
        ("ETH-USDT", 0, 1, None),
    ]
    assert amounts(rows, pair="ETH-USDT") == dict.fromkeys(AMOUNTS, 0.0)
