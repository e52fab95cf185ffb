"""Views of notebook 07: minutes on record and equity."""

from datetime import timedelta

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.checks.soak.controllers import WINDOW
from deskgate.checks.soak.minutes import covered_minutes

__all__ = ["coverage", "equity"]


def coverage(assessment: Assessment) -> pl.DataFrame:
    """Return the 24 h up to `as_of` as spans with and without minute snapshots: bot, start, end, covered."""
    as_of = assessment.case.as_of
    begin = (as_of - WINDOW).replace(second=0, microsecond=0)
    grid = pl.DataFrame({"minute": pl.datetime_range(begin, as_of, "1m", closed="left", time_zone="UTC", eager=True)})
    bots = pl.DataFrame({"bot": [bot.name for bot in assessment.case.desk.judged]}, schema={"bot": pl.String})
    seen = covered_minutes(assessment.case).with_columns(covered=pl.lit(value=True))
    full = bots.join(grid, how="cross").join(seen, on=["bot", "minute"], how="left")
    return (
        full.with_columns(pl.col("covered").fill_null(value=False))
        .sort("bot", "minute")
        .with_columns(span=pl.col("covered").rle_id().over("bot"))
        .group_by("bot", "span", "covered", maintain_order=True)
        .agg(start=pl.col("minute").min(), end=pl.col("minute").max() + timedelta(minutes=1))
        .select("bot", "start", "end", "covered")
    )


def equity(assessment: Assessment) -> pl.DataFrame:
    """Return what the bots say of their equity over the day, every five minutes: bot, ts, equity_quote."""
    case = assessment.case
    today = case.lazy("snapshots").filter(case.in_day(), pl.col("equity_quote").is_not_null()).collect()
    return (
        today.sort("ts", "row_id")
        .group_by("bot", pl.col("ts").dt.truncate("5m"), maintain_order=True)
        .agg(pl.col("equity_quote").last().cast(pl.Float64))
        .sort("bot", "ts")
    )
