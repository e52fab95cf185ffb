"""What the moves of prices that desk.toml names would cost the book."""

from collections.abc import Mapping

import polars as pl

__all__ = ["scenario_losses"]


def scenario_losses(exposures: pl.DataFrame, shocks: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Return the loss of each shock (quote; negative: a gain): what is held of each asset times its move, no beta applied.

    Parameters
    ----------
    exposures
        asset, value (signed, quote).
    shocks
        By name, the move of each asset as a share of its price.
    """
    # Sorted first: a sum of floats depends on its order.
    sums = exposures.sort("asset", "value").group_by("asset", maintain_order=True).agg(pl.col("value").sum())
    held = dict(sums.select("asset", "value").iter_rows())
    return {
        name: -sum(held.get(asset, 0.0) * move for asset, move in sorted(moves.items()))
        for name, moves in shocks.items()
    }
