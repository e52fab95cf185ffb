"""PnL of a day by market and hour: the amounts of `day_pnl`, cut by where and when they came about.

Over all markets and hours of a bot each part adds up to that of the day, to the last of 18 places.
"""

from datetime import timedelta

import polars as pl

from deskgate.accounting.amounts import held_at
from deskgate.accounting.books import books_since
from deskgate.accounting.day_pnl import day_pnl
from deskgate.case.case import Case
from deskgate.case.tolerances import MONEY
from deskgate.config.bot import Bot
from deskgate.reconciliation.agreed import agreed_funding

__all__ = ["HOURLY", "paid_funding", "pair_pnl"]

_FLOWS = ("realized_quote", "fees_quote", "funding_quote")
# One row per pair and hour.
HOURLY = {
    "pair": pl.String(),
    "hour": pl.Datetime("us", "UTC"),
    **dict.fromkeys((*_FLOWS, "unrealized_quote"), MONEY),
}
_HOUR = timedelta(hours=1)


def pair_pnl(case: Case, bot: Bot) -> tuple[pl.DataFrame, pl.DataFrame] | str:
    """Return the parts of a bot's PnL of the day by market, hour by hour and in all, or why it cannot be valued.

    Returns
    -------
    tuple
        Two frames of `HOURLY`, Decimal(38, 18), sorted by (pair, hour): of each market each hour (UTC) of the day from its
        start, or the opening, to its end; and of each market the whole day, without `hour`. fees_quote is positive when paid;
        unrealized_quote is the change, null in an hour at an end of which the market is held and no mid of the 5 minutes
        before values it. The day's is known all the same.
    """
    found = day_pnl(case, bot)
    if isinstance(found, str):
        return found
    start = found.series["ts"][0]
    borders = _borders(case, start)
    fills = (
        books_since(case, start)
        .fills.filter(pl.col("bot") == bot.name, pl.col("ts").is_between(start, case.end, closed="left"))
        .select("pair", "ts", realized_quote="realized", fees_quote="fee_quote")
        .collect()
    )
    paid = paid_funding(case, bot.name).filter(pl.col("ts") >= start)
    flows = pl.concat([fills, paid], how="diagonal").with_columns(pl.col("ts").dt.truncate("1h").alias("hour"))
    held = _unrealized(held_at(case, bot, borders))
    ends = pl.col("unrealized_quote")
    hours = held.with_columns((ends.shift(-1) - ends).over("pair")).filter(pl.col("ts") < case.end)
    by_hour = hours.select("pair", "unrealized_quote", hour=pl.col("ts").dt.truncate("1h"))
    whole = held.group_by("pair", maintain_order=True).agg(ends.last() - ends.first())
    return _joined(by_hour, flows, ["pair", "hour"]), _joined(whole, flows, ["pair"])


def paid_funding(case: Case, bot: str) -> pl.DataFrame:
    """Return the agreed funding of a bot on the day: pair, ts, funding_quote (negative when paid)."""
    mine = agreed_funding(case).filter(pl.col("bot") == bot, pl.col("ts") < case.end)
    return case.of_day(mine).select("pair", "ts", funding_quote=pl.col("amount").cast(MONEY))


def _borders(case: Case, start: object) -> pl.Series:
    """Return the day's start, each full hour after it, and its end."""
    hours = pl.datetime_range(case.start, case.end, _HOUR, time_unit="us", eager=True)
    ends = pl.Series([start, case.end], dtype=hours.dtype)
    return pl.concat([ends, hours.filter((hours > start) & (hours < case.end))]).unique().sort()


def _unrealized(held: pl.DataFrame) -> pl.DataFrame:
    """Return what is unrealised of each market at each instant, null where a position of it has no value."""
    known = pl.col("value").is_not_null().all()
    return (
        held.group_by("market", "ts")
        .agg(unrealized_quote=pl.when(known).then(pl.col("value").sum() - pl.col("cost").sum()))
        .rename({"market": "pair"})
        .sort("pair", "ts")
    )


def _joined(unrealized: pl.DataFrame, flows: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Return the unrealised amounts with the sums of what was realised and paid; a market without a position moved none."""
    sums = flows.group_by(key).agg(pl.col(name).sum() for name in _FLOWS)
    marked = unrealized.with_columns(is_held=True)
    rows = marked.join(sums, on=key, how="full", coalesce=True, nulls_equal=True)
    moved = pl.when(pl.col("is_held").is_null()).then(pl.lit(0, MONEY)).otherwise("unrealized_quote")
    return rows.select(
        *key, *(pl.col(name).fill_null(pl.lit(0, MONEY)).cast(MONEY) for name in _FLOWS), unrealized_quote=moved
    ).sort(key)
