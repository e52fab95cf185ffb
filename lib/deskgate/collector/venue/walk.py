"""All records of spans of time, whatever the order and the size of the venue's pages.

The algorithm knows neither. It asks for a span; where the answer has anything new, the part before its oldest record and the part
after its newest one are asked again, both with that record in them, until an answer has nothing new. The length of a page never
shows an end. A part that must list a known record and does not is asked once more in halves, an empty span too. What cannot be
proven is a reason, never a silent end:

- more records of one instant than a page has, which no time can tell apart;
- an answer with records outside the span it was asked for, which says nothing of that span;
- a record without a time.

Assumed: a page is a run of the venue's list in its order, without a gap.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

__all__ = ["Ask", "Item", "Span", "Walk"]

# A record as ccxt gives it: an object, of candles a list.
Item = Any
# Returns a page of records from and to an instant, both in milliseconds since 1970.
Ask = Callable[[int, int], Sequence[Item]]


@dataclass(frozen=True)
class Span:
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

    def halves(self, unit: int) -> "list[Span]":
        """Return both halves, to be asked for once; they overlap, for the venue may not count the ends."""
        middle = (self.since + self.until) // 2
        return [
            replace(self, until=min(middle + unit, self.until), high=False, page=None, is_half=True),
            replace(self, since=max(middle - unit, self.since), low=False, page=None, is_half=True),
        ]


@dataclass
class Walk:
    """What was had by asking for spans until an answer has nothing new.

    `ask` asks for one page; `key` and `time` are a record's identity and its time in milliseconds, None where it has none. Nothing is
    asked outside of [since, until]; `unit` is the finest time that the venue's filter knows. All in milliseconds since 1970.
    """

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

    def run(self, spans: Sequence[Span]) -> None:
        """Ask for spans, the last one first, and for all that is left of them.

        Raises
        ------
        VenueError
            The venue does not answer; what was had is in `found`.
        """
        left = list(spans)
        while left:
            left += self._step(left.pop())

    def _step(self, span: Span) -> list[Span]:
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

    def _rests(self, span: Span, times: Sequence[int], page: int, *, is_tied: bool) -> list[Span]:
        """Return what an answer with something new leaves to be asked for."""
        oldest, newest = min(times), max(times)
        rests = [
            Span(span.since, oldest, span.low, high=True, page=page),
            Span(newest, span.until, low=True, high=span.high, page=page),
        ]
        if is_tied:
            # Records of one instant may fill the pages of both.
            rests += [Span(span.since, oldest - 1, span.low, page=page)] if span.since < oldest else []
            rests += [Span(newest + 1, span.until, high=span.high, page=page)] if newest < span.until else []
        return rests

    def _end(self, span: Span, times: Sequence[int], begin: int, end: int) -> list[Span]:
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

    def may_be_cut(self, limit: int | None) -> bool:
        """Return whether the records of one instant may be more than a page has, of which `limit` is the length, if known."""
        by_limit = limit is not None and self.tied >= limit
        return by_limit or (self.cut is not None and self.tied >= self.cut and self.tied >= self.longest)
