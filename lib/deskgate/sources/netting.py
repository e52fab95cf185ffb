"""Positions of one account snapshot -> one signed row a pair.

An account in hedge mode, or several controllers of one bot, hold several positions in one pair. The desk's exposure
is their sum; an average entry price over opposite sides would mean nothing, so it is left out.
"""

import polars as pl

__all__ = ["net_positions"]


def net_positions(positions: pl.DataFrame) -> pl.DataFrame:
    """Return one row per bot, leg, `ts`, `visible_at`, path and pair.

    Parameters
    ----------
    positions
        Columns of the schema `Positions` but `row_id`, and `record`; `quantity` signed in base.
    """
    alone = pl.len() == 1
    return (
        positions.group_by("bot", "leg", "ts", "visible_at", "path", "pair", maintain_order=True)
        .agg(
            pl.col("record").first(),
            pl.col("quantity").sum(),
            pl.when(alone).then(pl.col("entry_price").first()).alias("entry_price"),
            pl.col("mark_price").first(),
            # A sum over an unknown part is unknown.
            pl.when(pl.col("unrealized_pnl_quote").is_null().any())
            .then(None)
            .otherwise(pl.col("unrealized_pnl_quote").sum())
            .alias("unrealized_pnl_quote"),
        )
        .select(positions.columns)
    )
