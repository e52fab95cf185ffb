"""Liquidity operations of Hummingbot's gateway bots: which records are of one, and their rows.

A pool's deposits and withdrawals are recorded beside trades (20260922): as an order of type AMM_ADD or AMM_REMOVE with a
fill of side RANGE and price 0, as a row of `RangePositionUpdate`, and as the stream's RangePosition events. They move
balances and are no trades, so that no check judges them.
"""

from collections.abc import Mapping

from deskgate.sources.exact_json import first
from deskgate.sources.records import Row

__all__ = ["event_row", "fill_row", "is_of_liquidity", "is_of_pool", "order_row", "update_row"]

# All events of a range position, those of older versions (FeeCollected, Closed) too, have names that begin so.
RANGE_EVENT = "RangePosition"
# An order's id, from `create_market_order_id(TradeType.RANGE, ...)` of connector/gateway/gateway_base.py.
_ORDER_ID = "range-"
_ACTIONS = {"AMM_ADD": "add", "AMM_REMOVE": "remove"}
_ACTION_IN_NAME = {"Added": "add", "Removed": "remove", "Collected": "collect", "Closed": "remove", "Failure": "failed"}


def is_of_liquidity(order_id: object, order_type: object, trade_type: object = None) -> bool:
    """Return whether an order, or a fill, is of a liquidity operation."""
    return (
        _member(order_type) in _ACTIONS
        or _member(trade_type) == "RANGE"
        or (order_id is not None and str(order_id).startswith(_ORDER_ID))
    )


def is_of_pool(name: str | None, data: Mapping[str, object]) -> bool:
    """Return whether an event of the stream is of a liquidity operation; `name` is its type."""
    if name is None or name.startswith(RANGE_EVENT):
        return name is not None
    order_type = data.get("order_type") or data.get("type")
    return is_of_liquidity(data.get("order_id"), order_type, data.get("trade_type"))


def event_row(name: str, data: Mapping[str, object]) -> Row:
    """Return the row of an event of the stream, `name` its type."""
    of_range = name.startswith(RANGE_EVENT)
    named = next((action for word, action in _ACTION_IN_NAME.items() if name.endswith(word)), "update")
    action = named if of_range else _action(first(data, "order_type", "type"))
    return {
        "pair": first(data, "trading_pair"),
        "action": action,
        "record_type": name,
        "moved": _bool(action != "failed" if of_range else name == "OrderFilled"),
        "order_id": first(data, "order_id"),
        "transaction": first(data, "exchange_order_id"),
        "base_amount": first(data, "base_amount"),
        "quote_amount": first(data, "quote_amount"),
    }


def fill_row(row: Mapping[str, object]) -> Row:
    """Return the row of a TradeFill; it has one amount for both tokens, which is no amount of either."""
    return {
        "ts": _text(row["timestamp"]),
        "pair": _text(row["symbol"]),
        "market": _text(row["market"]),
        "action": _action(row["order_type"]),
        "record_type": "TradeFill",
        "moved": _bool(True),
        "order_id": _text(row["order_id"]),
        "transaction": _text(row["exchange_trade_id"]),
    }


def order_row(order: Mapping[str, object], status: object, ts: object) -> Row:
    """Return the row of a state of an operation's order."""
    return {
        "ts": _text(ts),
        "pair": _text(order.get("symbol")),
        "market": _text(order.get("market")),
        "action": _action(order.get("order_type")),
        "record_type": str(status),
        "moved": _bool(status == "OrderFilled"),
        "order_id": _text(order["id"]),
        "transaction": _text(order.get("exchange_order_id")),
    }


def update_row(row: Mapping[str, object]) -> Row:
    """Return the row of a RangePositionUpdate."""
    return {
        "ts": _text(row["timestamp"]),
        "pair": _text(row["trading_pair"]),
        "market": _text(row["market"]),
        "action": (_text(row["order_action"]) or "update").lower(),
        "record_type": "RangePositionUpdate",
        "moved": _bool(True),
        "order_id": _text(row["hb_id"]),
        "transaction": _text(row["tx_hash"]),
        "base_amount": _text(row["base_amount"]),
        "quote_amount": _text(row["quote_amount"]),
    }


def _action(order_type: object) -> str:
    return _ACTIONS.get(_member(order_type), "update")


def _member(value: object) -> str:
    """Return the name of an enumeration's member, which the stream writes as `OrderType.AMM_ADD`."""
    return str(value).rpartition(".")[2]


def _bool(value: bool) -> str:
    return "true" if value else "false"


def _text(value: object) -> str | None:
    return None if value is None else str(value)
