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
_NOT_BEFORE = pl.lit(None, pl.Datetime("us", "UTC"))
_RUN = ("begins", "is_last", "from", "lasts")


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
    first of such a run was new when it was seen, and stays; so is one that comes after a longer silence.
    """
    return _with_runs(rows, _NOT_BEFORE).drop(_RUN)


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
        new = rows.with_columns(yielded=pl.lit(value=False), run_from=_NOT_BEFORE)
        seen = _with_runs(new if held is None else pl.concat([held, new]), pl.col("run_from"))
        is_short = pl.col("is_last") & (pl.col("lasts") <= FROZEN_AFTER)
        waits = is_short & ~pl.col("begins")
        yield seen.filter(~pl.col("yielded"), ~waits.fill_null(value=False)).drop("yielded", "run_from", *_RUN)
        # What comes next is compared with the run that its feed ended with; of one that was frozen its last quote will do.
        ends = pl.col("is_last") & ~is_short & (pl.col("ts") == pl.col("from") + pl.col("lasts"))
        held = pl.concat(
            [
                seen.filter(is_short).select(*rows.columns, yielded="begins", run_from=_NOT_BEFORE),
                seen.filter(ends).select(*rows.columns, yielded=pl.lit(value=True), run_from="from"),
            ]
        )
    if held is not None:
        yield held.filter(~pl.col("yielded")).drop("yielded", "run_from").with_columns(flaw=pl.lit(None, pl.String))


def _with_runs(rows: pl.DataFrame, run_from: pl.Expr) -> pl.DataFrame:
    """Return quotes with their `flaw`, and of those with two sides or none the run of equal quotes of their feed.

    Parameters
    ----------
    run_from
        When the run of a row began whose rows before it are not there; null of any other.

    Returns
    -------
    polars.DataFrame
        The rows sorted by (bot, pair, trust, market, ts, row_id), with flaw, begins (is it the first of its run), is_last (is
        the run the last of its feed), from (when the run began) and lasts (the time from then to its last); null of
        impossible and one-sided quotes.
    """
    one_sided = pl.col("best_bid").is_null() != pl.col("best_ask").is_null()
    rows = sort_within(rows, FEED, ("ts", "row_id")).with_columns(
        flaw=pl.when(is_impossible()).then(pl.lit("impossible")).when(one_sided).then(pl.lit("one_sided"))
    )
    sound = rows.filter(pl.col("flaw").is_null())
    # Sorted: a run begins where anything of the row before is another.
    of_another = pl.any_horizontal([pl.col(name).ne_missing(pl.col(name).shift(1)) for name in FEED])
    silent = (pl.col("ts") - pl.col("ts").shift(1) > FROZEN_AFTER).fill_null(value=False)
    changed = [pl.col(name).ne_missing(pl.col(name).shift(1)) for name in _QUOTE]
    begins = pl.any_horizontal([of_another, silent, *changed])
    sound = sound.with_columns(begins=begins, feed_ends=of_another.shift(-1, fill_value=True))
    ends = pl.col("begins").shift(-1, fill_value=True)
    began = pl.coalesce(run_from, "ts")
    first, last = pl.when("begins").then(began).forward_fill(), pl.when(ends).then("ts").backward_fill()
    sound = sound.with_columns(
        first.alias("from"), lasts=last - first, is_last=pl.when(ends).then("feed_ends").backward_fill()
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
