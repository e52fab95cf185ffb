"""The ledger as an account: where every record that was read went, by source, and by day and type."""

import polars as pl

from deskgate.schema import HEARTBEAT, LIQUIDITY_OPERATION, NOTICE

__all__ = ["by_day_and_type", "by_source", "kept", "kinds_of", "last_reading"]

_OUTCOMES = ("stored", "known", "quarantined")
_COUNTS = (*_OUTCOMES, "conflicts")
# Counted apart, by the type of their records.
_APART = {
    "heartbeats": [HEARTBEAT],
    "notices": [NOTICE],
    # Of the stream, and of the database.
    "liquidity_operations": [LIQUIDITY_OPERATION, "liquidity_operations"],
}


def last_reading(ledger: pl.DataFrame) -> pl.DataFrame:
    """Return the parts of each source's last reading from its beginning: how often it was read before says nothing of it."""
    return ledger.filter(pl.col("generation") == pl.col("generation").max().over("path", "kind", "context"))


def kept(rows: pl.DataFrame) -> pl.DataFrame:
    """Return `by_source` or `by_day_and_type` with `kept` for stored and known, of which each ingest adds otherwise."""
    return rows.with_columns(stored=pl.col("stored") + pl.col("known")).drop("known").rename({"stored": "kept"})


def by_source(ledger: pl.DataFrame) -> pl.DataFrame:
    """Return one row per source, over all its parts and however often it was read.

    Returns
    -------
    polars.DataFrame
        path, kind, leg, read, stored, known, quarantined, conflicts (they are among the quarantined), heartbeats,
        notices and liquidity_operations (among the stored and known, and judged by no check), missed, and
        `unaccounted`: read but neither stored, known nor quarantined, or dropped by a stream before it could be read.
    """
    kept = pl.col("stored") + pl.col("known")
    apart = [kept.filter(pl.col("type").is_in(kinds)).sum().alias(name) for name, kinds in _APART.items()]
    outcomes = _tallies(ledger, "path").group_by("path").agg(pl.col(_COUNTS).sum(), *apart)
    return (
        ledger.group_by("path")
        .agg(pl.col("kind", "leg").first(), pl.col("read", "missed").sum())
        .join(outcomes, on="path", how="left")
        .with_columns(pl.col(*_COUNTS, *_APART).fill_null(0))
        .with_columns(unaccounted=(pl.col("read") - pl.sum_horizontal(_OUTCOMES)).abs() + pl.col("missed"))
        .select("path", "kind", "leg", "read", *_COUNTS, *_APART, "missed", "unaccounted")
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
