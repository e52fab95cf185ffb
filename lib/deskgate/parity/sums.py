"""A measure's rows of one bot as sums by minute, over the minutes that are compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from deskgate.intervals.sums import Floats, Minutes, Sums, per_minute
from deskgate.measures.minutes import minute_of

__all__ = ["ComparedMinutes", "Rows", "Side", "by_bot", "inside", "rows_of", "side"]


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

    @property
    def numbers(self) -> Minutes:
        """Minutes since 1970-01-01 UTC, each once and in order."""
        return self.of(None)

    def of(self, pair: str | None) -> Minutes:
        """Return the `numbers` of the rows of a pair."""
        return self._of_pairs.get(pair, _NOTHING.minute)

    @cached_property
    def _of_pairs(self) -> dict[object, Minutes]:
        numbered = self.keys.select("pair", _in_minutes(pl.col("minute")))
        parts = numbered.partition_by("pair", as_dict=True)
        return {pair: np.unique(part["minute"].to_numpy()) for (pair,), part in parts.items()}


class _Rows(NamedTuple):
    """Rows of one pair, one entry a row; `num` is NaN where it is not known."""

    minute: Minutes
    num: Floats
    den: Floats
    is_known: npt.NDArray[np.bool_]

    def where(self, chosen: npt.NDArray[np.bool_]) -> "_Rows":
        return _Rows(self.minute[chosen], self.num[chosen], self.den[chosen], self.is_known[chosen])


# The rows of a measure of one bot, by pair; None: no record tells it.
Rows = Mapping[str | None, _Rows]
_NOTHING = _Rows(np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0, np.bool_))


@dataclass(frozen=True)
class Side:
    """One side of a comparison: its sums by minute, how many rows were measured, and how much could be.

    `known` is the share of `den` of all rows whose row was measured, `known_rows` that of the rows; 1 where there is none.
    """

    sums: Sums
    rows: int
    known: float
    known_rows: float


def by_bot(rows: pl.DataFrame) -> Mapping[str, Rows]:
    """Return the rows of a measure, `ROWS`, of each bot that has any."""
    found: dict[str, dict[str | None, _Rows]] = {}
    for (bot, pair), part in _parts(rows, "bot", "pair").items():
        found.setdefault(str(bot), {})[pair] = part
    return found


def rows_of(rows: pl.DataFrame) -> Rows:
    """Return rows of one bot: pair, ts, num, den."""
    return {pair: part for (pair,), part in _parts(rows, "pair").items()}


def _parts(rows: pl.DataFrame, *by: str) -> dict[tuple[str | None, ...], _Rows]:
    """Return rows as arrays, divided by columns."""
    numbered = rows.select(*by, _in_minutes(minute_of("ts")), "num", "den", is_known=pl.col("num").is_not_null())
    columns = ("ts", "num", "den", "is_known")
    return {
        key: _Rows(*(part[name].to_numpy() for name in columns))
        for key, part in numbered.partition_by(by, as_dict=True).items()
    }


def side(rows: Rows, minutes: ComparedMinutes, scale: float) -> Side:
    """Sum the rows of one bot by minute.

    Parameters
    ----------
    rows
        Of a measure, by pair.
    minutes
        The compared ones.
    scale
        Of the measure.
    """
    parts = [part.where(np.isin(part.minute, minutes.of(pair))) for pair, part in rows.items()]
    compared = _Rows(*(np.concatenate(columns) for columns in zip(*parts, strict=True))) if parts else _NOTHING
    known = compared.where(compared.is_known)
    sums = per_minute(known.minute, known.num * scale, known.den, matched=minutes.numbers)
    # Sorted, because a sum of floats depends on its order.
    whole, measured = (float(np.sort(part.den).cumsum()[-1:].sum()) for part in (compared, known))
    of_rows = known.minute.size / compared.minute.size if compared.minute.size else 1.0
    return Side(sums, known.minute.size, measured / whole if whole else 1.0, of_rows)


def inside(rows: pl.DataFrame, minutes: ComparedMinutes) -> pl.DataFrame:
    """Return the rows of one bot in the compared minutes, in their order and with their `minute`."""
    dated = rows.with_columns(minute=minute_of("ts"))
    return dated.join(minutes.keys, on=["pair", "minute"], how="semi", nulls_equal=True, maintain_order="left")


def _in_minutes(instant: pl.Expr) -> pl.Expr:
    """Return whole minutes since 1970-01-01 UTC of instants in microseconds."""
    return instant.to_physical() // 60_000_000
