"""Rows of orders for the tests of measures: what a test does not name takes a harmless default."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from deskgate.case.case import Case
from desks import NOON, case, fills

ALL = ("local", "events", "exchange")


def at(seconds: float) -> datetime:
    """Return an instant of the day, counted from noon."""
    return NOON + timedelta(seconds=seconds)


def state(
    status: str = "open", order_id: str = "o1", ts: datetime = NOON, leg: str = "events", **more: Any
) -> dict[str, Any]:
    """Return one state of an order: BUY 2 at 100, its market and its making named when it opens."""
    made: dict[str, Any] = {
        "pair": "BTC-USDT",
        "created_ts": ts,
        "side": "BUY",
        "price": Decimal(100),
        "quantity": Decimal(2),
    }
    row: dict[str, Any] = {
        "leg": leg,
        "ts": ts,
        "order_id": order_id,
        "exchange_order_id": f"x-{order_id}",
        "status": status,
    }
    return row | (made if status == "open" else {}) | more


def filled(order: str = "o1", quantity: str = "2", ts: datetime = NOON, **more: Any) -> list[dict[str, Any]]:
    """Return one fill in all legs, of an order by its id: BUY at 100."""
    values: dict[str, Any] = {"trade_id": f"t-{order}", "order_id": order, "exchange_order_id": f"x-{order}"}
    legs = more.pop("legs", ALL)
    return fills(*legs, **{**values, "quantity": Decimal(quantity), "ts": ts, **more})


def failure(order_id: str, error_type: str, error_message: str, ts: datetime = NOON) -> dict[str, Any]:
    """Return the event of an order that failed, as Hummingbot writes it."""
    data = f'{{"order_id":"{order_id}","price":NaN,"error_type":"{error_type}","error_message":"{error_message}"}}'
    event = {"leg": "events", "ts": ts, "event_id": order_id, "event_type": "order_failed", "order_id": order_id}
    return {**event, "id_derived": True, "payload": f'{{"type":"OrderFailure","data":{data}}}'}


def shuffled(of: Case, seed: int = 1) -> Case:
    """Return a case with the rows of all its tables in another order."""
    frames = {name: rows.sample(fraction=1, shuffle=True, seed=seed) for name, rows in of.frames.items()}
    return Case(of.desk, of.day, of.as_of, frames, of.digests, of.intervals, of.risk)


def pairs_of(rows: pl.DataFrame) -> list[tuple[Any, ...]]:
    """Return the id, num and den of a measure's rows."""
    return rows.select("id", "num", "den").rows()


__all__ = ["ALL", "at", "case", "failure", "filled", "pairs_of", "shuffled", "state"]
