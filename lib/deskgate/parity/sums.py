"""A measure's rows of one bot as sums by minute, over the minutes that are compared."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from deskgate.intervals.sums import Minutes, Sums, per_minute
from deskgate.measures.minutes import minute_of

__all__ = ["ComparedMinutes", "Side", "inside", "side"]


@dataclass(frozen=True)
class ComparedMinutes:
    """The minutes over which one side is compared: `frame` has pair and minute; each measure asks for the same of them."""

    frame: pl.DataFrame

    @cached_property
    def keys(self) -> pl.DataFrame:
        """Pair and minute of the rows that belong to them: a row whose pair no record tells is of any pair."""
        return pl.concat(
            [self.frame.select("pair", "minute"), self.frame.select(pl.lit(None, pl.String).alias("pair"), "minute")]
        )

    @cached_property
    def numbers(self) -> Minutes:
        """Minutes since 1970-01-01 UTC, each once and in order."""
        return np.unique(_number(self.frame["minute"]))


@dataclass(frozen=True)
class Side:
    """One side of a comparison: its sums by minute, how many rows were measured, and how much could be.

    `known` is the share of `den` of all rows whose row was measured, `known_rows` that of the rows; 1 where there is none.
    """

    sums: Sums
    rows: int
    known: float
    known_rows: float


def side(rows: pl.DataFrame, minutes: ComparedMinutes, scale: float) -> Side:
    """Sum the rows of one bot by minute.

    Parameters
    ----------
    rows
        `ROWS` of a measure.
    minutes
        The compared ones.
    scale
        Of the measure.
    """
    compared = inside(rows, minutes)
    known = compared.filter(pl.col("num").is_not_null())
    sums = per_minute(
        _number(known["minute"]),
        known["num"].to_numpy() * scale,
        known["den"].to_numpy(),
        matched=minutes.numbers,
    )
    # Sorted, because a sum of floats depends on its order.
    whole, measured = (float(np.sort(frame["den"].to_numpy()).cumsum()[-1:].sum()) for frame in (compared, known))
    of_rows = known.height / compared.height if compared.height else 1.0
    return Side(sums, known.height, measured / whole if whole else 1.0, of_rows)


def inside(rows: pl.DataFrame, minutes: ComparedMinutes) -> pl.DataFrame:
    """Return the rows of one bot in the compared minutes, in their order and with their `minute`, which they may have already.

    A row whose pair no record tells, such as an order that was refused, is of any pair.
    """
    dated = rows if "minute" in rows.columns else rows.with_columns(minute=minute_of("ts"))
    return dated.join(minutes.keys, on=["pair", "minute"], how="semi", nulls_equal=True, maintain_order="left")


def _number(minute: pl.Series) -> Minutes:
    return minute.to_physical().to_numpy() // 60_000_000
