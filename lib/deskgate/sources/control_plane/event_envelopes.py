"""A control plane's event log, one enveloped event a line, to events, fills, orders, funding and mids.

The envelope names its bot, its time in whatever notation its writer had, and often when the log took it in. An event
belongs to the day of its own timestamp: writers do not rotate their files reliably.
What is inside an envelope, or in an entry of a stream, may stand alone: it names itself in the same words. A collector
wraps it as `{stream, entry_id, received_at, event}`.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from deskgate.config.instances import unclaimed
from deskgate.schema import EVENT_TYPES, LIQUIDITY_OPERATION
from deskgate.sources.casts import in_utc
from deskgate.sources.event_lines.columns import Drafts, ParsedLines, as_rows, columns, digest, quoted
from deskgate.sources.event_lines.message import Found, Message, Shape, is_there, json_object, text_inside
from deskgate.sources.event_lines.order_states import order_states
from deskgate.sources.event_lines.reader import read_event_lines
from deskgate.sources.exact_json import JsonError, first
from deskgate.sources.fees import fee_in_quote
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.records import RecordError
from deskgate.sources.source_file import SourceFile
from deskgate.sources.spellings import EVENT_TYPE_OF, LIQUIDITY, trade_side, unknown_type

__all__ = ["read_event_envelopes"]

_ENVELOPE = Shape(
    *("event_id", "event_type", "event_version", "ts_utc", "producer", "instance_name", "controller_id"),
    *("connector_name", "trading_pair", "correlation_id", "payload", "ingest_ts_utc"),
    raw=("payload", "event"),
    usual=("stream", "stream_entry_id", "schema_validation_status"),
    aside=("schema_version", "timestamp_ms", "timestamp", "ts", "received_at", "event"),
)
_PAYLOAD = Shape(
    *("order_id", "trade_id", "exchange_trade_id", "trading_pair"),
    *("mid_price", "best_bid", "best_bid_price", "best_ask", "best_ask_price"),
)
_ARRIVALS = ("ingest_ts_utc", "received_at")
# Which keys a column is read from: the first that has a value.
_ENVELOPE_KEYS = {
    "bot": ("instance_name",),
    "ts": ("ts_utc", "timestamp_ms", "timestamp", "ts"),
    "arrived_at": _ARRIVALS,
    "ts_utc": ("ts_utc",),
    "arrived_utc": ("ingest_ts_utc",),
    "event_id": ("event_id",),
    "event_type": ("event_type",),
    "event_version": ("event_version", "schema_version"),
    "producer": ("producer",),
    "controller_id": ("controller_id",),
    "connector_name": ("connector_name",),
    "pair": ("trading_pair",),
    "correlation_id": ("correlation_id",),
}
_PAYLOAD_KEYS = {
    "order_id": ("order_id",),
    "trade_id": ("trade_id", "exchange_trade_id"),
    "inner_pair": ("trading_pair",),
    "mid": ("mid_price",),
    "best_bid": ("best_bid", "best_bid_price"),
    "best_ask": ("best_ask", "best_ask_price"),
}
_MIDS = ("mid", "best_bid", "best_ask")
_ORDER_KEYS = {
    "order_id": ("order_id",),
    "exchange_order_id": ("exchange_order_id",),
    "created_ts": ("creation_timestamp", "created_ts"),
    "side": ("side", "trade_type"),
    "price": ("price",),
    "quantity": ("amount", "amount_base", "quantity"),
    "filled_quantity": ("filled_quantity", "filled_amount"),
}
_ORDER_PAYLOAD = Shape(*[key for keys in _ORDER_KEYS.values() for key in keys])
_VERSIONS = ("1", "v1", "1.0")
# What a liquidity operation moved is read from Hummingbot's own records alone.
_TYPES = [each for each in EVENT_TYPES if each != LIQUIDITY_OPERATION]


def read_event_envelopes(source: SourceFile, lines: Sequence[bytes], first: int) -> ParsedSource:
    """Return the content of a log of envelopes; see `read_event_lines`."""
    return read_event_lines(source, lines, first, shape=_ENVELOPE, dialect=_parse_envelopes)


def _parse_envelopes(source: SourceFile, lines: Sequence[Found]) -> ParsedLines:
    """Parse envelopes, and events without one; each belongs to the bot in its `instance_name`."""
    found, broken = _unwrapped(lines)
    enveloped = [is_there(each.message.payload) for each in found]
    bodies = [
        text_inside(bytes(each.message.payload)) if within else each.text.strip()
        for each, within in zip(found, enveloped, strict=True)
    ]
    payloads = _PAYLOAD.parts(bodies)
    for at in [at for at, payload in enumerate(payloads) if isinstance(payload, JsonError)]:
        broken[at], payloads[at] = str(payloads[at]), _PAYLOAD.none
    events = pl.concat(
        [
            columns([each.message for each in found], _ENVELOPE_KEYS),
            columns(payloads, _PAYLOAD_KEYS),
            columns([each.message for each in lines], {"received_at": ("received_at",)}),
        ],
        how="horizontal",
    ).with_columns(
        # What is named after UTC needs no offset.
        ts=pl.coalesce(in_utc(pl.col("ts_utc")), "ts"),
        arrived_at=pl.coalesce(in_utc(pl.col("arrived_utc")), "arrived_at", "received_at"),
        name="event_type",
        event_type=pl.col("event_type").replace(EVENT_TYPE_OF),
        pair=pl.coalesce("pair", "inner_pair"),
        id_derived=pl.when(pl.col("event_id").is_null()).then(pl.lit("true")).otherwise(pl.lit("false")),
        payload=pl.Series(bodies, dtype=pl.Binary).cast(pl.String),
        extra=pl.Series(
            [each.extra if within else None for each, within in zip(found, enveloped, strict=True)], dtype=pl.String
        ),
    )
    instances = events["bot"].drop_nulls().unique().to_list()
    claims = {instance: source.bot_of(instance) for instance in instances}
    events = events.rename({"bot": "instance"}).with_columns(
        bot=pl.col("instance").replace_strict(claims, default=None, return_dtype=pl.String)
    )
    ids = events["event_id"].scatter(*_derived(events["event_id"], found, broken))
    reasons = events.select(_reason(claims)).to_series().scatter(list(broken), list(broken.values()))
    events = events.with_columns(event_id=ids, reason=reasons).with_row_index("at")
    of_order = pl.col("event_type").str.starts_with("order_")
    orders, unreadable = _orders(events.filter(pl.col("reason").is_null(), of_order), bodies)
    drafts, others = _rows(events, bodies)
    unreadable |= others
    mids = events.filter(pl.col("event_type") == "market_snapshot", pl.col("mid").is_not_null())
    rows = {name: as_rows(rows) for name, rows in drafts.items() if rows}
    if orders.height:
        rows["orders"] = orders
    if mids.height:
        rows["mids"] = mids.select("at", "pair", *_MIDS)
    gone = ("at", "name", "instance", "received_at", "inner_pair", "ts_utc", "arrived_utc", *_MIDS)
    stored = events.drop(gone).with_columns(
        reason=events["reason"].scatter(list(unreadable), list(unreadable.values())),
    )
    return ParsedLines(stored, rows)


def _unwrapped(lines: Sequence[Found]) -> tuple[list[Found], dict[int, str]]:
    """Take events out of a collector's wrapper; also return which of them are none."""
    found, broken = list(lines), dict[int, str]()
    for at in [at for at, (message, _, _) in enumerate(lines) if is_there(message.event)]:
        message = found[at].message
        if message.event_type is not None:
            continue
        try:
            found[at] = _ENVELOPE.read(text_inside(bytes(message.event)))
        except JsonError:
            found[at] = Found(_ENVELOPE.none, b"", None)
            broken[at] = "the stream's entry is not a JSON object"
    return found, broken


