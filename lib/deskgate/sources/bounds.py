"""When a record that cannot be read was: between the records around it, where its file is in order of time.

Without that, one row that a crash left would hold every later day, and no day could be shown not to need it.
"""

from dataclasses import replace
from datetime import timedelta

import polars as pl

from deskgate.sources.parsed_source import ParsedSource

__all__ = ["with_bounds"]

# A stream's records come in order but for what arrives a little late.
_DISORDER = timedelta(hours=1)


def with_bounds(parsed: ParsedSource) -> ParsedSource:
    """Return `parsed` with `since` and `until` of the unreadable records that do not say when they were.

    Where all other records are in order of time, forwards or backwards, these are the latest time before such a record
    and the earliest behind it, null where there is none. Else both stay null.
    """
    if parsed.quarantine["since"].null_count() == 0:
        return parsed
    times = [frame.select("record", "ts") for frame in parsed.frames.values() if "ts" in frame.columns]
    if not times:
        return parsed
    dated = pl.concat(times).drop_nulls().group_by("record").agg(first=pl.col("ts").min(), last=pl.col("ts").max())
    rows = parsed.records.select("record").join(dated, on="record", how="left")
    for backwards in (False, True):
        around = rows.sort("record", descending=backwards).with_columns(
            before=pl.col("last").cum_max().forward_fill(), behind=pl.col("first").cum_min(reverse=True).backward_fill()
        )
        # A dated record is itself among those before and behind it.
        if not (around["before"] - around["behind"] > _DISORDER).any():
            return replace(parsed, quarantine=_bounded(parsed.quarantine, around))
    return parsed


def _bounded(quarantine: pl.DataFrame, around: pl.DataFrame) -> pl.DataFrame:
    alone, inside = pl.col("since").is_null(), pl.col("before").is_not_null() & pl.col("behind").is_not_null()
    first = pl.when(inside).then(pl.min_horizontal("before", "behind")).otherwise("before")
    last = pl.when(inside).then(pl.max_horizontal("before", "behind")).otherwise("behind")
    return (
        quarantine.join(around.select("record", "before", "behind"), on="record", how="left", maintain_order="left")
        .with_columns(
            since=pl.when(alone).then(first).otherwise("since"), until=pl.when(alone).then(last).otherwise("until")
        )
        .drop("before", "behind")
    )
