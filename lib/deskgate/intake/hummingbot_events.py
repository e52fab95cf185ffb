"""Hummingbot's own event stream (MQTT), one JSON object a line, to events, fills, order states and funding.

A line is the bridge's `{topic, received_at, payload}` or the bare payload `{timestamp, type, data}`. The stream has
no ids of its own, so they are derived from the content: the same event delivered twice has one id. It has no sequence
number either: what was lost on the way is not visible here.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping

from deskgate.intake.event_lines import Message, read_event_lines
from deskgate.intake.exact_json import compact, field, first
from deskgate.intake.fees import trade_fee
from deskgate.intake.records import Haul, RecordError, Row, SourceFile

__all__ = ["ORDER_EVENTS", "read_mqtt_events", "status_of", "trade_side"]

_TYPES = {
    "BuyOrderCreated": "order_created",
    "SellOrderCreated": "order_created",
    "OrderFilled": "order_filled",
    "BuyOrderCompleted": "order_completed",
    "SellOrderCompleted": "order_completed",
    "OrderCancelled": "order_cancelled",
    "OrderFailure": "order_failed",
    "OrderExpired": "order_expired",
    "FundingPaymentCompleted": "funding_payment",
}
_STATUSES = {
    "order_created": "open",
    "order_filled": "filled",
    "order_completed": "completed",
    "order_cancelled": "cancelled",
    "order_failed": "failed",
    "order_expired": "expired",
}
# What a database calls the same things, in its columns of order states.
ORDER_EVENTS = {name: _STATUSES[kind] for name, kind in _TYPES.items() if kind in _STATUSES}
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def read_mqtt_events(source: SourceFile) -> Haul:
    """Return the events of `source` and what they say of fills, orders and funding; the leg is the stream's."""
    return read_event_lines(source, _bot, _rows)


def status_of(event_type: str) -> str | None:
    """Return the order status that an event of this type means, None where it is about no order."""
    return _STATUSES.get(event_type)


def trade_side(text: str | None) -> str | None:
    """Return BUY or SELL for `TradeType.BUY`, `buy` and the like; any other text comes back as it is."""
    return text.rpartition(".")[2].upper() if text else None


def _bot(source: SourceFile, message: Message) -> str:
    """Return the bot of a topic `<namespace>/<instance>/events`, else the only bot that lists the file."""
    topic = first(message, "topic") or ""
    instance = topic.split("/")[-2] if "/" in topic else None
    if instance in source.known:
        return instance
    if len(source.bots) == 1:
        return source.owner.name
    raise RecordError(
        f"instance '{instance}' is no bot of this desk" if instance else "no topic says whose event this is"
    )


def _rows(message: Mapping[str, object]) -> Iterator[tuple[str, Row]]:
    payload = field(message, "payload") if "payload" in message else message
    data = field(payload, "data")
    name = first(payload, "type")
    if name is None:
        raise RecordError("type is missing")
    kind = _TYPES.get(name) or _WORD_START.sub("_", name).lower()
    body = compact(payload)
    event_id = hashlib.blake2b(f"{first(message, 'topic')}\x1f{body}".encode(), digest_size=16).hexdigest()
    times = {"ts": first(payload, "timestamp"), "visible_at": first(message, "received_at")}
    order_id = first(data, "order_id")
    yield (
        "events",
        times
        | {
            "event_id": event_id,
            "event_type": kind,
            "producer": first(message, "topic"),
            "connector_name": first(data, "market", "connector_name"),
            "pair": _pair(data),
            "correlation_id": order_id or event_id,
            "id_derived": "true",
            "order_id": order_id,
            "trade_id": first(data, "exchange_trade_id"),
            "payload": body,
        },
    )
    if kind in _STATUSES:
        yield "orders", times | _order(name, kind, data)
    if kind == "order_filled":
        yield "fills", times | _fill(data)
    if kind == "funding_payment":
        yield (
            "funding",
            times | {"pair": _pair(data), "amount": first(data, "amount"), "rate": first(data, "funding_rate")},
        )


def _order(name: str, kind: str, data: Mapping[str, object]) -> dict[str, str | None]:
    created, completed = kind == "order_created", kind == "order_completed"
    side = name[: name.index("Order")].upper() or trade_side(first(data, "trade_type"))
    return {
        "pair": _pair(data),
        "order_id": first(data, "order_id"),
        "exchange_order_id": first(data, "exchange_order_id"),
        "status": _STATUSES[kind],
        "created_ts": first(data, "creation_timestamp"),
        "side": side,
        "price": _order_price(data) if created else None,
        "quantity": first(data, "amount") if created else None,
        "filled_quantity": first(data, "base_asset_amount") if completed else None,
    }


def _order_price(data: Mapping[str, object]) -> str | None:
    """Return an order's price; Hummingbot gives a market order NaN, for it has none."""
    price = first(data, "price")
    return None if price == "NaN" else price


def _fill(data: Mapping[str, object]) -> dict[str, str | None]:
    pair, price, quantity = _pair(data), first(data, "price"), first(data, "amount")
    fee = trade_fee(data.get("trade_fee"), pair=pair, price=price, quantity=quantity)
    return {
        "pair": pair,
        "trade_id": first(data, "exchange_trade_id"),
        "order_id": first(data, "order_id"),
        "exchange_order_id": first(data, "exchange_order_id"),
        "side": trade_side(first(data, "trade_type")),
        "price": price,
        "quantity": quantity,
        "fee_amount": fee.amount,
        "fee_token": fee.token,
        "fee_quote": fee.quote,
    }


def _pair(data: Mapping[str, object]) -> str | None:
    base, quote = first(data, "base_asset"), first(data, "quote_asset")
    return first(data, "trading_pair") or (f"{base}-{quote}" if base and quote else None)
