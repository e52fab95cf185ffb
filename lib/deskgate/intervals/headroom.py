"""How far bounds must lie from what is usual, so that all of them together are passed as seldom as is asked.

Each column is put on a scale of its own: how far a value lies beyond the level that four of five values stay below, in units of how far
the fifth one lies beyond it on average. A row's score is that of its worst column. The score that few enough rows pass is the
headroom, one number for all columns: bounds at level + headroom * excess are passed on no more rows than are asked for.

The scale is that of a tail without memory (exponential: peaks over a threshold, Pickands 1975, with shape 0); nothing rests on it but how
the headroom is shared out among the columns. The count rests on order statistics alone: of n + 1 rows that could come in any order,
the next one exceeds the r-th smallest score of n in (n + 1 - r) of n + 1 cases (Wilks, Annals of Mathematical Statistics 12, 1941;
Hahn, Meeker and Escobar, Statistical Intervals, 2nd edition 2017, chapter 5; as conformal prediction: Vovk, Gammerman and Shafer 2005).
A row is scored by the level and excess of other blocks of rows, so that no value helps to make its own scale.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deskgate.intervals.sums import Floats

__all__ = ["LEAST_TAIL", "Scale", "headroom", "least_rows", "scale", "scores", "varies"]

# Four of five values are usual.
LEVEL = 0.8
# So many different values beyond the level are needed, or how far they lie beyond it is not known.
LEAST_TAIL = 5

Blocks = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Scale:
    """By column: the level that most values stay below, the mean excess of the others, and how many different ones there are."""

    level: Floats
    excess: Floats
    distinct: npt.NDArray[np.int64]


def scale(values: Floats) -> Scale:
    """Return the scale of each column.

    Parameters
    ----------
    values
        One row a day, one column a bound, larger is worse; NaN where nothing was measured.
    """
    ordered = np.sort(values, axis=0)  # NaN last
    counts = np.isfinite(values).sum(axis=0)
    place = np.clip(np.ceil(LEVEL * counts).astype(int) - 1, 0, None)
    level = ordered[place, np.arange(values.shape[1])] if len(values) else np.full(values.shape[1], np.nan)
    beyond = values > level
    tail = np.where(beyond, values - level, 0.0).sum(axis=0) / np.maximum(beyond.sum(axis=0), 1)
    distinct = ((np.diff(ordered, axis=0) > 0) & (ordered[1:] > level)).sum(axis=0)
    return Scale(level, tail, distinct)


def varies(values: Floats, blocks: Blocks) -> npt.NDArray[np.bool_]:
    """Return of each column whether it has `LEAST_TAIL` different values beyond its level, whichever block is left out."""
    folds = [scale(values).distinct, *(scale(values[blocks != block]).distinct for block in np.unique(blocks))]
    enough: npt.NDArray[np.bool_] = np.min(folds, axis=0) >= LEAST_TAIL
    return enough


def scores(values: Floats, blocks: Blocks) -> Floats:
    """Return the score of each row by the scale of the other blocks; NaN where a row has no value. Every column has to vary."""
    found = np.full(len(values), np.nan)
    for block in np.unique(blocks):
        mine = blocks == block
        others = scale(values[~mine])
        scaled = (values[mine] - others.level) / others.excess
        there = np.isfinite(scaled).any(axis=1)
        found[np.flatnonzero(mine)[there]] = np.nanmax(scaled[there], axis=1)
    return found


def least_rows(share: float) -> int:
    """Return how many rows it takes to find a bound that no more than `share` of the rows to come pass."""
    return math.ceil(round(1 / share, 9)) - 1


def headroom(scored: Floats, share: float) -> float | None:
    """Return the smallest score that no more than `share` of the rows to come are expected to pass; None: too few rows."""
    known = np.sort(scored[np.isfinite(scored)])
    rank = math.ceil(round((len(known) + 1) * (1 - share), 9))
    return max(float(known[rank - 1]), 0.0) if 0 < rank <= len(known) else None
