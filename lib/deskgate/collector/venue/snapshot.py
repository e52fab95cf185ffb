"""One snapshot of one account: everything that its venue lists is asked for, then written, then put on record."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from deskgate.collector.venue.account_markets import markets_of, specification
from deskgate.collector.venue.api import Endpoint, Export, FiltersBy, VenueApi
from deskgate.collector.venue.client import Venue
from deskgate.collector.venue.errors import NotOfferedError, VenueError
from deskgate.collector.venue.exports import ExportFolder, Head
from deskgate.collector.venue.paging import Collected, Item, collect, instant_of, milliseconds
from deskgate.config.accounts import Account
from deskgate.config.desk import Desk
from deskgate.config.instants import Clock, parse_instant, stamp

__all__ = ["Snapshot", "take_snapshot"]

# By how much a window begins before the end of the last one: what a venue lists late.
OVERLAP = timedelta(minutes=10)
# How long before the first window orders may have been made that end in it.
_MADE_BEFORE = timedelta(days=1)
# How far back the first snapshot asks where neither --since nor an opening says it.
_FIRST = timedelta(days=7)
_STATES = (Export.POSITIONS, Export.BALANCE)
# Deposits and withdrawals are read as transfers.
_KEYS = {Export.DEPOSITS: "transfers", Export.WITHDRAWALS: "transfers"}
_MINUTES = "1m"
# Hyperliquid lists transfers in its ledger alone, in a form that is read as them.
_LEDGER_OF_TRANSFERS = "hyperliquid"


@dataclass
class Asked:
    """One export of a snapshot: its window, and how it was had. Times are ISO 8601, in UTC by the venue's clock.

    `complete`: all records of [since, until] were had. `reason` says why not, `lost` what the venue no longer has of the window.
    """

    export: str
    since: str
    until: str
    pages: int = 0
    records: int = 0
    new: int = 0
    complete: bool = True
    reason: str | None = None
    lost: str | None = None


@dataclass
class Snapshot:
    """What one snapshot of an account had.

    `asked` has one entry an export, `absent` the exports that the venue or ccxt does not have, with the reason.
    """

    account: str
    at: datetime
    clock_ahead_s: float | None
    rights: str
    remark: str | None
    asked: list[Asked] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether everything that was asked for was had."""
        return all(each.complete and each.lost is None for each in self.asked)


@dataclass
class _Taking:
    """A snapshot that is being taken. `parts` are (export, subject): the records that were had."""

    desk: Desk
    account: Account
    api: VenueApi
    venue: Venue
    clock: Clock
    last: Mapping[str, Any]
    since: datetime | None
    symbols: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    markets: dict[str, Any] = field(default_factory=dict)
    parts: dict[Export, dict[str, Collected]] = field(default_factory=dict)
    states: dict[Export, tuple[datetime, Any]] = field(default_factory=dict)
    failed: dict[Export, str] = field(default_factory=dict)
    absent: dict[Export, str] = field(default_factory=dict)

    def begin(self, export: Export, subject: str, now: datetime) -> datetime:
        """Return from when an export is asked for."""
        covered = self.last.get("complete_until", {}).get(export, {}).get(subject)
        if self.since is not None:
            return self.since
        if covered is not None:
            return parse_instant(covered) - OVERLAP
        openings = [bot.opening.at for bot in self.desk.bots_of(self.account) if bot.opening]
        return min(openings, default=now - _FIRST)

    def subjects(self, endpoint: Endpoint) -> dict[str, "_Subject"]:
        """Return what an endpoint is asked for one by one: markets, assets, or nothing but the account; by a name of each."""
        if endpoint.by_symbol:
            named = {symbol: _Subject(symbol) for symbol in self.symbols}
        elif endpoint.by_settle:
            settled = sorted({str(self.markets[symbol].get("settle")) for symbol in self.symbols})
            named = {asset: _Subject(None, {endpoint.by_settle: asset}) for asset in settled}
        elif endpoint.by_asset:
            parts = ("base", "quote", "settle")
            assets = {self.markets[symbol].get(part) for symbol in self.symbols for part in parts}
            named = {asset: _Subject(asset) for asset in sorted(filter(None, assets))}
        else:
            named = {"": _Subject(None)}
        return {
            " ".join([name, *map(str, params.values())]).strip(): replace(subject, params={**subject.params, **params})
            for name, subject in named.items()
            for params in endpoint.each or ({},)
        }

    def page(self, endpoint: Endpoint, subject: "_Subject", since: int = 0, until: int = 0) -> list[Item]:
        """Return one page about one subject."""
        return self.venue.page(endpoint, subject.given, since, until, **subject.params)


