"""The published days of a period, each as its run left it, and why the others are not counted.

Nothing is computed again: what a day's run published is read, and a day that cannot be relied on is named and left out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from deskgate.audit.decision_file import DECISION, load_decision
from deskgate.config.accounting import Accounting
from deskgate.config.errors import InputError
from deskgate.config.instants import spans
from deskgate.reports.daily_report.days import DayFiles
from deskgate.reports.pages.later import Later
from deskgate.reports.period.earlier import path_of_pnl, split_of_pnl
from deskgate.reports.published_days import LeftOutError, open_published

__all__ = ["Period", "read_period"]

# View -> the columns without which it is another version's.
VIEWS: Mapping[str, tuple[str, ...]] = {
    "pnl_split": ("bot", "mode", "pair", "quote", "fills", "turnover_quote", "pnl_quote", "not_confirmed", "because"),
    "pnl_by_hour": ("bot", "mode", "pair", "quote", "hour", "pnl_quote", "turnover_quote"),
    "equity_path": ("bot", "ts", "equity_quote", "pnl_quote"),
    "trading": ("bot", "pair", "side", "liquidity", "measure", "num", "den", "rows"),
    "checked_shares": ("bot", "of", "share", "notional_quote"),
    "own_record": ("bot", "pair", "number", "unit", "of_the_day"),
}
_SAID = {
    "pnl_split": "PnL by market and the count of fills that nothing confirms",
    "pnl_by_hour": "PnL by hour",
    "equity_path": "equity by the minute (its drawdown is by fills alone)",
    "trading": "rates and markouts as sums",
    "checked_shares": "what a second leg confirmed",
    "own_record": "what nothing confirms",
}


@dataclass(frozen=True)
class Period:
    """The days of a period that count, and why the others do not.

    Parameters
    ----------
    days
        Those that count, oldest first.
    views
        View -> its rows of all days that have it, with their `date`; a frame without columns where none has.
    left_out
        Why -> the days that do not count, in order.
    notes
        Sentences about days that count and lack something.
    accounting
        The method of the realised PnL of all of them.
    """

    desk: str
    first: date
    last: date
    days: Sequence[DayFiles]
    views: Mapping[str, pl.DataFrame]
    left_out: Mapping[str, Sequence[date]]
    notes: Sequence[str]
    accounting: Accounting

    @property
    def length(self) -> int:
        """How many days the period has."""
        return (self.last - self.first).days + 1

    @property
    def remarks(self) -> list[str]:
        """Which days are not counted and why, and what those that are lack."""
        return [*(f"Not counted, {why}: {spans(days)}." for why, days in self.left_out.items()), *self.notes]


def read_period(desk: str, out: Path, first: date, last: date) -> Period:
    """Return the published days of a desk from one day to another, both included.

    Raises
    ------
    InputError
        The days are in the wrong order, or none of them can be counted.
    """
    if last < first:
        raise InputError(
            f"--from {first} is after --to {last}, expected the first day and then the last; exchange them"
        )
    later = Later.read(out)
    found: list[DayFiles] = []
    left_out: dict[str, list[date]] = {}
    for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
        try:
            found.append(_open(out, day, desk, later))
        except LeftOutError as error:
            left_out.setdefault(str(error), []).append(day)
    method = found[-1].artifacts.inputs.accounting if found else Accounting.AVERAGE
    for each in found:
        if (other := each.artifacts.inputs.accounting) is not method:
            why = f"realised PnL is by {other.words} there, and by {method.words} on the last of the days"
            left_out.setdefault(why, []).append(each.date)
    counted = [each for each in found if each.artifacts.inputs.accounting is method]
    if not counted:
        reasons = "; ".join(f"{why}: {spans(days)}" for why, days in left_out.items())
        raise InputError(
            f"{out}: no day from {first} to {last} can be counted ({reasons}), expected days that `deskgate daily` published; run"
            " them, or give other days or that run's --out"
        )
    read = [(each, _views(each)) for each in counted]
    views = {name: _dated((each.date, _of_version(each, name, found[name])) for each, found in read) for name in VIEWS}
    return Period(desk, first, last, counted, views, left_out, tuple(_lacking(read)), method)


def _open(out: Path, day: date, desk: str, later: Later) -> DayFiles:
    if run := later.runs.get(day.isoformat()):
        raise LeftOutError(f"{run}".replace(f"of {day} ", "of it "))
    artifacts = open_published(out, day, desk, later.recorded)
    decision = _decision(out / day.isoformat())
    if gone := later.withdrawn(decision):
        raise LeftOutError(f"its {later.stands_as(decision)} does not hold: {'; '.join(gone)}")
    return DayFiles(artifacts, decision, later.stands_as(decision))


def _decision(folder: Path) -> Mapping[str, Any]:
    try:
        return load_decision(folder / DECISION)
    except InputError as error:
        raise LeftOutError("its decision cannot be read") from error


def _views(day: DayFiles) -> dict[str, pl.DataFrame | None]:
    try:
        return {name: day.view(name, *columns) for name, columns in VIEWS.items()}
    except InputError as error:
        raise InputError(f"{day.artifacts.folder.name}: {error}") from error


def _of_version(day: DayFiles, name: str, rows: pl.DataFrame | None) -> pl.DataFrame | None:
    """Return a view's rows; of a day without it what else the day says of the same."""
    if rows is None and name == "pnl_split":
        return split_of_pnl(day)
    if rows is None and name == "equity_path":
        return path_of_pnl(day)
    return rows


def _dated(days: Iterable[tuple[date, pl.DataFrame | None]]) -> pl.DataFrame:
    parts = [rows.with_columns(date=pl.lit(at)) for at, rows in days if rows is not None]
    return pl.concat(parts, how="diagonal_relaxed") if parts else pl.DataFrame()


def _lacking(days: Iterable[tuple[DayFiles, Mapping[str, pl.DataFrame | None]]]) -> Iterator[str]:
    without: dict[tuple[str, ...], list[date]] = {}
    for each, views in days:
        lacks = tuple(_SAID[name] for name, rows in views.items() if rows is None)
        if lacks:
            without.setdefault(lacks, []).append(each.date)
    for said, dates in without.items():
        yield f"Run by an earlier version, without {', '.join(said)}: {spans(dates)}."
