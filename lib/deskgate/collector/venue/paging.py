"""All records of one export in a window: from when a venue has them, and why they may not be all.

`walk` asks for the pages. What it cannot prove, an error that did not pass, and what is older than the venue keeps are said: an export
is never complete in silence.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from deskgate.collector.venue.api import Endpoint, span_text
from deskgate.collector.venue.errors import VenueError
from deskgate.collector.venue.walk import Ask, Item, Span, Walk
from deskgate.config.instants import instant_of, milliseconds

__all__ = ["Collected", "collect"]

_MS = timedelta(milliseconds=1)
# What a venue keeps ends somewhere near: the edge itself is not asked for.
_EDGE_MS = 60_000


@dataclass(frozen=True, kw_only=True)
class Collected:
    """The records of one export, each once.

    Attributes
    ----------
    records
        In order of their times.
    pages
        How many answers they came in.
    since, until
        The window that the records cover if `reason` is None: what was asked for, cut where the venue keeps less.
    reason
        Why they may not be all of that window; None: they are.
    lost
        What of the window that was asked for the venue no longer has; None: nothing.
    """

    records: Sequence[Item]
    pages: int
    since: datetime
    until: datetime
    reason: str | None = None
    lost: str | None = None


def collect(
    ask: Ask,
    endpoint: Endpoint,
    *,
    since: datetime,
    until: datetime,
    key: Callable[[Item], object],
    time: Callable[[Item], int | None],
    back_to: datetime | None = None,
) -> Collected:
    """Return all records of an export in [since, until].

    Parameters
    ----------
    ask
        Asks the venue for one page.
    endpoint
        What a request may ask for, and how far back the venue keeps records.
    since, until
        The window, by the venue's clock.
    key, time
        A record's identity, and the time in milliseconds by which the venue filters; None: it has none.
    back_to
        An instant before `since` from which records are wanted besides, such as orders made before they ended. Where the venue
        does not keep so much, the window is complete without them.
    """
    kept = None if endpoint.kept is None else milliseconds(until - endpoint.kept) + _EDGE_MS
    asked, end = milliseconds(since), milliseconds(until)
    begin = min(asked, milliseconds(back_to)) if back_to else asked
    begin = min(begin if kept is None else max(begin, kept), end)
    unit = max(endpoint.unit // _MS, 1)
    walk = Walk(_cut(ask, time) if endpoint.ignores_until else ask, key, time, begin, end, unit)
    try:
        walk.run(_chunks(begin, end, endpoint, unit))
    except VenueError as error:
        walk.reasons[str(error)] = None
    records = sorted(walk.found.values(), key=lambda item: time(item) or 0)
    if walk.may_be_cut(endpoint.limit):
        walk.reasons[
            "the venue listed as many records of one instant as a page has, so that more of them may exist"
        ] = None
    oldest = None
    if endpoint.most is not None and len(records) >= endpoint.most:
        # Another record of that very time may be gone.
        oldest = min(map(_last_time, records)) + 1
    unfilled = None if endpoint.kept_unfilled is None else milliseconds(until - endpoint.kept_unfilled) + _EDGE_MS
    return Collected(
        records=records,
        pages=walk.pages,
        since=instant_of(min(max(begin, asked, unfilled or asked, oldest or asked), end)),
        until=until,
        reason="; ".join(walk.reasons) or None,
        lost="; ".join(filter(None, (_lost(endpoint, asked, begin, unfilled), _beyond(endpoint, asked, oldest))))
        or None,
    )


def _cut(ask: Ask, time: Callable[[Item], int | None]) -> Ask:
    """Return what asks and leaves out what is later than the end."""

    def cut(since: int, until: int) -> Sequence[Item]:
        return [item for item in ask(since, until) if (at := time(item)) is None or at <= until]

    return cut


def _chunks(begin: int, end: int, endpoint: Endpoint, unit: int) -> list[Span]:
    """Return the spans that one request may ask for, the margins included; the newest is asked for first."""
    width = end - begin if endpoint.span is None else max(endpoint.span // _MS - 6 * unit, 1)
    starts = range(begin, max(end, begin + 1), max(width, 1))
    # Neighbours overlap, for the venue may not count the ends.
    return [Span(at, min(at + width + 2 * unit, end)) for at in starts]


def _lost(endpoint: Endpoint, asked: int, begin: int, unfilled: int | None) -> str | None:
    """Return what of the window is older than what the venue keeps; None: nothing."""
    if unfilled is not None and unfilled > max(asked, begin):
        kept, what, edge = endpoint.kept_unfilled, "orders that were cancelled without a fill", unfilled
    elif begin > asked:
        kept, what, edge = endpoint.kept, "records", begin
    else:
        return None
    how_long = span_text(kept or timedelta())
    return f"the venue keeps {what} for {how_long}: those before {instant_of(edge):%Y-%m-%d %H:%M} UTC could not be had"


def _last_time(item: Item) -> int:
    """Return the last time that a record has: an order that ended later than this one is not older in the venue's list."""
    if isinstance(item, list):
        return int(item[0])
    return max(int(item.get(name) or 0) for name in ("timestamp", "lastTradeTimestamp", "lastUpdateTimestamp"))


def _beyond(endpoint: Endpoint, asked: int, oldest: int | None) -> str | None:
    """Return what of the window is older than the newest records, which are all that the venue has; None: nothing."""
    if oldest is None or oldest <= asked:
        return None
    return f"the venue has its newest {endpoint.most:,} records alone: those before {instant_of(oldest):%Y-%m-%d %H:%M} UTC could not be had"
