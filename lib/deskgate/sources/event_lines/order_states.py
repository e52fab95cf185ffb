"""Events of orders -> the states that they bring the orders into."""

import polars as pl

from deskgate.schema import SIDES
from deskgate.sources.spellings import STATUS_OF_EVENT

__all__ = ["order_states"]


def order_states(
    events: pl.DataFrame, orders: pl.DataFrame, *, own: pl.Expr, filled: pl.Expr | None = None
) -> pl.DataFrame:
    """Return one row of `orders`, as text, for each event of an order.

    Parameters
    ----------
    events
        Events of orders: at, pair, event_type, and `name`, what the writer called the type; `BuyOrderCreated` has the
        side in it.
    orders
        The order's columns as text that each event has, in the order of `events`.
    own
        Whether an event's price and amount are the order's own. Hummingbot gives a market order the price NaN, for it
        has none.
    filled
        Whether an event's filled amount is the order's; None: always.
    """
    side = pl.col("side").str.split(".").list.last().str.to_uppercase()
    return (
        events.select("at", "pair", "event_type", "name")
        .hstack(orders)
        .select(
            "at",
            "pair",
            "order_id",
            "exchange_order_id",
            "created_ts",
            status=pl.col("event_type").replace_strict(STATUS_OF_EVENT, return_dtype=pl.String),
            side=pl.coalesce(pl.col("name").str.to_uppercase().str.extract(rf"^({'|'.join(SIDES)})"), side),
            price=pl.when(own & (pl.col("price") != "NaN")).then("price"),
            quantity=pl.when(own).then("quantity"),
            filled_quantity="filled_quantity" if filled is None else pl.when(filled).then("filled_quantity"),
        )
    )
