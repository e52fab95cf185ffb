"""PnL of a day by hand, its parts, and one series for the gate, the table and the chart."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskgate.accounting.day_pnl import DayPnl, day_pnl
from deskgate.case.case import Case
from deskgate.checks import portfolio_risk
from deskgate.config.accounting import Accounting
from deskgate.config.bot import Bot, Opening
from desks import END, NOON, START, bot, by_accounting, case, desk, fill, fills, values
from examples import few
from tiers import quick

ALL = ("local", "events", "exchange")
YESTERDAY = START - timedelta(hours=6)
HOUR = timedelta(hours=1)


def mids(*at: tuple[Any, str]) -> list[dict[str, Any]]:
    return [{"ts": ts, "pair": "BTC-USDT", "mid": Decimal(price)} for ts, price in at]


def of_day(of: Bot | None = None, **rows: Any) -> DayPnl:
    found = day_pnl(case(desk(of or bot()), **rows), of or bot())
    assert isinstance(found, DayPnl), found
    return found


def column(found: DayPnl, name: str) -> list[Decimal | None]:
    return found.series[name].to_list()


def opened(position: str, entry: str | None = None, **values: Any) -> Bot:
    price = Decimal(entry) if entry else None
    opening = Opening(at=START, balance={"USDT": Decimal(1000)}, position=Decimal(position), entry_price=price)
    return bot(opening=opening, **values)


def test_fees_and_funding_are_in_the_series_and_its_last_value_is_the_metric() -> None:
    # Bought 1 at 100, fee 0.1; paid funding of 2; worth 104 at the end: 4 - 0.1 - 2.
    rows: dict[str, Any] = {
        "fills": fills(*ALL),
        "funding": [{"leg": "exchange", "ts": NOON + 4 * HOUR, "pair": "BTC-USDT", "amount": Decimal(-2)}],
        "mids": mids((NOON + 4 * HOUR, "103"), (END - timedelta(minutes=1), "104")),
    }
    found = of_day(**rows)
    # When the fill comes nothing is held; when the payment comes, 1 worth 103 with its fee paid.
    assert column(found, "pnl_quote") == [0, 0, Decimal("2.9"), Decimal("1.9")]
    assert column(found, "unrealized_quote") == [0, 0, 3, 4]
    assert column(found, "fees_quote") == [0, 0, Decimal("0.1"), Decimal("0.1")]
    assert column(found, "funding_quote") == [0, 0, 0, -2]
    assert column(found, "realized_quote") == [0, 0, 0, 0]
    assert column(found, "ts") == [START, NOON, NOON + 4 * HOUR, END]
    metric = values(portfolio_risk.check(case(**rows)).metrics)["pnl_quote"]
    assert metric == found.pnl_quote == float(found.series["pnl_quote"][-1])


def test_flip_through_zero_realises_and_goes_on() -> None:
    # Long 1 at 100, 2 sold at 110: 10 realised, short 1 at 110, worth -104 at the end: 6.
    rows = fills(*ALL) + fills(
        *ALL, trade_id="t2", ts=NOON + HOUR, side="SELL", quantity=Decimal(2), price=Decimal(110)
    )
    found = of_day(fills=rows, mids=mids((NOON + HOUR, "110"), (END, "104")))
    last = found.series.row(-1, named=True)
    assert (last["realized_quote"], last["unrealized_quote"], last["fees_quote"]) == (10, 6, Decimal("0.2"))
    assert (found.pnl_quote, found.exposure_quote) == (15.8, -104)


def test_position_bought_the_day_before_is_marked_at_the_start() -> None:
    # Bought at 100 the day before, worth 110 when the day starts and 107 when it ends: the day lost 3.
    before = bot(opening=Opening(at=YESTERDAY, balance={"USDT": Decimal(1000)}))
    rows = [fill(leg, ts=YESTERDAY + HOUR) for leg in ALL]
    found = of_day(before, fills=rows, mids=mids((START, "110"), (END, "107")))
    assert found.start_equity_quote == pytest.approx(1000 - 0.1 + 10)
    assert (found.pnl_quote, found.exposure_quote) == (-3, 107)


@pytest.mark.parametrize(
    ("position", "entry", "equity", "pnl"),
    quick(
        [
            # 2 at 90, worth 100 each: a gain of 20 on the wallet of 1,000; they end at 105.
            ("2", "90", 1020, 10),
            ("-2", "90", 980, -10),
            # Without a price they count from the mid at the opening.
            ("2", None, 1000, 10),
            ("-2", None, 1000, -10),
        ],
        2,
    ),
)
def test_position_carried_in_at_the_opening(position: str, entry: str | None, equity: float, pnl: float) -> None:
    found = of_day(opened(position, entry), mids=mids((START, "100"), (END, "105")))
    assert (found.start_equity_quote, found.pnl_quote) == (equity, pnl)
    assert found.exposure_quote == float(position) * 105


def test_what_spot_carries_in_is_owned() -> None:
    # 2 coins that cost 90 are worth 200 beside the wallet of 1,000.
    found = of_day(opened("2", "90", connector="binance"), mids=mids((START, "100"), (END, "105")))
    assert (found.start_equity_quote, found.pnl_quote, found.exposure_quote) == (1200, 10, 210)


def test_fee_in_base_of_spot_costs_what_it_was_worth() -> None:
    # 1 bought at 100, 0.01 of it is the fee; 0.99 are worth 99 + 0.99 x 4 at the end: the cash of 100 brought 102.96.
    rows = fills(*ALL, fee_amount=Decimal("0.01"), fee_token="BTC", fee_quote=None)
    found = of_day(opened("0", connector="binance"), fills=rows, mids=mids((END, "104")))
    assert found.pnl_quote == float(Decimal("102.96") - 100)
    assert column(found, "fees_quote")[-1] == 1
    assert found.exposure_quote == 102.96


@pytest.mark.parametrize(("fee", "pnl"), [({"fee_quote": Decimal("0.6")}, -0.6), ({"fee_quote": Decimal(0)}, None)])
def test_fee_in_a_third_token_counts_where_a_leg_converts_it(fee: dict[str, Any], pnl: float | None) -> None:
    rows = fills(*ALL, fee_amount=Decimal("0.001"), fee_token="BNB", **fee)
    found = day_pnl(case(fills=rows, mids=mids((END, "100"))), bot())
    if isinstance(found, DayPnl):
        assert found.pnl_quote == pnl
    else:
        assert (pnl, found) == (None, "b1 paid fees in BNB that no leg converts into USDT, so its loss is unknown")


def test_rebate_is_a_negative_fee() -> None:
    found = of_day(fills=fills(*ALL, fee_amount=Decimal("-0.02")), mids=mids((END, "100")))
    assert found.pnl_quote == 0.02


def test_unknown_fee_is_not_0() -> None:
    rows = fills(*ALL, fee_amount=None, fee_token=None, fee_quote=None)
    assert "no leg says what fee b1 paid for 1 of its fills" in str(
        day_pnl(case(fills=rows, mids=mids((END, "1"))), bot())
    )


def test_instant_without_a_mid_is_a_gap_and_not_a_flat_line() -> None:
    rows = fills(*ALL) + fills(*ALL, trade_id="t2", ts=NOON + HOUR)
    found = of_day(fills=rows, mids=mids((END - timedelta(minutes=1), "100")))
    assert column(found, "pnl_quote") == [0, 0, None, Decimal("-0.2")]


@pytest.mark.parametrize(("age", "known"), [(timedelta(minutes=5), True), (timedelta(minutes=5, seconds=1), False)])
def test_mid_is_too_old_after_five_minutes(age: timedelta, known: bool) -> None:
    found = day_pnl(case(fills=fills(*ALL), mids=mids((END - age, "100"))), bot())
    assert isinstance(found, DayPnl) is known


def test_own_mid_comes_before_a_younger_one_of_another_bot() -> None:
    own, other = mids((END - timedelta(minutes=2), "90"), (END - timedelta(minutes=1), "50"))
    assert of_day(fills=fills(*ALL), mids=[own, {**other, "bot": "b2"}]).exposure_quote == 90


def test_day_without_fills_is_flat() -> None:
    found = of_day()
    assert column(found, "pnl_quote") == [0, 0]
    assert found.exposure_quote == 0


def test_funding_payment_without_a_pair_is_paid() -> None:
    rows = [{"leg": "exchange", "ts": NOON, "pair": None, "amount": Decimal(-2)}]
    found = of_day(fills=fills(*ALL), funding=rows, mids=mids((END, "100")))
    assert found.pnl_quote == -2.1


def test_both_sides_of_a_hedged_market_are_valued() -> None:
    # Long 2 at 100 and short 1 at 110, worth 105: 10 + 5, exposed by 1.
    long, short = (
        [
            fill(
                leg,
                n,
                side=side,
                price=Decimal(price),
                quantity=Decimal(size),
                position=held if leg == "exchange" else "OPEN",
            )
            for leg in ALL
        ]
        for n, side, held, price, size in (("t1", "BUY", "LONG", 100, 2), ("t2", "SELL", "SHORT", 110, 1))
    )
    found = of_day(fills=long + short, mids=mids((END, "105")))
    assert column(found, "unrealized_quote")[-1] == 15
    assert column(found, "realized_quote")[-1] == 0
    assert found.exposure_quote == 105


_FEES = [("USDT", Decimal("0.1")), ("USDT", Decimal("-0.1")), ("BTC", Decimal("0.001")), ("BNB", Decimal("0.001"))]
_PLACE = Decimal("1e-18")
_TRADES = st.lists(
    st.tuples(
        st.sampled_from([1, -1]),
        st.integers(1, 999).map(lambda n: (Decimal(n) / 7_000).quantize(_PLACE)),
        st.integers(1, 10**7).map(lambda n: (Decimal(n) / 90).quantize(_PLACE)),
        st.sampled_from(_FEES),
        st.integers(1, 86_399),
    ),
    max_size=6,
)


@pytest.mark.slow
@few()
@given(trades=_TRADES, carried=st.integers(-3, 3), spot=st.booleans())
def test_parts_add_up_to_the_change_of_cash_and_position(trades: list[Any], carried: int, spot: bool) -> None:
    rows, seen = [], {START: "100", END: "110"}
    # By cash and position alone, without a cost: what was paid, and what is held.
    cash, held, funded = -carried * Decimal(100), Decimal(carried), Decimal(-1)
    for n, (sign, quantity, price, (token, fee), second) in enumerate(trades):
        ts, side, amount = START + timedelta(seconds=second), "BUY" if sign > 0 else "SELL", {"fee_amount": fee}
        named = {"ts": ts, "side": side, "price": price, "quantity": quantity, "fee_token": token, **amount}
        rows += [fill(leg, f"t{n}", **{**named, "fee_quote": Decimal("0.3")}) for leg in ALL]
        seen[ts] = str(100 + n)
        held += sign * quantity
        cash -= sign * quantity * price
        if spot and "BTC" in token:
            held -= fee
        else:
            cash -= fee if "USDT" in token else Decimal("0.3")
    of = opened(str(carried), "97", connector="binance" if spot else "binance_perpetual")
    funding = [{"leg": "exchange", "ts": NOON, "amount": funded}]
    one = case(desk(of), fills=rows, mids=mids(*seen.items()), funding=funding)
    parts = pl.col("realized_quote") + pl.col("unrealized_quote") - pl.col("fees_quote") + pl.col("funding_quote")
    for method in Accounting:
        found = day_pnl(by_accounting(one, method), of)
        assert isinstance(found, DayPnl), found
        assert found.series.select((parts == pl.col("pnl_quote")).all()).item()
        assert abs(found.series["pnl_quote"][-1] - (cash + funded + held * 110)) < Decimal("1e-15")


def test_methods_differ_in_what_is_realised_and_in_nothing_else() -> None:
    # Lots of 1 at 100 and at 110; 1 sold at 120; the other is worth 115 at the end. Fees of 0.3, a payment of 2.
    bought = fills(*ALL) + fills(*ALL, trade_id="t2", ts=NOON + HOUR, price=Decimal(110))
    rows: dict[str, Any] = {
        "fills": bought + fills(*ALL, trade_id="t3", ts=NOON + 2 * HOUR, side="SELL", price=Decimal(120)),
        "funding": [{"leg": "exchange", "ts": NOON + HOUR, "pair": "BTC-USDT", "amount": Decimal(-2)}],
        "mids": mids((NOON + HOUR, "110"), (NOON + 2 * HOUR, "120"), (END, "115")),
    }
    days = [day_pnl(by_accounting(case(**rows), method), bot()) for method in Accounting]
    last = [day.series.row(-1, named=True) for day in days if isinstance(day, DayPnl)]
    assert [(row["realized_quote"], row["unrealized_quote"]) for row in last] == [(15, 10), (20, 5)]
    same = ("pnl_quote", "fees_quote", "funding_quote", "exposure_quote")
    assert [[row[name] for name in same] for row in last] == [[Decimal("22.7"), Decimal("0.3"), -2, 115]] * 2


def test_bot_that_opens_after_the_day_has_no_value() -> None:
    late = bot(opening=Opening(at=END, balance={"USDT": Decimal(1)}))
    of: Case = case(desk(late))
    assert "after the day: its equity then is unknown" in str(day_pnl(of, late))
