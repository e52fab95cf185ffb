"""One snapshot of one account: everything that its venue lists is asked for, then written, then put on record."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from deskgate.collector.venue.account_markets import markets_of, specification
from deskgate.collector.venue.api import Endpoint, Export, FiltersBy, VenueApi
from deskgate.collector.venue.asking import MINUTES, Taking, ask_list, key_of, lists_of, own_time
from deskgate.collector.venue.client import Venue
from deskgate.collector.venue.exports import ExportFolder, Head
from deskgate.collector.venue.order_windows import open_orders
from deskgate.collector.venue.paging import Collected
from deskgate.collector.venue.states import LEDGER_OF_TRANSFERS, ask_states, prove_states
from deskgate.collector.venue.walk import Item
from deskgate.config.accounts import Account
from deskgate.config.desk import Desk
from deskgate.config.instants import Clock, milliseconds, stamp

__all__ = ["Snapshot", "take_snapshot"]

# Deposits and withdrawals are read as transfers.
_KEYS = {Export.DEPOSITS: "transfers", Export.WITHDRAWALS: "transfers"}


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


def take_snapshot(
    desk: Desk,
    account: Account,
    api: VenueApi,
    venue: Venue,
    *,
    clock: Clock,
    since: datetime | None = None,
    accept_key: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> Snapshot:
    """Ask a venue for everything of an account, write its exports, and return what was had.

    Parameters
    ----------
    since
        From when to ask, whatever was had before; None: from the end of the last complete window.
    accept_key
        The account's key was replaced: go on in its folder although the last snapshot was taken with another one.
    progress
        Takes a line before each export.

    Raises
    ------
    InputError
        The venue refuses the key, another snapshot is being taken, the folder is of another venue or key, or a file cannot be read or written.
    VenueError
        The venue does not answer at all.
    """
    folder = ExportFolder(desk.root / account.export_folder)
    with folder.lock():
        progress(f"{account.name}: the venue's clock and markets")
        at = venue.time(clock)
        head = Head(venue.client, account.connector, account.name, at.now)
        last = folder.last_record(head, venue.key_digest, accept_key=accept_key)
        taking = Taking(desk, account, api, venue, clock, last, since, at.now)
        taking.markets = venue.load()
        taking.symbols, taking.missing = markets_of(desk, account, taking.markets)
        rights = venue.rights()
        ask_states(taking, progress)
        for export, endpoint in lists_of(taking):
            progress(f"{account.name}: {export}")
            ask_list(taking, export, endpoint)
        prove_states(taking, progress)
        found = Snapshot(account.name, at.now, at.ahead_s, rights.text, rights.remark)
        found.absent = {str(export): why for export, why in {**api.absent, **taking.absent}.items()}
        _write(taking, folder, head, found)
    return found


def _write(taking: Taking, folder: ExportFolder, head: Head, found: Snapshot) -> None:
    covered: dict[str, dict[str, str]] = {
        export: dict(subjects) for export, subjects in taking.last.get("complete_until", {}).items()
    }
    for export, (at, content) in taking.states.items():
        shown = _sized(taking, content) if export is Export.POSITIONS else content
        folder.write_state(str(export), shown, head, at)
        count = len(content) if export is Export.POSITIONS else 1
        found.asked.append(Asked(str(export), stamp(at), stamp(at), 1, count, count))
    for export, parts in taking.parts.items():
        asked = _summary(export, parts, taking)
        asked.new = _add(taking, folder, head, export, parts, is_complete=asked.complete)
        for subject, part in parts.items():
            # A window that begins after the end of the last one leaves a hole, which is asked for next time.
            if part.reason is None and taking.joins(export, subject):
                covered.setdefault(str(export), {})[subject] = stamp(part.until)
        found.asked.append(asked)
    asking = stamp(head.exported_at)
    for export, why in taking.failed.items():
        found.asked.append(Asked(str(export), asking, asking, complete=False, reason=why))
    content = {
        "clock_ahead_s": found.clock_ahead_s,
        "key_digest": taking.venue.key_digest,
        "rights": found.rights,
        "remark": found.remark,
        # How many were new depends on what was written before, also by a snapshot that was killed.
        "asked": [{name: each for name, each in asdict(asked).items() if name != "new"} for asked in found.asked],
        "absent": found.absent,
        "markets": {symbol: specification(taking.markets[symbol]) for symbol in taking.symbols},
        "complete_until": covered,
        "open_orders": open_orders(taking),
    }
    folder.write_record(content, head)


def _summary(export: Export, parts: Mapping[str, Collected], taking: Taking) -> Asked:
    """Return one export over all its markets: the window that all of them cover, and every reason."""
    reasons = {
        f"{subject}: {part.reason}" if subject else part.reason: None for subject, part in parts.items() if part.reason
    }
    if why := taking.not_in(export, taking.api.endpoints[export]):
        reasons[why] = None
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
    taking: Taking,
    folder: ExportFolder,
    head: Head,
    export: Export,
    parts: Mapping[str, Collected],
    *,
    is_complete: bool,
) -> int:
    """Add what was had of an export to its files, and return how many records were not there before."""
    endpoint = taking.api.endpoints[export]
    is_state = endpoint.filters_by is FiltersBy.STATE
    if is_state and not is_complete:
        # A list of what is open with something missing would say that this is not open.
        return 0
    files = {subject: {subject: part} for subject, part in parts.items()} if export is Export.OHLCV else {"": parts}
    added = 0
    for subject, mine in files.items():
        whole = is_complete and all(part.reason is None and taking.joins(export, name) for name, part in mine.items())
        since = head.exported_at if is_state else max(part.since for part in mine.values())
        added += _add_file(taking, folder, head, export, endpoint, subject, mine, since if whole else None)
    return added


def _add_file(
    taking: Taking,
    folder: ExportFolder,
    head: Head,
    export: Export,
    endpoint: Endpoint,
    subject: str,
    parts: Mapping[str, Collected],
    since: datetime | None,
) -> int:
    name, kind, more = str(export), _KEYS.get(export, str(export)), None
    time_of: Callable[[Item], int | None] = own_time
    if export is Export.OHLCV:
        name = f"{name}_{subject.replace('/', '_').replace(':', '_')}_{MINUTES}"
        more = {"symbol": subject, "timeframe": MINUTES}
    elif endpoint.filters_by is FiltersBy.STATE:
        # What is open now, whenever it was made.
        asked = milliseconds(head.exported_at)

        def time_of(_: Item) -> int | None:
            return asked
    elif export is Export.LEDGER and taking.api.ccxt_id == LEDGER_OF_TRANSFERS:
        kind = "transfers"
    records = [item for part in parts.values() for item in part.records]
    records = _sized(taking, records) if export is Export.MY_TRADES else records
    return folder.add(name, kind, records, head, key=key_of(endpoint), time_of=time_of, more=more, since=since)


def _sized(taking: Taking, items: Sequence[Item]) -> list[Item]:
    """Return trades or positions with the size of their market's contracts where they do not name it."""
    sizes = {symbol: market.get("contractSize") for symbol, market in taking.markets.items() if market.get("contract")}
    return [
        {**item, "contractSize": sizes[item["symbol"]]}
        if item.get("contractSize") is None and item.get("symbol") in sizes
        else item
        for item in items
    ]
