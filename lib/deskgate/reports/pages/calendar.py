"""A calendar of days: a month is a table of weeks from Monday on, and a date without a day is a gap that says so."""

import calendar as weeks_of
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Generic, TypeVar

__all__ = ["WEEKDAYS", "Date", "Month", "calendar", "month_name"]

# What stands over a column, and what a screen reader says.
WEEKDAYS = tuple((name[:2], name) for name in weeks_of.day_name)
_MONTHS = weeks_of.month_name
T = TypeVar("T")


@dataclass(frozen=True)
class Date(Generic[T]):
    """A date of a month: what is known of its day, or, where there is none, whether it lies between days: a gap."""

    number: int
    day: T | None
    is_gap: bool


@dataclass(frozen=True)
class Month(Generic[T]):
    """A month's weeks, each of seven dates, None of another month's; no weeks: months without any day, named in `title`.

    `first` and `last` are its dates from the first day of all to the last one; None of months without any day.
    """

    title: str
    weeks: list[list[Date[T] | None]]
    first: date | None = None
    last: date | None = None


def calendar(days: Mapping[str, T]) -> list[Month[T]]:
    """Return the months of days by their name, newest first, from that of the first day to that of the last one."""
    if not days:
        return []
    known = sorted(map(date.fromisoformat, days))
    months = sorted({each.replace(day=1) for each in known}, reverse=True)
    made: list[Month[T]] = []
    for later, month in pairwise([None, *months]):
        if later and month and (missing := _between(month, later)):
            made.append(Month(missing, []))
        if month:
            made.append(_month(month, days, known[0], known[-1]))
    return made


def month_name(day: str) -> str:
    """Return the month of a day that is named YYYY-MM-DD, as "March 2026"."""
    return _named(date.fromisoformat(day))


def _month(month: date, days: Mapping[str, T], first: date, last: date) -> Month[T]:
    weeks = weeks_of.Calendar().monthdatescalendar(month.year, month.month)
    return Month(
        _named(month),
        [[_date(each, days, first, last) if each.month == month.month else None for each in week] for week in weeks],
        max(month, first),
        min(month.replace(day=weeks_of.monthrange(month.year, month.month)[1]), last),
    )


def _date(each: date, days: Mapping[str, T], first: date, last: date) -> Date[T]:
    day = days.get(each.isoformat())
    return Date(each.day, day, day is None and first < each < last)


def _between(earlier: date, later: date) -> str | None:
    """Return the months between two as "April 2026 to June 2026"; None where there are none."""
    first, last = (earlier + timedelta(days=31)).replace(day=1), (later - timedelta(days=1)).replace(day=1)
    if first > last:
        return None
    return _named(first) if first == last else f"{_named(first)} to {_named(last)}"


def _named(day: date) -> str:
    return f"{_MONTHS[day.month]} {day.year}"
