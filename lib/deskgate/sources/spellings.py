"""Canonical words for event types, order states, sides and liquidity, by what the writers of events call them."""

import polars as pl

from deskgate.schema import EVENT_TYPES, NOTICE
from deskgate.sources.event_lines.columns import quoted

__all__ = [
    "EVENT_TYPE_OF",
    "HUMMINGBOT_EVENTS",
    "LIQUIDITY",
    "STATUS_OF_EVENT",
    "STATUS_OF_STATE",
    "position_action",
    "trade_side",
    "unknown_type",
]

HUMMINGBOT_EVENTS = {
    "BuyOrderCreated": "order_created",
    "SellOrderCreated": "order_created",
    "OrderFilled": "order_filled",
    "BuyOrderCompleted": "order_completed",
    "SellOrderCompleted": "order_completed",
    "OrderCancelled": "order_cancelled",
    "OrderFailure": "order_failed",
    "OrderExpired": "order_expired",
    "FundingPaymentCompleted": "funding_payment",
    # The rest of MarketEvent and AccountEvent (core/event/events.py of 20260922); range events stand in hummingbot/liquidity.py.
    **dict.fromkeys(
        (
            *("ReceivedAsset", "WithdrawAsset", "OrderUpdate", "TradeUpdate", "TransactionFailure", "FundingInfo"),
            *("PositionModeChangeSucceeded", "PositionModeChangeFailed", "BalanceEvent", "PositionUpdate"),
            *("MarginCall", "LiquidationEvent"),
        ),
        NOTICE,
    ),
}
# All that a type may be called in an envelope.
EVENT_TYPE_OF = {
    **HUMMINGBOT_EVENTS,
    "bot_fill": "order_filled",
    "fill": "order_filled",
    "order_canceled": "order_cancelled",
}
STATUS_OF_EVENT = {
    "order_created": "open",
    "order_filled": "filled",
    "order_completed": "completed",
    "order_cancelled": "cancelled",
    "order_failed": "failed",
    "order_expired": "expired",
}
# Hummingbot's database calls the states of an order by the names of its events.
STATUS_OF_STATE = {name: STATUS_OF_EVENT[kind] for name, kind in HUMMINGBOT_EVENTS.items() if kind in STATUS_OF_EVENT}
# By `is_maker`.
LIQUIDITY = {"true": "maker", "false": "taker"}


def trade_side(text: str | None) -> str | None:
    """Return BUY or SELL for `TradeType.BUY`, `buy` and the like; any other text comes back as it is."""
    return text.rpartition(".")[2].upper() if text else None


def position_action(text: str | None) -> str | None:
    """Return OPEN or CLOSE for Hummingbot's `PositionAction.OPEN` and the like; None for NIL, which says neither."""
    action = text.rpartition(".")[2].upper() if text else None
    return action if action in ("OPEN", "CLOSE") else None


def unknown_type(name: pl.Expr) -> pl.Expr:
    """Return why an event of another type is not stored."""
    return pl.format("type '{}' is not one of event schema 1: {}", quoted(name), pl.lit(", ".join(EVENT_TYPES)))
