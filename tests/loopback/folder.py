"""A book from a folder of ccxt exports: the venue's own JSON is in `info`, and is sent again as it is.

Positions and balances are dated by their files' names, `20260318T080000Z.json`.
"""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loopback.book import Account, Book, Market, Movement, Order, Payment, Position, Trade

__all__ = ["book_of"]

_ORDERS = ("open_orders", "closed_orders", "canceled_orders", "canceled_and_closed_orders", "orders")


def book_of(folder: Path) -> Book:
    """Return what an account's exports say.

    Raises
    ------
    ValueError
        A symbol is not BASE/QUOTE or BASE/QUOTE:SETTLE, or the name of a dated export has no instant.
    """
    orders = tuple(_order(item) for name in _ORDERS for item in _items(folder, name))
    trades = tuple(_trade(item) for item in _items(folder, "my_trades"))
    payments = tuple(_payment(item) for item in _items(folder, "funding_history"))
    accounts = tuple(_accounts(folder))
    symbols = (
        {order.symbol for order in orders} | {trade.symbol for trade in trades} | {paid.symbol for paid in payments}
    )
    symbols |= {position.symbol for account in accounts for position in account.positions}
    return Book(
        markets=tuple(_market(symbol) for symbol in sorted(symbols)),
        trades=trades,
        orders=orders,
        payments=payments,
        movements=tuple(_movement(item) for item in _items(folder, "transfers")),
        accounts=accounts,
    )


def _items(folder: Path, name: str) -> Iterator[Any]:
    for suffix in (".json", ".json.gz"):
        file = folder / f"{name}{suffix}"
        if file.is_file():
            yield from _document(file)


def _document(file: Path) -> Any:
    text = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    # Numbers stay the text that they are.
    return json.loads(text, parse_float=str, parse_int=_whole)


def _whole(text: str) -> int | str:
    return int(text) if len(text) < 16 else text


def _market(symbol: str) -> Market:
    pair, _, settle = symbol.partition(":")
    base, _, quote = pair.partition("/")
    if not base or not quote:
        raise ValueError(f"symbol '{symbol}', expected BASE/QUOTE or BASE/QUOTE:SETTLE")
    return Market(base=base, quote=quote, settle=settle or None, tick="0.01", lot="0.0001")


def _fee(item: Any) -> tuple[str, str]:
    fee = item.get("fee") or {}
    return str(fee.get("cost") or "0"), fee.get("currency") or ""


def _trade(item: Any) -> Trade:
    fee, asset = _fee(item)
    return Trade(
        id=item["id"],
        order=item["order"],
        symbol=item["symbol"],
        side=item["side"],
        price=str(item["price"]),
        amount=str(item["amount"]),
        fee=fee,
        fee_asset=asset,
        maker=item["takerOrMaker"] == "maker",
        ts=item["timestamp"],
        raw=item["info"],
    )


def _order(item: Any) -> Order:
    fee, asset = _fee(item)
    return Order(
        id=item["id"],
        client=item["clientOrderId"] or "",
        symbol=item["symbol"],
        side=item["side"],
        kind=item["type"] or "limit",
        price=str(item["price"] or "0"),
        amount=str(item["amount"]),
        filled=str(item["filled"] or "0"),
        average=str(item["average"] or "0"),
        status=item["status"] if item["status"] in {"open", "closed"} else "canceled",
        fee=fee,
        fee_asset=asset,
        created=item["timestamp"],
        updated=item["lastUpdateTimestamp"] or item["timestamp"],
        raw=item["info"],
    )


def _payment(item: Any) -> Payment:
    return Payment(
        id=item["id"],
        symbol=item["symbol"],
        asset=item["code"],
        amount=str(item["amount"]),
        ts=item["timestamp"],
        raw=item["info"],
    )


def _movement(item: Any) -> Movement:
    return Movement(
        id=item["id"],
        asset=item["currency"],
        amount=str(item["amount"]),
        source=item["fromAccount"],
        target=item["toAccount"],
        ts=item["timestamp"],
        raw=item["info"],
    )


def _accounts(folder: Path) -> Iterator[Account]:
    for file in sorted((folder / "balance").glob("*.json*")):
        beside = folder / "positions" / file.name
        balance, held = _document(file), _document(beside) if beside.is_file() else []
        yield Account(
            ts=_instant(file),
            positions=tuple(_position(item) for item in held),
            balances={asset: (str(balance["free"][asset]), str(amount)) for asset, amount in balance["total"].items()},
            raw=balance["info"],
        )


def _position(item: Any) -> Position:
    return Position(
        symbol=item["symbol"],
        side=item["side"],
        amount=str(item["contracts"]),
        entry=str(item["entryPrice"]),
        mark=str(item["markPrice"]),
        ts=item["timestamp"],
        raw=item["info"],
    )


def _instant(file: Path) -> int:
    stamp = file.name.partition(".")[0]
    return int(datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp() * 1000)
