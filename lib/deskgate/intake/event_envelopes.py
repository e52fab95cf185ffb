"""A control plane's event log, one enveloped event a line, to events and what they say of fills, orders, funding, mids.

The envelope names its bot, its time in whatever notation its writer had, and often when the log took it in. An event
belongs to its own time stamp: writers do not rotate their files reliably, so a file's name says nothing about its day.
"""

import hashlib
from collections.abc import Iterator, Mapping

from deskgate.intake.event_lines import Message, read_event_lines
from deskgate.intake.exact_json import compact, field, first
from deskgate.intake.fees import fee_in_quote
from deskgate.intake.hummingbot_events import status_of, trade_side
from deskgate.intake.records import Haul, RecordError, Row, SourceFile

__all__ = ["LIQUIDITY", "read_event_envelopes"]

_SPELLINGS = {"bot_fill": "order_filled", "fill": "order_filled", "order_canceled": "order_cancelled"}
LIQUIDITY = {"true": "maker", "false": "taker"}


def read_event_envelopes(source: SourceFile) -> Haul:
    """Return the events of `source`, each row with the bot in its `instance_name`."""
    return read_event_lines(source, _bot, _rows)


def _bot(source: SourceFile, envelope: Message) -> str:
    instance = first(envelope, "instance_name")
    if instance is None:
        raise RecordError("instance_name is missing")
    if instance not in source.known:
        raise RecordError(f"instance '{instance}' is no bot of this desk")
    return instance


def _rows(envelope: Mapping[str, object]) -> Iterator[tuple[str, Row]]:
    payload = field(envelope, "payload")
    spelling = first(envelope, "event_type")
    kind = _SPELLINGS.get(spelling or "", spelling)
    times = {"ts": first(envelope, "ts_utc"), "visible_at": first(envelope, "ingest_ts_utc")}
    event_id = first(envelope, "event_id")
    pair = first(envelope, "trading_pair") or first(payload, "trading_pair")
    order_id, trade_id = first(payload, "order_id"), first(payload, "trade_id", "exchange_trade_id")
    yield (
        "events",
        times
        | {
            "event_id": event_id or hashlib.blake2b(compact(envelope).encode(), digest_size=16).hexdigest(),
            "event_type": kind,
            "event_version": first(envelope, "event_version"),
            "producer": first(envelope, "producer"),
            "controller_id": first(envelope, "controller_id"),
            "connector_name": first(envelope, "connector_name"),
            "pair": pair,
            "correlation_id": first(envelope, "correlation_id"),
            "id_derived": "true" if event_id is None else "false",
            "order_id": order_id,
            "trade_id": trade_id,
            "payload": compact(envelope.get("payload")),
        },
    )
    if kind and (status := status_of(kind)):
        yield "orders", times | {"pair": pair, "status": status} | _order(kind, payload)
    if kind == "order_filled":
        yield "fills", times | {"pair": pair, "market": first(envelope, "connector_name")} | _fill(pair, payload)
    if kind == "funding_payment":
        yield (
            "funding",
            times
            | {
                "pair": pair,
                "funding_id": first(payload, "funding_id", "id"),
                "amount": first(payload, "amount", "amount_quote"),
                "rate": first(payload, "rate", "funding_rate"),
            },
        )
    if kind == "market_snapshot" and first(payload, "mid_price"):
        yield (
            "mids",
            times
            | {
                "pair": pair,
                "mid": first(payload, "mid_price"),
                "best_bid": first(payload, "best_bid", "best_bid_price"),
                "best_ask": first(payload, "best_ask", "best_ask_price"),
            },
        )


def _order(kind: str, payload: Mapping[str, object]) -> dict[str, str | None]:
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


def _fill(pair: str | None, payload: Mapping[str, object]) -> dict[str, str | None]:
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
        "quantity": first(payload, "amount", "amount_base", "quantity"),
        "fee_amount": amount,
        "fee_token": token,
        "fee_quote": amount_quote or fee_in_quote(amount, token, pair, price),
        "liquidity": LIQUIDITY.get(first(payload, "is_maker") or "", first(payload, "liquidity")),
    }
