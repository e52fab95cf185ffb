"""Waterfalls add up, on the hand calculation of the balance test and for any account."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from deskgate.config.bot import Opening
from deskgate.reconciliation.accounts.waterfall import balance_waterfall, position_waterfall
from desks import START, bot, case, desk, fill, fills

from .account_rows import ALL, balance, payment, position


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
    expected = {"opened": "1000", "trading": "40", "fees": "-0.2", "funding": "0.5", "transfers": "50"}
    assert money == {name: Decimal(text) for name, text in {**expected, "unexplained": "0.7", "closed": "1091"}.items()}


def test_steps_add_up_where_fills_are_unagreed_and_snapshots_few() -> None:
    rows = [fill("local", "t1"), fill("exchange", "t2", side="SELL"), *fills("local", "events", trade_id="t3")]
    for of in steps(fills=rows, positions=[position(16, "7")], balances=[balance(16, "900")]):
        assert sum(amount for step, amount in of.items() if step != "closed") == of["closed"]


def test_no_snapshot_of_the_day_is_no_waterfall() -> None:
    assert steps(fills=fills(*ALL), positions=[position(-4, "1")], balances=[balance(-4, "1")]) == ({}, {})


def test_account_that_opened_with_a_position_starts_at_its_first_snapshot() -> None:
    opened = bot(opening=Opening(at=START, balance={"USDT": Decimal(1000)}, position=Decimal(1)))
    early = fills(*ALL, trade_id="old", ts=START - timedelta(days=3), fee_amount=Decimal(7))
    later = [fills(*ALL, trade_id=f"t{hour}", ts=START + timedelta(hours=hour)) for hour in (1, 9)]
    it = case(
        desk(opened),
        fills=[*early, *later[0], *later[1]],
        positions=[position(8, "2", "100"), position(24, "3", "110")],
        balances=[balance(8, "999.9"), balance(24, "1029.8")],
    )
    money = {row["step"]: row["amount"] for row in balance_waterfall(it).iter_rows(named=True)}
    # Two held while the price rose by 10, and one more bought at 100: 30.
    expected = {
        "opened": "999.9",
        "trading": "30",
        "fees": "-0.1",
        "funding": "0",
        "transfers": "0",
        "unexplained": "0",
    }
    assert money == {name: Decimal(text) for name, text in {**expected, "closed": "1029.8"}.items()}