def _derived(given: pl.Series, found: Sequence[Found], broken: dict[int, str]) -> tuple[list[int], list[str]]:
    """Return where no id is given, and an id made from the content without its arrival."""
    missing, ids = given.is_null().arg_true().to_list(), list[str]()
    for at in missing:
        try:
            content = json_object(found[at].text.strip())
        except JsonError as error:
            content = {}
            broken[at] = str(error)
        ids.append(digest(None, {key: value for key, value in content.items() if key not in _ARRIVALS}))
    return missing, ids


def _reason(claims: Mapping[str, str | None]) -> pl.Expr:
    """Return why an event cannot be read, as far as its envelope shows."""
    kind, version = pl.col("event_type"), pl.col("event_version")
    nobodys = {instance: unclaimed(instance) for instance, bot in claims.items() if bot is None}
    return (
        pl.when(pl.col("instance").is_null())
        .then(pl.lit("instance_name is missing"))
        .when(pl.col("bot").is_null())
        .then(pl.col("instance").replace_strict(nobodys, default=None, return_dtype=pl.String))
        .when(~kind.is_in(_TYPES))
        .then(unknown_type(pl.col("name")))
        .when(~version.is_in(_VERSIONS))
        .then(pl.format("event_version '{}' is not one of 1, v1, 1.0", quoted(version)))
        .alias("reason")
    )


