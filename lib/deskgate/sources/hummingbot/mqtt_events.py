"""Hummingbot's own event stream (MQTT), one JSON object a line, to events, fills, order states and funding.

A line is the bridge's `{topic, received_at, payload}` or the bare payload `{timestamp, type, data}`; a heartbeat,
recognised by its topic, is `{ts}` in nanoseconds. The stream has no ids, so they are derived from the content: the same
event delivered twice has one id. It has no sequence number either: what was lost on the way is not visible here.
"""

from collections.abc import Callable, Sequence
from operator import methodcaller
from typing import Any

import polars as pl

from deskgate.config.instances import unclaimed
from deskgate.schema import HEARTBEAT, LIQUIDITY_OPERATION, NOTICE
from deskgate.sources.event_lines.columns import Drafts, ParsedLines, as_rows, columns, digest
from deskgate.sources.event_lines.message import Found, Message, Shape, is_there, json_object, text_inside
from deskgate.sources.event_lines.order_states import order_states
from deskgate.sources.event_lines.reader import read_event_lines
from deskgate.sources.exact_json import JsonError, field, first
from deskgate.sources.fees import trade_fee
from deskgate.sources.hummingbot.funding_records import EARLIEST
from deskgate.sources.hummingbot.liquidity import event_row, is_of_pool
from deskgate.sources.hummingbot.topics import EVENTS, HEARTBEATS, Carries, Topic
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.records import RecordError
from deskgate.sources.source_file import SourceFile
from deskgate.sources.spellings import HUMMINGBOT_EVENTS, position_action, trade_side, unknown_type

__all__ = ["read_mqtt_events"]

_MESSAGE = Shape("topic", "received_at", "payload", raw=("payload",))
# Which keys of an event's data a column is read from: the first that has a value.
_EVENT_KEYS = {
    "connector_name": ("market", "connector_name"),
    "pair": ("trading_pair",),
    "base": ("base_asset",),
    "quote": ("quote_asset",),
    "order_id": ("order_id",),
    "trade_id": ("exchange_trade_id",),
}
_ORDER_KEYS = {
    "order_id": ("order_id",),
    "exchange_order_id": ("exchange_order_id",),
    "created_ts": ("creation_timestamp",),
    "side": ("trade_type",),
    "price": ("price",),
    "quantity": ("amount",),
    "filled_quantity": ("base_asset_amount",),
}
# Digits of an epoch in nanoseconds, and of the microseconds in it.
_NANOSECONDS, _MICROSECONDS = 19, 16
_FUNDING = "FundingPaymentCompleted"


def read_mqtt_events(source: SourceFile, lines: Sequence[bytes], first: int) -> ParsedSource:
    """Return the content of the bridge's messages; see `read_event_lines`."""
    return read_event_lines(source, lines, first, shape=_MESSAGE, dialect=_parse_messages)


def _parse_messages(source: SourceFile, lines: Sequence[Found]) -> ParsedLines:
    """Parse messages; each belongs to the bot of its topic, else to the one that lists the file."""
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
    events = pl.concat(
        [
            columns([each.message for each in lines], {"producer": ("topic",), "arrived_at": ("received_at",)}),
            columns(payloads, {"ts": ("timestamp",), "name": ("type",), "heartbeat": ("ts",)}, _key),
            columns(data, _EVENT_KEYS, _key),
        ],
        how="horizontal",
    )
    topics = events["producer"].to_list()
    ids = [digest(topic, payload) for topic, payload in zip(topics, payloads, strict=True)]
    parsed = {topic: Topic.parse(topic) for topic in set(topics)}
    owner = {name: _owner(source, name, topic) for name, topic in parsed.items()}
    heartbeats = pl.Series([parsed[topic].carries is Carries.HEARTBEATS for topic in topics], dtype=pl.Boolean)
    notices = pl.Series([parsed[topic].carries is Carries.NOTICES for topic in topics], dtype=pl.Boolean)
    of_pool = pl.Series(
        [is_of_pool(name, values) for name, values in zip(events["name"].to_list(), data, strict=True)],
        dtype=pl.Boolean,
    )
    events = events.with_columns(
        bot=pl.Series([owner[topic][0] for topic in topics], dtype=pl.String),
        reason=pl.Series([owner[topic][1] for topic in topics], dtype=pl.String).scatter(
            list(broken), list(broken.values())
        ),
        event_id=pl.Series(ids, dtype=pl.String),
        event_type=pl.when(heartbeats)
        .then(pl.lit(HEARTBEAT))
        .when(notices)
        .then(pl.lit(NOTICE))
        .when(of_pool)
        .then(pl.lit(LIQUIDITY_OPERATION))
        .otherwise(pl.col("name").replace_strict(HUMMINGBOT_EVENTS, default=None, return_dtype=pl.String)),
        ts=pl.when(heartbeats)
        .then(_without_nanoseconds(pl.col("heartbeat")))
        .when(notices & ~_is_epoch(pl.col("ts")))
        .then("arrived_at")
        .when(_is_undatable())
        .then(pl.coalesce("arrived_at", pl.when(~_is_undatable()).then("ts").forward_fill().backward_fill()))
        .otherwise("ts"),
        undatable=_is_undatable(),
        id_derived=pl.lit("true"),
        pair=pl.coalesce("pair", pl.concat_str("base", "quote", separator="-")),
        payload=pl.Series([body.decode() for body in bodies], dtype=pl.String),
        extra=pl.Series(
            [each.extra if within else None for each, within in zip(lines, wrapped, strict=True)], dtype=pl.String
        ),
    )
    no_type = (
        pl.when(pl.Series([body[:1] != b"{" for body in bodies], dtype=pl.Boolean))
        .then(pl.lit("the payload is not a JSON object"))
        .when(pl.col("name").is_null())
        .then(pl.lit("type is missing"))
        .otherwise(unknown_type(pl.col("name")))
    )
    events = events.with_columns(
        correlation_id=pl.when(pl.col("event_type").is_in([LIQUIDITY_OPERATION, NOTICE]))
        .then("event_id")
        .otherwise(pl.coalesce("order_id", "event_id")),
        reason=pl.coalesce("reason", pl.when(pl.col("event_type").is_null()).then(no_type)),
    ).with_row_index("at")
    drafts, unreadable = _rows(events, data)
    orders = events.filter(pl.col("reason").is_null(), pl.col("event_type").str.starts_with("order_"))
    states = order_states(
        orders,
        columns([data[at] for at in orders["at"]], _ORDER_KEYS, _key),
        own=pl.col("event_type") == "order_created",
        filled=pl.col("event_type") == "order_completed",
    )
    stored = events.drop("at", "name", "base", "quote", "heartbeat", "undatable").with_columns(
        reason=events["reason"].scatter(list(unreadable), list(unreadable.values()))
    )
    rows = {name: as_rows(rows) for name, rows in drafts.items() if rows}
    return ParsedLines(stored, {**rows, "orders": states} if states.height else rows)


