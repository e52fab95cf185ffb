"""Fees, maker share, turnover and realised PnL, by hand."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.config.accounting import Accounting
from deskgate.config.bot import Opening
from deskgate.measures.fees import FEES_BPS, MAKER_SHARE, TURNOVER
from deskgate.measures.measure import ROWS, Measure, value
from deskgate.measures.realized_pnl import REALIZED_FUNDING_BPS, REALIZED_GROSS_BPS, REALIZED_PNL_BPS
from desks import END, NOON, START, bot, by_accounting, case, desk, fill, fills, sources
from measures.orders import ALL, at, shuffled

MONEY = (MAKER_SHARE, FEES_BPS, TURNOVER, REALIZED_PNL_BPS, REALIZED_GROSS_BPS, REALIZED_FUNDING_BPS)


def trade(name: str, side: str, price: str, seconds: float, **more: Any) -> list[dict[str, Any]]:
    return fills(*ALL, trade_id=name, side=side, price=Decimal(price), ts=at(seconds), **more)


def of(measure: Measure, case_: Any) -> Any:
    return value(measure, measure.rows(case_))


def paid(amount: str, **more: Any) -> dict[str, Any]:
    return {"leg": "exchange", "ts": at(30), "pair": "BTC-USDT", "amount": Decimal(amount), **more}


ROUND_TRIP = [*trade("t1", "BUY", "100", 0), *trade("t2", "SELL", "102", 60)]


def test_realised_pnl_by_hand() -> None:
    # Bought at 100, sold at 102, twice 0.1 of fees, 0.5 of funding paid: 1.3 on 202 traded.
    one = case(fills=ROUND_TRIP, funding=[paid("-0.5")])
    assert of(REALIZED_GROSS_BPS, one) == pytest.approx(2 / 202 * 1e4)
    assert of(FEES_BPS, one) == pytest.approx(0.2 / 202 * 1e4)
    assert of(REALIZED_FUNDING_BPS, one) == pytest.approx(-0.5 / 202 * 1e4)
    assert of(REALIZED_PNL_BPS, one) == pytest.approx(1.3 / 202 * 1e4)
    rows = REALIZED_PNL_BPS.rows(one)
    assert rows.select("id", "num", "den").rows() == [("t1", -0.1, 100), ("funding", -0.5, 0), ("t2", 1.9, 102)]


def test_position_carried_in_is_realised_at_its_cost() -> None:
    # Bought at 90 the day before; sold at 102 today: 12 on 102.
    opened = desk(bot(opening=Opening(at=START - timedelta(days=1), balance={"USDT": Decimal(1000)})))
    rows = [*fills(*ALL, trade_id="t0", price=Decimal(90), ts=START - timedelta(hours=1)), *ROUND_TRIP[3:]]
    assert of(REALIZED_GROSS_BPS, case(opened, fills=rows)) == pytest.approx(12 / 102 * 1e4)


@pytest.mark.parametrize(
    ("fee", "bps"),
    [
        ({"fee_amount": Decimal("0.1")}, 10),
        ({"fee_amount": Decimal("-0.02"), "fee_quote": Decimal("-0.02")}, -2),
        ({"fee_amount": Decimal(0), "fee_quote": Decimal(0)}, 0),
        ({"fee_token": "BTC", "fee_amount": Decimal("0.001"), "fee_quote": None}, 10),
        ({"fee_token": "BNB", "fee_amount": Decimal("0.001"), "fee_quote": Decimal("0.6")}, 60),
        ({"fee_token": "BNB", "fee_amount": Decimal("0.001"), "fee_quote": Decimal(0)}, None),
        ({"fee_token": None, "fee_amount": None, "fee_quote": None}, None),
    ],
)
def test_fee_in_any_token(fee: dict[str, Any], bps: float | None) -> None:
    spot = desk(bot(connector="bitget"))
    one = case(spot, fills=trade("t1", "BUY", "100", 0, **fee))
    assert of(FEES_BPS, one) == (None if bps is None else pytest.approx(bps))
    net = REALIZED_PNL_BPS.rows(one)
    assert net["den"].to_list() == [100]
    assert net["num"].is_null().to_list() == [bps is None]


def test_maker_share_is_of_notional_and_unknown_where_no_leg_says_it() -> None:
    rows = [
        *trade("t1", "BUY", "100", 0, liquidity="maker"),
        *trade("t2", "BUY", "300", 1, liquidity="taker"),
        *trade("t3", "BUY", "100", 2, liquidity=None),
    ]
    found = MAKER_SHARE.rows(case(fills=rows))
    assert found.select("num", "den", "liquidity").rows() == [(100, 100, "maker"), (0, 300, "taker"), (None, 100, None)]
    assert value(MAKER_SHARE, found) == 0.25


def test_turnover_is_by_the_hour_of_the_soak() -> None:
    assert of(TURNOVER, case(fills=ROUND_TRIP)) == pytest.approx(202 / 24)
    assert of(TURNOVER, case(fills=ROUND_TRIP, as_of=at(90))) == pytest.approx(202 / (12 + 90 / 3600))
    assert of(TURNOVER, case()) == 0
    assert of(TURNOVER, case(fills=[fill("local")], sources=sources("local"))) is None


@pytest.mark.parametrize(
    "rows",
    [
        {},
        {"funding": [paid("-1")]},
        {"fills": [fill("local")], "sources": sources("local")},
        {"fills": fills(*ALL, ts=START - timedelta(seconds=1))},
        {"fills": fills(*ALL, ts=END), "as_of": END + timedelta(hours=1)},
    ],
)
def test_nothing_traded_has_no_value(rows: dict[str, Any]) -> None:
    one = case(**rows)
    assert [of(measure, one) for measure in MONEY if measure is not TURNOVER] == [None] * 5


def test_one_fill_realises_nothing() -> None:
    one = case(fills=trade("t1", "BUY", "100", 0))
    assert (of(REALIZED_GROSS_BPS, one), of(REALIZED_PNL_BPS, one)) == (0, pytest.approx(-10))


def test_fills_of_a_bot_that_cannot_be_accounted_count_against_the_coverage() -> None:
    one = case(desk(bot(opening=None)), fills=ROUND_TRIP)
    rows = REALIZED_PNL_BPS.rows(one)
    assert (rows["den"].sum(), rows["num"].null_count()) == (202, 2)
    assert of(FEES_BPS, one) == pytest.approx(0.2 / 202 * 1e4)


@pytest.mark.slow
def test_shuffled_records_give_the_same_rows() -> None:
    sides = ("BUY", "SELL")
    rows = [each for n in range(20) for each in trade(f"t{n}", sides[n % 2], f"{100 + n}.1", n // 4, liquidity="maker")]
    one = case(fills=rows, funding=[paid("-0.1"), paid("0.3", ts=NOON + timedelta(hours=4))])
    for measure in MONEY:
        expected = measure.rows(one)
        assert dict(expected.schema) == ROWS
        assert expected.select("bot", "ts", "id").rows() == sorted(expected.select("bot", "ts", "id").rows())
        for seed in range(2):
            assert measure.rows(shuffled(one, seed)).equals(expected)


def test_realised_pnl_is_by_the_method_of_the_desk() -> None:
    # Bought at 100 and at 104, one sold at 106: 4 against the average of 102, 6 against the first.
    rows = [*trade("t1", "BUY", "100", 0), *trade("t2", "BUY", "104", 30), *trade("t3", "SELL", "106", 60)]
    for accounting, gain in ((Accounting.AVERAGE, 4), (Accounting.FIFO, 6)):
        one = by_accounting(case(fills=rows), accounting)
        assert of(REALIZED_GROSS_BPS, one) == pytest.approx(gain / 310 * 1e4)
        assert of(REALIZED_PNL_BPS, one) == pytest.approx((gain - 0.3) / 310 * 1e4)
    assert REALIZED_GROSS_BPS.title_by(Accounting.FIFO) == "Realised PnL before fees (FIFO)"
    assert FEES_BPS.title_by(Accounting.FIFO) == FEES_BPS.title
