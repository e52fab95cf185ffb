"""What venues' lists have in common: a filter by time and market, an order, a cursor, a longest span."""

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, Protocol, TypeVar

__all__ = ["DAY_MS", "after", "between", "newest_first", "window"]

DAY_MS = 86_400_000


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_Identified)


def between(records: Sequence[T], since: int | None, until: int | None, ts: Callable[[T], int]) -> list[T]:
    """Return the records from and to an instant, both ends with them."""
    return [
        record
        for record in records
        if (since is None or ts(record) >= since) and (until is None or ts(record) <= until)
    ]


def newest_first(records: Sequence[T], ts: Callable[[T], int]) -> list[T]:
    """Return the records from the newest to the oldest; of one instant the one that was listed last comes first."""
    return sorted(records, key=ts)[::-1]


def after(records: Sequence[T], cursor: str | None) -> list[T]:
    """Return what follows the record of an id, all of them without one, none where it is not there."""
    if not cursor:
        return list(records)
    places = [place for place, record in enumerate(records) if record.id == cursor]
    return list(records[places[0] + 1 :]) if places else []


def window(
    records: Iterable[Any],
    since: int | None,
    until: int | None,
    *,
    by: str = "ts",
    unit: int = 1,
    oldest_first: bool = False,
) -> list[Any]:
    """Return the records of a span, both ends in it, newest first; most venues cut their pages from such a list.

    Parameters
    ----------
    since, until
        The ends, in units of `unit` milliseconds; None: open.
    by
        The field that has a record's time.
    """
    time_of = attrgetter(by)
    found = between(list(records), since, until, lambda record: time_of(record) // unit)
    return sorted(found, key=time_of) if oldest_first else newest_first(found, time_of)
