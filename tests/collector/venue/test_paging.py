"""Every record once, or a reason: over venues that page in different ways."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskgate.collector.venue.api import Endpoint, Export
from deskgate.collector.venue.errors import VenueError
from deskgate.collector.venue.paging import Collected, collect
from deskgate.config.instants import instant_of

BEGIN = 1_773_792_000_000
ENDPOINT = Endpoint(Export.MY_TRADES, by_symbol=True, limit=5, source="a made-up venue")


@dataclass
class Venue:
    """A venue that lists trades by their time and then id; `asked` counts its answers."""

    trades: list[tuple[int, int]]
    page: int = 5
    oldest_first: bool = True
    ends_exclusive: bool = False
    empty_at: int = -1
    unit: int = 1
    fails_at: int = -1
    ignores_until: bool = False
    asked: int = field(default=0, init=False)

    def ask(self, since: int, until: int) -> list[dict[str, int]]:
        self.asked += 1
        if self.asked == self.fails_at:
            raise VenueError("the venue refuses")
        if self.asked == self.empty_at:
            return []
        low, high = (at // self.unit * self.unit for at in (since, until))
        ends = range(low + self.ends_exclusive, high + (not self.ends_exclusive))
        inside = [(at, number) for at, number in self.trades if at in ends or (self.ignores_until and at >= low)]
        inside.sort(reverse=not self.oldest_first)
        return [{"id": number, "timestamp": at} for at, number in inside[: self.page]]


def of(venue: Venue, *, since: int = 0, until: int = 1000, endpoint: Endpoint = ENDPOINT) -> Collected:
    return collect(
        venue.ask,
        endpoint,
        since=instant_of(BEGIN + since),
        until=instant_of(BEGIN + until),
        key=lambda item: item["id"],
        time=lambda item: item["timestamp"],
    )


def trades(*times: int) -> list[tuple[int, int]]:
    return [(BEGIN + at, number) for number, at in enumerate(times)]


def ids(found: Collected) -> list[int]:
    return sorted(item["id"] for item in found.records)


@settings(derandomize=True, max_examples=80, deadline=None)
@given(
    times=st.lists(st.integers(1, 60), max_size=24),
    page=st.integers(2, 5),
    oldest_first=st.booleans(),
    ends_exclusive=st.booleans(),
    empty_at=st.integers(-1, 6),
    span=st.sampled_from([None, 16, 30]),
)
def test_every_trade_comes_once_or_the_reason(
    times: list[int], page: int, oldest_first: bool, ends_exclusive: bool, empty_at: int, span: int | None
) -> None:
    there = trades(*times)
    venue = Venue(there, page, oldest_first, ends_exclusive, empty_at)
    endpoint = replace(ENDPOINT, span=timedelta(milliseconds=span) if span else None)
    found = of(venue, until=61, endpoint=endpoint)
    assert len(ids(found)) == len(set(ids(found)))
    # A page that is shorter than the venue says, full of one instant, looks like all there is where no other page is ever cut.
    most = max(map(times.count, times), default=0)
    hidden = page < (ENDPOINT.limit or 0) and most > page and (len(set(times)) == 1 or span is not None)
    assert found.reason or hidden or ids(found) == list(range(len(there)))


@settings(derandomize=True, max_examples=60, deadline=None)
@given(times=st.lists(st.integers(1, 60), unique=True, max_size=24), page=st.integers(2, 5), oldest_first=st.booleans())
def test_trades_of_different_instants_are_complete(times: list[int], page: int, oldest_first: bool) -> None:
    found = of(Venue(trades(*times), page, oldest_first))
    assert (found.reason, ids(found)) == (None, list(range(len(times))))


@pytest.mark.parametrize("oldest_first", [True, False])
def test_ties_at_a_border_of_pages_are_complete(oldest_first: bool) -> None:
    found = of(Venue(trades(1, 2, 3, 4, 5, 5, 5, 6, 7, 8, 9), 5, oldest_first))
    assert (found.reason, ids(found)) == (None, list(range(11)))


@pytest.mark.parametrize("oldest_first", [True, False])
def test_more_of_one_instant_than_a_page_has_is_not_complete(oldest_first: bool) -> None:
    found = of(Venue(trades(1, 2, *[5] * 7, 8, 9), 5, oldest_first))
    assert "as many records of one instant" in (found.reason or "")
    assert {0, 1, 9, 10} <= set(ids(found))


def test_an_empty_span_is_asked_in_halves_once() -> None:
    venue = Venue([])
    assert (of(venue).reason, venue.asked) == (None, 3)


def test_an_empty_answer_about_a_known_record_is_asked_again() -> None:
    found = of(Venue(trades(*range(1, 20)), empty_at=2))
    assert (found.reason, ids(found)) == (None, list(range(19)))


def test_a_venue_that_only_knows_seconds_is_complete() -> None:
    times = [1_100, 1_900, 2_000, 3_500, 3_999, 4_001]
    venue = Venue(trades(*times), page=4, unit=1000)
    endpoint = replace(ENDPOINT, unit=timedelta(seconds=1))
    found = of(venue, until=6_000, endpoint=endpoint)
    assert (found.reason, ids(found)) == (None, list(range(6)))


def test_records_outside_the_span_prove_nothing() -> None:
    newest = Venue(trades(*range(1, 30)), oldest_first=False, ignores_until=True)
    assert "outside the time" in (of(newest).reason or "")


def test_an_error_leaves_what_was_listed_and_says_why() -> None:
    found = of(Venue(trades(*range(1, 20)), fails_at=3))
    assert (found.reason, bool(found.records)) == ("the venue refuses", True)


def test_a_record_without_a_time_is_a_reason() -> None:
    found = collect(
        lambda _since, _until: [{"id": 1, "timestamp": None}],
        ENDPOINT,
        since=instant_of(BEGIN),
        until=instant_of(BEGIN + 9),
        key=lambda item: item["id"],
        time=lambda item: item["timestamp"],
    )
    assert "without a time" in (found.reason or "")


def test_what_the_venue_no_longer_keeps_is_said() -> None:
    until = datetime(2026, 3, 20, tzinfo=UTC)
    found = collect(
        Venue([]).ask,
        replace(ENDPOINT, kept=timedelta(days=3)),
        since=until - timedelta(days=10),
        until=until,
        key=lambda item: item["id"],
        time=lambda item: item["timestamp"],
    )
    assert "keeps records for 3 days" in (found.lost or "")
    assert found.reason is None
    assert found.since > until - timedelta(days=3)


def test_orders_made_before_the_window_come_with_it() -> None:
    venue = Venue(trades(-500, -400, 10))
    found = collect(
        venue.ask,
        ENDPOINT,
        since=instant_of(BEGIN),
        until=instant_of(BEGIN + 100),
        key=lambda item: item["id"],
        time=lambda item: item["timestamp"],
        back_to=instant_of(BEGIN - 1000),
    )
    assert (ids(found), found.since) == ([0, 1, 2], instant_of(BEGIN))


def test_a_venue_with_no_more_than_its_newest_records_begins_with_the_oldest_of_them() -> None:
    found = of(Venue(trades(*range(1, 20))), endpoint=replace(ENDPOINT, most=19))
    assert "newest 19 records alone" in (found.lost or "")
    assert (found.reason, found.since) == (None, instant_of(BEGIN + 2))


@pytest.mark.parametrize(
    ("kept", "text"),
    [
        (timedelta(days=3), "3 days"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(minutes=10), "10 minutes"),
        (timedelta(days=1), "1 day"),
    ],
)
def test_how_long_a_venue_keeps_is_in_a_whole_unit(kept: timedelta, text: str) -> None:
    found = of(Venue([]), since=-400_000_000, endpoint=replace(ENDPOINT, kept=kept))
    assert f"keeps records for {text}:" in (found.lost or "")


def test_requests_are_no_longer_than_the_venue_allows() -> None:
    asked: list[tuple[int, int]] = []

    def ask(since: int, until: int) -> list[dict[str, int]]:
        asked.append((since, until))
        return []

    collect(
        ask,
        replace(ENDPOINT, span=timedelta(milliseconds=20)),
        since=instant_of(BEGIN),
        until=instant_of(BEGIN + 100),
        key=id,
        time=lambda _: None,
    )
    assert max(until - since for since, until in asked) <= 20
    covered = sorted(asked)
    assert covered[0][0] == BEGIN
    assert max(until for _, until in covered) == BEGIN + 100
    assert all(
        later[0] <= max(end for _, end in covered[: place + 1]) for place, (_, later) in enumerate(pairwise(covered))
    )
