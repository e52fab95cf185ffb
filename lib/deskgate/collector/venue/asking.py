"""What a snapshot asks a venue for: each export's windows, how far back its orders are wanted, and states that nothing moved."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from deskgate.collector.venue.api import Endpoint, Export, FiltersBy, VenueApi
from deskgate.collector.venue.client import Venue
from deskgate.collector.venue.errors import NotOfferedError, VenueError
from deskgate.collector.venue.order_windows import OVERLAP, back_to
from deskgate.collector.venue.paging import Collected, collect
from deskgate.collector.venue.walk import Item
from deskgate.config.accounts import Account
from deskgate.config.desk import Desk
from deskgate.config.instants import Clock, parse_instant

__all__ = ["MINUTES", "STATES", "Subject", "Taking", "ask_list", "ask_records", "key_of", "lists_of", "own_time"]

MINUTES = "1m"
STATES = (Export.POSITIONS, Export.BALANCE)
# How far back the first snapshot asks where neither --since nor an opening says it; candles are wanted of the day alone.
_FIRST = timedelta(days=7)
_FIRST_CANDLES = timedelta(days=1)
# What is of the account's markets: a market that the venue does not have is missing in it.
_OF_MARKETS = {
    *(Export.MY_TRADES, Export.CLOSED_ORDERS, Export.CANCELED_ORDERS, Export.CANCELED_AND_CLOSED_ORDERS),
    *(Export.OPEN_ORDERS, Export.ORDERS, Export.FUNDING_HISTORY, Export.POSITIONS, Export.OHLCV),
}


@dataclass(frozen=True)
class Subject:
    """What one request is about: ccxt's `symbol` or `code`, and what stands in `params` for it."""

    given: str | None
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass
class Taking:
    """A snapshot that is being taken.

    `parts` are (export, subject): the records that were had; `begins` from when each was asked for. `at` is when it began, by the
    venue's clock; `states_asked` when the first state was asked for, and when the last one had come.
    """

    desk: Desk
    account: Account
    api: VenueApi
    venue: Venue
    clock: Clock
    last: Mapping[str, Any]
    since: datetime | None
    at: datetime
    symbols: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    markets: dict[str, Any] = field(default_factory=dict)
    parts: dict[Export, dict[str, Collected]] = field(default_factory=dict)
    begins: dict[tuple[Export, str], datetime] = field(default_factory=dict)
    states: dict[Export, tuple[datetime, Any]] = field(default_factory=dict)
    states_asked: tuple[datetime, datetime] | None = None
    failed: dict[Export, str] = field(default_factory=dict)
    absent: dict[Export, str] = field(default_factory=dict)

    def now(self) -> datetime:
        """Return the venue's present time."""
        return self.venue.time(self.clock).now

    def covered(self, export: Export, subject: str) -> datetime | None:
        """Return until when an export was had without a hole before this snapshot; None: never."""
        found = self.last.get("complete_until", {}).get(export, {}).get(subject)
        return None if found is None else parse_instant(found)

    def begin(self, export: Export, subject: str, now: datetime) -> datetime:
        """Return from when an export is asked for."""
        if self.since is not None:
            return self.since
        covered = self.covered(export, subject)
        if covered is not None:
            return covered - OVERLAP
        openings = [bot.opening.at for bot in self.desk.bots_of(self.account) if bot.opening]
        begin = min(openings, default=now - _FIRST)
        return max(begin, now - _FIRST_CANDLES) if export is Export.OHLCV else begin

    def joins(self, export: Export, subject: str) -> bool:
        """Return whether the window of an export begins where the last one ended, or before."""
        covered = self.covered(export, subject)
        return covered is None or self.begins[export, subject] <= covered

    def not_in(self, export: Export, endpoint: Endpoint) -> str | None:
        """Return which of the account's markets the answers about an export do not have, and why; None: they have all."""
        if export in _OF_MARKETS and self.missing:
            return f"the venue has no market of {', '.join(self.missing)}"
        others = [
            symbol
            for symbol in self.symbols
            if endpoint.settles is not None and self.markets[symbol].get("settle") not in endpoint.settles
        ]
        if others:
            return f"only markets settled in {', '.join(endpoint.settles or ())} can be asked for there, not {', '.join(others)}"
        return None

    def subjects(self, endpoint: Endpoint) -> dict[str, Subject]:
        """Return what an endpoint is asked for one by one: markets, assets, or nothing but the account; by a name of each."""
        if endpoint.by_symbol:
            named = {symbol: Subject(symbol) for symbol in self.symbols}
        elif endpoint.by_settle:
            settled = sorted({str(self.markets[symbol].get("settle")) for symbol in self.symbols})
            named = {asset: Subject(None, {endpoint.by_settle: asset}) for asset in settled}
        elif endpoint.by_asset:
            parts = ("base", "quote", "settle")
            assets = {self.markets[symbol].get(part) for symbol in self.symbols for part in parts}
            named = {asset: Subject(asset) for asset in sorted(filter(None, assets))}
        else:
            named = {"": Subject(None)}
        return {
            " ".join([name, *map(str, params.values())]).strip(): replace(subject, params={**subject.params, **params})
            for name, subject in named.items()
            for params in endpoint.each or ({},)
        }

    def page(self, endpoint: Endpoint, subject: Subject, since: int = 0, until: int = 0) -> list[Item]:
        """Return one page about one subject."""
        return self.venue.page(endpoint, subject.given, since, until, **subject.params)


