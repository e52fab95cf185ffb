"""Hummingbot's own event stream (MQTT), one JSON object a line, to events, fills, order states and funding.

A line is the bridge's `{topic, received_at, payload}` or the bare payload `{timestamp, type, data}`. The stream has
no ids of its own, so they are derived from the content: the same event delivered twice has one id. It has no sequence
number either: what was lost on the way is not visible here.
"""

import msgspec

from deskgate.frames import EVENT_TYPES
from deskgate.intake.event_columns import Decoded, Message, Said, Texts, as_rows, digest, texts
from deskgate.intake.exact_json import field, first
from deskgate.intake.fees import trade_fee
from deskgate.intake.records import RecordError, SourceFile

__all__ = ["ORDER_EVENTS", "read_messages", "status_of", "trade_side", "wrong_type"]

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
_TOPIC = "/events"


def read_messages(source: SourceFile, decoded: Decoded) -> Said:
    """Return what the bridge's messages say; each belongs to the bot of its topic, else to the one that lists it."""
    messages = decoded.messages
    payloads = [field(message, "payload") if "payload" in message else message for message in messages]
    written = [
        bytes(raw["payload"]).decode() if "payload" in raw else msgspec.json.encode(raw).decode()
        for raw in decoded.raws
    ]
    data = [field(payload, "data") for payload in payloads]
    topics, names = texts(messages, "topic"), texts(payloads, "type")
    owners = [_owner(source, topic) for topic in topics]
    kinds = [_TYPES.get(name or "") for name in names]
    ids = [digest(topic, payload) for topic, payload in zip(topics, payloads, strict=True)]
    orders = texts(data, "order_id")
    columns: dict[str, Texts] = {
        "ts": texts(payloads, "timestamp"),
        "arrived_at": texts(messages, "received_at"),
        "event_id": [*ids],
        "event_type": [*kinds],
        "producer": topics,
        "connector_name": texts(data, "market", "connector_name"),
        "pair": [_pair(each) for each in data],
        "correlation_id": [order or own for order, own in zip(orders, ids, strict=True)],
        "id_derived": ["true"] * len(ids),
        "order_id": orders,
        "trade_id": texts(data, "exchange_trade_id"),
        "payload": [*written],
    }
    reasons = [
        why or ("type is missing" if name is None else None if kind else wrong_type(name))
        for (_, why), name, kind in zip(owners, names, kinds, strict=True)
    ]
    drafts: dict[str, list[dict[str, str | int | None]]] = {"orders": [], "fills": [], "funding": []}
    for at, (kind, said) in enumerate(zip(kinds, data, strict=True)):
        if kind is None or reasons[at] is not None:
            continue
        common: dict[str, str | int | None] = {
            "at": at,
            "pair": columns["pair"][at],
        }
        try:
            if kind in _STATUSES:
                drafts["orders"].append(common | _order(names[at] or "", kind, said))
            if kind == "order_filled":
                drafts["fills"].append(common | _fill(said))
            if kind == "funding_payment":
                drafts["funding"].append(
                    common | {"amount": first(said, "amount"), "rate": first(said, "funding_rate")}
                )
        except RecordError as error:
            reasons[at] = str(error)
    rows = {name: as_rows(found) for name, found in drafts.items() if found}
    return Said([bot for bot, _ in owners], [*kinds], reasons, columns, rows)


def wrong_type(name: str | None) -> str:
    """Return why an event of another type is not stored."""
    return f"type '{name}' is none of event schema 1: {', '.join(EVENT_TYPES)}"


def status_of(event_type: str) -> str | None:
    """Return the order status that an event of this type means, None where it is about no order."""
    return _STATUSES.get(event_type)


def trade_side(text: str | None) -> str | None:
    """Return BUY or SELL for `TradeType.BUY`, `buy` and the like; any other text comes back as it is."""
    return text.rpartition(".")[2].upper() if text else None


def _owner(source: SourceFile, topic: str | None) -> tuple[str | None, str | None]:
    """Return the bot of a topic `<namespace>/<instance>/events`, else the only bot that lists the file; or why none."""
    instance = topic.split("/")[-2] if topic and "/" in topic else None
    bot = instance if instance in source.known else source.owner.name if len(source.bots) == 1 else None
    if topic is not None and not topic.endswith(_TOPIC):
        return bot, f"topic '{topic}' carries no events"
    if bot is None:
        return (
            None,
            f"instance '{instance}' is no bot of this desk" if instance else "no topic says whose event this is",
        )
    return bot, None


def _order(name: str, kind: str, data: Message) -> dict[str, str | int | None]:
    created, completed = kind == "order_created", kind == "order_completed"
    side = name[: name.index("Order")].upper() or trade_side(first(data, "trade_type"))
    return {
        "order_id": first(data, "order_id"),
        "exchange_order_id": first(data, "exchange_order_id"),
        "status": _STATUSES[kind],
        "created_ts": first(data, "creation_timestamp"),
        "side": side,
        "price": _order_price(data) if created else None,
        "quantity": first(data, "amount") if created else None,
        "filled_quantity": first(data, "base_asset_amount") if completed else None,
    }


def _order_price(data: Message) -> str | None:
    """Return an order's price; Hummingbot gives a market order NaN, for it has none."""
    price = first(data, "price")
    return None if price == "NaN" else price


def _fill(data: Message) -> dict[str, str | int | None]:
    pair, price, quantity = _pair(data), first(data, "price"), first(data, "amount")
    fee = trade_fee(data.get("trade_fee"), pair=pair, price=price, quantity=quantity)
    return {
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


def _pair(data: Message) -> str | None:
    base, quote = first(data, "base_asset"), first(data, "quote_asset")
    return first(data, "trading_pair") or (f"{base}-{quote}" if base and quote else None)
