"""What a side of a comparison is: sums by minute of what its ratio divides and of what it is divided by."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Floats", "Minutes", "Sums", "per_minute"]

Floats = npt.NDArray[np.float64]
Minutes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Sums:
    """One side's sums, one entry a matched minute, whether anything happened in it or not.

    Parameters
    ----------
    minute
        Minutes since 1970-01-01 UTC, int64, strictly increasing.
    num, den
        Sums of the measure's `num` and `den` in that minute, float64; `den` is not negative. For a value in bps multiply
        `num` by 10,000 before: every result has the unit of `num` over that of `den`.
    den_squares
        Sums of den² over the rows of that minute: by them rows of unequal weight count as fewer. None where each row has a
        `den` of 1.

    Raises
    ------
    ValueError
        The arrays differ in length, a value is not finite, a `den` is negative or the minutes do not increase.
    """

    minute: Minutes
    num: Floats
    den: Floats
    den_squares: Floats | None = None

    def __post_init__(self) -> None:
        for name in ("num", "den", "den_squares"):
            values = getattr(self, name)
            if values is None:
                continue
            if values.shape != self.minute.shape:
                raise ValueError(f"{name} has {values.size} entries for {self.minute.size} minutes")
            if not np.isfinite(values).all():
                raise ValueError(
                    f"{name} has {np.count_nonzero(~np.isfinite(values))} entries that are no finite number"
                )
        if (self.den < 0).any():
            raise ValueError(f"den has {np.count_nonzero(self.den < 0)} negative entries")
        if (np.diff(self.minute) <= 0).any():
            raise ValueError("minutes must increase strictly")

    @property
    def rows(self) -> float:
        """How many rows of equal weight these are worth: den² / squares (Kish 1965)."""
        squares = (self.den if self.den_squares is None else self.den_squares).sum()
        return float(self.den.sum() ** 2 / squares) if squares else 0.0

    def from_minute(self, first: int) -> "Sums":
        """Return the sums from minute `first` on."""
        return self._of(slice(int(np.searchsorted(self.minute, first)), None))

    def first(self, count: int) -> "Sums":
        """Return the sums of the first `count` minutes."""
        return self._of(slice(count))

    def _of(self, part: slice) -> "Sums":
        squares = None if self.den_squares is None else self.den_squares[part]
        return Sums(self.minute[part], self.num[part], self.den[part], squares)


def per_minute(minute: npt.ArrayLike, num: npt.ArrayLike, den: npt.ArrayLike, *, matched: npt.ArrayLike) -> Sums:
    """Sum rows by minute; the order of the rows changes no digit.

    Parameters
    ----------
    minute, num, den
        One entry a row: whole minutes since 1970-01-01 UTC, and its two parts. Rows outside `matched` are left out.
    matched
        The minutes of the comparison, in any order.

    Returns
    -------
    Sums
        One entry a matched minute.
    """
    minutes = np.asarray(matched, dtype=np.int64)
    if (np.diff(minutes) <= 0).any():
        minutes = np.unique(minutes)
    rows, above, below = np.asarray(minute, dtype=np.int64), _floats(num), _floats(den)
    # Sums of floats depend on their order, so that each minute's rows are added in an order that only their values give.
    order = np.lexsort((below, above, rows))
    at = np.searchsorted(minutes, rows[order])
    # A row behind the last minute is at its end, where no minute is: -1 is of none.
    is_matched = np.append(minutes, -1)[at] == rows[order]
    order, at = order[is_matched], at[is_matched]

    def total(values: Floats) -> Floats:
        return np.bincount(at, weights=values[order], minlength=minutes.size).astype(np.float64)

    return Sums(minutes, total(above), total(below), total(below * below))


def _floats(values: npt.ArrayLike) -> npt.NDArray[Any]:
    return np.asarray(values, dtype=np.float64)
