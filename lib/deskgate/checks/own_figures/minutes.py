"""The minute records in which a controller states its figures, and which figures it states at all."""

from datetime import timedelta
from typing import NamedTuple

import polars as pl

from deskgate.case.case import RECENT, Case, per_case
from deskgate.case.findings import Metric
from deskgate.case.markets import judged
from deskgate.checks.soak.controllers import controller_of, pair_of
from deskgate.config.bot import Bot

__all__ = ["Figure", "lacks", "minute_records", "recorded", "told_share"]

# The record before the day that a count goes on from is no older.
_BEFORE = timedelta(hours=1)


class Figure(NamedTuple):
    """A measured figure of a controller, and the share of its records of the day that could be judged by it."""

    metric: Metric
    told: float


@per_case
def minute_records(case: Case) -> pl.DataFrame:
    """Return the minute records of the day and of the hour before: as `Snapshots`, with controller and in_day; sorted."""
    rows = judged(case, "snapshots", pl.col("ts").is_between(case.start - _BEFORE, case.end, closed="left"))
    named = rows.sort("ts", "row_id").with_columns(pair_of(), controller_of(), in_day=case.in_day())
    return named.sort("controller", "ts", "row_id")


@per_case
def recorded(case: Case) -> dict[str, set[str]]:
    """Return which figures the minute records of each bot of the last 7 days have: what none of them has it does not record."""
    since = min(case.start, case.as_of - RECENT)
    there = pl.all().exclude("bot").is_not_null().any()
    rows = case.lazy("snapshots").filter(pl.col("ts") >= since).group_by("bot").agg(there).collect()
    return {row["bot"]: {name for name, has in row.items() if has} for row in rows.iter_rows(named=True)}


def told_share(rows: pl.DataFrame, column: str) -> float:
    """Return the share of a bot's records of the day that have a figure; of several controllers the least."""
    shares = rows.filter("in_day").group_by("controller").agg(told=pl.col(column).is_not_null().mean())
    return float(shares["told"].sort()[0])


def lacks(bot: Bot, column: str) -> str:
    """Return why a figure has no value where no record of the day has it."""
    return f"minute.csv of {bot.name} has no {column}"
