"""The quotes that judged bots observed, and where each is from.

Five sources are read, in this order of trust: Hummingbot's MarketData table (its order book, with both sides),
market_snapshot events, the controller's `minute.csv`, `mid_ref` of the controller's fills (what the bot says that the mid
was when it recorded the fill that is to be measured), and the closes of the venue's candles, which are prices of trades. Which
of them are mids: `deskgate.prices.mids`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import polars as pl

from deskgate.case.case import Case
from deskgate.case.markets import markets
from deskgate.case.spans import Span
from deskgate.case.tolerances import MONEY
from deskgate.prices.flaws import FROZEN_AFTER, flawed, flawed_in_slices
from deskgate.sources.registry import database_kinds, fill_kinds

__all__ = ["CANDLES", "MID_REF", "SOURCES", "is_mid_ref", "observed"]

# The most trusted first.
MID_REF, CANDLES = "mid_ref", "candles"
SOURCES = ("MarketData", "market_snapshot", "minute.csv", MID_REF, CANDLES)
# What tells of a quote of up to 10 minutes before a span, or of its end, whether it stood still for too long: of what is repeated the
# first may lie `FROZEN_AFTER` before the second, and as much must lie between that one and the quote.
AROUND = 2 * FROZEN_AFTER + timedelta(minutes=10)
# The last trade of a longer candle may be older than five minutes, or the candle's whole length.
CANDLE_LENGTH = "1m"

# So many quotes are read at once: about 500 bytes each while they are looked at.
_TOGETHER = 250_000
_READ = ("bot", "leg", "path", "pair", "market", "ts", "mid", "best_bid", "best_ask", "row_id")


def observed(case: Case, *spans: Span) -> Iterator[pl.DataFrame]:
    """Yield every quote that the judged bots observed over some spans, and for `AROUND` on either side of each; candles too.

    Some at a time: there may be millions, and no bot's quotes say anything of another's. Those of several bots with few, or of
    one bot over some time.

    Parameters
    ----------
    spans
        So far apart that no run of equal quotes reaches from one to another: see `spans_of`.

    Yields
    ------
    polars.DataFrame
        One row per record: bot, pair (judged market), ts, trust (the place of its source in `SOURCES`), market, mid,
        best_bid, best_ask (quote), row_id, flaw (one of `FLAWS`; null where it may be a mid). Those of one feed (`FEED`)
        that have no flaw come sorted by (ts, row_id), in all frames together.
    """
    inside = [pl.col("ts").is_between(since - AROUND, min(until + AROUND, case.as_of)) for since, until in spans]
    seen, closes = (case.lazy(table).filter(pl.any_horizontal(inside)) for table in ("mids", "candles"))
    for bots, borders in _together(case, seen):
        judged = pl.col("bot").is_in(bots)
        slices = (
            pl.concat([_with_trust(case, rows), _closes(case, closes.filter(judged, inside))])
            for inside in _slices(borders)
            for rows in [markets(case).judge(seen.filter(judged, inside).select(_READ).collect(engine="streaming"))]
        )
        yield from flawed_in_slices(slices) if borders else map(flawed, slices)


def _together(case: Case, quotes: pl.LazyFrame) -> Iterator[tuple[list[str], list[datetime]]]:
    """Yield the judged bots in order of their names, as many at a time as have no more than `_TOGETHER` quotes.

    One that has more comes alone, with the instants between which it has so many, or a minute's.
    """
    counted = dict(quotes.group_by("bot").agg(pl.len()).collect(engine="streaming").iter_rows())
    bots: list[str] = []
    held = 0
    for name in sorted(bot.name for bot in case.desk.judged):
        count = counted.get(name, 0)
        if bots and held + count > _TOGETHER:
            yield bots, []
            bots, held = [], 0
        if count > _TOGETHER:
            yield [name], _borders(quotes.filter(pl.col("bot") == name))
            continue
        bots.append(name)
        held += count
    if bots:
        yield bots, []


def _borders(quotes: pl.LazyFrame) -> list[datetime]:
    minutes = quotes.group_by(minute=pl.col("ts").dt.truncate("1m")).agg(pl.len()).collect(engine="streaming")
    part = pl.col("len").cum_sum() // _TOGETHER
    begins = minutes.sort("minute").filter(part > part.shift(1, fill_value=0))
    found: list[datetime] = begins["minute"].to_list()
    return found


def _slices(borders: list[datetime]) -> Iterator[pl.Expr]:
    """Yield what is inside of each of the slices of time between some borders, before the first and after the last."""
    ts = pl.col("ts")
    if not borders:
        yield pl.lit(value=True)
        return
    yield ts < borders[0]
    for since, until in pairwise(borders):
        yield ts.is_between(since, until, closed="left")
    yield ts >= borders[-1]


def _closes(case: Case, candles: pl.LazyFrame) -> pl.DataFrame:
    """Return the closes of candles of a minute in which something was traded: a venue repeats the last one where nothing was."""
    told = (pl.col("timeframe") == CANDLE_LENGTH) & (pl.col("volume") > 0)
    rows = markets(case).judge(candles.filter(told).collect())
    nothing = {name: pl.lit(None, MONEY) for name in ("best_bid", "best_ask")}
    return rows.select(
        *("bot", "pair", "ts"),
        pl.lit(SOURCES.index(CANDLES), pl.Int8).alias("trust"),
        pl.lit(None, pl.String).alias("market"),
        pl.col("close").alias("mid"),
        **nothing,
        row_id="row_id",
    )


def is_mid_ref(case: Case) -> pl.Expr:
    """Return whether a row of `mids`, by its `path`, is a `mid_ref` of a fill and no quote that the bot recorded for itself."""
    logs = [kind for kind in fill_kinds("local") if kind not in database_kinds()]
    paths = case.sources.filter(pl.col("kind").is_in(logs))["path"].unique()
    return pl.col("path").is_in(paths.implode())


def _with_trust(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    """Name the source of each row by its place in `SOURCES`."""
    databases = case.sources.filter(pl.col("kind").is_in(database_kinds())).select("bot", "path").unique()
    of_database = rows.join(databases.with_columns(database=pl.lit(value=True)), on=["bot", "path"], how="left")
    trust = (
        pl.when(pl.col("leg") == "events")
        .then(1)
        .when(pl.col("database"))
        .then(0)
        .when(is_mid_ref(case))
        .then(SOURCES.index(MID_REF))
        .otherwise(2)
        .cast(pl.Int8)
    )
    return of_database.select(
        "bot", "pair", "ts", trust.alias("trust"), "market", "mid", "best_bid", "best_ask", "row_id"
    )
