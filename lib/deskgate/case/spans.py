"""The spans of time in which some instants lie: where few are old, only what is near them need be read."""

from datetime import datetime, timedelta

import polars as pl

__all__ = ["Span", "spans_of"]

# The first and the last instant.
Span = tuple[datetime, datetime]
# What is nearer is read in one.
_TOGETHER = timedelta(hours=6)
# Each is a condition on every row.
_MOST = 16


def spans_of(instants: pl.Series) -> list[Span]:
    """Return spans that have all of some instants, ascending, at most 16, each more than 6 hours after the one before."""
    at = instants.drop_nulls().unique().sort()
    gaps = at.diff()
    widest = gaps.filter(gaps > _TOGETHER).sort(descending=True)
    least = widest[_MOST - 1] if widest.len() >= _MOST else _TOGETHER
    spans = pl.DataFrame({"at": at, "span": (gaps > least).fill_null(value=False).cum_sum()})
    return (
        spans.group_by("span", maintain_order=True)
        .agg(first=pl.col("at").min(), last=pl.col("at").max())
        .drop("span")
        .rows()
    )
