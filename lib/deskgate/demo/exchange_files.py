"""The venue's side of the story: a bot's exports through ccxt, and the paper bot's own ledger.

Written from the venue's orders and the venue's clock alone, never from what a bot believed. Account snapshots are
taken just before their stamp: what is stamped at that instant comes after.
"""

from collections.abc import Mapping
from decimal import Decimal

from deskgate.demo import ccxt_binance, ccxt_bitget
from deskgate.demo.account import Account, account_at, mark_price
from deskgate.demo.bots import BOT1, BotPlan, Trading
from deskgate.demo.clock import export_stamp, iso_milli
from deskgate.demo.json_file import plain
from deskgate.demo.market import Market
from deskgate.demo.story import Story
from deskgate.demo.venue import BITGET, Fill, Order

__all__ = ["Documents", "exported", "idle_exports", "ledger"]

Documents = dict[str, object]

_IDLE_BALANCE = Decimal(25)


def exported(trading: Trading, market: Market, story: Story) -> Documents:
    """Return a bot's exports at the end of the story: file name below the export folder, and document."""
    plan = trading.plan
    ccxt = ccxt_bitget if plan.rules is BITGET else ccxt_binance
    finished = sorted(
        ((order.closed_ms, order) for order in trading.orders if order.closed_ms is not None),
        key=lambda pair: (pair[0], pair[1].exchange_order_id),
    )
    documents: Documents = {
        "my_trades.json": [ccxt.trade(plan, order, fill) for order, fill in _by_time(trading.orders)],
        "closed_orders.json": [ccxt.order(plan, order, at) for at, order in finished if order.is_complete],
        "canceled_orders.json": [ccxt.order(plan, order, at) for at, order in finished if not order.is_complete],
        "open_orders.json": [],
        "funding_history.json": [ccxt.funding(plan, payment) for payment in trading.payments],
    }
    for at_ms in story.exports:
        account, mark = account_at(plan.opening, trading.orders, trading.payments, at_ms), mark_price(market, at_ms)
        held = [ccxt.position(plan, account, mark)] if account.position else []
        documents[f"positions/{export_stamp(at_ms)}.json"] = held
        documents[f"balance/{export_stamp(at_ms)}.json"] = ccxt.balance(plan, account, mark)
    return documents


def idle_exports(story: Story) -> Documents:
    """Return the exports of an account on which nothing ever happened."""
    lists = ("my_trades", "closed_orders", "canceled_orders", "open_orders", "funding_history")
    documents: Documents = {f"{name}.json": [] for name in lists}
    account = Account(_IDLE_BALANCE)
    for at_ms in story.exports:
        documents[f"positions/{export_stamp(at_ms)}.json"] = []
        documents[f"balance/{export_stamp(at_ms)}.json"] = ccxt_bitget.balance(BOT1, account, account.opening)
    return documents


def ledger(trading: Trading) -> list[Mapping[str, object]]:
    """Return the paper bot's ledger: its fills in the shape of an exchange's, under its own order ids."""
    return [_paper_trade(trading.plan, order, fill) for order, fill in _by_time(trading.orders)]


def _paper_trade(plan: BotPlan, order: Order, fill: Fill) -> dict[str, object]:
    side, cost = order.side.lower(), order.price * fill.quantity
    fee = {"currency": fill.fee_token, "cost": float(fill.fee)}
    return {
        "info": {
            "userId": "paper",
            "symbol": plan.instrument.listed,
            "orderId": order.order_id,
            "tradeId": fill.trade_id,
            "orderType": "limit",
            "side": side,
            "priceAvg": plain(order.price),
            "size": plain(fill.quantity),
            "amount": plain(cost),
            "feeDetail": {
                "deduction": "no",
                "feeCoin": fill.fee_token,
                "totalDeductionFee": "",
                "totalFee": plain(-fill.fee),
            },
            "tradeScope": "maker",
            "cTime": str(fill.ts_ms),
            "uTime": str(fill.ts_ms),
        },
        "id": fill.trade_id,
        "order": order.order_id,
        "symbol": f"{plan.instrument.base}/{plan.instrument.quote}",
        "side": side,
        "type": "limit",
        "takerOrMaker": "maker",
        "price": float(order.price),
        "amount": float(fill.quantity),
        "cost": float(cost),
        "timestamp": fill.ts_ms,
        "datetime": iso_milli(fill.ts_ms),
        "fee": fee,
        "fees": [fee],
    }


def _by_time(orders: list[Order]) -> list[tuple[Order, Fill]]:
    fills = [(order, fill) for order in orders for fill in order.fills]
    return sorted(fills, key=lambda pair: (pair[1].ts_ms, int(pair[1].trade_id)))
