"""Two sides' sums in blocks of time, and the series whose mean is the difference of their ratios.

A ratio of sums is no mean of anything; to first order it is the mean of z_b = (n_b - R d_b) / mean(d) + R over blocks b (the
delta method, e.g. Cochran, Sampling Techniques, 3rd ed., section 2.11). The differences of two sides over the same blocks
hold what moved both, such as the market, once: that is what pairing gains.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deskgate.intervals.shares import missing_variance
from deskgate.intervals.sums import Floats, Minutes, Sums

__all__ = ["Blocks", "Side", "in_blocks", "pair"]


@dataclass(frozen=True)
class Side:
    """One side's sums of `num`, `den` and `den_squares` by block. A constant c is `num` = c, `den` = 1 in every block."""

    num: Floats
    den: Floats
    squares: Floats

    @property
    def ratio(self) -> float | None:
        """The ratio over all blocks; None where there is nothing to divide by."""
        total = math.fsum(self.den)
        return math.fsum(self.num) / total if total > 0 else None

    @property
    def used(self) -> npt.NDArray[np.bool_]:
        """In which blocks anything happened."""
        used: npt.NDArray[np.bool_] = (self.den > 0) | (self.num != 0)
        return used

    def take(self, where: npt.NDArray[np.bool_]) -> "Side":
        """Return some of the blocks."""
        return Side(self.num[where], self.den[where], self.squares[where])

    def residuals(self, ratio: float) -> Floats:
        """Return (num - ratio * den) / mean(den): what each block adds to the ratio's error, times the number of blocks."""
        out: Floats = (self.num - ratio * self.den) / self.den.mean()
        return out

    def lacking(self, confidence: float) -> Floats:
        """Return what the variance of a share lacks over the blocks up to each one."""
        return missing_variance(self.num.cumsum(), self.den.cumsum(), self.squares.cumsum(), confidence=confidence)


@dataclass(frozen=True)
class Blocks:
    """Sums of both sides in the same blocks of time, oldest first.

    `start` is a block's first minute since 1970-01-01 UTC, `length` its minutes; `fixed` says that the reference is a constant.
    """

    start: Minutes
    length: int
    live: Side
    reference: Side
    fixed: bool

    @property
    def size(self) -> int:
        """The number of blocks."""
        return self.start.size

    @property
    def ratios(self) -> tuple[float, float] | None:
        """The ratios of both sides; None where one has nothing to divide by."""
        live, reference = self.live.ratio, self.reference.ratio
        return None if live is None or reference is None else (live, reference)

    def used(self) -> "Blocks":
        """Return the blocks in which anything happened on a side that is no constant.

        A block in which nothing happened on either side changes no ratio and no standard error, but would count as evidence
        that there is none of: 24 fills in a day of 288 blocks are not 288 observations.
        """
        where = self.live.used if self.fixed else self.live.used | self.reference.used
        return Blocks(self.start[where], self.length, self.live.take(where), self.reference.take(where), self.fixed)

    def linearised(self) -> Floats:
        """Return the series z_b; its mean is the difference of the ratios.

        Raises
        ------
        ValueError
            A side has nothing to divide by.
        """
        if self.ratios is None:
            raise ValueError("a side has nothing to divide by")
        live, reference = self.ratios
        return self.live.residuals(live) - self.reference.residuals(reference) + (live - reference)

    def lacking(self, confidence: float) -> Floats:
        """Return what the variance of the difference of two shares lacks over the blocks up to each one."""
        live = self.live.lacking(confidence)
        return live if self.fixed else live + self.reference.lacking(confidence)


def pair(live: Sums, reference: Sums | float) -> tuple[Sums, Sums, bool]:
    """Return both sides over the same minutes, and whether the reference is a constant.

    Raises
    ------
    ValueError
        The sides are not of the same minutes, or the constant is no finite number.
    """
    if isinstance(reference, Sums):
        if not np.array_equal(live.minute, reference.minute):
            raise ValueError("live and reference have sums of different minutes, expected the same ones")
        return live, reference, False
    ones = np.ones(live.minute.size)
    return live, Sums(live.minute, ones * reference, ones), True


def in_blocks(live: Sums, reference: Sums | float, length: int, *, whole: bool = True) -> Blocks:
    """Sum minutes to blocks of `length` minutes that begin at multiples of it since 1970-01-01 UTC.

    A block may lack minutes that do not match: it is a block with less in it. With `whole` a last block that is not over
    at the last minute is left out, as its sums would be others at the next look.
    """
    live, reference, fixed = pair(live, reference)
    block = live.minute // length
    if whole and block.size:
        count = int(np.count_nonzero((block + 1) * length <= live.minute[-1] + 1))
        live, reference, block = live.first(count), reference.first(count), block[:count]
    number, at = np.unique(block, return_inverse=True)

    def total(values: Floats) -> Floats:
        return np.bincount(at, weights=values, minlength=number.size).astype(np.float64)

    def side(sums: Sums) -> Side:
        return Side(total(sums.num), total(sums.den), total(sums.den if sums.den_squares is None else sums.den_squares))

    ones = np.ones(number.size)
    constant = Side(ones * reference.num[:1].sum(), ones, ones)
    return Blocks(number * length, length, side(live), constant if fixed else side(reference), fixed)
