"""The instant that a day's close is judged at: exports of 24:00 are stamped when they are made, some seconds later."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from deskgate.case.tolerances import closing
from deskgate.config.desk import Desk
from deskgate.sources.registry import account_kinds

__all__ = ["closing_instant"]

_TABLES = ("positions", "balances")


def closing_instant(desk: Desk, sources: Callable[[datetime], pl.LazyFrame], day: date, as_of: datetime) -> datetime:
    """Return `as_of`, or where it is the day's end, when the last account was exported that closes the day.

    An account that was exported in the same time before the day's end is closed by that. All that is known at the instant
    returned is judged, so that a fill between 24:00 and the export is in the fills as it is in the position.

    Parameters
    ----------
    sources
        Returns the source files that were known at an instant, as `Sources`.
    """
    end = datetime.combine(day, time(), UTC) + timedelta(days=1)
    if as_of != end:
        return as_of
    at, names = pl.col("exported_at"), [bot.name for bot in desk.judged]
    kinds = {kind: table for table in _TABLES for kind in account_kinds(table)}
    near = (
        sources(end + closing())
        .filter(pl.col("leg") == "exchange", ~pl.col("derived"), pl.col("kind").is_in(list(kinds)))
        .filter(pl.col("bot").is_in(names), at > end - closing(), at <= end + closing())
        .select("bot", "kind", "exported_at")
        .collect()
        .with_columns(table=pl.col("kind").replace_strict(kinds, return_dtype=pl.String))
    )
    late = near.filter((at > end).all().over("bot", "table")).group_by("bot", "table").agg(at.min())
    found: datetime | None = late.select(at.max()).item()
    return found or as_of
