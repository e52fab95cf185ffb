"""All records of one export in a span of time, whatever the order and the size of the venue's pages.

The algorithm knows neither. It asks for a span; where the answer has anything new, the part before its oldest record and the part
after its newest one are asked again, both with that record in them, until an answer has nothing new. The length of a page never
shows an end. A part that must list a known record and does not is asked once more in halves, an empty span too. What cannot be
proven is a reason why the export is not complete, never a silent end:

- more records of one instant than a page has, which no time can tell apart;
- an answer with records outside the span it was asked for, which says nothing of that span;
- a record without a time; a span older than what the venue keeps; an error that did not pass.

Assumed: a page is a run of the venue's list in its order, without a gap.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from deskgate.collector.venue.api import Endpoint
from deskgate.collector.venue.errors import VenueError

__all__ = ["Ask", "Collected", "Item", "collect", "instant_of", "milliseconds"]

# A record as ccxt gives it: an object, of candles a list.
Item = Any
# Returns a page of records from and to an instant, both in milliseconds since 1970.
Ask = Callable[[int, int], Sequence[Item]]
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


@dataclass(frozen=True)
class _Span:
    """A part that is still to be asked for, in milliseconds, both ends in it.

    `low`, `high`: a known record lies at that end, so that an answer about all of the span lists it. `page` is the length of the
    answer that left the span. `margin` is asked for besides at each end. `is_half`: it is asked for again already.
    """

    since: int
    until: int
    low: bool = False
    high: bool = False
    page: int | None = None
    margin: int = 0
    is_half: bool = False

    def is_shown(self, times: Collection[int]) -> bool:
        """Return whether an answer lists what is known to be at the ends."""
        return (not self.low or self.since in times) and (not self.high or self.until in times)

    def halves(self, unit: int) -> "list[_Span]":
        """Return both halves, to be asked for once; they overlap, for the venue may not count the ends."""
        middle = (self.since + self.until) // 2
        return [
            replace(self, until=min(middle + unit, self.until), high=False, page=None, is_half=True),
            replace(self, since=max(middle - unit, self.since), low=False, page=None, is_half=True),
        ]


@dataclass
class _Walk:
    ask: Ask
    key: Callable[[Item], object]
    time: Callable[[Item], int | None]
    since: int
    until: int
    unit: int
    found: dict[object, Item] = field(default_factory=dict)
    pages: int = 0
    longest: int = 0
    # The shortest answer that is known to have been cut: what it left out was listed later.
    cut: int | None = None
    # The most records in one answer that are of one instant, as finely as the venue tells instants apart.
    tied: int = 0
    reasons: dict[str, None] = field(default_factory=dict)

    def run(self, spans: Sequence[_Span]) -> None:
        left = list(spans)
        while left:
            left += self._step(left.pop())

    def _step(self, span: _Span) -> list[_Span]:
        # What the venue rounds down must not cut the end off.
        begin = max((span.since - span.margin) // self.unit * self.unit, self.since)
        end = min(-(-(span.until + span.margin) // self.unit) * self.unit, self.until)
        answer = list(self.ask(begin, end))
        self.pages += 1
        self.longest = max(self.longest, len(answer))
        timed = [(at, item) for item in answer if (at := self.time(item)) is not None]
        if len(timed) < len(answer):
            self.reasons["the venue listed records without a time"] = None
        times = [at for at, _ in timed]
        is_tied = len(times) > 1 and max(times) - min(times) <= 2 * (span.margin + self.unit - 1)
        if is_tied:
            self.tied = max(self.tied, len(answer))
        # Only what is in the span itself: a page of another one must not be full of records that are known from here.
        inside = {self.key(item): (at, item) for at, item in timed if span.since <= at <= span.until}
        is_new = not inside.keys() <= self.found.keys()
        # A later answer has the later state of a record.
        self.found |= {key: item for key, (_, item) in inside.items()}
        if is_new:
            if span.page is not None:
                self.cut = min(self.cut or span.page, span.page)
            return self._rests(span, [at for at, _ in inside.values()], len(answer), is_tied=is_tied)
        return self._end(span, times, begin, end)

    def _rests(self, span: _Span, times: Sequence[int], page: int, *, is_tied: bool) -> list[_Span]:
        """Return what an answer with something new leaves to be asked for."""
        oldest, newest = min(times), max(times)
        rests = [
            _Span(span.since, oldest, span.low, high=True, page=page),
            _Span(newest, span.until, low=True, high=span.high, page=page),
        ]
        if is_tied:
            # Records of one instant may fill the pages of both.
            rests += [_Span(span.since, oldest - 1, span.low, page=page)] if span.since < oldest else []
            rests += [_Span(newest + 1, span.until, high=span.high, page=page)] if newest < span.until else []
        return rests

    def _end(self, span: _Span, times: Sequence[int], begin: int, end: int) -> list[_Span]:
        """Return what is to be asked again of a span whose answer had nothing new."""
        if times and not begin <= min(times) <= max(times) <= end:
            # A page is a run of the list: one that begins before the span and ends after it has all of it.
            if not min(times) < begin <= end < max(times):
                self.reasons["the venue answered with records outside the time that it was asked for"] = None
            return []
        is_shown, is_wide = span.is_shown(times), span.until - span.since > 1
        if is_shown and (times or span.is_half or not is_wide):
            return []
        if not is_shown and not span.margin:
            # The venue may not count the ends themselves.
            return [replace(span, margin=self.unit)]
        if not span.is_half and is_wide:
            return span.halves(self.unit)
        self.reasons["the venue did not list records again that it had listed before"] = None
        return []


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
    walk = _Walk(_cut(ask, time) if endpoint.ignores_until else ask, key, time, begin, end, unit)
    try:
        walk.run(_chunks(begin, end, endpoint, unit))
    except VenueError as error:
        walk.reasons[str(error)] = None
    records = sorted(walk.found.values(), key=lambda item: time(item) or 0)
    if _may_be_cut(walk, endpoint.limit):
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


def milliseconds(instant: datetime) -> int:
    """Return an instant in whole milliseconds since 1970."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // _MS


