"""The events of the stream by minute: what most checks of the stream need, and far less than the events themselves."""

import polars as pl

from deskgate.case.case import Case, per_case

__all__ = ["stream_minutes"]


@per_case
def stream_minutes(case: Case) -> pl.DataFrame:
    """Return how many of `Case.recent_events` there were in each minute.

    Returns
    -------
    polars.DataFrame
        One row per bot, source file, type and minute with an event: bot, path, event_type, minute (its begin, UTC), events,
        known (those of them up to `as_of`), last (the time of the last one); sorted by (bot, path, event_type, minute).
    """
    key = ["bot", "path", "event_type", "minute"]
    return (
        case.recent_events.select("bot", "path", "event_type", "ts", minute=pl.col("ts").dt.truncate("1m"))
        .group_by(key)
        .agg(
            events=pl.len().cast(pl.Int64),
            known=(pl.col("ts") <= case.as_of).sum().cast(pl.Int64),
            last=pl.col("ts").max(),
        )
        .collect(engine="streaming")
        .sort(key)
    )
