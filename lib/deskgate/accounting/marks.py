"""The mid that values a position at an instant: the last one before it, not older than 5 minutes."""

import polars as pl

from deskgate.case.case import Case
from deskgate.case.markets import judged
from deskgate.reconciliation.agreed import MID_AGE
from deskgate.sources.market_names import is_priced_as

__all__ = ["mids_at"]


def mids_at(case: Case, bot: str, pair: str, at: pl.Series) -> pl.DataFrame:
    """Return the mid of a market at each instant: ts, mid (null where none is young enough).

    The bot's own observation comes first; another bot's of the same market is as good, and spot and swap of one base and
    quote are priced by each other where only one of them was observed.

    Parameters
    ----------
    at
        Instants, ascending.
    """
    instants = at.alias("ts").to_frame()
    if at.is_empty():
        return instants.with_columns(mid=pl.lit(None, pl.Decimal(38, 18)))
    near = pl.col("ts").is_between(at[0] - MID_AGE, at[-1])
    alike = judged(case, "mids", near).filter(is_priced_as(pair)).sort("ts", "row_id")
    mids = alike.filter(pl.col("pair") == pair)
    for name, source in (("own", mids.filter(pl.col("bot") == bot)), ("other", mids), ("alike", alike)):
        seen = source.unique("ts", keep="last", maintain_order=True).select("ts", pl.col("mid").alias(name))
        instants = instants.join_asof(seen, on="ts", strategy="backward", tolerance=MID_AGE, check_sortedness=False)
    return instants.select("ts", mid=pl.coalesce("own", "other", "alike"))
