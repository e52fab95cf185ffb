"""Waterfalls add up, on the hand calculation of the balance test and for any account."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from deskgate.checks.waterfall import balance_waterfall, position_waterfall
from desks import START, case, fill, fills

from .test_accounts import ALL, balance, payment, position


def steps(**rows: Any) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    it = case(**rows)
    return (
        {row["step"]: row["amount"] for row in position_waterfall(it).iter_rows(named=True)},
        {row["step"]: row["amount"] for row in balance_waterfall(it).iter_rows(named=True)},
    )


def test_steps_of_a_day_are_what_was_traded_paid_and_moved() -> None:
    # Bought 3 at 100, sold 1 at 120, fees 0.2, funding 0.5, 50 moved in; 2 left at a mark of 110.
    traded = [*fills(*ALL, quantity=Decimal(3)), *fills(*ALL, trade_id="t2", side="SELL", price=Decimal(120))]
    moved = {"leg": "exchange", "ts": START + timedelta(hours=9), "token": "USDT", "amount": Decimal(50)}
    held, money = steps(
        fills=traded,
        funding=[payment(leg) for leg in ("local", "exchange")],
        transfers=[moved],
        positions=[position(8, "0"), position(24, "2.5")],
        balances=[balance(24, "1091")],
    )
    assert held == {"opened": 0, "bought": 3, "sold": -1, "unexplained": Decimal("0.5"), "closed": Decimal("2.5")}
    # -300 + 120 + 2 * 110 = 40
    told = {"opened": "1000", "trading": "40", "fees": "-0.2", "funding": "0.5", "transfers": "50"}
    assert money == {name: Decimal(text) for name, text in {**told, "unexplained": "0.7", "closed": "1091"}.items()}


def test_steps_add_up_where_fills_are_unagreed_and_snapshots_few() -> None:
    rows = [fill("local", "t1"), fill("exchange", "t2", side="SELL"), *fills("local", "events", trade_id="t3")]
    for of in steps(fills=rows, positions=[position(16, "7")], balances=[balance(16, "900")]):
        assert sum(amount for step, amount in of.items() if step != "closed") == of["closed"]


def test_no_snapshot_of_the_day_is_no_waterfall() -> None:
    assert steps(fills=fills(*ALL), positions=[position(-4, "1")], balances=[balance(-4, "1")]) == ({}, {})