@dataclass(frozen=True)
class _Subject:
    """What one request is about: ccxt's `symbol` or `code`, and what stands in `params` for it."""

    given: str | None
    params: Mapping[str, object] = field(default_factory=dict)


def take_snapshot(
    desk: Desk,
    account: Account,
    api: VenueApi,
    venue: Venue,
    *,
    clock: Clock,
    since: datetime | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Snapshot:
    """Ask a venue for everything of an account, write its exports, and return what was had.

    Parameters
    ----------
    since
        From when to ask, whatever was had before; None: from the end of the last complete window.
    progress
        Takes a line before each export.

    Raises
    ------
    InputError
        The venue refuses the key, another snapshot is being taken, or a file cannot be read or written.
    VenueError
        The venue does not answer at all.
    """
    folder = ExportFolder(desk.root / account.export_folder)
    with folder.lock():
        progress(f"{account.name}: the venue's clock and markets")
        at = venue.time(clock)
        head = Head(venue.client, account.connector, account.name, at.now)
        taking = _Taking(desk, account, api, venue, clock, folder.last_record(), since)
        taking.markets = venue.load()
        taking.symbols, taking.missing = markets_of(desk, account, taking.markets)
        rights = venue.rights()
        _ask_states(taking, progress)
        for export, endpoint in _lists(taking):
            progress(f"{account.name}: {export}")
            _ask_list(taking, export, endpoint)
        _ask_states_again(taking, progress)
        found = Snapshot(account.name, at.now, at.ahead_s, rights.text, rights.remark)
        found.absent = {str(export): why for export, why in {**api.absent, **taking.absent}.items()}
        _write(taking, folder, head, found)
    return found


def _lists(taking: _Taking) -> list[tuple[Export, Endpoint]]:
    endpoints = {export: each for export, each in taking.api.endpoints.items() if export not in _STATES}
    # Whose bots have a stream of their own have their mids there.
    if all(bot.events for bot in taking.desk.bots_of(taking.account) if bot.judged):
        endpoints.pop(Export.OHLCV, None)
    return list(endpoints.items())


def _ask_states(taking: _Taking, progress: Callable[[str], None]) -> None:
    """Ask for positions and balance, one right after the other."""
    progress(f"{taking.account.name}: positions and balance")
    for export in _STATES:
        endpoint = taking.api.endpoints.get(export)
        if endpoint is None:
            continue
        try:
            at = taking.venue.time(taking.clock).now
            answers = [taking.page(endpoint, subject) for subject in taking.subjects(endpoint).values()]
            items = [item for answer in answers for item in answer]
            taking.states[export] = (at, _one_balance(items) if export is Export.BALANCE else items)
            taking.failed.pop(export, None)
        except (NotOfferedError, VenueError) as error:
            taking.failed[export] = str(error)
    # Both are of the earlier instant, or a trade between them would look like a drift of one.
    if len(taking.states) > 1:
        first = min(at for at, _ in taking.states.values())
        taking.states = {export: (first, content) for export, (_, content) in taking.states.items()}


def _one_balance(parts: Sequence[Item]) -> Item:
    """Return the balance of an account that a venue tells of by settlement asset; each part has assets of its own.

    Raises
    ------
    VenueError
        Two parts name one asset.
    """
    if len(parts) == 1:
        return parts[0]
    amounts: dict[str, dict[str, Any]] = {name: {} for name in ("free", "used", "total")}
    found: dict[str, Any] = {"info": [part.get("info") for part in parts], **amounts}
    for part in parts:
        assets = set(part.get("total", {}))
        if both := assets & set(amounts["total"]):
            raise VenueError(f"the balance came in {len(parts)} parts that both name {', '.join(sorted(both))}")
        for name, into in amounts.items():
            into.update(part.get(name, {}))
        found |= {asset: part[asset] for asset in assets if asset in part}
    return found


def _ask_list(taking: _Taking, export: Export, endpoint: Endpoint) -> None:
    """Ask for an export of records up to the venue's present time."""
    subjects = taking.subjects(endpoint)
    if not subjects:
        taking.failed[export] = f"the venue has no market of {', '.join(taking.missing) or 'any bot of the account'}"
    for name, subject in subjects.items():
        try:
            now = taking.venue.time(taking.clock).now
        except VenueError as error:
            taking.failed[export] = str(error)
            return
        begin = min(taking.begin(export, name, now), now)
        try:
            part = _collected(taking, export, endpoint, subject, begin, now)
        except NotOfferedError as error:
            taking.parts.pop(export, None)
            taking.absent[export] = str(error)
            return
        taking.parts.setdefault(export, {})[name] = part


def _collected(
    taking: _Taking, export: Export, endpoint: Endpoint, subject: _Subject, begin: datetime, now: datetime
) -> Collected:
    if endpoint.filters_by is FiltersBy.STATE:
        try:
            items = taking.page(endpoint, subject)
        except VenueError as error:
            return Collected(records=[], pages=0, since=now, until=now, reason=str(error))
        most = endpoint.most or endpoint.limit
        cut = f"the venue lists {most} at most, and so many came" if most and len(items) >= most else None
        return Collected(records=items, pages=1, since=now, until=now, reason=cut)
    if export is Export.OHLCV:
        subject = replace(subject, params={**subject.params, "timeframe": _MINUTES})
    back_to = None
    if endpoint.filters_by is FiltersBy.CREATED:
        oldest = taking.last.get("oldest_open")
        back_to = min(parse_instant(oldest), begin) - OVERLAP if oldest else begin - _MADE_BEFORE
    return collect(
        lambda since, until: taking.page(endpoint, subject, since, until),
        endpoint,
        since=begin,
        until=now,
        key=_key(endpoint),
        time=_time(endpoint),
        back_to=back_to,
    )


def _ask_states_again(taking: _Taking, progress: Callable[[str], None]) -> None:
    """Ask for positions and balance once more where a trade came after them, and for the trades up to then."""
    endpoint, trades = taking.api.endpoints.get(Export.MY_TRADES), taking.parts.get(Export.MY_TRADES, {})
    if endpoint is None or not taking.states or Export.MY_TRADES in taking.failed:
        return
    asked = min(at for at, _ in taking.states.values())
    times = [_time(endpoint)(item) or 0 for part in trades.values() for item in part.records]
    if max(times, default=0) / 1000 < asked.timestamp():
        return
    _ask_states(taking, progress)
    for name, subject in taking.subjects(endpoint).items():
        part = trades[name]
        now = taking.venue.time(taking.clock).now
        later = _collected(taking, Export.MY_TRADES, endpoint, subject, part.until - OVERLAP, now)
        key = _key(endpoint)
        records = {key(item): item for item in [*part.records, *later.records]}
        reasons = dict.fromkeys(filter(None, (part.reason, later.reason)))
        trades[name] = Collected(
            records=list(records.values()),
            pages=part.pages + later.pages,
            since=part.since,
            until=later.until,
            reason="; ".join(reasons) or None,
            lost=part.lost,
        )


def _write(taking: _Taking, folder: ExportFolder, head: Head, found: Snapshot) -> None:
    covered: dict[str, dict[str, str]] = {
        export: dict(subjects) for export, subjects in taking.last.get("complete_until", {}).items()
    }
    for export, (at, content) in taking.states.items():
        shown = _sized(taking, content) if export is Export.POSITIONS else content
        folder.write_state(str(export), shown, head, at)
        count = len(content) if export is Export.POSITIONS else 1
        found.asked.append(Asked(str(export), stamp(at), stamp(at), 1, count, count))
    for export, parts in taking.parts.items():
        endpoint = taking.api.endpoints[export]
        asked = _summary(export, parts, taking)
        for subject, part in parts.items():
            asked.new += _add(taking, folder, head, export, endpoint, subject, part)
            if part.reason is None:
                covered.setdefault(str(export), {})[subject] = stamp(part.until)
        found.asked.append(asked)
    asking = stamp(head.exported_at)
    for export, why in taking.failed.items():
        found.asked.append(Asked(str(export), asking, asking, complete=False, reason=why))
    opened = [item["timestamp"] for part in taking.parts.get(Export.OPEN_ORDERS, {}).values() for item in part.records]
    oldest = min((each for each in opened if each), default=None)
    content = {
        "clock_ahead_s": found.clock_ahead_s,
        "rights": found.rights,
        "remark": found.remark,
        # How many were new depends on what was written before, also by a snapshot that was killed.
        "asked": [{name: each for name, each in asdict(asked).items() if name != "new"} for asked in found.asked],
        "absent": found.absent,
        "markets": {symbol: specification(taking.markets[symbol]) for symbol in taking.symbols},
        "complete_until": covered,
        "oldest_open": asking if oldest is None else stamp(instant_of(oldest)),
    }
    folder.write_record(content, head)


def _summary(export: Export, parts: Mapping[str, Collected], taking: _Taking) -> Asked:
    """Return one export over all its markets: the window that all of them cover, and every reason."""
    reasons = {
        f"{subject}: {part.reason}" if subject else part.reason: None for subject, part in parts.items() if part.reason
    }
    if taking.missing and taking.api.endpoints[export].by_symbol:
        reasons[f"the venue has no market of {', '.join(taking.missing)}"] = None
    lost = {part.lost: None for part in parts.values() if part.lost}
    since = max(part.since for part in parts.values())
    until = min(part.until for part in parts.values())
    return Asked(
        str(export),
        stamp(min(since, until)),
        stamp(until),
        sum(part.pages for part in parts.values()),
        sum(len(part.records) for part in parts.values()),
        0,
        not reasons,
        "; ".join(filter(None, reasons)) or None,
        "; ".join(filter(None, lost)) or None,
    )


def _add(
    taking: _Taking,
    folder: ExportFolder,
    head: Head,
    export: Export,
    endpoint: Endpoint,
    subject: str,
    part: Collected,
) -> int:
    name, kind, more = str(export), _KEYS.get(export, str(export)), None
    time_of: Callable[[Item], int | None] = _own_time
    if export is Export.OHLCV:
        name = f"{name}_{subject.replace('/', '_').replace(':', '_')}_{_MINUTES}"
        more = {"symbol": subject, "timeframe": _MINUTES}
    elif endpoint.filters_by is FiltersBy.STATE:
        # What is open now, whenever it was made.
        asked = milliseconds(head.exported_at)

        def time_of(_: Item) -> int | None:
            return asked
    elif export is Export.LEDGER and taking.api.ccxt_id == _LEDGER_OF_TRANSFERS:
        kind = "transfers"
    records = _sized(taking, part.records) if export is Export.MY_TRADES else part.records
    return folder.add(name, kind, records, head, key=_key(endpoint), time_of=time_of, more=more)


def _sized(taking: _Taking, items: Sequence[Item]) -> list[Item]:
    """Return trades or positions with the size of their market's contracts where they do not name it."""
    sizes = {symbol: market.get("contractSize") for symbol, market in taking.markets.items() if market.get("contract")}
    return [
        {**item, "contractSize": sizes[item["symbol"]]}
        if item.get("contractSize") is None and item.get("symbol") in sizes
        else item
        for item in items
    ]


def _key(endpoint: Endpoint) -> Callable[[Item], object]:
    """Return what tells a record from all others; one without it is told apart by all of its content."""

    def key(item: Item) -> object:
        if isinstance(item, list):
            return item[0]
        parts = tuple(str(item.get(name)) for name in endpoint.key if item.get(name) is not None)
        return (str(item.get("symbol")), *parts) if len(parts) == len(endpoint.key) else str(item)

    return key


def _time(endpoint: Endpoint) -> Callable[[Item], int | None]:
    """Return by which time, in milliseconds, the venue filters the records of an endpoint."""

    def updated(item: Item) -> int | None:
        found: int | None = item.get("lastUpdateTimestamp") or item.get("lastTradeTimestamp") or item.get("timestamp")
        return found

    return updated if endpoint.filters_by is FiltersBy.UPDATED else _own_time


def _own_time(item: Item) -> int | None:
    found: int | None = item[0] if isinstance(item, list) else item.get("timestamp")
    return found
