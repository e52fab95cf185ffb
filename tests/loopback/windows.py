"""Lists of a span of time in a venue's order, which most venues cut their pages from."""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from loopback.listing import between, newest_first

__all__ = ["window"]


def window(
    records: Iterable[Any],
    since: int | None,
    until: int | None,
    *,
    by: str = "ts",
    unit: int = 1,
    oldest_first: bool = False,
) -> list[Any]:
    """Return the records of a span, both ends in it, newest first.

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
