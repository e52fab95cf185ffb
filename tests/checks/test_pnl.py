"""PnL of a day by hand, and one series for the gate, the table and the chart."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.checks import portfolio_risk
from deskgate.checks.pnl import DayPnl, day_pnl
from deskgate.config.bot import Opening
from desks import END, NOON, START, bot, case, desk, fill, fills, values

ALL = ("local", "events", "exchange")
YESTERDAY = START - timedelta(hours=6)


def mids(*at: tuple[Any, str]) -> list[dict[str, Any]]:
    return [{"ts": ts, "pair": "BTC-USDT", "mid": Decimal(price)} for ts, price in at]


def of_day(**rows: Any) -> DayPnl:
    found = day_pnl(case(**rows), bot())
    assert isinstance(found, DayPnl)
    return found


def test_fees_and_funding_are_in_the_series_and_its_last_value_is_the_metric() -> None:
    # Bought 1 at 100, fee 0.1; paid funding of 2; worth 104 at the end: 4 - 0.1 - 2.
    rows: dict[str, Any] = {
        "fills": fills(*ALL),
        "funding": [{"leg": "exchange", "ts": NOON + timedelta(hours=4), "pair": "BTC-USDT", "amount": Decimal(-2)}],
        "mids": mids((NOON + timedelta(hours=4), "103"), (END - timedelta(minutes=1), "104")),
    }
    found = of_day(**rows)
    # When the fill comes nothing is held; when the payment comes, 1 worth 103 with its fee paid.
    assert found.series["pnl_quote"].to_list() == pytest.approx([0, 0, 2.9, 1.9])
    assert found.series["ts"].to_list() == [START, NOON, NOON + timedelta(hours=4), END]
    metric = values(portfolio_risk.check(case(**rows)).metrics)["pnl_quote"]
    assert metric == found.pnl_quote == found.series["pnl_quote"][-1]


def test_position_carried_in_is_marked_at_the_start() -> None:
    # Bought at 100 the day before, worth 110 when the day starts and 107 when it ends: the day lost 3.
    opened = bot(opening=Opening(at=YESTERDAY, balance={"USDT": Decimal(1000)}))
    rows = [fill(leg, ts=YESTERDAY + timedelta(hours=1)) for leg in ALL]
    found = day_pnl(case(desk(opened), fills=rows, mids=mids((START, "110"), (END, "107"))), opened)
    assert isinstance(found, DayPnl)
    assert found.start_equity_quote == pytest.approx(1000 - 0.1 + 10)
    assert found.pnl_quote == pytest.approx(-3)
    assert found.exposure_quote == pytest.approx(107)


def test_instant_without_a_mid_is_a_gap_and_not_a_flat_line() -> None:
    rows = fills(*ALL) + fills(*ALL, trade_id="t2", ts=NOON + timedelta(hours=1))
    found = of_day(fills=rows, mids=mids((END - timedelta(minutes=1), "100")))
    assert found.series["pnl_quote"].to_list() == [0, 0, None, pytest.approx(-0.2)]


@pytest.mark.parametrize(("age", "known"), [(timedelta(minutes=5), True), (timedelta(minutes=5, seconds=1), False)])
def test_mid_is_too_old_after_five_minutes(age: timedelta, known: bool) -> None:
    found = day_pnl(case(fills=fills(*ALL), mids=mids((END - age, "100"))), bot())
    assert isinstance(found, DayPnl) is known


def test_own_mid_comes_before_a_younger_one_of_another_bot() -> None:
    own, other = mids((END - timedelta(minutes=2), "90"), (END - timedelta(minutes=1), "50"))
    assert of_day(fills=fills(*ALL), mids=[own, {**other, "bot": "b2"}]).exposure_quote == 90


def test_day_without_fills_is_flat() -> None:
    found = of_day()
    assert found.series["pnl_quote"].to_list() == [0, 0]
    assert found.exposure_quote == 0


def test_funding_payment_without_a_pair_is_paid() -> None:
    rows = [{"leg": "exchange", "ts": NOON, "pair": None, "amount": Decimal(-2)}]
    found = of_day(fills=fills(*ALL), funding=rows, mids=mids((END, "100")))
    assert found.pnl_quote == pytest.approx(-2.1)
