"""The minutes of the soak by market: what the measures of time are summed over."""

from datetime import timedelta

import polars as pl

from deskgate.case.baselines import measured_since
from deskgate.case.case import Case, per_case
from deskgate.measures.orders import own_orders
from deskgate.reconciliation.agreed_moves import agreed_moves

__all__ = ["minute_of", "soak_minutes"]


@per_case
def soak_minutes(case: Case) -> pl.DataFrame:
    """Return every minute of [measured_since, end) for each market that a judged bot declares, made an order in or traded.

    Returns
    -------
    polars.DataFrame
        bot, pair, minute, ts (its first instant in the soak) and seconds (of it in the soak); sorted by (bot, pair, ts).
    """
    start, end = measured_since(case), case.end
    declared = [(bot.name, pair) for bot in case.desk.judged for pair in bot.pairs]
    seen = [frame.select("bot", "pair").unique() for frame in (own_orders(case), agreed_moves(case))]
    named = pl.DataFrame(declared, schema={"bot": pl.String, "pair": pl.String}, orient="row")
    pairs = pl.concat([named, *seen]).drop_nulls().unique().sort("bot", "pair")
    first = start.replace(second=0, microsecond=0)
    minutes = pl.datetime_range(first, end, "1m", time_unit="us", closed="left", eager=True).alias("minute").to_frame()
    whole = minutes.with_columns(
        ts=pl.max_horizontal("minute", pl.lit(start, pl.Datetime("us", "UTC"))),
        _until=pl.min_horizontal(pl.col("minute") + timedelta(minutes=1), pl.lit(end, pl.Datetime("us", "UTC"))),
    ).select("minute", "ts", seconds=(pl.col("_until") - pl.col("ts")).dt.total_microseconds() / 1e6)
    return pairs.join(whole, how="cross", maintain_order="left_right")


def minute_of(at: str) -> pl.Expr:
    """Return the minute that an instant is in."""
    return pl.col(at).dt.truncate("1m")
