"""How long the venue took to acknowledge an order, and the market to fill it; both by the bot's clock alone.

A venue's clock differs from a bot's by an unknown offset, so the venue's time of a fill is never used. Hummingbot's stream and
database date orders and fills by its tick, whole seconds (20260922, core/clock.pyx): a mean over many orders is finer than a
single latency, and that may be a second short.
"""

import math

import polars as pl

from deskgate.case.case import Case
from deskgate.measures.measure import Measure
from deskgate.measures.orders import order_rows, own_orders, unknown_orders

__all__ = ["FILL_LATENCY", "ORDER_LATENCY", "latency_quantile"]


def _seconds_until(at: str) -> pl.Expr:
    return (pl.col(at) - pl.col("created")).dt.total_microseconds() / 1e6


def _order_latency(case: Case) -> pl.DataFrame:
    # Without a creation of its own an order was made when its stream said so: there is nothing between.
    seconds = pl.when("is_dated").then(_seconds_until("acknowledged"))
    return order_rows(own_orders(case).filter("is_accepted"), seconds, pl.lit(1))


def _fill_latency(case: Case) -> pl.DataFrame:
    seconds = pl.when("is_known").then(_seconds_until("first_fill_own"))
    return order_rows(own_orders(case).filter(pl.col("filled") > 0), seconds, pl.lit(1))


def latency_quantile(seconds: pl.Series, share: float) -> float | None:
    """Return the smallest latency that so large a share of the known ones does not exceed; None where none is known."""
    known = seconds.drop_nulls().sort()
    return float(known[max(0, math.ceil(known.len() * share) - 1)]) if known.len() else None


ORDER_LATENCY = Measure(
    name="order_latency_s",
    unit="s",
    scale=1.0,
    doc=(
        "Mean time from an order's creation to the event that the venue took it, of the orders that it took. Source: the"
        " creation_timestamp and the timestamp of BuyOrderCreated and SellOrderCreated, both of the bot's clock."
    ),
    rows=_order_latency,
    title="Time until an order is acknowledged",
    missing=unknown_orders,
)

FILL_LATENCY = Measure(
    name="fill_latency_s",
    unit="s",
    scale=1.0,
    doc=(
        "Mean time from an order's creation to the bot's record of its first fill, of the orders with an agreed fill. Source:"
        " the bot's stream and database, by the bot's clock; a fill found by polling is late by the poll."
    ),
    rows=_fill_latency,
    title="Time until the first fill",
    missing=unknown_orders,
)
