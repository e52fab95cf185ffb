"""When the bot and the venue say a fill happened: how far apart, whether polling or an outage explains it, and who is off.

A websocket that missed a fill is followed by a poll, within 120 s. An outage explains any delay, and is one only where the
bot recorded nothing at all meanwhile. Nothing explains a fill on record before it happened.
"""

from datetime import datetime

import polars as pl

from deskgate.case import tolerances
from deskgate.case.case import Case, per_case
from deskgate.case.findings import breaks_frame
from deskgate.case.markets import judged
from deskgate.reconciliation.fills.check import unfinished_settled
from deskgate.reconciliation.order_history import last_states
from deskgate.schema import BOT_LEGS

__all__ = ["KIND", "fill_times", "is_early", "is_late", "misdated"]

KIND = "fill_time_mismatch"
# So many fills of a day of which most are off in one direction are a clock's, which has metrics of its own.
_CLOCK_SAMPLE = 3
_KEY = ["bot", "pair", "key"]


@per_case
def fill_times(case: Case) -> pl.DataFrame:
    """Return the settled fills of venue and bot, of all days, without those of `Case.fill_history`.

    Returns
    -------
    DataFrame
        bot, pair, trade_id, order_id, exchange_order_id, notional, ts_exchange, known (the bot's time), late (s, by how much
        the bot is after the venue), heard (whether the bot recorded anything while it should have found a fill that it
        found later).
    """

    def after(column: str) -> pl.Expr:
        return (pl.col(column) - pl.col("ts_exchange")).dt.total_microseconds() / 1e6

    # Where database and stream differ, the leg further away has a break of its own (timestamp_skew).
    local, events = (after(f"ts_{leg}").abs() for leg in BOT_LEGS)
    near = pl.when(events.is_null() | (local <= events)).then("ts_local").otherwise("ts_events")
    both = pl.any_horizontal([f"in_{leg}" for leg in BOT_LEGS])
    fills = (
        unfinished_settled(case)
        .filter(pl.col("in_exchange") & both)
        .select(
            *("bot", "pair", "trade_id", "order_id", "exchange_order_id", "notional", "ts_exchange"),
            own_order=pl.coalesce("exchange_order_id_local", "exchange_order_id_events"),
            known=near,
        )
        .with_columns(late=after("known"))
    )
    return _with_contact(case, fills)


def _with_contact(case: Case, fills: pl.DataFrame) -> pl.DataFrame:
    late = fills.filter(is_late())
    if late.is_empty():
        return fills.with_columns(heard=pl.lit(value=False))
    # What comes with the fill itself is the end of the silence.
    until = pl.col("known") - pl.duration(minutes=1)
    between = pl.any_horizontal(
        pl.col("ts").is_between(begin, end)
        for begin, end in _merged(late.select(pl.col("ts_exchange").alias("begin"), end=until))
    )
    mine = pl.col("bot").is_in(late["bot"].unique().implode())
    own = pl.col("leg").is_in(BOT_LEGS)
    tables = ("events", "orders", "fills", "funding", "mids", "snapshots")
    records = [case.lazy(table).filter(mine, own, between).select("bot", heard_at="ts") for table in tables]
    signs = pl.concat(records).unique().sort("heard_at").collect()
    found = (
        fills.with_columns(_until=until)
        .sort("_until")
        .join_asof(signs, left_on="_until", right_on="heard_at", by="bot", strategy="backward", check_sortedness=False)
    )
    # A bot that works records something every minute: over less than one its silence shows nothing.
    since = pl.min_horizontal(pl.col("ts_exchange") + tolerances.settle(), pl.col("_until") - pl.duration(minutes=1))
    heard = pl.col("heard_at") >= since
    return found.with_columns(heard=heard.fill_null(value=False)).drop("_until", "heard_at").sort("ts_exchange")


def _merged(spans: pl.DataFrame) -> list[tuple[datetime, datetime]]:
    """Return the spans, those that overlap as one: an outage delays many fills."""
    ordered = spans.sort("begin")
    new = (pl.col("begin") > pl.col("end").cum_max().shift(1)).fill_null(value=True).cum_sum()
    return list(ordered.group_by(new.alias("n")).agg(pl.col("begin").min(), pl.col("end").max()).drop("n").iter_rows())


