"""Copies of one record of the venue that contradict each other: of two different amounts at least one is wrong."""

from collections.abc import Mapping

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric
from deskgate.case.legs import absent_leg
from deskgate.case.markets import live_orders
from deskgate.case.metric_spec import EVERY_BOT, MetricSpec
from deskgate.store.copies import COPIED, contradictions

__all__ = ["METRICS", "check", "conflicting_copies"]

NAME = "exchange_conflicts"
METRICS = (
    MetricSpec(NAME, "records", EVERY_BOT, "Records of the venue of which two copies differ, of any day up to now."),
)


def check(case: Case) -> Findings:
    """Count the records of each judged bot's venue exports of which two copies contradict each other.

    Returns
    -------
    Findings
        Per bot `exchange_conflicts`; no value where the bot has no export of the venue with a record.
    """
    # What is finished has no second copy, and no copy that contradicts it.
    live = {"orders": _ended(case), "fills": case.fills}
    found = conflicting_copies({name: live[name] if name in live else case.frames[name] for name in COPIED})
    return Findings([_measure(case, found.filter(pl.col("bot") == bot.name), bot.name) for bot in case.desk.judged])


def conflicting_copies(frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return the records of the venue of which two copies differ, one row each: table, bot, ts, paths.

    Parameters
    ----------
    frames
        The tables of `COPIED` as they are read from a store.
    """
    found = [
        contradictions(name, frames[name])
        .group_by("bot", "copy")
        .agg(pl.col("ts").min(), pl.col("path").unique().sort().str.join(" and ").alias("paths"))
        .select(pl.lit(name).alias("table"), "bot", "ts", "paths")
        for name in COPIED
    ]
    return pl.concat(found).sort("ts", "table", "bot", "paths")


def _ended(case: Case) -> pl.DataFrame:
    return live_orders(case).filter(pl.col("leg") == "exchange").collect()


def _measure(case: Case, found: pl.DataFrame, bot: str) -> Metric:
    exports = case.sources.filter(pl.col("bot") == bot, pl.col("leg") == "exchange", ~pl.col("derived"))
    if exports.is_empty():
        return Metric(bot, NAME, None, 0, f"{bot}: {absent_leg(case.sources, bot, 'exchange')}")
    if found.is_empty() and not exports["rows"].sum():
        return Metric(bot, NAME, None, 0, f"no export of the venue of {bot} has a record")
    where = [f"{table} of {ts:%Y-%m-%d %H:%M:%S} UTC in {paths}" for table, _, ts, paths in found.head(3).iter_rows()]
    return Metric(bot, NAME, float(found.height), int(exports["rows"].sum()), "; ".join(where) or None)
