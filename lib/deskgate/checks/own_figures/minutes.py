"""The minute records in which a controller states its figures."""

from datetime import timedelta

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.markets import judged
from deskgate.config.bot import Bot

__all__ = ["lacks", "minute_records"]

# The record before the day that a count goes on from is no older.
_BEFORE = timedelta(hours=1)
_CONTROLLER = pl.concat_str(pl.col("path").str.replace(r"[^/]*$", ""), pl.col("pair").fill_null(""), separator=" ")


@per_case
def minute_records(case: Case) -> pl.DataFrame:
    """Return the minute records of the day and of the hour before: as `Snapshots`, with controller and in_day; sorted."""
    rows = judged(case, "snapshots", pl.col("ts").is_between(case.start - _BEFORE, case.end, closed="left"))
    return rows.with_columns(controller=_CONTROLLER, in_day=case.in_day()).sort("controller", "ts", "row_id")


def lacks(bot: Bot, column: str) -> str:
    """Return why a figure has no value where no record has it."""
    return f"minute.csv of {bot.name} has no {column}"
