"""Binance's futures records in the shape that ccxt gives them: unified fields, and the venue's own answer in `info`."""

from decimal import ROUND_DOWN, Decimal

from deskgate.demo.account import Account, Funding
from deskgate.demo.bots import BotPlan
from deskgate.demo.clock import iso_milli
from deskgate.demo.json_file import plain
from deskgate.demo.venue import Fill, Order, Side

__all__ = ["balance", "funding", "order", "position", "trade"]

_MAINTENANCE = Decimal("0.0065")
_CENT = Decimal("0.00000001")


def trade(plan: BotPlan, made: Order, fill: Fill) -> dict[str, object]:
    """Return a fill as `fetch_my_trades` does."""
    cost = made.price * fill.quantity
    fee = {"currency": fill.fee_token, "cost": float(fill.fee)}
    return {
        "info": {
            "symbol": plan.instrument.listed,
            "id": fill.trade_id,
            "orderId": made.exchange_order_id,
            "side": made.side.value,
            "price": plain(made.price),
            "qty": plain(fill.quantity),
            "realizedPnl": "0",
            "quoteQty": plain(cost),
            "commission": plain(fill.fee),
            "commissionAsset": fill.fee_token,
            "time": str(fill.ts_ms),
            "positionSide": "BOTH",
            "maker": True,
            "buyer": made.side is Side.BUY,
        },
        "timestamp": fill.ts_ms,
        "datetime": iso_milli(fill.ts_ms),
        "symbol": _symbol(plan),
        "id": fill.trade_id,
        "order": made.exchange_order_id,
        "type": None,
        "side": made.side.lower(),
        "takerOrMaker": "maker",
        "price": float(made.price),
        "amount": float(fill.quantity),
        "cost": float(cost),
        "fee": fee,
        "fees": [fee],
    }


def order(plan: BotPlan, made: Order, closed_ms: int) -> dict[str, object]:
    """Return a finished order as `fetch_closed_orders` and `fetch_canceled_orders` do."""
    cost = made.price * made.filled
    return {
        "info": {
            "orderId": made.exchange_order_id,
            "symbol": plan.instrument.listed,
            "status": "FILLED" if made.is_complete else "CANCELED",
            "clientOrderId": made.order_id,
            "price": plain(made.price),
            "avgPrice": plain(made.price) if made.fills else "0",
            "origQty": plain(made.quantity),
            "executedQty": plain(made.filled),
            "cumQuote": plain(cost),
            "timeInForce": "GTC",
            "type": "LIMIT",
            "reduceOnly": False,
            "closePosition": False,
            "side": made.side.value,
            "positionSide": "BOTH",
            "stopPrice": "0",
            "workingType": "CONTRACT_PRICE",
            "priceProtect": False,
            "origType": "LIMIT",
            "time": str(made.placed_ms),
            "updateTime": str(closed_ms),
        },
        "id": made.exchange_order_id,
        "clientOrderId": made.order_id,
        "timestamp": made.placed_ms,
        "datetime": iso_milli(made.placed_ms),
        "lastTradeTimestamp": closed_ms if made.is_complete else None,
        "lastUpdateTimestamp": closed_ms,
        "symbol": _symbol(plan),
        "type": "limit",
        "timeInForce": "GTC",
        "postOnly": False,
        "reduceOnly": False,
        "side": made.side.lower(),
        "price": float(made.price),
        "triggerPrice": None,
        "takeProfitPrice": None,
        "amount": float(made.quantity),
        "cost": float(cost),
        "average": float(made.price) if made.fills else None,
        "filled": float(made.filled),
        "remaining": float(made.quantity - made.filled),
        "status": "closed" if made.is_complete else "canceled",
        "fee": None,
        "trades": [],
        "fees": [],
        "stopPrice": None,
        "stopLossPrice": None,
    }


