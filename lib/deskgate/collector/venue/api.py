"""What can be asked of a venue: by which method of ccxt, in which spans of time, how far back.

A venue is one record of these; `deskgate.collector.venue.venues` has them. `deskgate.collector.venue.paging` asks by them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from deskgate.config.plural import plural

__all__ = ["Endpoint", "Export", "FiltersBy", "VenueApi", "by_export", "span_text"]


class Export(StrEnum):
    """What is asked of a venue; the names are those of the kinds of export that the sources know."""

    MY_TRADES = "my_trades"
    CLOSED_ORDERS = "closed_orders"
    CANCELED_ORDERS = "canceled_orders"
    CANCELED_AND_CLOSED_ORDERS = "canceled_and_closed_orders"
    OPEN_ORDERS = "open_orders"
    ORDERS = "orders"
    FUNDING_HISTORY = "funding_history"
    TRANSFERS = "transfers"
    DEPOSITS = "deposits"
    WITHDRAWALS = "withdrawals"
    LEDGER = "ledger"
    POSITIONS = "positions"
    BALANCE = "balance"
    OHLCV = "ohlcv"


class FiltersBy(StrEnum):
    """By which time of a record a venue understands `since` and `until`."""

    EVENT = "event"  # a trade, a payment, a transfer: it has one time
    CREATED = "created"  # an order's creation: one that ended in the span may have been created long before it
    STATE = "state"  # none: the answer is the state at the time of asking


_STATES = {Export.OPEN_ORDERS, Export.POSITIONS, Export.BALANCE}
_ORDERS = {Export.CLOSED_ORDERS, Export.CANCELED_ORDERS, Export.CANCELED_AND_CLOSED_ORDERS, Export.ORDERS}


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """How one export of a venue is asked for.

    Attributes
    ----------
    export
        What it lists.
    ccxt_method
        ccxt's method where it is not called after the export; None: it is, such as `fetch_my_trades`.
    by_symbol
        It is asked for each market by itself.
    limit
        The most records a page has, asked for as ccxt's `limit`; None: the venue has no pages.
    span
        The longest span of time that one request may ask for; None: any.
    kept
        How far back the venue has records; None: not known.
    params
        What ccxt's `params` have besides.
    since_param
        The venue's own field for the begin, to be set in `params` beside ccxt's `since`: the method does not pass `since` on, or
        in a wrong unit. None: it does.
    until_param
        The field of `params` for the end: ccxt's `until`, or the venue's own where the method does not know `until`.
    unit
        The unit of the venue's own fields in `params`, and the finest time that its filter knows: `since` and `until` are rounded
        down to it. A request asks for one unit more than its end, and what is too late is cut: some venues leave out the end itself.
    most
        The venue has no more than its newest records, of whatever age; where this many come, older ones may be gone.
    ignores_until
        The answer goes on to the present whatever the end that was asked for; what is later is cut from it.
    key
        The fields that tell one record from all others; some venues' ids do not.
    kept_unfilled
        How long the venue lists an order that was cancelled without a fill; None: as long as the others, or not known.
    by_settle
        It is asked for each settlement asset by itself, by this field of `params` with ccxt's code; None: it is not.
    settles
        Its answers are of markets that are settled in these alone, ccxt's codes; None: of all.
    by_asset
        It is asked for each asset of the account's markets by itself, as ccxt's `code`.
    each
        The export is all answers together: one for each of these, which `params` have besides. Empty: one answer is all.
    source
        Where this was read.
    """

    export: Export = field(kw_only=False)
    ccxt_method: str | None = None
    by_symbol: bool = False
    limit: int | None = None
    span: timedelta | None = None
    kept: timedelta | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    since_param: str | None = None
    until_param: str = "until"
    unit: timedelta = timedelta(milliseconds=1)
    most: int | None = None
    ignores_until: bool = False
    key: tuple[str, ...] = ("id",)
    kept_unfilled: timedelta | None = None
    by_settle: str | None = None
    settles: tuple[str, ...] | None = None
    by_asset: bool = False
    each: tuple[Mapping[str, object], ...] = ()
    source: str

    @property
    def method(self) -> str:
        """The method of ccxt that asks for it."""
        return self.ccxt_method or f"fetch_{self.export}"

    @property
    def filters_by(self) -> FiltersBy:
        """What `since` and `until` mean there: of orders that ended all venues here take them for the creation."""
        if self.export in _STATES:
            return FiltersBy.STATE
        return FiltersBy.CREATED if self.export in _ORDERS else FiltersBy.EVENT


def by_export(*endpoints: Endpoint) -> Mapping[Export, Endpoint]:
    """Return endpoints by what they list."""
    return {endpoint.export: endpoint for endpoint in endpoints}


@dataclass(frozen=True, kw_only=True)
class VenueApi:
    """One connector of Hummingbot's as ccxt reads it.

    Attributes
    ----------
    connector
        Hummingbot's name, without a test network.
    ccxt_id
        The class in ccxt.
    options
        ccxt's `options`: the type of account and of markets.
    endpoints
        Export -> how it is asked for. The exports of a set of orders are those that together list open, closed and cancelled ones.
    absent
        Export -> why the venue, or ccxt, does not have it.
    passphrase
        Its credentials have a third part.
    by_address
        Its accounts are read by their public address, without a key.
    has_testnet
        It has a test network that ccxt reaches by `set_sandbox_mode`.
    """

    connector: str
    ccxt_id: str
    options: Mapping[str, object] = field(default_factory=dict)
    endpoints: Mapping[Export, Endpoint]
    absent: Mapping[Export, str] = field(default_factory=dict)
    passphrase: bool = False
    by_address: bool = False
    has_testnet: bool = False

    @property
    def key_parts(self) -> tuple[str, ...]:
        """What its credentials consist of besides an address: none where its accounts are read by that."""
        if self.by_address:
            return ()
        return ("api_key", "api_secret", "passphrase") if self.passphrase else ("api_key", "api_secret")


def span_text(span: timedelta) -> str:
    """Return a span of time in the largest unit that makes a whole number of it, such as `90 days`."""
    for unit, name in ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute")):
        if span % unit == timedelta():
            count = span // unit
            return f"{count} {plural(count, name)}"
    return f"{span.total_seconds():g} seconds"
