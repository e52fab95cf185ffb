"""The mids that judged bots observed, and which of them say something about the market.

Three sources are read, in this order of trust: Hummingbot's MarketData table (its order book, with both sides),
market_snapshot events, and the controller's `minute.csv`. `mid_ref` of fills and candles of the venue are not read.
A quote that no market has, one with one side alone, and one of a feed that hangs are no mids.
"""

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from deskgate.case.baselines import measured_since
from deskgate.case.case import Case, per_case
from deskgate.case.markets import markets
from deskgate.case.tolerances import LOCAL_STEP
from deskgate.sources.registry import database_kinds

__all__ = [
    "FROZEN_AFTER",
    "SOURCES",
    "coverage",
    "flawed",
    "is_impossible",
    "mids",
    "observed",
    "sort_within",
    "sound_mids",
]

# The most trusted first.
SOURCES = ("MarketData", "market_snapshot", "minute.csv")
# The longest that a quote stood unchanged on honest desks is 12 minutes (1,440 quotes a day, tick 0.1 of 71,000). A market
# with a coarse tick may stand longer: it then has no mids for that time, which is the safe error.
FROZEN_AFTER = timedelta(minutes=30)

_READ = ("bot", "leg", "path", "pair", "market", "ts", "mid", "best_bid", "best_ask", "row_id")
_FEED = ("bot", "pair", "trust", "market")
_QUOTE = ("mid", "best_bid", "best_ask")


def is_impossible() -> pl.Expr:
    """Return whether a quote is one that no market has: 0 or less, an ask below the bid, or a mid outside of both."""
    mid, bid, ask = (pl.col(name) for name in _QUOTE)
    # The database cuts each of the three by itself.
    off = pl.max_horizontal(bid - ask, bid - mid, mid - ask) > LOCAL_STEP
    return pl.any_horizontal([(each <= 0).fill_null(value=False) for each in (mid, bid, ask)]) | off.fill_null(
        value=False
    )


@per_case
def observed(case: Case) -> pl.DataFrame:
    """Return every quote that the judged bots observed over the soak, and for an hour on either side of it.

    Returns
    -------
    polars.DataFrame
        One row per record: bot, pair (judged market), ts, trust (the place of its source in `SOURCES`), market, mid,
        best_bid, best_ask (quote), row_id, flaw (impossible, one_sided or frozen; null where it is a mid), sorted by
        (bot, pair, trust, market, ts, row_id).
    """
    around = 2 * FROZEN_AFTER
    in_span = pl.col("ts").is_between(measured_since(case) - around, min(case.end + around, case.as_of))
    judged = pl.col("bot").is_in([bot.name for bot in case.desk.judged])
    rows = markets(case).judge(case.lazy("mids").filter(in_span, judged).select(_READ).collect())
    return flawed(_with_trust(case, rows))


def flawed(rows: pl.DataFrame) -> pl.DataFrame:
    """Return quotes with why each is no mid in `flaw`: null, impossible, one_sided or frozen.

    A quote is frozen where its feed (bot, pair, source, market) repeats all of it for longer than `FROZEN_AFTER`. The
    first of such a run was new when it was seen, and stays.
    """
    one_sided = pl.col("best_bid").is_null() != pl.col("best_ask").is_null()
    rows = sort_within(rows, _FEED, ("ts", "row_id")).with_columns(
        flaw=pl.when(is_impossible()).then(pl.lit("impossible")).when(one_sided).then(pl.lit("one_sided"))
    )
    sound = rows.filter(pl.col("flaw").is_null())
    # Sorted: a run begins where anything of the row before is another.
    begins = pl.any_horizontal([pl.col(name).ne_missing(pl.col(name).shift(1)) for name in (*_FEED, *_QUOTE)])
    ends = begins.shift(-1, fill_value=True)
    first, last = pl.when(begins).then("ts").forward_fill(), pl.when(ends).then("ts").backward_fill()
    frozen = ~begins & (last - first > FROZEN_AFTER)
    sound = sound.with_columns(flaw=pl.when(frozen).then(pl.lit("frozen")))
    if sound.height == rows.height:
        return sound
    return sort_within(pl.concat([sound, rows.filter(pl.col("flaw").is_not_null())]), _FEED, ("ts", "row_id"))


