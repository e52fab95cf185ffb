"""Which numbers of a day lie beyond their usual range: the lowest and highest value of the last 30 days.

A range of fewer than five days is none: two quiet days would make an ordinary third one look unusual.
"""

from collections.abc import Sequence

import polars as pl

from deskgate.reports.daily_report.days import DayFiles

__all__ = ["LEAST_DAYS", "beyond_range"]

LEAST_DAYS = 5
_KEY = ["gate", "check", "subject"]


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
    known = pl.concat(_values(each) for each in earlier).drop_nulls("now")
    span = known.group_by(_KEY).agg(lowest=pl.col("now").min(), highest=pl.col("now").max(), days=pl.len())
    last = _values(earlier[0]).select(*_KEY, before="now")
    away = pl.max_horizontal(pl.col("lowest") - pl.col("now"), pl.col("now") - pl.col("highest"))
    width = pl.max_horizontal(pl.col("highest") - pl.col("lowest"), pl.col("highest").abs())
    return (
        now.drop_nulls("now")
        .join(span, on=_KEY)
        .filter(pl.col("days") >= LEAST_DAYS, away > 0)
        .join(last, on=_KEY, how="left")
        .with_columns(far=away / pl.when(width > 0).then(width))
        .sort(~pl.col("blocks"), -pl.col("far").fill_null(float("inf")), *_KEY)
        .select(*_KEY, "title", "unit", "before", "now", "lowest", "highest", "days", "blocks")
    )


def _values(day: DayFiles) -> pl.DataFrame:
    return day.verdict_rows.select(*_KEY, "title", "unit", now="observed")
