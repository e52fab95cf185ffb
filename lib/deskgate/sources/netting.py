"""Positions of one account snapshot -> one row a market, with the net and its two sides.

An account in hedge mode, or several controllers of one bot, hold several positions in one market. The desk's exposure
is their sum; what is long and what is short stands beside it, for two books of one net are two books. An average entry
price over opposite sides would mean nothing, so it is left out.
"""

from collections.abc import Callable, Sequence
from functools import cache

import polars as pl

__all__ = ["net_positions"]


def net_positions(positions: pl.DataFrame) -> pl.DataFrame:
    """Return one row per bot, leg, `ts`, `visible_at`, path and market.

    Parameters
    ----------
    positions
        Columns of the schema `Positions` but `row_id`, and `record`, one row a position; `quantity` signed.
    """
    one = ["bot", "leg", "ts", "visible_at", "path", "pair", "symbol"]
    return positions.group_by(one, maintain_order=True).agg(_net()).select(positions.columns)


# Made once: an export of one position would take longer to make them than to be read.
@cache
def _net() -> Sequence[pl.Expr]:
    """Return what is said of the positions of one market, by the schema's columns."""
    alone, quantity = pl.len() == 1, pl.col("quantity")
    one_size = pl.col("contract_size").drop_nulls().n_unique() == 1
    both = (quantity > 0).any() & (quantity < 0).any()
    columns = {
        "record": pl.col("record").first(),
        "quantity": quantity.sum(),
        "long_quantity": quantity.filter(quantity > 0).sum(),
        "short_quantity": -quantity.filter(quantity < 0).sum(),
        "hedged": both | pl.col("hedged").any(),
        # Two sizes of one contract contradict each other: then neither is known.
        "contract_size": pl.when(one_size).then(pl.col("contract_size").drop_nulls().first()),
        "entry_price": pl.when(alone).then(pl.col("entry_price").first()),
        "mark_price": pl.col("mark_price").first(),
        # A sum over an unknown part is unknown.
        "unrealized_pnl_quote": pl.when(pl.col("unrealized_pnl_quote").is_null().any())
        .then(None)
        .otherwise(pl.col("unrealized_pnl_quote").sum()),
        # The one that is reached first.
        "long_liquidation_price": _known(pl.col("long_liquidation_price"), quantity > 0, pl.Expr.max),
        "short_liquidation_price": _known(pl.col("short_liquidation_price"), quantity < 0, pl.Expr.min),
        "maintenance_margin": _known(pl.col("maintenance_margin"), quantity != 0, pl.Expr.sum),
        "initial_margin": _known(pl.col("initial_margin"), quantity != 0, pl.Expr.sum),
        "margin_ratio": _known(pl.col("margin_ratio"), quantity != 0, pl.Expr.max),
        "margin_mode": pl.when(pl.col("margin_mode").drop_nulls().n_unique() == 1).then(
            pl.col("margin_mode").drop_nulls().first()
        ),
    }
    return [expression.alias(name) for name, expression in columns.items()]


def _known(column: pl.Expr, counts: pl.Expr, taken: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """Return what is taken of a column's rows that count; null where there are none, or one is not known."""
    return pl.when(counts.any() & ~(counts & column.is_null()).any()).then(taken(column.filter(counts)))