def position(plan: BotPlan, account: Account, mark: Decimal) -> dict[str, object]:
    """Return an open position as `fetch_positions` does."""
    held = abs(account.position)
    notional = held * mark
    margin = notional / plan.rules.leverage
    profit = account.unrealised(mark).quantize(_CENT)
    entry = plain(account.entry.quantize(Decimal("0.0001")))
    return {
        "info": {
            "symbol": plan.instrument.listed,
            "positionSide": "BOTH",
            "positionAmt": plain(account.position),
            "entryPrice": entry,
            "breakEvenPrice": entry,
            "markPrice": plain(mark),
            "unRealizedProfit": plain(profit),
            "liquidationPrice": "0",
            "isolatedMargin": "0",
            "notional": plain(account.position * mark),
            "marginAsset": plan.instrument.quote,
            "isolatedWallet": "0",
            "initialMargin": plain(margin),
            "maintMargin": "0",
            "positionInitialMargin": plain(margin),
            "openOrderInitialMargin": "0",
            "adl": "1",
            "bidNotional": "0",
            "askNotional": "0",
            "updateTime": str(account.last_fill_ms),
            "leverage": str(plan.rules.leverage),
            "marginType": "cross",
            "isolated": False,
        },
        "id": None,
        "symbol": _symbol(plan),
        "contracts": float(held),
        "contractSize": 1.0,
        "unrealizedPnl": float(profit),
        "leverage": float(plan.rules.leverage),
        "liquidationPrice": None,
        "positionMargin": None,
        "collateral": 0.0,
        "notional": float(notional),
        "markPrice": float(mark),
        "entryPrice": float(entry),
        "timestamp": account.last_fill_ms,
        "initialMargin": float(margin),
        "initialMarginPercentage": float(1 / Decimal(plan.rules.leverage)),
        "maintenanceMargin": float((notional * _MAINTENANCE).quantize(_CENT, ROUND_DOWN)),
        "maintenanceMarginPercentage": float(_MAINTENANCE),
        "marginRatio": None,
        "datetime": iso_milli(account.last_fill_ms),
        "marginMode": "cross",
        "side": "long" if account.position > 0 else "short",
        "hedged": False,
        "percentage": float((profit / margin * 100).quantize(Decimal("0.1"), ROUND_DOWN)),
        "stopLossPrice": None,
        "takeProfitPrice": None,
    }


def balance(plan: BotPlan, account: Account, mark: Decimal) -> dict[str, object]:
    """Return the account's balance as `fetch_balance` does: the total includes unrealised profit."""
    quote = plan.instrument.quote
    total = account.equity(mark)
    profit = account.unrealised(mark).quantize(_CENT)
    used = abs(account.position) * mark / plan.rules.leverage
    return {
        "info": {
            "assets": [
                {
                    "asset": quote,
                    "walletBalance": plain(total - profit),
                    "unrealizedProfit": plain(profit),
                    "marginBalance": plain(total),
                    "maintMargin": "0",
                    "initialMargin": plain(used),
                    "positionInitialMargin": plain(used),
                    "openOrderInitialMargin": "0",
                    "crossWalletBalance": plain(total - profit),
                    "crossUnPnl": plain(profit),
                    "availableBalance": plain(total - used),
                    "maxWithdrawAmount": plain(total - used),
                    "updateTime": str(account.at_ms),
                }
            ]
        },
        quote: {"free": float(total - used), "used": float(used), "total": float(total)},
        "timestamp": None,
        "datetime": None,
        "free": {quote: float(total - used)},
        "used": {quote: float(used)},
        "total": {quote: float(total)},
    }


def funding(plan: BotPlan, payment: Funding) -> dict[str, object]:
    """Return a payment as `fetch_funding_history` does."""
    return {
        "info": {
            "symbol": plan.instrument.listed,
            "incomeType": "FUNDING_FEE",
            "income": plain(payment.amount),
            "asset": plan.instrument.quote,
            "time": str(payment.ts_ms),
            "info": "FUNDING_FEE",
            "tranId": payment.funding_id,
            "tradeId": "",
        },
        "symbol": _symbol(plan),
        "code": plan.instrument.quote,
        "timestamp": payment.ts_ms,
        "datetime": iso_milli(payment.ts_ms),
        "id": payment.funding_id,
        "amount": float(payment.amount),
    }


def _symbol(plan: BotPlan) -> str:
    return f"{plan.instrument.base}/{plan.instrument.quote}:{plan.instrument.quote}"
