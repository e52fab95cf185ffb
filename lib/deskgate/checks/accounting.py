"""The ledger as an account: where every record that was read went, by source, and by day and type."""

import polars as pl

from deskgate.schema import HEARTBEAT

__all__ = ["by_day_and_type", "by_source", "kinds_of"]

_OUTCOMES = ("stored", "known", "quarantined")
_COUNTS = (*_OUTCOMES, "conflicts")


def by_source(ledger: pl.DataFrame) -> pl.DataFrame:
    """Return one row per source, over all its parts and however often it was read.

    Returns
    -------
    polars.DataFrame
        path, kind, leg, read, stored, known, quarantined, conflicts (they are among the quarantined), heartbeats (among
        the stored and known), missed, and `unaccounted`: read but neither stored, known nor quarantined, or dropped by a
        stream before it could be read.
    """
    beats = (pl.col("stored") + pl.col("known")).filter(pl.col("type") == HEARTBEAT).sum()
    outcomes = _tallies(ledger, "path").group_by("path").agg(pl.col(_COUNTS).sum(), beats.alias("heartbeats"))
    return (
        ledger.group_by("path")
        .agg(pl.col("kind", "leg").first(), pl.col("read", "missed").sum())
        .join(outcomes, on="path", how="left")
        .with_columns(pl.col(*_COUNTS, "heartbeats").fill_null(0))
        .with_columns(unaccounted=(pl.col("read") - pl.sum_horizontal(_OUTCOMES)).abs() + pl.col("missed"))
        .select("path", "kind", "leg", "read", *_COUNTS, "heartbeats", "missed", "unaccounted")
        .sort("path")
    )


def by_day_and_type(ledger: pl.DataFrame) -> pl.DataFrame:
    """Return one row per source, UTC day and type: path, day (null where unknown), type, and the counts."""
    return (
        _tallies(ledger, "path")
        .group_by("path", "day", "type")
        .agg(pl.col(_COUNTS).sum())
        .sort("path", "day", "type", nulls_last=True)
    )


def kinds_of(ledger: pl.DataFrame) -> dict[str, list[str]]:
    """Return by path the kinds as which it was read."""
    return dict(ledger.group_by("path").agg(pl.col("kind").unique()).iter_rows())


def _tallies(ledger: pl.DataFrame, *columns: str) -> pl.DataFrame:
    return ledger.select(*columns, "tally").explode("tally", empty_as_null=False).unnest("tally")
