"""What must come back from every played venue through a real ccxt client: all of the book, each record once, as it is there."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import ccxt

from deskgate.collector.venue.api import Endpoint, VenueApi
from loopback.book import Book, Market, Order, Payment, Trade
from loopback.server import Played, point_at

__all__ = [
    "client_at",
    "client_of",
    "movements_as",
    "movements_of",
    "orders_as",
    "orders_of",
    "payments_as",
    "payments_of",
    "read",
    "trades_as",
    "trades_of",
]

Item = Mapping[str, Any]
_MS = timedelta(milliseconds=1)
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


def trades_of(records: list[Item]) -> list[tuple[object, ...]]:
    """Return what is compared of trades as ccxt gives them."""
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


def trades_as(trades: tuple[Trade, ...]) -> list[tuple[object, ...]]:
    """Return what is compared of trades in a book."""
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
        for t in trades
    )


def _liquidity(trade: Trade) -> str:
    return "maker" if trade.maker else "taker"


def orders_of(records: list[Item]) -> list[tuple[object, ...]]:
    """Return what is compared of orders as ccxt gives them."""
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


def orders_as(orders: tuple[Order, ...], *states: str) -> list[tuple[object, ...]]:
    """Return what is compared of the orders in a book that are in one of some states."""
    return sorted(
        (o.id, o.client, o.symbol, o.side, _number(o.price), _number(o.amount), _number(o.filled), o.status, o.created)
        for o in orders
        if o.status in states
    )


def payments_of(records: list[Item]) -> list[tuple[object, ...]]:
    """Return what is compared of funding payments as ccxt gives them."""
    return sorted((p["id"], p["symbol"], p["code"], _number(p["amount"]), p["timestamp"]) for p in records)


def payments_as(payments: tuple[Payment, ...], *, paid: bool = False) -> list[tuple[object, ...]]:
    """Return what is compared of funding payments in a book; of some venues' ccxt gives the amount positive when `paid`."""
    return sorted((p.id, p.symbol, p.asset, _number(p.amount) * (-1 if paid else 1), p.ts) for p in payments)


def movements_of(records: list[Item]) -> list[tuple[object, ...]]:
    """Return what is compared of transfers, deposits and withdrawals as ccxt gives them."""
    return sorted((m["id"], m["currency"], _number(m["amount"]), m["timestamp"]) for m in records)


def movements_as(book: Book, kind: str) -> list[tuple[object, ...]]:
    """Return what is compared of the transfers, deposits or withdrawals in a book."""
    return sorted((m.id, m.asset, _number(m.amount), m.ts) for m in book.movements if m.kind == kind)