@per_case
def mids(case: Case) -> pl.DataFrame:
    """Return the mids of the judged bots over the soak, and for an hour on either side of it: one per bot, pair and instant.

    Returns
    -------
    polars.DataFrame
        bot, pair, ts, mid (quote), source; of several at one instant that of the most trusted source; sorted by
        (bot, pair, ts).
    """
    return sound_mids(observed(case))


def sound_mids(quotes: pl.DataFrame) -> pl.DataFrame:
    """Return the mids among quotes that have their `flaw`, see `mids`."""
    sound = quotes.filter(pl.col("flaw").is_null())
    sound = sort_within(sound, ("bot", "pair"), ("ts", "trust", "market", "row_id"))
    again = pl.all_horizontal([pl.col(name) == pl.col(name).shift(1) for name in ("bot", "pair", "ts")])
    return sound.filter(~again.fill_null(value=False)).select(
        "bot",
        "pair",
        "ts",
        "mid",
        source=pl.col("trust").replace_strict(dict(enumerate(SOURCES)), return_dtype=pl.String),
    )


def sort_within(rows: pl.DataFrame, groups: Sequence[str], order: Sequence[str]) -> pl.DataFrame:
    """Return rows sorted by a few groups of text, and by `order` within each.

    As a sort by all of them, nulls first, in a fifth of its time: it encodes no text for each row.
    """
    parts = rows.partition_by(groups, as_dict=True)
    if not parts:
        return rows
    keys = sorted(parts, key=lambda key: [(value is not None, value) for value in key])
    return pl.concat([parts[key].sort(order) for key in keys])


def coverage(case: Case) -> pl.DataFrame:
    """Return how much of the soak has mids.

    Returns
    -------
    polars.DataFrame
        One row per judged bot and pair, declared or observed: bot, pair, minutes (of the soak), covered (those in which a
        mid was observed), share, and the quotes of the soak that are no mids: impossible, one_sided, frozen.
    """
    since = measured_since(case)
    minutes = max(1, -(-(case.end - since) // timedelta(minutes=1)))
    inside = pl.col("ts").is_between(since, case.end, closed="left")
    key = ["bot", "pair"]
    declared = [(bot.name, pair) for bot in case.desk.judged for pair in bot.pairs]
    seen = observed(case).filter(inside)
    counts = seen.group_by(key).agg(
        covered=pl.col("ts").filter(pl.col("flaw").is_null()).dt.truncate("1m").n_unique(),
        **{flaw: (pl.col("flaw") == flaw).sum() for flaw in ("impossible", "one_sided", "frozen")},
    )
    pairs = pl.DataFrame(declared, schema=dict.fromkeys(key, pl.String), orient="row")
    return (
        pl.concat([pairs, counts.select(key)])
        .unique()
        .join(counts, on=key, how="left")
        .with_columns(pl.exclude(key).fill_null(0))
        .select(*key, pl.lit(minutes).alias("minutes"), pl.exclude(key), share=pl.col("covered") / minutes)
        .sort(key)
    )


def _with_trust(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    """Name the source of each row by its place in `SOURCES`."""
    databases = case.sources.filter(pl.col("kind").is_in(database_kinds())).select("bot", "path").unique()
    of_database = rows.join(databases.with_columns(database=pl.lit(value=True)), on=["bot", "path"], how="left")
    trust = pl.when(pl.col("leg") == "events").then(1).when(pl.col("database")).then(0).otherwise(2).cast(pl.Int8)
    return of_database.select("bot", "pair", "ts", trust.alias("trust"), "market", *_QUOTE, "row_id")
