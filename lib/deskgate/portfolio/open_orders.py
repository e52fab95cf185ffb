"""What the book would be exposed to if the orders that are open at the venues filled."""

import polars as pl

from deskgate.case.case import Case
from deskgate.case.markets import live_orders
from deskgate.portfolio.assets import asset_of
from deskgate.reconciliation.order_history import last_states

__all__ = ["open_orders"]


def open_orders(case: Case, bots: list[str]) -> pl.DataFrame:
    """Return what is left of the orders that the venue lists as open, by bot and asset.

    Returns
    -------
    polars.DataFrame
        bot, asset, buys, sells (price x what is left, quote; null where an order has no price, quantity or side).
    """
    left = (pl.col("quantity") - pl.col("filled_quantity").fill_null(0)).cast(pl.Float64)
    value = pl.col("price").cast(pl.Float64) * left
    rows = last_states(live_orders(case), "exchange").filter(pl.col("bot").is_in(bots), pl.col("final").is_null())
    known = value.is_not_null() & pl.col("side").is_not_null()
    sides = {
        name: pl.when(known.all()).then(value.filter(pl.col("side") == side).sum())
        for name, side in (("buys", "BUY"), ("sells", "SELL"))
    }
    names = {pair: asset_of(pair) for pair in rows["pair"].unique()}
    asset = pl.col("pair").replace_strict(names, return_dtype=pl.String).alias("asset")
    return rows.sort("bot", "pair", "key").group_by("bot", asset, maintain_order=True).agg(**sides)
