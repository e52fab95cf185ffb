"""What a venue account traded, from ccxt-shaped exports: trades and orders.

Funding and transfers are in modules of their own, positions and balances in `account`.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import reduce

from deskgate.sources.ccxt.execution_facts import execution_facts
from deskgate.sources.ccxt.exports import Item, exact, pair_of, read_entries, symbol_of
from deskgate.sources.ccxt.funding import payment_among_trades
from deskgate.sources.exact_json import field, first
from deskgate.sources.fees import Fee, decimal_of, fee_in_quote
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.records import RecordError, Row
from deskgate.sources.source_file import SourceFile
from deskgate.sources.spellings import trade_side

__all__ = ["read_my_trades", "read_orders"]

Rows = Iterator[tuple[str, Row]]

_TERMINAL = {
    "closed": "completed",
    "canceled": "cancelled",
    "cancelled": "cancelled",
    "expired": "expired",
    "rejected": "failed",
}
# Which of two positions a trade is of where the account is in hedge mode; BOTH and net are of an account in one-way mode.
_SIDES = {"LONG": "LONG", "SHORT": "SHORT"}
_CLIENT_IDS = ("buy://", "sell://")
_PAPER = "paper"


def read_my_trades(source: SourceFile) -> ParsedSource:
    """Return one fill a trade; what a venue lists among trades and is none is a funding payment, or no row."""
    return read_entries(source, _execution)


def read_orders(source: SourceFile) -> ParsedSource:
    """Return an order's two states: `open` at its creation, and how it ended where it has."""
    return read_entries(source, _orders)


def _execution(item: Item) -> Rows:
    info = field(item, "info")
    facts = execution_facts(info)
    what = (first(info, facts.key) or "").lower() if facts else ""
    if facts is None or what in facts.fills:
        yield from _fill(item)
    elif what in facts.funding:
        yield payment_among_trades(item)
    elif what in facts.others:
        return
    elif facts.fills:
        raise RecordError(f"info.{facts.key} '{what}' is not one of {', '.join(sorted(facts.fills))}")
    else:
        yield from _fill(item)


def _fill(item: Item) -> Rows:
    info, order = field(item, "info"), first(item, "order")
    pair, price = pair_of(first(item, "symbol")), first(item, "price")
    fee = _fee(item, info)
    # A paper bot has no venue that would number its orders: its ledger knows them by the bot's own id.
    own = order is not None and (first(info, "userId") == _PAPER or order.startswith(_CLIENT_IDS))
    exact_price = exact(price, first(info, "price"), first(info, "priceAvg"))
    yield (
        "fills",
        {
            "ts": first(item, "timestamp", "datetime"),
            "pair": pair,
            "symbol": symbol_of(first(item, "symbol")),
            "trade_id": first(item, "id"),
            "order_id": first(item, "clientOrderId") or (order if own else None),
            "exchange_order_id": None if own else order,
            "side": trade_side(first(item, "side")),
            "price": exact_price,
            "quantity": exact(
                first(item, "amount"), *(first(info, key) for key in ("baseVolume", "qty", "size", "amount"))
            ),
            "fee_amount": fee.amount,
            "fee_token": fee.token,
            "fee_quote": fee_in_quote(fee.amount, fee.token, pair, exact_price),
            "liquidity": first(item, "takerOrMaker"),
            "cost": first(item, "cost"),
            "contract_size": first(item, "contractSize"),
            "position": _SIDES.get((first(info, "positionSide", "posSide") or "").upper()),
        },
    )


def _fee(item: Item, info: Item) -> Fee:
    """Return the trade's fee, positive when paid as ccxt has it; parts in one token are summed.

    Gate lists a fee of nothing in the quote beside the one that was paid in its own token.
    """
    listed = item.get("fees")
    parts = [part for part in listed if isinstance(part, Mapping)] if isinstance(listed, list) else []
    single = field(item, "fee")
    parts = [single] if first(single, "cost") is not None else [part for part in parts if first(part, "cost")]
    parts = [part for part in parts if decimal_of("fee", first(part, "cost"))] or parts[:1]
    tokens = {first(part, "currency") for part in parts}
    if len(tokens) != 1:
        return Fee()
    detail = field(info, "feeDetail")
    candidates = (first(info, "commission"), first(detail, "totalFee"), first(info, "fee"))
    costs = [exact(first(part, "cost"), *candidates) for part in parts]
    total = reduce(Decimal.__add__, (decimal_of("fee", cost) for cost in costs), Decimal(0))
    return Fee(costs[0] if len(costs) == 1 else f"{total:f}", tokens.pop())


def _orders(item: Item) -> Rows:
    info, status, created = field(item, "info"), first(item, "status"), first(item, "timestamp", "datetime")
    order = {
        "pair": pair_of(first(item, "symbol")),
        "symbol": symbol_of(first(item, "symbol")),
        "order_id": first(item, "clientOrderId"),
        "exchange_order_id": first(item, "id"),
        "created_ts": created,
        "side": trade_side(first(item, "side")),
        "price": exact(first(item, "price"), first(info, "price")),
        "quantity": exact(first(item, "amount"), first(info, "size"), first(info, "origQty")),
    }
    filled = {"filled_quantity": exact(first(item, "filled"), first(info, "baseVolume"), first(info, "executedQty"))}
    if status == "open":
        yield "orders", order | filled | {"status": "open", "ts": created}
        return
    if status not in _TERMINAL:
        raise RecordError(f"status '{status}' is not one of open, {', '.join(_TERMINAL)}")
    yield "orders", order | {"status": "open", "ts": created}
    # ccxt leaves out when a spot order of KuCoin ended.
    update = first(item, "lastUpdateTimestamp", "lastTradeTimestamp") or first(info, "lastUpdatedAt")
    ended = update or first(item, "timestamp", "datetime")
    yield "orders", order | filled | {"status": _TERMINAL[status], "ts": ended}
