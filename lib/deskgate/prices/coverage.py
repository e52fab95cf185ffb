"""In how many minutes of the day each bot had a mid, from which source, and which of its quotes were none."""

from datetime import timedelta

import polars as pl

from deskgate.case.case import Case
from deskgate.prices.flaws import FLAWS
from deskgate.prices.mids import flaws, mids_of_day
from deskgate.prices.quotes import SOURCES

__all__ = ["coverage"]

_KEY = ["bot", "pair"]


def coverage(case: Case) -> pl.DataFrame:
    """Return how much of the day has mids.

    Returns
    -------
    polars.DataFrame
        One row per judged bot and pair, declared or observed: bot, pair, minutes (of the day, up to its end or `as_of`),
        share_with_mid (of them), by the name of each source the minutes whose most trusted mid is of it, no_mid (the other
        minutes), and how many quotes of the day are no mids for each of `FLAWS`. Sorted by (bot, pair).
    """
    minutes = max(1, -(-(case.end - case.start) // timedelta(minutes=1)))
    flawed = flaws(case)
    by_source = pl.DataFrame(
        [(*key, *_by_source(case.of_day(rows))) for key, rows in mids_of_day(case).by_market.items()],
        schema={**dict.fromkeys(_KEY, pl.String()), **dict.fromkeys(SOURCES, pl.Int64())},
        orient="row",
    )
    declared = [(bot.name, pair) for bot in case.desk.judged for pair in bot.pairs]
    pairs = pl.DataFrame(declared, schema=dict.fromkeys(_KEY, pl.String()), orient="row")
    covered = pl.sum_horizontal(SOURCES)
    return (
        pl.concat([pairs, flawed.select(_KEY)])
        .unique()
        .join(by_source, on=_KEY, how="left")
        .join(flawed, on=_KEY, how="left")
        .with_columns(pl.exclude(_KEY).fill_null(0).cast(pl.Int64))
        .select(
            *_KEY,
            pl.lit(minutes).alias("minutes"),
            (covered / minutes).alias("share_with_mid"),
            *SOURCES,
            (minutes - covered).alias("no_mid"),
            *FLAWS,
        )
        .sort(_KEY)
    )


def _by_source(mids: pl.DataFrame) -> list[int]:
    """Return in how many minutes the most trusted mid of a market is of each of `SOURCES`."""
    best = mids.group_by(pl.col("ts").dt.truncate("1m")).agg(best=pl.col("source").to_physical().min())
    return [best.filter(pl.col("best") == at).height for at in range(len(SOURCES))]
