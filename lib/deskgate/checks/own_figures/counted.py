"""What a controller counts of itself alone: losses, drift, margin, a stale book, reconnects."""

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Metric
from deskgate.checks.own_figures.minutes import lacks
from deskgate.config.bot import Bot
from deskgate.portfolio.readings import lasting

__all__ = ["counted_reconnects", "longest_stale", "worst"]


def worst(case: Case, bot: Bot, rows: pl.DataFrame, name: str, column: str, *, least: bool = False) -> Metric:
    """Return the worst of a figure that lasted, over the controllers: the most, or the least."""
    known = rows.filter("in_day").drop_nulls(column)
    if known.is_empty():
        return Metric(bot.name, name, None, 0, lacks(bot, column))
    sign = -1 if least else 1
    figure = pl.col(column).cast(pl.Float64) * sign
    lasted = pl.concat(
        [
            mine.select("ts", lasted=lasting(mine.select(figure).to_series(), case.risk.consecutive))
            for mine in known.partition_by("controller", maintain_order=True)
        ]
    )
    at, value = lasted.drop_nulls().sort("lasted", "ts").row(-1)
    return Metric(bot.name, name, sign * float(value), known.height, f"at {at:%H:%M} UTC")


def longest_stale(bot: Bot, rows: pl.DataFrame) -> Metric:
    """Return the longest run of records that call the book stale, of any controller."""
    known = rows.filter("in_day").drop_nulls("order_book_stale")
    if known.is_empty():
        return Metric(bot.name, "book_stale_min", None, 0, lacks(bot, "order_book_stale"))
    runs = (
        known.with_columns(run=pl.struct("controller", "order_book_stale").rle_id())
        .filter("order_book_stale")
        .group_by("run", maintain_order=True)
        .agg(pl.len(), pl.col("ts").first())
        .sort("len", maintain_order=True)
    )
    if runs.is_empty():
        return Metric(bot.name, "book_stale_min", 0.0, known.height)
    return Metric(
        bot.name, "book_stale_min", float(runs["len"][-1]), known.height, f"from {runs['ts'][-1]:%H:%M} UTC on"
    )


def counted_reconnects(bot: Bot, rows: pl.DataFrame) -> Metric:
    """Return how often the controller connected anew over the day, by its counter; a restart counts anew."""
    known = rows.drop_nulls("ws_reconnect_count")
    if known.filter("in_day").is_empty():
        return Metric(bot.name, "ws_reconnects", None, 0, lacks(bot, "ws_reconnect_count"))
    count = pl.col("ws_reconnect_count")
    before = count.shift(1).over("controller")
    # A restart counts anew.
    more = pl.when(count < before).then(count).otherwise(count - before.fill_null(count))
    sums = known.with_columns(more=more).filter("in_day").group_by("controller").agg(pl.col("more").sum())
    return Metric(bot.name, "ws_reconnects", float(sums["more"].cast(pl.Float64).sort()[-1]), known.height)
