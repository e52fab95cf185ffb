"""A measure's rows of one bot as sums by minute, over the minutes that are compared."""

from dataclasses import dataclass

import polars as pl

from deskgate.intervals.sums import Sums, per_minute

__all__ = ["Side", "side"]


@dataclass(frozen=True)
class Side:
    """One side of a comparison: its sums by minute, how many rows were measured, and how much could be.

    `known` is the share of `den` of all rows whose row was measured; 1 where there is none.
    """

    sums: Sums
    rows: int
    known: float


def side(rows: pl.DataFrame, minutes: pl.DataFrame, scale: float) -> Side:
    """Sum the rows of one bot by minute.

    Parameters
    ----------
    rows
        `ROWS` of a measure.
    minutes
        The compared minutes: pair, minute. Rows in no such minute are left out; one whose pair no record tells, such as an
        order that was refused, is of any pair.
    scale
        Of the measure.
    """
    dated = rows.with_columns(minute=pl.col("ts").dt.truncate("1m"))
    named = dated.filter(pl.col("pair").is_not_null()).join(minutes, on=["pair", "minute"], how="semi")
    nameless = dated.filter(pl.col("pair").is_null()).join(minutes, on="minute", how="semi")
    inside = pl.concat([named, nameless])
    known = inside.filter(pl.col("num").is_not_null())
    sums = per_minute(
        _number(known["minute"]),
        known["num"].to_numpy() * scale,
        known["den"].to_numpy(),
        matched=_number(minutes["minute"]),
    )
    # Sorted, because a sum of floats depends on its order.
    whole, measured = (float(frame["den"].sort().to_numpy().cumsum()[-1:].sum()) for frame in (inside, known))
    return Side(sums, known.height, measured / whole if whole else 1.0)


def _number(minute: pl.Series) -> "pl.Series":
    return minute.dt.epoch("us") // 60_000_000