def _rows(events: pl.DataFrame, bodies: Sequence[bytes]) -> tuple[Drafts, dict[int, str]]:
    """Return the rows that fills and funding payments have, and why a payload cannot be read."""
    drafts: Drafts = {"fills": [], "funding": []}
    unreadable: dict[int, str] = {}
    readable = events.filter(
        pl.col("reason").is_null(), pl.col("event_type").is_in(["order_filled", "funding_payment"])
    )
    for at, kind, pair, market in readable.select("at", "event_type", "pair", "connector_name").iter_rows():
        common = {"at": at, "pair": pair, "market": market}
        try:
            payload = json_object(bodies[at])
            if kind == "order_filled":
                drafts["fills"].append(common | _fill(pair, payload))
            if kind == "funding_payment":
                drafts["funding"].append(common | _funding(payload))
        except (RecordError, JsonError) as error:
            unreadable[at] = str(error)
    return drafts, unreadable


def _orders(events: pl.DataFrame, bodies: Sequence[bytes]) -> tuple[pl.DataFrame, dict[int, str]]:
    """Return the states of orders that events tell, and why a payload cannot be read."""
    payloads, unreadable = _ORDER_PAYLOAD.parts([bodies[at] for at in events["at"]]), dict[int, str]()
    for place in [place for place, payload in enumerate(payloads) if isinstance(payload, JsonError)]:
        unreadable[events["at"][place]], payloads[place] = str(payloads[place]), _ORDER_PAYLOAD.none
    # A fill's price and amount are the fill's, not the order's.
    own = pl.col("event_type") != "order_filled"
    return order_states(events, columns(payloads, _ORDER_KEYS), own=own), unreadable


def _fill(pair: str | None, payload: Message) -> dict[str, str | int | None]:
    price, amount_quote = first(payload, "price", "fill_price"), first(payload, "fee_quote")
    amount = first(payload, "fee") or amount_quote
    quote = (pair or "").partition("-")[2] or None
    token = first(payload, "fee_token") or (quote if amount else None)
    if amount_quote is not None and token == quote:
        amount = amount_quote
    return {
        "trade_id": first(payload, "trade_id", "exchange_trade_id"),
        "order_id": first(payload, "order_id"),
        "exchange_order_id": first(payload, "exchange_order_id"),
        "side": trade_side(first(payload, "side", "trade_type")),
        "price": price,
        "quantity": first(payload, "amount", "amount_base", "quantity", "fill_amount"),
        "fee_amount": amount,
        "fee_token": token,
        "fee_quote": amount_quote or fee_in_quote(amount, token, pair, price),
        "liquidity": LIQUIDITY.get(first(payload, "is_maker") or "", first(payload, "liquidity")),
    }


def _funding(payload: Message) -> dict[str, str | int | None]:
    return {
        "funding_id": first(payload, "funding_id", "id"),
        "amount": first(payload, "amount", "amount_quote"),
        "rate": first(payload, "rate", "funding_rate"),
    }