def lists_of(taking: Taking) -> list[tuple[Export, Endpoint]]:
    """Return the exports that are lists, those of what is open first: an order that ends later is then still listed as open."""
    endpoints = {export: each for export, each in taking.api.endpoints.items() if export not in STATES}
    # Whose bots have a stream of their own have their mids there.
    if all(bot.events for bot in taking.desk.bots_of(taking.account) if bot.judged):
        endpoints.pop(Export.OHLCV, None)
    return sorted(endpoints.items(), key=lambda each: each[1].filters_by is not FiltersBy.STATE)


def ask_list(taking: Taking, export: Export, endpoint: Endpoint) -> None:
    """Ask for an export of records up to the venue's present time; what fails is the reason of its own part."""
    subjects = taking.subjects(endpoint)
    if not subjects:
        taking.failed[export] = f"the venue has no market of {', '.join(taking.missing) or 'any bot of the account'}"
    for name, subject in subjects.items():
        now, begin = taking.at, taking.at
        try:
            now = taking.now()
            begin = min(taking.begin(export, name, now), now)
            part = ask_records(taking, export, endpoint, name, subject, begin, now)
        except NotOfferedError as error:
            taking.parts.pop(export, None)
            taking.absent[export] = str(error)
            return
        except VenueError as error:
            part = Collected(records=[], pages=0, since=begin, until=now, reason=str(error))
        taking.parts.setdefault(export, {})[name] = part
        taking.begins[export, name] = begin


def ask_records(
    taking: Taking, export: Export, endpoint: Endpoint, name: str, subject: Subject, begin: datetime, now: datetime
) -> Collected:
    """Return the records of an export about one subject in [begin, now]; of a list of what is open, those of now.

    Raises
    ------
    NotOfferedError
        The venue has no such export.
    """
    if endpoint.filters_by is FiltersBy.STATE:
        try:
            items = taking.page(endpoint, subject)
        except VenueError as error:
            # As of the snapshot's begin, as every export that failed: a later time may be beyond the day that is judged.
            return Collected(records=[], pages=0, since=taking.at, until=taking.at, reason=str(error))
        most = endpoint.most or endpoint.limit
        cut = f"the venue lists {most} at most, and so many came" if most and len(items) >= most else None
        return Collected(records=items, pages=1, since=now, until=now, reason=cut)
    if export is Export.OHLCV:
        subject = replace(subject, params={**subject.params, "timeframe": MINUTES})
    back = back_to(taking, export, endpoint, name, begin, now) if endpoint.filters_by is FiltersBy.CREATED else None
    found = collect(
        lambda since, until: taking.page(endpoint, subject, since, until),
        endpoint,
        since=begin,
        until=now,
        key=key_of(endpoint),
        time=own_time,
        back_to=back.made_from if back else None,
    )
    return back.checked(found) if back else found


def key_of(endpoint: Endpoint) -> Callable[[Item], object]:
    """Return what tells a record from all others; one without it is told apart by all of its content."""
    # Both sides of a trade with oneself have one id at some venues.
    besides = ("order", "side") if endpoint.method == "fetch_my_trades" else ()

    def key(item: Item) -> object:
        if isinstance(item, list):
            return item[0]
        parts = tuple(str(item.get(name)) for name in endpoint.key if item.get(name) is not None)
        if len(parts) < len(endpoint.key):
            return str(item)
        return (str(item.get("symbol")), *parts, *(str(item.get(name)) for name in besides))

    return key


def own_time(item: Item) -> int | None:
    """Return a record's own time in milliseconds."""
    found: int | None = item[0] if isinstance(item, list) else item.get("timestamp")
    return found
