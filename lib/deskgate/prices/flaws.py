"""Which quotes say nothing of the market: those that no market has, with one side alone, and those of a feed that hangs."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

import polars as pl

from deskgate.case.tolerances import LOCAL_STEP

__all__ = ["FEED", "FLAWS", "FROZEN_AFTER", "flawed", "flawed_in_slices", "is_impossible", "sort_within"]

FLAWS = ("impossible", "one_sided", "frozen")
# What is one feed: its bot, judged market, source and the connector that it names.
FEED = ("bot", "pair", "trust", "market")
# The longest that a quote stood unchanged on honest desks is 12 minutes (1,440 quotes a day, tick 0.1 of 71,000). A market
# with a coarse tick may stand longer: it then has no mids for that time, which is the safe error.
FROZEN_AFTER = timedelta(minutes=30)

_QUOTE = ("mid", "best_bid", "best_ask")
_RUN = ("begins", "is_last", "lasts")


def is_impossible() -> pl.Expr:
    """Return whether a quote is one that no market has: 0 or less, an ask below the bid, or a mid outside of both."""
    mid, bid, ask = (pl.col(name) for name in _QUOTE)
    # The database cuts each of the three by itself.
    off = pl.max_horizontal(bid - ask, bid - mid, mid - ask) > LOCAL_STEP
    return pl.any_horizontal([(each <= 0).fill_null(value=False) for each in (mid, bid, ask)]) | off.fill_null(
        value=False
    )


def flawed(rows: pl.DataFrame) -> pl.DataFrame:
    """Return quotes with why each is no mid in `flaw`: null, impossible, one_sided or frozen.

    A quote is frozen where its feed (bot, pair, source, market) repeats all of it for longer than `FROZEN_AFTER`. The
    first of such a run was new when it was seen, and stays.
    """
    return _with_runs(rows).drop(_RUN)


def flawed_in_slices(slices: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Yield what `flawed` returns of all slices together, holding one at a time.

    What may still turn out to be frozen waits for the slice that says so: the quotes that a feed ended with all alike, for
    `FROZEN_AFTER` at most.

    Parameters
    ----------
    slices
        One after the other in time: each instant is in one of them.
    """
    held = None
    for rows in slices:
        new = rows.with_columns(yielded=pl.lit(value=False))
        seen = _with_runs(new if held is None else pl.concat([held, new]))
        waits = pl.col("is_last") & ~pl.col("begins") & (pl.col("lasts") <= FROZEN_AFTER)
        yield seen.filter(~pl.col("yielded"), ~waits.fill_null(value=False)).drop("yielded", *_RUN)
        # What comes next is compared with the first of the run that its feed ended with.
        held = seen.filter(waits | (pl.col("is_last") & pl.col("begins"))).select(
            *rows.columns, yielded=pl.col("begins")
        )
    if held is not None:
        yield held.filter(~pl.col("yielded")).drop("yielded").with_columns(flaw=pl.lit(None, pl.String))


def _with_runs(rows: pl.DataFrame) -> pl.DataFrame:
    """Return quotes with their `flaw`, and of those with two sides or none the run of equal quotes of their feed.

    Returns
    -------
    polars.DataFrame
        The rows sorted by (bot, pair, trust, market, ts, row_id), with flaw, begins (is it the first of its run), is_last (is
        the run the last of its feed) and lasts (the time from the first of the run to its last); null of impossible and
        one-sided quotes.
    """
    one_sided = pl.col("best_bid").is_null() != pl.col("best_ask").is_null()
    rows = sort_within(rows, FEED, ("ts", "row_id")).with_columns(
        flaw=pl.when(is_impossible()).then(pl.lit("impossible")).when(one_sided).then(pl.lit("one_sided"))
    )
    sound = rows.filter(pl.col("flaw").is_null())
    # Sorted: a run begins where anything of the row before is another.
    of_another = pl.any_horizontal([pl.col(name).ne_missing(pl.col(name).shift(1)) for name in FEED])
    begins = of_another | pl.any_horizontal([pl.col(name).ne_missing(pl.col(name).shift(1)) for name in _QUOTE])
    sound = sound.with_columns(begins=begins, feed_ends=of_another.shift(-1, fill_value=True))
    ends = pl.col("begins").shift(-1, fill_value=True)
    first, last = pl.when("begins").then("ts").forward_fill(), pl.when(ends).then("ts").backward_fill()
    sound = sound.with_columns(
        lasts=last - first, is_last=pl.when(ends).then("feed_ends").backward_fill()
    ).with_columns(flaw=pl.when(~pl.col("begins") & (pl.col("lasts") > FROZEN_AFTER)).then(pl.lit("frozen")))
    sound = sound.select(*rows.columns, *_RUN)
    if sound.height == rows.height:
        return sound
    broken = rows.filter(pl.col("flaw").is_not_null())
    return sort_within(pl.concat([sound, broken], how="diagonal"), FEED, ("ts", "row_id"))


def sort_within(rows: pl.DataFrame, groups: Sequence[str], order: Sequence[str]) -> pl.DataFrame:
    """Return rows sorted by a few groups of text, and by `order` within each.

    As a sort by all of them, nulls first, in a fifth of its time: it encodes no text for each row.
    """
    parts = rows.partition_by(groups, as_dict=True)
    if not parts:
        return rows
    keys = sorted(parts, key=lambda key: [(value is not None, value) for value in key])
    return pl.concat([parts[key].sort(order) for key in keys])