def instant_of(at: int) -> datetime:
    """Return the instant of milliseconds since 1970, in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + at * _MS


def _chunks(begin: int, end: int, endpoint: Endpoint, unit: int) -> list[_Span]:
    """Return the spans that one request may ask for, the margins included; the newest is asked for first."""
    width = end - begin if endpoint.span is None else max(endpoint.span // _MS - 6 * unit, 1)
    starts = range(begin, max(end, begin + 1), max(width, 1))
    # Neighbours overlap, for the venue may not count the ends.
    return [_Span(at, min(at + width + 2 * unit, end)) for at in starts]


def _may_be_cut(walk: _Walk, limit: int | None) -> bool:
    """Return whether the records of one instant may be more than a page has."""
    by_limit = limit is not None and walk.tied >= limit
    return by_limit or (walk.cut is not None and walk.tied >= walk.cut and walk.tied >= walk.longest)


def _lost(endpoint: Endpoint, asked: int, begin: int, unfilled: int | None) -> str | None:
    """Return what of the window is older than what the venue keeps; None: nothing."""
    if unfilled is not None and unfilled > max(asked, begin):
        kept, what, edge = endpoint.kept_unfilled, "orders that were cancelled without a fill", unfilled
    elif begin > asked:
        kept, what, edge = endpoint.kept, "records", begin
    else:
        return None
    minutes = (kept or timedelta()) / timedelta(minutes=1)
    size, unit = next((each for each in ((1440, "days"), (60, "hours")) if minutes >= each[0]), (1, "minutes"))
    for_how_long = f"{minutes / size:g} {unit}"
    return f"the venue keeps {what} for {for_how_long}: those before {instant_of(edge):%Y-%m-%d %H:%M} UTC could not be had"


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
