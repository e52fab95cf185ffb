"""The mids that judged bots observed, and which of them say something about the market.

Five sources are read, in this order of trust: Hummingbot's MarketData table (its order book, with both sides),
market_snapshot events, the controller's `minute.csv`, `mid_ref` of the controller's fills (what the bot says that the mid
was when it recorded the fill that is to be measured), and the closes of the venue's candles, which are prices of trades. The last
two count only where none of those before them was there in the 5 minutes before: one that hangs or lacks a side is there, and
what stands in for it would hide that. A quote that no market has, one with one side alone, and one of a feed that hangs are no mids.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import polars as pl

from deskgate.case.baselines import measured_since
from deskgate.case.case import Case, per_case
from deskgate.case.markets import markets
from deskgate.case.tolerances import LOCAL_STEP, MONEY
from deskgate.sources.registry import database_kinds, fill_kinds

__all__ = [
    "CANDLES",
    "FLAWS",
    "FROZEN_AFTER",
    "MID_AGE",
    "MID_REF",
    "SOURCES",
    "flawed",
    "flaws",
    "is_impossible",
    "is_mid_ref",
    "mids",
    "mids_between",
    "observed",
    "sort_within",
    "sound_mids",
]

# The most trusted first.
MID_REF, CANDLES = "mid_ref", "candles"
SOURCES = ("MarketData", "market_snapshot", "minute.csv", MID_REF, CANDLES)
FLAWS = ("impossible", "one_sided", "frozen")
_MID_REF = SOURCES.index(MID_REF)
# They stand in where no source before them was there.
_STAND_INS = (_MID_REF, SOURCES.index(CANDLES))
# The longest that a quote stood unchanged on honest desks is 12 minutes (1,440 quotes a day, tick 0.1 of 71,000). A market
# with a coarse tick may stand longer: it then has no mids for that time, which is the safe error.
FROZEN_AFTER = timedelta(minutes=30)
# The oldest mid that says what something is worth.
MID_AGE = timedelta(minutes=5)
# The last trade of a longer candle may be older than that, or the candle's whole length.
CANDLE_LENGTH = "1m"

# So many quotes are held at once, unless one bot has more.
_TOGETHER = 1_000_000
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


def observed(case: Case) -> Iterator[pl.DataFrame]:
    """Yield every quote that the judged bots observed over the soak, and for an hour on either side of it; candles too.

    Some bots at a time: there may be millions of each, and no bot's quotes say anything of another's.

    Yields
    ------
    polars.DataFrame
        One row per record: bot, pair (judged market), ts, trust (the place of its source in `SOURCES`), market, mid,
        best_bid, best_ask (quote), row_id, flaw (one of `FLAWS`; null where it is a mid), sorted by
        (bot, pair, trust, market, ts, row_id), as all of them together are.
    """
    return _observed(case, measured_since(case), case.end)


def _observed(case: Case, since: datetime, until: datetime) -> Iterator[pl.DataFrame]:
    # An hour tells whether a quote of the span's border stood still for longer than the bound.
    around = 2 * FROZEN_AFTER
    in_span = pl.col("ts").is_between(since - around, min(until + around, case.as_of))
    seen = case.lazy("mids").filter(in_span)
    for bots in _together(case, seen):
        judged = pl.col("bot").is_in(bots)
        rows = markets(case).judge(seen.filter(judged).select(_READ).collect(engine="streaming"))
        closes = _closes(case, case.lazy("candles").filter(in_span, judged))
        yield flawed(pl.concat([_with_trust(case, rows), closes]))


def _together(case: Case, quotes: pl.LazyFrame) -> Iterator[list[str]]:
    """Yield the judged bots in order of their names, as many at a time as have no more than `_TOGETHER` quotes."""
    counted = dict(quotes.group_by("bot").agg(pl.len()).collect(engine="streaming").iter_rows())
    bots: list[str] = []
    held = 0
    for name in sorted(bot.name for bot in case.desk.judged):
        count = counted.get(name, 0)
        if bots and held + count > _TOGETHER:
            yield bots
            bots, held = [], 0
        bots.append(name)
        held += count
    yield bots


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


def mids(case: Case) -> pl.DataFrame:
    """Return the mids of the judged bots over the soak, and for an hour on either side of it: one per bot, pair and instant.

    Returns
    -------
    polars.DataFrame
        bot, pair, ts, mid (quote), source; of several at one instant that of the most trusted source; sorted by
        (bot, pair, ts).
    """
    return _soak(case)[0]


def flaws(case: Case) -> pl.DataFrame:
    """Return how many of the day's quotes are no mids, by each of `FLAWS`: bot, pair and these; a row for each with a quote."""
    return _soak(case)[1]


