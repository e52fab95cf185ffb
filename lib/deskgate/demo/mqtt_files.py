"""The events a Hummingbot instance publishes over MQTT, wrapped with the time at which they arrived.

The payload's clock is the bot's, cut to whole seconds; its numbers are floats, as Hummingbot sends them. An order
refused at its birth is heard of here and nowhere else.
"""

from decimal import Decimal

from deskgate.demo.account import Funding
from deskgate.demo.bots import BotPlan, Reject, Trading
from deskgate.demo.hummingbot_files import Row, fee_record
from deskgate.demo.journal import Entry, Kind, journal
from deskgate.demo.venue import BITGET, Fill, Order

__all__ = ["published"]

_ARRIVES_MS = 50


def published(trading: Trading) -> list[Row]:
    """Return the bot's messages in the order of their arrival."""
    messages = [_message(trading.plan, entry) for entry in journal(trading)]
    return sorted(messages, key=lambda message: float(str(message["received_at"])))


def _message(plan: BotPlan, entry: Entry) -> Row:
    arrives_ms = entry.at_ms
    stamp = entry.at_ms // 1000
    if entry.payment is not None:
        kind, data = "FundingPaymentCompleted", _funding(plan, entry.payment)
        stamp = entry.payment.ts_ms // 1000 if plan.rules is BITGET else entry.payment.ts_ms
    elif entry.reject is not None:
        kind, data = "OrderFailure", _failed(entry.reject)
    elif entry.order is not None and entry.fill is not None:
        kind, data = "OrderFilled", _filled(plan, entry.order, entry.fill)
        arrives_ms = max(entry.at_ms, entry.fill.ts_ms)
    elif entry.order is not None:
        kind, data = _of_order(plan, entry.order, entry)
        stamp = (entry.order.created_ms if entry.kind is Kind.CREATED else entry.at_ms) // 1000
    else:
        raise AssertionError(f"a journal entry of kind {entry.kind} says nothing")
    return {
        "topic": f"hbot/{plan.name}/events",
        "received_at": (arrives_ms + _ARRIVES_MS) / 1000,
        "payload": {"timestamp": stamp, "type": kind, "data": data},
    }


def _of_order(plan: BotPlan, order: Order, entry: Entry) -> tuple[str, Row]:
    side = order.side.title()
    if entry.kind is Kind.CREATED:
        return f"{side}OrderCreated", _created(plan, order)
    if entry.kind is Kind.COMPLETED:
        return f"{side}OrderCompleted", _completed(plan, order, entry.at_ms)
    return "OrderCancelled", {"order_id": order.order_id, "exchange_order_id": order.exchange_order_id}


def _created(plan: BotPlan, order: Order) -> Row:
    return {
        "type": "OrderType.LIMIT",
        "trading_pair": plan.instrument.pair,
        "amount": float(order.quantity),
        "price": float(order.price),
        "order_id": order.order_id,
        "creation_timestamp": order.created_ms / 1000,
        "exchange_order_id": order.exchange_order_id,
        "leverage": plan.rules.leverage,
        "position": "OPEN",
    }


def _filled(plan: BotPlan, order: Order, fill: Fill) -> Row:
    return {
        "order_id": order.order_id,
        "trading_pair": plan.instrument.pair,
        "trade_type": f"TradeType.{order.side.value}",
        "order_type": "OrderType.LIMIT",
        "price": float(order.price),
        "amount": float(fill.quantity),
        "trade_fee": fee_record(fill.fee, fill.fee_token),
        "exchange_trade_id": fill.trade_id,
        "exchange_order_id": order.exchange_order_id,
        "leverage": plan.rules.leverage,
        "position": "OPEN",
    }


def _completed(plan: BotPlan, order: Order, at_ms: int) -> Row:
    """Say how much was filled as far as the bot knew: a late part is missing here."""
    filled = sum((fill.quantity for fill in order.fills if fill.known_ms <= at_ms), Decimal(0))
    return {
        "order_id": order.order_id,
        "base_asset": plan.instrument.base,
        "quote_asset": plan.instrument.quote,
        "base_asset_amount": float(filled),
        "quote_asset_amount": float(filled * order.price),
        "order_type": "OrderType.LIMIT",
        "exchange_order_id": order.exchange_order_id,
    }


def _failed(reject: Reject) -> Row:
    return {
        "order_id": reject.order_id,
        "order_type": "OrderType.LIMIT",
        "error_message": "Order rejected by the exchange: system busy.",
        "error_type": "OSError",
    }


def _funding(plan: BotPlan, payment: Funding) -> Row:
    return {
        "market": plan.rules.market,
        "trading_pair": plan.instrument.pair,
        "amount": float(payment.amount),
        "funding_rate": float(payment.rate),
    }
