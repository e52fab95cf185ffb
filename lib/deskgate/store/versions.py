"""Which rows of a table count when it is read: those of committed commits, and of a changed record the last version."""

import polars as pl

from deskgate.schema import EVERY_EVENT_STANDS, RECORD_KEYS, RECORDED
from deskgate.store.commits import COMMIT_ID, Commits

__all__ = ["committed", "has_key", "latest_versions"]


def committed(name: str, rows: pl.LazyFrame, commits: Commits | None) -> pl.LazyFrame:
    """Return the rows whose commit is in the ledger; all of them in a store without a ledger."""
    return rows if name in RECORDED or commits is None else rows.filter(commits.holds())


def has_key(name: str) -> pl.Expr:
    """Return whether a row of a table of `RECORD_KEYS` can be another version of an earlier one.

    A venue's trade has the venue's number of its order, and often not the bot's.
    """
    needed = [part for part in RECORD_KEYS[name] if part.endswith("_id")]
    known = pl.all_horizontal([pl.lit(value=True), *(pl.col(part).is_not_null() for part in needed)])
    if name not in EVERY_EVENT_STANDS:
        return known
    of_venue = (pl.col("leg") == "exchange") & pl.col(needed[-1]).is_not_null()
    return (known | of_venue) & (pl.col("leg") != "events")


def latest_versions(name: str, rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return the rows without the versions that a later commit has replaced.

    Rows of one commit never replace each other: a file that holds a record twice holds it twice.
    """
    if name not in RECORD_KEYS:
        return rows
    return rows.filter(~has_key(name) | (pl.col(COMMIT_ID) == pl.col(COMMIT_ID).max().over(RECORD_KEYS[name])))