@per_case
def misdated(case: Case) -> pl.DataFrame:
    """Return a break for each fill whose two times neither polling nor an outage explains, and that no clock's error is.

    The venue alone is named where its time is outside of the life of the fill's own order, at both.
    """
    early, late = is_early(), is_late() & pl.col("heard")
    fills = _with_order_times(case, _with_finished(case, fill_times(case)))
    first = (pl.col("ts_exchange") - pl.col("created_ts")).dt.total_microseconds() / 1e6
    # A fill before its own order was made, both by the venue's clock.
    before = (first < -tolerances.clock_skew_s()).fill_null(value=False)
    day = ["bot", "day"]
    most = [
        (off.sum().over(day) * 2 > whole) & (whole >= _CLOCK_SAMPLE)
        for off, whole in ((off, pl.len().over(day) + pl.col("finished")) for off in (early, late))
    ]
    off = (early & ~most[0]) | (late & ~most[1]) | before
    venue, bot = _outside("ts_exchange"), _outside("known")
    seconds = pl.col("late").abs().round(1)
    way = pl.when(pl.col("late") < 0).then(pl.lit("before")).otherwise(pl.lit("after"))
    apart = pl.format("the bot has it {} s {} the venue", seconds, way)
    return breaks_frame(
        fills.filter(off).with_columns(
            ts=pl.col("ts_exchange"),
            kind=pl.lit(KIND),
            leg=pl.when(venue & ~bot).then(pl.lit("exchange")).otherwise(pl.lit("")),
            observed=pl.col("known").cast(pl.String),
            expected=pl.col("ts_exchange").cast(pl.String),
            delta=pl.format("{} s", pl.col("late").round(3)),
            value_quote=pl.col("notional"),
            detail=pl.when(venue & ~bot)
            .then(pl.format("{}; the venue's time is outside of its order's life, the bot's is within", apart))
            .when(bot & ~venue)
            .then(pl.format("{}; the bot's time is outside of the order's life, the venue's is within", apart))
            .otherwise(pl.format("{}; neither a poll nor an outage explains it", apart)),
        )
    )


def is_early() -> pl.Expr:
    """Return whether a fill is on record before it happened, by more than a tick of the clock."""
    return -pl.col("late") > tolerances.clock_skew_s()


def is_late() -> pl.Expr:
    """Return whether a fill was recorded later than polling explains."""
    return pl.col("late") > tolerances.settle().total_seconds()


def _with_finished(case: Case, fills: pl.DataFrame) -> pl.DataFrame:
    """Add the fills' day, and how many finished fills, none of which is early or late, their bot has on that day."""
    fills = fills.with_columns(day=pl.col("ts_exchange").dt.date())
    off, history = fills.filter(is_early() | is_late()), case.fill_history
    if history is None or off.is_empty():
        return fills.with_columns(finished=pl.lit(0, pl.UInt32))
    day = pl.col("ts_exchange").dt.date()
    counts = (
        history.finished.filter(day.is_in(off["day"].unique().implode()))
        .group_by("bot", day=day)
        .agg(finished=pl.len())
        .collect()
    )
    return fills.join(counts, on=["bot", "day"], how="left", maintain_order="left").with_columns(
        pl.col("finished").fill_null(0)
    )


def _with_order_times(case: Case, fills: pl.DataFrame) -> pl.DataFrame:
    """Add when the order of each fill was made and ended: at the venue and at the bot."""
    keys = fills.select(pl.coalesce("exchange_order_id", "own_order")).to_series().drop_nulls().unique()
    rows = judged(case, "orders", pl.col("exchange_order_id").is_in(keys.implode())).lazy()
    times = ["created_ts", "final_ts"]
    venue, own = (last_states(rows, leg).select(*_KEY, *times) for leg in ("exchange", "local"))
    return (
        fills.with_columns(key=pl.col("exchange_order_id"))
        .join(venue, on=_KEY, how="left", maintain_order="left")
        .join(own, on=_KEY, how="left", suffix="_own", maintain_order="left")
    )


def _outside(column: str) -> pl.Expr:
    """Return whether a time is outside of the fill's order's life by the venue, or by the bot."""
    made = pl.min_horizontal("created_ts", "created_ts_own") - pl.duration(seconds=tolerances.clock_skew_s())
    ended = pl.max_horizontal("final_ts", "final_ts_own") + tolerances.settle()
    return ((pl.col(column) < made) | (pl.col(column) > ended)).fill_null(value=False)
