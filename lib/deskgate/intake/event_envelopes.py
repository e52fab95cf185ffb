"""A control plane's event log, one enveloped event a line, to events and what they say of fills, orders, funding, mids.

The envelope names its bot, its time in whatever notation its writer had, and often when the log took it in. An event
belongs to its own time stamp: writers do not rotate their files reliably, so a file's name says nothing about its day.
What is inside an envelope, or in an entry of a stream, may stand alone: it names itself in the same words. A collector
wraps it as `{stream, entry_id, received_at, event}`.
"""

from collections.abc import Mapping, Sequence

import msgspec
import polars as pl

from deskgate.frames import EVENT_TYPES
from deskgate.intake.event_columns import (
    Decoded,
    Message,
    Raw,
    Said,
    Texts,
    as_rows,
    digest,
    json_object,
    raw_fields,
    texts,
)
from deskgate.intake.exact_json import field, first
from deskgate.intake.fees import fee_in_quote
from deskgate.intake.hummingbot_events import status_of, trade_side, wrong_type
from deskgate.intake.records import RecordError, SourceFile

__all__ = ["LIQUIDITY", "read_envelopes"]

LIQUIDITY = {"true": "maker", "false": "taker"}

_SPELLINGS = {"bot_fill": "order_filled", "fill": "order_filled", "order_canceled": "order_cancelled"}
_VERSIONS = (None, "1", "v1", "1.0")
_ARRIVAL = "ingest_ts_utc"
_KNOWN = {
    *("event_id", "event_type", "event_version", "ts_utc", "producer", "instance_name", "controller_id"),
    *("connector_name", "trading_pair", "correlation_id", "payload", _ARRIVAL),
}


def read_envelopes(source: SourceFile, decoded: Decoded) -> Said:
    """Return what envelopes, and events without one, say; each belongs to the bot in its `instance_name`."""
    envelopes, raws, arrivals, broken = _unwrapped(decoded)
    payloads, written = _payloads(envelopes, raws)
    bots = texts(envelopes, "instance_name")
    spelled = texts(envelopes, "event_type")
    kinds = [_SPELLINGS.get(kind or "", kind) for kind in spelled]
    pairs = [
        own or inner
        for own, inner in zip(texts(envelopes, "trading_pair"), texts(payloads, "trading_pair"), strict=True)
    ]
    versions = texts(envelopes, "event_version", "schema_version")
    times = texts(envelopes, "ts_utc", "timestamp_ms", "timestamp", "ts")
    given = texts(envelopes, "event_id")
    columns: dict[str, Texts] = {
        "ts": times,
        "arrived_at": arrivals,
        "event_id": given
        if None not in given
        else [each or _derived(envelope) for each, envelope in zip(given, envelopes, strict=True)],
        "event_type": kinds,
        "event_version": versions,
        "producer": texts(envelopes, "producer"),
        "controller_id": texts(envelopes, "controller_id"),
        "connector_name": texts(envelopes, "connector_name"),
        "pair": pairs,
        "correlation_id": texts(envelopes, "correlation_id"),
        "id_derived": ["true" if each is None else "false" for each in given],
        "order_id": texts(payloads, "order_id"),
        "trade_id": texts(payloads, "trade_id", "exchange_trade_id"),
        "payload": written,
        "extra": [_extra(raw) if "payload" in raw else None for raw in raws],
    }
    reasons = [
        why or _wrong(source, bot, kind, said, version)
        for why, bot, kind, said, version in zip(broken, bots, kinds, spelled, versions, strict=True)
    ]
    rows, unreadable = _rows(kinds, payloads, columns, reasons)
    known = [bot if bot in source.known else None for bot in bots]
    return Said(known, kinds, [why or unreadable.get(at) for at, why in enumerate(reasons)], columns, rows)


def _unwrapped(decoded: Decoded) -> tuple[list[Message], list[Raw], Texts, Texts]:
    """Take events out of a collector's wrapper; return them, their fields' texts, when they arrived, what is wrong."""
    messages, raws = list(decoded.messages), list(decoded.raws)
    broken: Texts = [None] * len(messages)
    arrivals = texts(messages, _ARRIVAL, "received_at")
    for at, message in enumerate(messages):
        if "event" not in message or "event_type" in message:
            continue
        inner = message["event"]
        if isinstance(inner, Mapping):
            messages[at], raws[at] = inner, raw_fields(raws[at]["event"])
        elif found := json_object(inner):
            messages[at], raws[at] = found
        else:
            broken[at] = "the stream's entry is no JSON object"
            messages[at], raws[at] = {}, {}
        arrivals[at] = first(messages[at], _ARRIVAL) or arrivals[at]
    return messages, raws, arrivals, broken


