"""Which records that could not be read may be of a day: an old one blocks its own day, and every day if nothing dates it.

When such a record was is bounded by the records around it (`Quarantine`), and where those came with a later reading of
its file, by the days that the ledger has of that.
"""

from datetime import datetime

import polars as pl

from deskgate.sources.registry import KINDS

__all__ = ["count_unreadable"]

_RECORD = ["path", "line", "bot", "raw"]
# A snapshot with a record that cannot be read says nothing of its instant, and is dated itself.
_UNDATED_KINDS = [kind.name for kind in KINDS if not kind.dated_snapshot]


def count_unreadable(
    sources: pl.DataFrame, quarantine: pl.LazyFrame, ledger: pl.DataFrame, start: datetime, end: datetime
) -> pl.DataFrame:
    """Return `Sources` whose `quarantined` counts only the records that may be of the time from `start` to `end`.

    Of dated snapshots it stays the number of all that cannot be read.

    Parameters
    ----------
    sources, quarantine, ledger
        The frames of those names.
    start, end
        Of the day.
    """
    bad = sources.filter((pl.col("quarantined") > 0) & pl.col("kind").is_in(_UNDATED_KINDS))
    if bad.is_empty():
        return sources
    found = quarantine.filter(pl.col("path").is_in(bad["path"].unique().implode())).collect()
    records = found.group_by(_RECORD).agg(pl.col("since").max(), pl.col("until").min())
    records = _bounded_by_ledger(records, ledger)
    elsewhere = (pl.col("until") < start).fill_null(value=False) | (pl.col("since") >= end).fill_null(value=False)
    named = bad.select("bot", "path").unique().join(records, on="path", suffix="_of")
    counts = (
        named.filter(pl.col("bot_of").is_null() | (pl.col("bot_of") == pl.col("bot")))
        .group_by("bot", "path")
        .agg(known=pl.len(), here=(~elsewhere).sum())
    )
    counted = sources.join(counts, on=["bot", "path"], how="left", maintain_order="left")
    # Records of which the quarantine does not have as many rows count for every day.
    rest = (pl.col("quarantined") - pl.col("known")).clip(lower_bound=0)
    here = pl.min_horizontal(pl.col("here").cast(pl.Int64) + rest, "quarantined")
    return counted.with_columns(quarantined=pl.coalesce(here.cast(pl.Int64), "quarantined")).select(sources.columns)


def _bounded_by_ledger(records: pl.DataFrame, ledger: pl.DataFrame) -> pl.DataFrame:
    """Bound the first records of a part by the part before it, and the last ones by the part behind it."""
    open_ended = records.filter(pl.col("since").is_null() | pl.col("until").is_null())
    if open_ended.is_empty():
        return records
    parts = (
        ledger.filter(pl.col("path").is_in(open_ended["path"].unique().implode()) & (pl.col("read") > 0))
        .filter(pl.col("generation") == pl.col("generation").max().over("path"))
        .select(
            "path",
            "lines",
            first=pl.col("tally").list.eval(pl.element().struct.field("day")).list.min(),
            last=pl.col("tally").list.eval(pl.element().struct.field("day")).list.max(),
        )
        .drop_nulls()
        .sort("path", "lines")
    )
    around = parts.with_columns(
        before=pl.col("last").shift(1).over("path"),
        behind=pl.col("first").shift(-1).over("path"),
        begin=pl.col("lines").shift(1).over("path").fill_null(0),
    )
    placed = (
        open_ended.join(around, on="path")
        .filter(pl.col("line").is_between("begin", "lines", closed="right"))
        .select(
            *_RECORD,
            earliest=pl.col("before").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
            latest=(
                pl.col("behind").cast(pl.Datetime("us")) + pl.duration(days=1, microseconds=-1)
            ).dt.replace_time_zone("UTC"),
        )
        .unique(_RECORD)
    )
    joined = records.join(placed, on=_RECORD, how="left", nulls_equal=True)
    in_order = (pl.col("latest") >= pl.col("since")).fill_null(value=True)
    return joined.with_columns(
        since=pl.coalesce("since", "earliest"), until=pl.coalesce("until", pl.when(in_order).then("latest"))
    ).drop("earliest", "latest")