def _rows(events: pl.DataFrame, data: Sequence[Message]) -> tuple[Drafts, dict[int, str]]:
    """Return the rows that fills, funding payments and liquidity operations have, and why one cannot be read."""
    drafts: Drafts = {"fills": [], "funding": [], "liquidity_operations": []}
    unreadable: dict[int, str] = {}
    readable = events.filter(
        pl.col("reason").is_null(),
        ~pl.col("undatable"),
        pl.col("event_type").is_in(["order_filled", "funding_payment", LIQUIDITY_OPERATION]),
    )
    columns_read = ("at", "event_type", "pair", "name", "connector_name")
    for at, kind, pair, name, market in readable.select(columns_read).iter_rows():
        values, common = data[at], {"at": at, "pair": pair, "market": market}
        try:
            if kind == "order_filled":
                drafts["fills"].append(common | _fill(pair, values))
            if kind == "funding_payment":
                drafts["funding"].append(
                    common | {"amount": first(values, "amount"), "rate": first(values, "funding_rate")}
                )
            if kind == LIQUIDITY_OPERATION:
                drafts["liquidity_operations"].append({**event_row(name, values), **common})
        except RecordError as error:
            unreadable[at] = str(error)
    return drafts, unreadable


def _key(name: str) -> Callable[[Any], object]:
    return methodcaller("get", name)


def _is_epoch(stamp: pl.Expr) -> pl.Expr:
    """Return whether a notice says when it was: a notification has -1, a log line may have 0."""
    return (stamp.cast(pl.Float64, strict=False) > 0).fill_null(value=False)


def _is_undatable() -> pl.Expr:
    """Return whether a message is of a payment whose time is of no known unit: dated by its arrival or its neighbours.

    See `funding_records`; such a payment is stored as an event alone.
    """
    early = pl.col("ts").cast(pl.Float64, strict=False).abs() < EARLIEST
    return (early & (pl.col("name") == _FUNDING)).fill_null(value=False)


def _without_nanoseconds(stamp: pl.Expr) -> pl.Expr:
    """Return a heartbeat's stamp as an epoch in microseconds; its writer (commlib) gives nanoseconds."""
    return pl.when(stamp.str.len_chars() == _NANOSECONDS).then(stamp.str.head(_MICROSECONDS)).otherwise(stamp)


def _owner(source: SourceFile, name: str | None, topic: Topic) -> tuple[str | None, str | None]:
    """Return the bot of a topic's instance, else the only bot that lists the file; or why none."""
    # A bot that says what its instances are called has no others.
    alone = len(source.bots) == 1 and not (topic.instance and source.owner.instances)
    bot = source.bot_of(topic.instance) or (source.owner.name if alone else None)
    if topic.carries is Carries.UNKNOWN:
        return bot, f"topic '{name}' has no events, expected one that ends in {EVENTS} or {HEARTBEATS}"
    if bot is None:
        missing = "the topic is missing, expected <namespace>/<bot>/events"
        return None, unclaimed(topic.instance) if topic.instance else missing
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
        "position": position_action(first(data, "position")),
    }
