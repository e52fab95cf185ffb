"""What a controller counts of itself alone: losses, drift, margin, a stale book, reconnects."""

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Metric
from deskgate.checks.own_figures.minutes import Figure, lacks, recorded_share
from deskgate.config.bot import Bot
from deskgate.measures.minutes import minute_of
from deskgate.portfolio.readings import lasting

__all__ = ["counted_reconnects", "longest_stale", "worst"]


def worst(case: Case, bot: Bot, rows: pl.DataFrame, name: str, column: str, *, least: bool = False) -> Figure:
    """Return the worst of a figure that lasted, over the controllers: the most, or the least."""
    known = rows.filter("in_day").drop_nulls(column)
    if known.is_empty():
        return Figure(Metric(bot.name, name, None, 0, lacks(bot, column)), 0.0)
    sign = -1 if least else 1
    figure = pl.col(column).cast(pl.Float64) * sign
    lasted = pl.concat(
        [
            mine.select("ts", lasted=lasting(mine.select(figure).to_series(), case.risk.consecutive))
            for mine in known.partition_by("controller", maintain_order=True)
        ]
    )
    at, value = lasted.drop_nulls().sort("lasted", "ts").row(-1)
    metric = Metric(bot.name, name, sign * float(value), known.height, f"at {at:%H:%M} UTC")
    return Figure(metric, recorded_share(case, rows, column))


def longest_stale(case: Case, bot: Bot, rows: pl.DataFrame) -> Figure:
    """Return the longest time in minutes over which records call the book stale, of any controller.

    It lasts from the first such record to the last one before the book moves again: a record that is missing says no more.
    """
    name, column = "book_stale_min", "order_book_stale"
    known = rows.filter("in_day").drop_nulls(column)
    if known.is_empty():
        return Figure(Metric(bot.name, name, None, 0, lacks(bot, column)), 0.0)
    runs = (
        known.with_columns(run=pl.struct("controller", column).rle_id(), minute=minute_of("ts"))
        .filter(column)
        .group_by("run", maintain_order=True)
        .agg(begin=pl.col("minute").first(), end=pl.col("minute").last())
        .with_columns(lasted=(pl.col("end") - pl.col("begin")).dt.total_minutes() + 1)
        .sort("lasted", maintain_order=True)
    )
    value, note = (float(runs["lasted"][-1]), f"from {runs['begin'][-1]:%H:%M} UTC on") if runs.height else (0.0, None)
    return Figure(Metric(bot.name, name, value, known.height, note), recorded_share(case, rows, column))


def counted_reconnects(case: Case, bot: Bot, rows: pl.DataFrame) -> Figure:
    """Return how often the controller connected anew over the day, by its counter; a restart counts anew."""
    name, column = "ws_reconnects", "ws_reconnect_count"
    known = rows.drop_nulls(column)
    if known.filter("in_day").is_empty():
        return Figure(Metric(bot.name, name, None, 0, lacks(bot, column)), 0.0)
    count = pl.col(column)
    before = count.shift(1).over("controller")
    # A restart counts anew.
    more = pl.when(count < before).then(count).otherwise(count - before.fill_null(count))
    sums = known.with_columns(more=more).filter("in_day").group_by("controller").agg(pl.col("more").sum())
    metric = Metric(bot.name, name, float(sums["more"].cast(pl.Float64).sort()[-1]), known.filter("in_day").height)
    return Figure(metric, recorded_share(case, rows, column))
