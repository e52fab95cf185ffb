"""Hummingbot's own event stream (MQTT), one JSON object a line, to events, fills, order states and funding.

A line is the bridge's `{topic, received_at, payload}` or the bare payload `{timestamp, type, data}`; a heartbeat, told by
its topic, is `{ts}` in nanoseconds. The stream has
no ids of its own, so they are derived from the content: the same event delivered twice has one id. It has no sequence
number either: what was lost on the way is not visible here.
"""

from collections.abc import Callable, Sequence
from operator import methodcaller
from typing import Any

import polars as pl

from deskgate.schema import EVENT_TYPES, HEARTBEAT, SIDES
from deskgate.sources.event_lines.columns import Drafts, Said, as_rows, columns, digest, quoted
from deskgate.sources.event_lines.message import Found, Message, Shape, is_there, json_object, text_inside
from deskgate.sources.exact_json import JsonError, field, first
from deskgate.sources.fees import trade_fee
from deskgate.sources.records import RecordError, SourceFile

__all__ = [
    "MESSAGE",
    "ORDER_EVENTS",
    "SPELLINGS",
    "is_beat",
    "order_states",
    "read_messages",
    "topic_of",
    "trade_side",
    "wrong_type",
]

MESSAGE = Shape("topic", "received_at", "payload", raw=("payload",))
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
# Which keys of an event's data a column is read from: the first that has a value.
_SAID = {
    "connector_name": ("market", "connector_name"),
    "pair": ("trading_pair",),
    "base": ("base_asset",),
    "quote": ("quote_asset",),
    "order_id": ("order_id",),
    "trade_id": ("exchange_trade_id",),
}
_SAID_OF_ORDER = {
    "order_id": ("order_id",),
    "exchange_order_id": ("exchange_order_id",),
    "created_ts": ("creation_timestamp",),
    "side": ("trade_type",),
    "price": ("price",),
    "quantity": ("amount",),
    "filled_quantity": ("base_asset_amount",),
}
# All that a type may be called in an envelope.
SPELLINGS = {**_TYPES, "bot_fill": "order_filled", "fill": "order_filled", "order_canceled": "order_cancelled"}
_EVENTS, _BEATS = "/events", "/hb"
# Digits of an epoch in nanoseconds, and of the microseconds in it.
_NANOSECONDS, _MICROSECONDS = 19, 16


def read_messages(source: SourceFile, lines: Sequence[Found]) -> Said:
    """Return what the bridge's messages say; each belongs to the bot of its topic, else to the one that lists it."""
    wrapped = [is_there(each.message.payload) for each in lines]
    bodies = [
        text_inside(bytes(each.message.payload)) if within else each.text.strip()
        for each, within in zip(lines, wrapped, strict=True)
    ]
    payloads, broken = list[Message](), dict[int, str]()
    for at, body in enumerate(bodies):
        try:
            payloads.append(json_object(body))
        except JsonError as error:
            payloads.append({})
            broken[at] = str(error)
    data = [field(payload, "data") for payload in payloads]
    told = pl.concat(
        [
            columns([each.message for each in lines], {"producer": ("topic",), "arrived_at": ("received_at",)}),
            columns(payloads, {"ts": ("timestamp",), "name": ("type",), "beat": ("ts",)}, _key),
            columns(data, _SAID, _key),
        ],
        how="horizontal",
    )
    topics = told["producer"].to_list()
    ids = [digest(topic, payload) for topic, payload in zip(topics, payloads, strict=True)]
    owner = {topic: _owner(source, topic) for topic in set(topics)}
    beats = pl.Series([is_beat(topic) for topic in topics], dtype=pl.Boolean)
    told = told.with_columns(
        bot=pl.Series([owner[topic][0] for topic in topics], dtype=pl.String),
        reason=pl.Series([owner[topic][1] for topic in topics], dtype=pl.String).scatter(
            list(broken), list(broken.values())
        ),
        event_id=pl.Series(ids, dtype=pl.String),
        event_type=pl.when(beats)
        .then(pl.lit(HEARTBEAT))
        .otherwise(pl.col("name").replace_strict(_TYPES, default=None, return_dtype=pl.String)),
        ts=pl.when(beats).then(_without_nanoseconds(pl.col("beat"))).otherwise("ts"),
        id_derived=pl.lit("true"),
        pair=pl.coalesce("pair", pl.concat_str("base", "quote", separator="-")),
        payload=pl.Series([body.decode() for body in bodies], dtype=pl.String),
        extra=pl.Series(
            [each.extra if within else None for each, within in zip(lines, wrapped, strict=True)], dtype=pl.String
        ),
    )
    no_type = (
        pl.when(pl.Series([body[:1] != b"{" for body in bodies], dtype=pl.Boolean))
        .then(pl.lit("the payload is no JSON object"))
        .when(pl.col("name").is_null())
        .then(pl.lit("type is missing"))
        .otherwise(wrong_type(pl.col("name")))
    )
    told = told.with_columns(
        correlation_id=pl.coalesce("order_id", "event_id"),
        reason=pl.coalesce("reason", pl.when(pl.col("event_type").is_null()).then(no_type)),
    ).with_row_index("at")
    drafts, unreadable = _rows(told, data)
    orders = told.filter(pl.col("reason").is_null(), pl.col("event_type").str.starts_with("order_"))
    states = order_states(
        orders,
        columns([data[at] for at in orders["at"]], _SAID_OF_ORDER, _key),
        own=pl.col("event_type") == "order_created",
        filled=pl.col("event_type") == "order_completed",
    )
    events = told.drop("at", "name", "base", "quote", "beat").with_columns(
        reason=told["reason"].scatter(list(unreadable), list(unreadable.values()))
    )
    rows = {name: as_rows(rows) for name, rows in drafts.items() if rows}
    return Said(events, {**rows, "orders": states} if states.height else rows)


