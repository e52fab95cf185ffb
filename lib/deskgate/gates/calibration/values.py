"""What each bound was held against on days on record, as one matrix: a row a day, a column a side of an entry's bounds."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from deskgate.gates.backtest import ReplayedDay
from deskgate.gates.calibration.kinds import not_calibrated
from deskgate.gates.suites import Entry, Suite
from deskgate.intervals.sums import Floats

__all__ = ["Column", "History", "Key", "columns_of", "held", "history_of"]

Key = tuple[str, str]
Side = Literal["min_value", "max_value"]
SIDES: tuple[Side, ...] = ("max_value", "min_value")


@dataclass(frozen=True)
class Column:
    """One side of the bounds of an entry that can be calibrated. Values are held outward: `sign` times them, larger is worse."""

    gate: str
    entry: Entry
    side: Side

    @property
    def key(self) -> Key:
        """Gate and entry."""
        return self.gate, self.entry.meta.entry

    @property
    def sign(self) -> float:
        """1 of an upper bound, -1 of a lower one."""
        return 1.0 if self.side == "max_value" else -1.0

    @property
    def bound(self) -> float:
        """The present bound, outward."""
        return self.sign * float(getattr(self.entry.kwargs, self.side))

    @property
    def strict(self) -> bool:
        """Whether a value at the bound is beyond it."""
        return self.entry.kwargs.strict_max if self.sign > 0 else self.entry.kwargs.strict_min

    def beyond(self, values: Floats, bound: float | Floats) -> npt.NDArray[np.bool_]:
        """Return of each outward value whether it is beyond an outward bound; NaN is not."""
        return np.asarray(values >= bound if self.strict else values > bound)


@dataclass(frozen=True)
class History:
    """The values of days, outward.

    Parameters
    ----------
    days, weeks
        Of each row, and the number of its week.
    columns
        Of each column.
    values
        By day and column the worst of the subjects; NaN where a subject that had to have a value had none, or nobody had to.
    cells
        By column the value of each subject on each day (subject, row, value), for faults that hit one subject.
    fewest
        By column the subject with the fewest days that have a value, and how many it has.
    """

    days: Sequence[date]
    weeks: npt.NDArray[np.int64]
    columns: Sequence[Column]
    values: Floats
    cells: Sequence[Sequence[tuple[str, int, float]]]
    fewest: Sequence[tuple[str, int]]

    def without(self, week: int) -> "History":
        """Return the days of the other weeks."""
        kept = self.weeks != week
        return replace(
            self,
            days=[day for day, keep in zip(self.days, kept, strict=True) if keep],
            weeks=self.weeks[kept],
            values=self.values[kept],
            cells=(),
        )


def columns_of(suites: Mapping[str, Suite]) -> list[Column]:
    """Return a column for each side of each entry that can be calibrated."""
    return [
        Column(gate, entry, side)
        for gate, suite in suites.items()
        for entry in suite.expectations
        if not not_calibrated(gate, entry)
        for side in SIDES
        if getattr(entry.kwargs, side) is not None
    ]


def held(replayed: ReplayedDay, metrics: pl.DataFrame, suites: Mapping[str, Suite]) -> pl.DataFrame:
    """Return what was held against the bounds of a day.

    Returns
    -------
    pl.DataFrame
        One row per entry and subject that was judged: gate, check, subject, low, high; both null where there is no usable value,
        or the sample is too small for the entry.
    """
    wanted = pl.DataFrame(
        [
            (gate, each.meta.entry, each.kwargs.metric, each.kwargs.min_sample, each.kwargs.whole_interval)
            for gate, suite in suites.items()
            for each in suite.expectations
        ],
        schema=["gate", "check", "metric", "min_sample", "whole_interval"],
        orient="row",
    )
    judged = pl.DataFrame(
        [(each.gate, each.check, each.subject) for each in replayed.verdicts],
        schema=dict.fromkeys(("gate", "check", "subject"), pl.String),
        orient="row",
    )
    finite = pl.all_horizontal(pl.col(name).is_finite() for name in ("value", "low", "high"))
    low, high = (pl.when("whole_interval").then(name).otherwise("value").alias(name) for name in ("low", "high"))
    usable = finite & (pl.col("sample") >= pl.col("min_sample"))
    return (
        judged.join(wanted, on=["gate", "check"], maintain_order="left")
        .join(metrics, on=["gate", "subject", "metric"], how="left", maintain_order="left")
        .with_columns(low, high)
        .select("gate", "check", "subject", *(pl.when(usable).then(name).alias(name) for name in ("low", "high")))
    )


def history_of(days: Mapping[date, pl.DataFrame], columns: Sequence[Column], subjects: Collection[str]) -> History:
    """Return the values of days.

    Parameters
    ----------
    days
        Each with its `held` rows.
    subjects
        Who is on the desk now; what was measured of others is left out.
    """
    values = np.full((len(days), len(columns)), np.nan)
    cells: list[list[tuple[str, int, float]]] = [[] for _ in columns]
    counts: list[Counter[str]] = [Counter() for _ in columns]
    for number, frame in enumerate(days.values()):
        ends_of: dict[Key, list[tuple[str, float | None, float | None]]] = {}
        for gate, check, subject, low, high in frame.iter_rows():
            if subject in subjects:
                ends_of.setdefault((gate, check), []).append((subject, low, high))
        for place, column in enumerate(columns):
            ends = [(who, high if column.sign > 0 else low) for who, low, high in ends_of.get(column.key, ())]
            known = [(who, column.sign * end) for who, end in ends if end is not None]
            counts[place].update({who: int(end is not None) for who, end in ends})
            cells[place] += [(who, number, value) for who, value in known]
            if known and len(known) == len(ends):
                values[number, place] = max(value for _, value in known)
    # Weeks begin on Monday, as the first day of the calendar does.
    weeks = np.array([(day.toordinal() - 1) // 7 for day in days], dtype=np.int64)
    fewest = [min(((n, who) for who, n in each.items()), default=(0, "")) for each in counts]
    return History(list(days), weeks, columns, values, cells, [(who, n) for n, who in fewest])
