"""Cancels: how many of the orders that the venue took were cancelled, at all and before any fill."""

import polars as pl

from deskgate.case.case import Case
from deskgate.measures.measure import Measure
from deskgate.measures.orders import order_rows, own_orders, unknown_orders

__all__ = ["CANCEL_BEFORE_FILL", "CANCEL_RATE"]


def _rows(case: Case, is_counted: pl.Expr) -> pl.DataFrame:
    orders = own_orders(case).filter(~pl.col("is_failed"))
    return order_rows(orders, pl.when("is_known").then(is_counted.cast(pl.Int64)), pl.lit(1))


def _cancelled(case: Case) -> pl.DataFrame:
    return _rows(case, pl.col("is_cancelled"))


def _cancelled_unfilled(case: Case) -> pl.DataFrame:
    return _rows(case, pl.col("is_cancelled") & (pl.col("filled") == 0))


CANCEL_RATE = Measure(
    name="cancel_rate",
    unit="share",
    scale=1.0,
    doc=(
        "Orders that were cancelled over the orders made in the soak that did not fail. Source: the states of orders in the"
        " bot's stream and database."
    ),
    rows=_cancelled,
    title="Cancel rate",
    is_share=True,
    missing=unknown_orders,
)

CANCEL_BEFORE_FILL = Measure(
    name="cancel_before_fill",
    unit="share",
    scale=1.0,
    doc="Orders that were cancelled without an agreed fill over the orders made in the soak that did not fail. Source: as cancel_rate, and the agreed fills.",
    rows=_cancelled_unfilled,
    title="Cancelled before any fill",
    is_share=True,
    missing=unknown_orders,
)