@per_case
def _soak(case: Case) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return `mids` and `flaws`: both in one reading of the quotes, which are not kept."""
    known, counts = [], []
    for quotes in observed(case):
        known.append(sound_mids(quotes))
        counted = [(pl.col("flaw") == flaw).sum().alias(flaw) for flaw in FLAWS]
        counts.append(case.of_day(quotes).group_by("bot", "pair").agg(counted))
    return pl.concat(known), pl.concat(counts)


def mids_between(case: Case, since: datetime, until: datetime) -> pl.DataFrame:
    """Return the mids of the judged bots in [since - `MID_AGE`, until], as `mids` has them: before the soak too."""
    inside = measured_since(case) <= since and until <= case.end
    known = mids(case) if inside else pl.concat(map(sound_mids, _observed(case, since, until)))
    return known.filter(pl.col("ts").is_between(since - MID_AGE, until))


def sound_mids(quotes: pl.DataFrame) -> pl.DataFrame:
    """Return the mids among quotes that have their `flaw`, see `mids`."""
    sound = _needed(quotes).filter(pl.col("flaw").is_null())
    sound = sort_within(sound, ("bot", "pair"), ("ts", "trust", "market", "row_id"))
    again = pl.all_horizontal([pl.col(name) == pl.col(name).shift(1) for name in ("bot", "pair", "ts")])
    return sound.filter(~again.fill_null(value=False)).select(
        "bot",
        "pair",
        "ts",
        "mid",
        source=pl.col("trust").replace_strict(dict(enumerate(SOURCES)), return_dtype=pl.String),
    )


def _needed(quotes: pl.DataFrame) -> pl.DataFrame:
    """Return the quotes without each stand-in that has a more trusted quote of its bot and pair in the `MID_AGE` before it."""
    trust = pl.col("trust")
    kept = quotes.filter(~trust.is_in(_STAND_INS))
    if kept.height == quotes.height:
        return quotes
    last = [_alone(quotes.filter(trust == each), quotes.filter(trust < each)) for each in _STAND_INS]
    return pl.concat([kept, *last])


def _alone(last: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Return the quotes of `last` that have none of `others` in the `MID_AGE` before them."""
    key = ["bot", "pair"]
    beside = last.sort("ts").join_asof(
        others.select(*key, "ts", seen="ts").sort("ts"),
        on="ts",
        by=key,
        strategy="backward",
        tolerance=MID_AGE,
        check_sortedness=False,
    )
    return beside.filter(pl.col("seen").is_null()).drop("seen")


def is_mid_ref(case: Case) -> pl.Expr:
    """Return whether a row of `mids`, by its `path`, is a `mid_ref` of a fill and no quote that the bot recorded for itself."""
    logs = [kind for kind in fill_kinds("local") if kind not in database_kinds()]
    paths = case.sources.filter(pl.col("kind").is_in(logs))["path"].unique()
    return pl.col("path").is_in(paths.implode())


def sort_within(rows: pl.DataFrame, groups: Sequence[str], order: Sequence[str]) -> pl.DataFrame:
    """Return rows sorted by a few groups of text, and by `order` within each.

    As a sort by all of them, nulls first, in a fifth of its time: it encodes no text for each row.
    """
    parts = rows.partition_by(groups, as_dict=True)
    if not parts:
        return rows
    keys = sorted(parts, key=lambda key: [(value is not None, value) for value in key])
    return pl.concat([parts[key].sort(order) for key in keys])


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
        .then(_MID_REF)
        .otherwise(2)
        .cast(pl.Int8)
    )
    return of_database.select("bot", "pair", "ts", trust.alias("trust"), "market", *_QUOTE, "row_id")
