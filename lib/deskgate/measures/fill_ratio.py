"""Fill ratio: how much of what a bot offered was taken, by notional and by orders.

An order made while the controller was paused or stopped is no intent to trade, and neither is one that failed.
"""

import polars as pl

from deskgate.case.case import Case
from deskgate.case.expressions import notional
from deskgate.case.tolerances import MONEY
from deskgate.measures.measure import RATIO_OF_AMOUNTS, Measure
from deskgate.measures.orders import order_rows, own_orders, unknown_orders
from deskgate.measures.state_words import PAUSED

__all__ = ["FILL_RATIO", "FILL_RATIO_ORDERS", "intents"]

_MARKET = ["bot", "pair"]


def intents(case: Case) -> pl.DataFrame:
    """Return the `own_orders` that did not fail, without those made while their bot was paused or stopped."""
    return own_orders(case).filter(~pl.col("is_failed"), ~pl.col("state").is_in(PAUSED).fill_null(value=False))


def _by_notional(case: Case) -> pl.DataFrame:
    # A market order has no price: its own fills have, else the order before it of its market, else the one after it.
    paid = pl.col("filled_quote").cast(pl.Float64) / pl.col("filled").cast(pl.Float64)
    own = pl.coalesce("price", pl.when(pl.col("filled") > 0).then(paid).cast(MONEY, strict=False))
    near = (pl.col("own").forward_fill().over(_MARKET), pl.col("own").backward_fill().over(_MARKET))
    orders = intents(case).with_columns(own=own).with_columns(price=pl.coalesce("price", *near))
    ordered, filled = (notional(pl.col("price"), pl.col(name)) for name in ("quantity", "filled"))
    den = pl.coalesce(ordered, filled).fill_null(0)
    return order_rows(orders, pl.when(ordered.is_not_null() & pl.col("is_known")).then(filled), den)


def _by_orders(case: Case) -> pl.DataFrame:
    has_fill = pl.when("is_known").then((pl.col("filled") > 0).cast(pl.Int64))
    return order_rows(intents(case), has_fill, pl.lit(1))


FILL_RATIO = Measure(
    name="fill_ratio",
    unit="share",
    scale=1.0,
    doc=(
        "Filled over ordered quantity of the orders made in the soak, each times the order's price; a market order's is that"
        " of its fills, else of the order before it. Without failed orders and those made in soft_pause, hard_stop or"
        " kill_switch. Source: the bot's orders, the agreed fills, the state in the controller's minute records."
    ),
    rows=_by_notional,
    title="Fill ratio",
    is_share=True,
    amounts=RATIO_OF_AMOUNTS,
    missing=unknown_orders,
)

FILL_RATIO_ORDERS = Measure(
    name="fill_ratio_orders",
    unit="share",
    scale=1.0,
    doc="Orders with an agreed fill over the orders made in the soak; the same orders as fill_ratio counts.",
    rows=_by_orders,
    title="Fill ratio by orders",
    is_share=True,
    missing=unknown_orders,
)
