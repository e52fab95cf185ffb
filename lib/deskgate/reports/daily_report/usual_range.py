"""Which numbers of a day lie beyond their usual range: the lowest and highest value of the last 30 days.

A range of fewer than five days is none: two quiet days would make an ordinary third one look unusual.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from deskgate.reports.daily_report.days import DayFiles

__all__ = ["LEAST_DAYS", "RangeCounts", "beyond_range", "range_counts"]

LEAST_DAYS = 5
_KEY = ["gate", "check", "subject"]


@dataclass(frozen=True)
class RangeCounts:
    """How many numbers of a day were held to a range (`compared`) and how many have none; of whom one with a range is not known today."""

    compared: int
    without: int
    unknown: tuple[str, ...]


def range_counts(today: DayFiles, earlier: Sequence[DayFiles]) -> RangeCounts:
    """Return what `beyond_range` could judge of a day, and what not; `unknown` as `subject: title`, by subject."""
    now = _values(today)
    if not earlier:
        return RangeCounts(0, now.drop_nulls("now").height, ())
    ranges = _ranges(earlier)
    known = now.drop_nulls("now")
    lost = ranges.join(known, on=_KEY, how="anti").sort("subject", "gate", "check")
    unknown = lost.select(pl.format("{}: {}", "subject", "title")).to_series().to_list()
    compared = known.join(ranges, on=_KEY, how="semi").height
    return RangeCounts(compared, known.height - compared, tuple(unknown))


def beyond_range(today: DayFiles, earlier: Sequence[DayFiles]) -> pl.DataFrame:
    """Return the day's numbers outside of their range, those whose verdict blocks first, then the farthest for their range.

    Parameters
    ----------
    today
        The day.
    earlier
        The days of the range, without the day itself, newest first.

    Returns
    -------
    polars.DataFrame
        gate, check, subject, title, unit, before (of the newest earlier day, null where it has none), now, lowest, highest, days (how many
        earlier days have a value), blocks; one row per number that at least `LEAST_DAYS` earlier days have.
    """
    now = _values(today).with_columns(pl.Series("blocks", [each.blocks for each in today.verdicts], dtype=pl.Boolean))
    if not earlier:
        empty = {"before": pl.Float64, "lowest": pl.Float64, "highest": pl.Float64, "days": pl.UInt32}
        return now.clear().with_columns(pl.lit(None, dtype).alias(name) for name, dtype in empty.items())
    last = _values(earlier[0]).select(*_KEY, before="now")
    away = pl.max_horizontal(pl.col("lowest") - pl.col("now"), pl.col("now") - pl.col("highest"))
    width = pl.max_horizontal(pl.col("highest") - pl.col("lowest"), pl.col("highest").abs())
    return (
        now.drop_nulls("now")
        .join(_ranges(earlier), on=_KEY)
        .filter(away > 0)
        .join(last, on=_KEY, how="left")
        .with_columns(far=away / pl.when(width > 0).then(width))
        .sort(~pl.col("blocks"), -pl.col("far").fill_null(float("inf")), *_KEY)
        .select(*_KEY, "title", "unit", "before", "now", "lowest", "highest", "days", "blocks")
    )


def _ranges(earlier: Sequence[DayFiles]) -> pl.DataFrame:
    """Return each number that enough days have: gate, check, subject, title (the newest), lowest, highest, days."""
    known = pl.concat(_values(each) for each in earlier).drop_nulls("now")
    now = pl.col("now")
    rows = known.group_by(_KEY).agg(pl.col("title").first(), lowest=now.min(), highest=now.max(), days=pl.len())
    return rows.filter(pl.col("days") >= LEAST_DAYS)


def _values(day: DayFiles) -> pl.DataFrame:
    return day.verdict_rows.select(*_KEY, "title", "unit", now="observed")
