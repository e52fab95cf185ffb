"""Rows of orders, payments, positions and balances of one account, for the tests of what it says."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from deskgate.checks.registry import run_checks
from deskgate.reconciliation.accounts import check as positions
from desks import NOON, START, case, fills

ALL = ("local", "events", "exchange")


def order(leg: str, status: str, at: timedelta = timedelta(0), **more: Any) -> dict[str, Any]:
    return {
        "leg": leg,
        "ts": NOON + at,
        "pair": "BTC-USDT",
        "order_id": "o-t1",
        "exchange_order_id": "x-t1",
        "status": status,
        "created_ts": NOON,
        "quantity": Decimal(1),
        "price": Decimal(100),
        **more,
    }


LATER = timedelta(minutes=1)


CLOSED = [order("exchange", "open"), order("exchange", "cancelled", LATER, filled_quantity=Decimal(0))]


def payment(leg: str, seconds: float = 0, **more: Any) -> dict[str, Any]:
    return {
        "leg": leg,
        "ts": START + timedelta(hours=8, seconds=seconds),
        "pair": "BTC-USDT",
        "amount": Decimal("0.5"),
        **more,
    }


def position(hours: int, quantity: str, mark: str = "110") -> dict[str, Any]:
    return {
        "leg": "exchange",
        "ts": START + timedelta(hours=hours),
        "pair": "BTC-USDT",
        "quantity": Decimal(quantity),
        "mark_price": Decimal(mark),
    }


def balance(hours: int, total: str) -> dict[str, Any]:
    return {"leg": "exchange", "ts": START + timedelta(hours=hours), "token": "USDT", "total": Decimal(total)}


def drifts(**rows: Any) -> list[tuple[str, str | None, str | None, str]]:
    """Return kind, expected, delta and day of each drift."""
    return sorted(positions.check(case(**rows)).breaks.select("kind", "expected", "delta", "first_seen").iter_rows())


def details(**rows: Any) -> list[tuple[str, str]]:
    """Return kind and detail of every break; the gate's checks alone list any."""
    _, breaks = run_checks(case(**rows), ["reconciliation"])
    return sorted(breaks.select("kind", "detail").iter_rows())


PHANTOM = fills("local", "events", trade_id="t2")


def account(*snapshots: tuple[int, str, str, str]) -> dict[str, Any]:
    """Return positions and balances of some hours: hour, quantity, mark, total."""
    return {
        "positions": [position(hour, quantity, mark) for hour, quantity, mark, _ in snapshots],
        "balances": [balance(hour, total) for hour, _, _, total in snapshots],
    }
