"""What must come back from every played venue through a real ccxt client: all of the book, each record once, as it is there."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import ccxt

from deskgate.collector.venue.api import Endpoint, Export, VenueApi
from loopback.book import Book, Market, Trade
from loopback.server import Played, point_at

__all__ = [
    "client_at",
    "client_of",
    "compared",
    "in_book",
    "read",
]

Item = Mapping[str, Any]
Rows = list[tuple[object, ...]]
_MS = timedelta(milliseconds=1)
# Which orders an export lists, and which movements.
_STATES = {
    Export.ORDERS: {"open", "closed", "canceled"},
    Export.OPEN_ORDERS: {"open"},
    Export.CLOSED_ORDERS: {"closed"},
    Export.CANCELED_ORDERS: {"canceled"},
    Export.CANCELED_AND_CLOSED_ORDERS: {"closed", "canceled"},
}
_KINDS = {Export.TRANSFERS: "transfer", Export.DEPOSITS: "deposit", Export.WITHDRAWALS: "withdrawal"}
KEYS = {"apiKey": "k" * 16, "secret": "s" * 16, "password": "p" * 8, "walletAddress": "0x" + "1" * 40}


def client_of(api: VenueApi, venue: Played) -> Any:
    """Return ccxt's client of a venue, pointed at the played one, with its markets."""
    return client_at(api, venue.url)


def client_at(api: VenueApi, url: str) -> Any:
    """Return ccxt's client of a venue, pointed at the one that is played at `url`, with its markets."""
    client = getattr(ccxt, api.ccxt_id)({**KEYS, "enableRateLimit": False, "options": {**api.options}})
    point_at(client, url)
    client.load_markets()
    return client


def read(
    client: Any, endpoint: Endpoint, market: Market, extra: Mapping[str, object], since: int, until: int
) -> list[Any]:
    """Return one answer of an endpoint."""
    unit = endpoint.unit // _MS
    params = {
        **endpoint.params,
        **extra,
        endpoint.until_param: until if endpoint.until_param == "until" else until // unit,
    }
    if endpoint.since_param:
        params[endpoint.since_param] = since // unit
    if endpoint.by_settle:
        params[endpoint.by_settle] = market.settle
    asked = (market.settle or market.quote) if endpoint.by_asset else market.symbol if endpoint.by_symbol else None
    answer: list[Any] = getattr(client, endpoint.method)(asked, since, endpoint.limit, params)
    return answer


def _number(value: object) -> Decimal:
    # ccxt's floats are the venue's text where they are that number: 17 digits are more than any of it has here.
    return Decimal(str(value)).normalize()


def compared(export: Export, records: list[Item]) -> Rows:
    """Return what is compared of an export's records as ccxt gives them, in one order."""
    if export is Export.MY_TRADES:
        return _trades(records)
    if export in _STATES:
        return _orders(records)
    return _payments(records) if export is Export.FUNDING_HISTORY else _movements(records)


def in_book(book: Book, export: Export) -> Rows:
    """Return the same of what a book has."""
    if export is Export.MY_TRADES:
        return _trades_in(book)
    if export in _STATES:
        return _orders_in(book, _STATES[export])
    return _payments_in(book) if export is Export.FUNDING_HISTORY else _movements_in(book, _KINDS[export])


def _trades(records: list[Item]) -> Rows:
    return sorted(
        (
            t["id"],
            t["order"],
            t["symbol"],
            t["side"],
            _number(t["price"]),
            _number(t["amount"]),
            _number(t["fee"]["cost"]),
            t["fee"]["currency"],
            t["takerOrMaker"],
            t["timestamp"],
        )
        for t in records
    )


def _trades_in(book: Book) -> Rows:
    return sorted(
        (
            t.id,
            t.order,
            t.symbol,
            t.side,
            _number(t.price),
            _number(t.amount),
            _number(t.fee),
            t.fee_asset,
            _liquidity(t),
            t.ts,
        )
        for t in book.trades
    )


def _liquidity(trade: Trade) -> str:
    return "maker" if trade.maker else "taker"


def _orders(records: list[Item]) -> Rows:
    return sorted(
        (
            o["id"],
            o["clientOrderId"],
            o["symbol"],
            o["side"],
            _number(o["price"]),
            _number(o["amount"]),
            _number(o["filled"]),
            o["status"],
            o["timestamp"],
        )
        for o in records
    )


def _orders_in(book: Book, states: set[str]) -> Rows:
    return sorted(
        (o.id, o.client, o.symbol, o.side, _number(o.price), _number(o.amount), _number(o.filled), o.status, o.created)
        for o in book.orders
        if o.status in states
    )


def _payments(records: list[Item]) -> Rows:
    return sorted((p["id"], p["symbol"], p["code"], _number(p["amount"]), p["timestamp"]) for p in records)


def _payments_in(book: Book) -> Rows:
    return sorted((p.id, p.symbol, p.asset, _number(p.amount), p.ts) for p in book.payments)


def _movements(records: list[Item]) -> Rows:
    return sorted((m["id"], m["currency"], _number(m["amount"]), m["timestamp"]) for m in records)


def _movements_in(book: Book, kind: str) -> Rows:
    return sorted((m.id, m.asset, _number(m.amount), m.ts) for m in book.movements if m.kind == kind)