def _payloads(envelopes: Sequence[Message], raws: Sequence[Raw]) -> tuple[list[Message], Texts]:
    """Return each event's payload and its text; an event without an envelope is its own payload."""
    payloads: list[Message] = []
    written: Texts = []
    for envelope, raw in zip(envelopes, raws, strict=True):
        if "payload" not in envelope:
            payloads.append(envelope)
            written.append(msgspec.json.encode(raw).decode())
            continue
        payload: object = envelope["payload"]
        text = bytes(raw["payload"]).decode()
        if isinstance(payload, str) and (found := json_object(payload)):
            text, payload = payload, found[0]
        payloads.append(field(payload))
        written.append(text)
    return payloads, written


def _extra(raw: Raw) -> str | None:
    if raw.keys() <= _KNOWN:
        return None
    return msgspec.json.encode({key: text for key, text in raw.items() if key not in _KNOWN}).decode()


def _derived(envelope: Message) -> str:
    return digest(None, {key: value for key, value in envelope.items() if key != _ARRIVAL})


def _wrong(
    source: SourceFile, bot: str | None, kind: str | None, spelled: str | None, version: str | None
) -> str | None:
    if bot is None:
        return "instance_name is missing"
    if bot not in source.known:
        return f"instance '{bot}' is no bot of this desk"
    if kind is not None and kind not in EVENT_TYPES:
        return wrong_type(spelled)
    if version not in _VERSIONS:
        return f"event_version '{version}' is none of 1, v1, 1.0"
    return None


def _rows(
    kinds: Sequence[str | None],
    payloads: Sequence[Message],
    columns: Mapping[str, Texts],
    reasons: Sequence[str | None],
) -> tuple[dict[str, pl.DataFrame], dict[int, str]]:
    """Return the rows of the other tables, and why a payload cannot be read."""
    drafts: dict[str, list[dict[str, str | int | None]]] = {"orders": [], "fills": [], "funding": []}
    unreadable: dict[int, str] = {}
    mids: list[int] = []
    for at, kind in enumerate(kinds):
        if reasons[at] is not None or kind is None:
            continue
        payload = payloads[at]
        if kind == "market_snapshot":
            mids.append(at)
            continue
        common: dict[str, str | int | None] = {
            "at": at,
            "pair": columns["pair"][at],
        }
        try:
            if status := status_of(kind):
                drafts["orders"].append(common | {"status": status} | _order(kind, payload))
            if kind == "order_filled":
                drafts["fills"].append(
                    common | {"market": columns["connector_name"][at]} | _fill(columns["pair"][at], payload)
                )
            if kind == "funding_payment":
                drafts["funding"].append(common | _funding(payload))
        except RecordError as error:
            unreadable[at] = str(error)
    rows = {name: as_rows(found) for name, found in drafts.items() if found}
    if mids:
        rows["mids"] = _mids(mids, [payloads[at] for at in mids], columns)
    return rows, unreadable


def _mids(at: list[int], payloads: Sequence[Message], columns: Mapping[str, Texts]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "at": at,
            "pair": [columns["pair"][each] for each in at],
            "mid": texts(payloads, "mid_price"),
            "best_bid": texts(payloads, "best_bid", "best_bid_price"),
            "best_ask": texts(payloads, "best_ask", "best_ask_price"),
        },
        schema_overrides=dict.fromkeys(("pair", "mid", "best_bid", "best_ask"), pl.String),
    ).drop_nulls("mid")


def _order(kind: str, payload: Message) -> dict[str, str | int | None]:
    # A fill's price and amount are the fill's, not the order's.
    own = kind != "order_filled"
    return {
        "order_id": first(payload, "order_id"),
        "exchange_order_id": first(payload, "exchange_order_id"),
        "created_ts": first(payload, "creation_timestamp", "created_ts"),
        "side": trade_side(first(payload, "side", "trade_type")),
        "price": first(payload, "price") if own else None,
        "quantity": first(payload, "amount", "amount_base", "quantity") if own else None,
        "filled_quantity": first(payload, "filled_quantity", "filled_amount"),
    }


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