def _rows(told: pl.DataFrame, data: Sequence[Message]) -> tuple[Drafts, dict[int, str]]:
    """Return the rows that fills and funding payments have, and why one cannot be read."""
    drafts: Drafts = {"fills": [], "funding": []}
    unreadable: dict[int, str] = {}
    readable = told.filter(pl.col("reason").is_null(), pl.col("event_type").is_in(["order_filled", "funding_payment"]))
    for at, kind, pair in readable.select("at", "event_type", "pair").iter_rows():
        said, common = data[at], {"at": at, "pair": pair}
        try:
            if kind == "order_filled":
                drafts["fills"].append(common | _fill(pair, said))
            if kind == "funding_payment":
                drafts["funding"].append(
                    common | {"amount": first(said, "amount"), "rate": first(said, "funding_rate")}
                )
        except RecordError as error:
            unreadable[at] = str(error)
    return drafts, unreadable


def _key(name: str) -> Callable[[Any], object]:
    return methodcaller("get", name)


def topic_of(namespace: str, bot: str, *, beats: bool) -> str:
    """Return the topic on which a bot's bridge publishes its events, or its heartbeats."""
    return f"{namespace}/{bot}{_BEATS if beats else _EVENTS}"


def is_beat(topic: str | None) -> bool:
    """Return whether a topic carries heartbeats."""
    return topic is not None and topic.endswith(_BEATS)


def _without_nanoseconds(stamp: pl.Expr) -> pl.Expr:
    """Return a heartbeat's stamp as an epoch in microseconds; its writer (commlib) gives nanoseconds."""
    return pl.when(stamp.str.len_chars() == _NANOSECONDS).then(stamp.str.head(_MICROSECONDS)).otherwise(stamp)


def wrong_type(name: pl.Expr) -> pl.Expr:
    """Return why an event of another type is not stored."""
    return pl.format("type '{}' is none of event schema 1: {}", quoted(name), pl.lit(", ".join(EVENT_TYPES)))


def order_states(
    told: pl.DataFrame, said: pl.DataFrame, *, own: pl.Expr, filled: pl.Expr | None = None
) -> pl.DataFrame:
    """Return the rows of orders, as text: one for each event of one.

    Parameters
    ----------
    told
        The events: at, pair, event_type, and `name`, what the writer called the type; `BuyOrderCreated` tells the side.
    said
        What the events say of the order: its columns as text, in the order of `told`.
    own
        Whether an event's price and amount are the order's own. Hummingbot gives a market order the price NaN, for it
        has none.
    filled
        Whether an event's filled amount is the order's; None: always.
    """
    side = pl.col("side").str.split(".").list.last().str.to_uppercase()
    return (
        told.select("at", "pair", "event_type", "name")
        .hstack(said)
        .select(
            "at",
            "pair",
            "order_id",
            "exchange_order_id",
            "created_ts",
            status=pl.col("event_type").replace_strict(_STATUSES, return_dtype=pl.String),
            side=pl.coalesce(pl.col("name").str.to_uppercase().str.extract(rf"^({'|'.join(SIDES)})"), side),
            price=pl.when(own & (pl.col("price") != "NaN")).then("price"),
            quantity=pl.when(own).then("quantity"),
            filled_quantity="filled_quantity" if filled is None else pl.when(filled).then("filled_quantity"),
        )
    )


def trade_side(text: str | None) -> str | None:
    """Return BUY or SELL for `TradeType.BUY`, `buy` and the like; any other text comes back as it is."""
    return text.rpartition(".")[2].upper() if text else None


def _owner(source: SourceFile, topic: str | None) -> tuple[str | None, str | None]:
    """Return the bot of a topic `<namespace>/<instance>/<what>`, else the only bot that lists the file; or why none."""
    instance = topic.split("/")[-2] if topic and "/" in topic else None
    bot = instance if instance in source.known else source.owner.name if len(source.bots) == 1 else None
    if topic is not None and not topic.endswith((_EVENTS, _BEATS)):
        return bot, f"topic '{topic}' carries no events"
    if bot is None:
        return (
            None,
            f"instance '{instance}' is no bot of this desk" if instance else "no topic says whose event this is",
        )
    return bot, None


def _fill(pair: str | None, data: Message) -> dict[str, str | int | None]:
    price, quantity = first(data, "price"), first(data, "amount")
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
