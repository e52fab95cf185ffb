"""What the present and the proposed bounds cost: clean days that they block, and faults that they miss.

Each week's days are held against what is proposed from the other weeks, so that no day helps to make the bound that it is counted by.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from deskgate.gates.calibration.propose import MONTH_DAYS, Proposal
from deskgate.gates.calibration.values import History
from deskgate.intervals.binomial import clopper_pearson
from deskgate.intervals.sums import Floats

__all__ = ["SIZES", "Alarms", "Power", "alarms_together", "alarms_without", "folds_of", "powers"]

# Sizes of a fault put into a metric, as shares of the way from the median of clean days to the present bound.
SIZES = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0)
Folds = Mapping[int, Sequence[Proposal]]


@dataclass(frozen=True)
class Alarms:
    """How many of so many clean days were blocked, and what that makes in a month, with its exact interval."""

    blocked: int
    days: int

    @property
    def per_month(self) -> float | None:
        """Days a month; None where there is no day."""
        return self.blocked / self.days * MONTH_DAYS if self.days else None

    @property
    def interval(self) -> tuple[float, float]:
        """What it may be, days a month (Clopper-Pearson, 95 %); of days that depend on one another it is too narrow."""
        low, high = clopper_pearson(self.blocked, self.days)
        return low * MONTH_DAYS, high * MONTH_DAYS


@dataclass(frozen=True)
class Power:
    """How often a fault of one size in one metric is noticed by the present and by the proposed bound.

    `planted` faults, one in each subject of each clean day; `size` is added to the metric, outward, in its unit.
    """

    size: float
    planted: int
    before: int
    after: int


def folds_of(history: History, propose: Callable[[History], Sequence[Proposal]]) -> dict[int, Sequence[Proposal]]:
    """Return by week what is proposed from the other weeks."""
    return {int(week): propose(history.without(int(week))) for week in np.unique(history.weeks)}


def _bounds_by_day(history: History, folds: Folds, place: int) -> Floats:
    """Return the outward bound that each day is held against once the proposals are taken over."""
    column = history.columns[place]
    proposed = {week: found[place].value for week, found in folds.items()}
    return np.array(
        [column.bound if (value := proposed[int(week)]) is None else column.sign * value for week in history.weeks]
    )


def alarms_without(history: History, folds: Folds) -> list[tuple[Alarms, Alarms]]:
    """Return by column the alarms of the present bound, and of the proposed one on days that did not help to make it."""
    found = []
    for place, column in enumerate(history.columns):
        values = history.values[:, place]
        days = int(np.isfinite(values).sum())
        after = column.beyond(values, _bounds_by_day(history, folds, place))
        found.append((Alarms(int(column.beyond(values, column.bound).sum()), days), Alarms(int(after.sum()), days)))
    return found


def alarms_together(history: History, folds: Folds, *, blocks: bool) -> tuple[Alarms, Alarms]:
    """Return the days that any of the bounds blocked, before and after; `blocks` asks for critical entries, else for the others.

    A day on which none of them has a value is not counted: it was not blocked, and not let pass either.
    """
    known, before, after = (np.zeros(len(history.days), dtype=bool) for _ in range(3))
    for place, column in enumerate(history.columns):
        if (column.entry.severity == "critical") is blocks:
            values = history.values[:, place]
            known |= np.isfinite(values)
            before |= column.beyond(values, column.bound)
            after |= column.beyond(values, _bounds_by_day(history, folds, place))
    days = int(known.sum())
    return Alarms(int(before.sum()), days), Alarms(int(after.sum()), days)


def powers(history: History, folds: Folds, place: int) -> list[Power]:
    """Return the power of the bounds of one column, from the smallest size to the largest.

    A fault is put into the metric of one subject on one day: its value moves outward by the size.
    """
    column, cells = history.columns[place], history.cells[place]
    known = history.values[np.isfinite(history.values[:, place]), place]
    if not len(known):
        return []
    way = column.bound - float(np.median(known))
    if way <= 0:
        return []
    rows, values = np.array([row for _, row, _ in cells]), np.array([value for _, _, value in cells])
    after = _bounds_by_day(history, folds, place)[rows]
    return [
        Power(
            way * part,
            len(values),
            int(column.beyond(values + way * part, column.bound).sum()),
            int(column.beyond(values + way * part, after).sum()),
        )
        for part in SIZES
    ]
