"""The controllers of each bot and their minute records: one that falls silent is not covered for by the others.

A controller is a folder of minute records and a pair. It is expected from the frozen baseline on: whoever retires one changes
the configuration, and freezes anew.
"""

from datetime import datetime, timedelta

import polars as pl

from deskgate.case.baselines import in_force
from deskgate.case.case import RECENT, Case, per_case
from deskgate.measures.state_words import state_word
from deskgate.sources.registry import local_kinds

__all__ = [
    "FOLDER",
    "LOOK_BACK",
    "WINDOW",
    "controller_of",
    "controllers",
    "derived_files",
    "looked_at_since",
    "pair_of",
    "records",
]

WINDOW = timedelta(hours=24)
# How far back the soak's clock is followed.
LOOK_BACK = timedelta(hours=48)
# Where a controller writes its minute records.
FOLDER = pl.col("path").str.replace(r"[^/]*$", "")


def looked_at_since(case: Case) -> datetime:
    """Return from when states and stops count: the day's start, or 24 h before `as_of`."""
    return min(case.start, case.as_of - WINDOW)


@per_case
def records(case: Case) -> pl.DataFrame:
    """Return the minute records from the day's start, or the last 48 h, to `as_of`.

    Returns
    -------
    polars.DataFrame
        bot, controller (its folder and pair), ts, state (one spelling, null where a record names none), risk_reasons; one
        row per record, sorted by (bot, controller, ts).
    """
    rows = (
        case.lazy("snapshots")
        .filter(pl.col("ts") >= min(case.start, case.as_of - LOOK_BACK))
        .join(derived_files(case), on=["bot", "path"], how="anti")
        .sort("ts", "row_id")
        .collect()
    )
    return (
        rows.select("bot", controller_of(), "ts", state_word(), "risk_reasons")
        .filter(pl.col("bot").is_in([bot.name for bot in case.desk.judged]))
        .sort("bot", "controller", "ts", maintain_order=True)
    )


@per_case
def controllers(case: Case) -> pl.DataFrame:
    """Return the controllers that are expected to write, with their last record up to `as_of`: bot, controller, last."""
    frozen = in_force(case.frames["baselines"])
    since = frozen.effective_at if frozen else case.as_of - RECENT
    snapshots = (
        case.lazy("snapshots").filter(pl.col("ts") >= since).join(derived_files(case), on=["bot", "path"], how="anti")
    )
    found = _last_by_file(snapshots.filter(pl.col("ts") >= case.as_of - RECENT))
    # A folder that has been silent for longer is looked up by its files: most desks have none.
    logs = case.sources.filter(pl.col("kind").is_in(local_kinds("snapshots")), pl.col("rows") > 0)
    heard = found.select(FOLDER).to_series().unique()
    silent = logs.filter(~FOLDER.is_in(heard.implode()))["path"].unique()
    if silent.len():
        found = pl.concat([found, _last_by_file(snapshots.filter(pl.col("path").is_in(silent.implode())))])
    return (
        found.select("bot", controller_of(), "last")
        .filter(pl.col("bot").is_in([bot.name for bot in case.desk.judged]))
        .group_by("bot", "controller")
        .agg(pl.col("last").max())
        .sort("bot", "controller")
    )


def derived_files(case: Case) -> pl.LazyFrame:
    """Return the files that were computed from other ones: bot, path. What they say shows no life."""
    return case.sources.lazy().filter(pl.col("derived")).select("bot", "path").unique()


def _last_by_file(snapshots: pl.LazyFrame) -> pl.DataFrame:
    return snapshots.group_by("bot", "path", "pair").agg(last=pl.col("ts").max()).sort("bot", "path", "pair").collect()


def controller_of() -> pl.Expr:
    """Return the controller that a record is of: its folder and pair."""
    return pl.concat_str(FOLDER, pair_of().fill_null(""), separator=" ").str.strip_chars().alias("controller")


def pair_of() -> pl.Expr:
    """Return the pair of a record; one without a pair is of its folder's first."""
    return pl.coalesce("pair", pl.col("pair").drop_nulls().first().over("bot", FOLDER)).alias("pair")
