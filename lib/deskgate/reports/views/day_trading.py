"""Views of notebook 09: what each bot earned and with what, where it traded, and what it was worth over the day."""

from datetime import timedelta

import polars as pl
import polars.selectors as cs

from deskgate.accounting.own_record import own_fills
from deskgate.assessment.assessment import Assessment
from deskgate.case.case import Case
from deskgate.measures.orders import own_orders
from deskgate.measures.priced import priced
from deskgate.portfolio.readings import BotReadings, every_reading
from deskgate.prices.mids import MID_AGE, mids_of_day
from deskgate.reports.views.pnl_rows import pnl_rows, unknown_fills

__all__ = ["equity_path", "pnl_by_hour", "pnl_split", "trading_fills", "trading_quotes"]

# Of so many minutes the equity's best and worst reading are kept: the deepest fall is one between two of these.
BUCKET = "10m"
# How often quotes are looked at for the chart.
EVERY = timedelta(minutes=5)


def pnl_split(assessment: Assessment) -> pl.DataFrame:
    """Return what each judged bot earned on the day in each of its markets, by parts.

    Returns
    -------
    polars.DataFrame
        bot, mode, pair, quote (what the amounts are in), fills, turnover_quote, realized_quote (before fees), unrealized_quote (its
        change), fees_quote (positive when paid), funding_quote (negative when paid), pnl_quote (realised + unrealised - fees +
        funding), not_confirmed (how many fills of the day nothing confirms: they are in no other column), because (why an amount is null;
        else null). A bot none of whose fills is agreed has no amounts. Sorted by (bot, pair).
    """
    return pnl_rows(assessment.case)[1].with_columns(cs.decimal().cast(pl.Float64))


def pnl_by_hour(assessment: Assessment) -> pl.DataFrame:
    """Return `pnl_split` by hour of the day: its columns without `not_confirmed` and `because`, and hour (its start, UTC); sorted by (bot, pair, hour).

    unrealized_quote and pnl_quote are null in an hour at an end of which nothing values the position: hours then add up to less
    than the day, which is known.
    """
    return pnl_rows(assessment.case)[0].with_columns(cs.decimal().cast(pl.Float64))


def equity_path(assessment: Assessment) -> pl.DataFrame:
    """Return what each bot that can be valued was worth over the day, by readings of a minute.

    Returns
    -------
    polars.DataFrame
        bot, ts, equity_quote (transfers included), pnl_quote (since the first row, without transfers), drawdown_quote (what pnl_quote
        has lost of its best so far on the day, 0 or more): the day's first and last reading, and of each `BUCKET` the best and the
        worst. Readings at which a held market has no mid are not there. Sorted by (bot, ts).
    """
    case = assessment.case
    schema = {
        "bot": pl.String(),
        "ts": pl.Datetime("us", "UTC"),
        **dict.fromkeys(("equity_quote", "pnl_quote", "drawdown_quote"), pl.Float64()),
    }
    # Of a bot whose fills nothing confirms the readings are no worth: they miss all of its trades.
    unknown = [bot.name for bot in case.desk.judged if unknown_fills(case, bot)]
    found = [
        _path(case, name, each)
        for name, each in every_reading(case).items()
        if isinstance(each, BotReadings) and name not in unknown
    ]
    return pl.concat([pl.DataFrame(schema=schema), *found]).sort("bot", "ts")


def trading_fills(assessment: Assessment) -> pl.DataFrame:
    """Return the day's fills of every bot: bot, pair, ts, side, liquidity, price, quantity, agreed (false: only its own record has it)."""
    case = assessment.case
    columns = ("bot", "pair", "ts", "side", "liquidity", "price", "quantity", "agreed")
    agreed = case.of_day(priced(case)).with_columns(agreed=pl.lit(value=True))
    alone = case.of_day(own_fills(case)).with_columns(agreed=pl.lit(value=False), liquidity=pl.lit(None, pl.String))
    rows = pl.concat([each.select(columns) for each in (agreed, alone)])
    return rows.with_columns(pl.col("price", "quantity").cast(pl.Float64)).sort(
        "bot", "pair", "ts", maintain_order=True
    )


def trading_quotes(assessment: Assessment) -> pl.DataFrame:
    """Return what was quoted every `EVERY` in each market in which a bot filled or had an order on the day.

    Returns
    -------
    polars.DataFrame
        bot, pair, ts, mid (observed, no older than 5 minutes), bid, ask (the best price of the bot's own resting orders, by its own
        records of orders made since measuring began); null where there is none. Sorted by (bot, pair, ts).
    """
    case = assessment.case
    resting = _resting(case)
    markets = [rows.select("bot", "pair") for rows in (trading_fills(assessment), resting)]
    at = pl.datetime_range(case.start, case.end, EVERY, time_unit="us", closed="left", eager=True).alias("ts")
    grid = pl.concat(markets).drop_nulls().unique().join(at.to_frame(), how="cross").sort("bot", "pair", "ts")
    found = mids_of_day(case).as_of(grid, pl.col("ts"), pl.col("ts") - MID_AGE)
    best = resting.group_by("bot", "pair", "ts").agg(
        bid=pl.col("price").filter(pl.col("side") == "BUY").max(),
        ask=pl.col("price").filter(pl.col("side") == "SELL").min(),
    )
    rows = grid.with_columns(found["mid"]).join(best, on=["bot", "pair", "ts"], how="left", maintain_order="left")
    return rows.with_columns(pl.col("mid", "bid", "ask").cast(pl.Float64))


def _resting(case: Case) -> pl.DataFrame:
    """Return the bots' own orders at each instant of the grid at which they rested: bot, pair, ts, side, price."""
    step = int(EVERY.total_seconds() * 1_000_000)
    start = pl.lit(case.start, pl.Datetime("us", "UTC"))
    until = pl.coalesce("ended", pl.lit(case.end, pl.Datetime("us", "UTC"))).clip(upper_bound=case.end)

    def place(at: pl.Expr) -> pl.Expr:
        """Return the first instant of the grid that is not before this one."""
        after = (at - start).dt.total_microseconds()
        return ((after + step - 1) // step).clip(lower_bound=0)

    orders = own_orders(case).filter("is_accepted", "is_known", pl.col("price").is_not_null())
    return (
        orders.select("bot", "pair", "side", "price", first=place(pl.col("created")), last=place(until))
        .filter(pl.col("last") > pl.col("first"))
        .with_columns(place=pl.int_ranges("first", "last"))
        .explode("place")
        .select("bot", "pair", "side", "price", ts=start + pl.duration(microseconds=pl.col("place") * step))
    )


def _path(case: Case, bot: str, readings: BotReadings) -> pl.DataFrame:
    day = readings.worth.filter(pl.col("ts") >= case.start).drop_nulls("equity")
    pnl = (pl.col("pnl") - pl.col("pnl").first()).alias("pnl_quote")
    rows = day.select(pl.lit(bot).alias("bot"), "ts", pl.col("equity").alias("equity_quote"), pnl)
    place, earned = pl.col("place"), pl.col("pnl_quote")
    best, worst = (place == place.get(found).over("bucket") for found in (earned.arg_max(), earned.arg_min()))
    return (
        rows.with_columns(drawdown_quote=earned.cum_max() - earned, bucket=pl.col("ts").dt.truncate(BUCKET))
        .with_columns(place=pl.int_range(pl.len()))
        .filter((place == 0) | (place == pl.len() - 1) | best | worst)
        .drop("bucket", "place")
    )
