"""Which asset a market's position is exposed to, and which assets may be netted."""

from collections.abc import Mapping

import polars as pl

from deskgate.config.desk import Desk
from deskgate.config.risk import Beta
from deskgate.sources.market_names import plain_pair

__all__ = ["asset_of", "netted"]


def asset_of(market: str) -> str:
    """Return the base of a judged market: what moves its value."""
    return plain_pair(market).rpartition("-")[0]


def netted(exposures: pl.DataFrame, desk: Desk, by: str | None = None) -> pl.DataFrame:
    """Return signed exposures summed by what may be netted: an asset, and those that have a beta to it.

    Parameters
    ----------
    exposures
        asset, value (signed, quote), and the column `by`.
    by
        A column within whose values sums are taken, such as the instant.

    Returns
    -------
    polars.DataFrame
        `by`, asset (that of the group), value (each exposure times its beta), sorted.
    """
    of, times = _betas(desk.risk.betas)
    keys = [by, "asset"] if by else ["asset"]
    rows = exposures.with_columns(
        asset=pl.col("asset").replace(of),
        value=pl.col("value") * pl.col("asset").replace_strict(times, default=1.0, return_dtype=pl.Float64),
    )
    # Sorted first: a sum of floats depends on its order.
    return rows.sort(*keys, "value").group_by(keys, maintain_order=True).agg(pl.col("value").sum())


def _betas(betas: Mapping[str, Beta]) -> tuple[dict[str, str], dict[str, float]]:
    return {asset: beta.of for asset, beta in betas.items()}, {asset: beta.beta for asset, beta in betas.items()}
