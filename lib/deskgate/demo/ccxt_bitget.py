"""Bitget's records in the shape that ccxt gives them: unified fields, and the venue's own answer in `info`."""

from decimal import ROUND_DOWN, Decimal

from deskgate.demo.account import Account, Funding
from deskgate.demo.bots import BotPlan
from deskgate.demo.clock import iso_milli
from deskgate.demo.json_file import plain
from deskgate.demo.venue import Fill, Order

__all__ = ["balance", "funding", "order", "position", "trade"]

_MAINTENANCE = Decimal("0.0046")


def trade(plan: BotPlan, made: Order, fill: Fill) -> dict[str, object]:
    """Return a fill as `fetch_my_trades` does."""
    side, cost = made.side.lower(), made.price * fill.quantity
    fee = {"currency": fill.fee_token, "cost": float(fill.fee)}
    return {
        "info": {
            "tradeId": fill.trade_id,
            "symbol": plan.instrument.listed,
            "orderId": made.exchange_order_id,
            "price": plain(made.price),
            "baseVolume": plain(fill.quantity),
            "feeDetail": [
                {
                    "deduction": "no",
                    "feeCoin": fill.fee_token,
                    "totalDeductionFee": None,
                    "totalFee": plain(-fill.fee),
                }
            ],
            "side": side,
            "quoteVolume": plain(cost),
            "profit": "0",
            "enterPointSource": "api",
            "tradeSide": f"{side}_single",
            "posMode": "one_way_mode",
            "tradeScope": "maker",
            "cTime": str(fill.ts_ms),
        },
        "id": fill.trade_id,
        "order": made.exchange_order_id,
        "symbol": _symbol(plan),
        "side": side,
        "type": None,
        "takerOrMaker": "maker",
        "price": float(made.price),
        "amount": float(fill.quantity),
        "cost": float(cost),
        "timestamp": fill.ts_ms,
        "datetime": iso_milli(fill.ts_ms),
        "fee": fee,
        "fees": [fee],
    }


def order(plan: BotPlan, made: Order, closed_ms: int) -> dict[str, object]:
    """Return a finished order as `fetch_closed_orders` and `fetch_canceled_orders` do."""
    side, cost = made.side.lower(), made.price * made.filled
    paid = sum((fill.fee for fill in made.fills), Decimal(0))
    fee = {"cost": float(paid), "currency": plan.instrument.quote}
    return {
        "info": {
            "symbol": plan.instrument.listed,
            "size": plain(made.quantity),
            "orderId": made.exchange_order_id,
            "clientOid": made.order_id,
            "baseVolume": plain(made.filled),
            "fee": plain(-paid),
            "price": plain(made.price),
            "priceAvg": plain(made.price) if made.fills else "",
            "status": "filled" if made.is_complete else "canceled",
            "side": side,
            "force": "gtc",
            "totalProfits": "0",
            "posSide": "net",
            "marginCoin": plan.instrument.quote,
            "quoteVolume": plain(cost),
            "leverage": str(plan.rules.leverage),
            "marginMode": "crossed",
            "enterPointSource": "api",
            "tradeSide": f"{side}_single",
            "posMode": "one_way_mode",
            "orderType": "limit",
            "orderSource": "normal",
            "cTime": str(made.placed_ms),
            "uTime": str(closed_ms),
            "reduceOnly": "NO",
        },
        "id": made.exchange_order_id,
        "clientOrderId": made.order_id,
        "timestamp": made.placed_ms,
        "datetime": iso_milli(made.placed_ms),
        "lastTradeTimestamp": closed_ms,
        "lastUpdateTimestamp": closed_ms,
        "symbol": _symbol(plan),
        "type": "limit",
        "side": side,
        "price": float(made.price),
        "amount": float(made.quantity),
        "cost": float(cost),
        "average": float(made.price) if made.fills else None,
        "filled": float(made.filled),
        "remaining": float(made.quantity - made.filled),
        "timeInForce": "GTC",
        "postOnly": False,
        "reduceOnly": False,
        "triggerPrice": None,
        "takeProfitPrice": None,
        "stopLossPrice": None,
        "status": "closed" if made.is_complete else "canceled",
        "fee": fee,
        "trades": [],
        "fees": [fee],
        "stopPrice": None,
    }


def position(plan: BotPlan, account: Account, mark: Decimal) -> dict[str, object]:
    """Return an open position as `fetch_positions` does."""
    held = abs(account.position)
    notional = held * mark
    margin = notional / plan.rules.leverage
    profit = _shown_profit(account, mark)
    side = "long" if account.position > 0 else "short"
    entry = account.entry.quantize(Decimal("0.0001"))
    return {
        "info": {
            "marginCoin": plan.instrument.quote,
            "symbol": plan.instrument.listed,
            "holdSide": side,
            "openDelegateSize": "0",
            "marginSize": plain(margin),
            "available": plain(held),
            "locked": "0",
            "total": plain(held),
            "leverage": str(plan.rules.leverage),
            "achievedProfits": "0",
            "openPriceAvg": plain(entry),
            "marginMode": "crossed",
            "posMode": "one_way_mode",
            "unrealizedPL": plain(profit),
            "liquidationPrice": "0",
            "keepMarginRate": "0.004",
            "markPrice": plain(mark),
            "marginRatio": "0.03",
            "cTime": str(account.last_fill_ms),
        },
        "id": None,
        "symbol": _symbol(plan),
        "notional": float(notional),
        "marginMode": "cross",
        "liquidationPrice": None,
        "entryPrice": float(entry),
        "unrealizedPnl": float(profit),
        "realizedPnl": None,
        "percentage": float((profit / margin * 100).quantize(Decimal("0.01"), ROUND_DOWN)),
        "contracts": float(held),
        "contractSize": 1.0,
        "markPrice": float(mark),
        "lastPrice": None,
        "side": side,
        "hedged": False,
        "timestamp": account.last_fill_ms,
        "datetime": iso_milli(account.last_fill_ms),
        "lastUpdateTimestamp": None,
        "maintenanceMargin": float(notional * _MAINTENANCE),
        "maintenanceMarginPercentage": 0.004,
        "positionMargin": None,
        "collateral": None,
        "initialMargin": float(margin),
        "initialMarginPercentage": float(1 / Decimal(plan.rules.leverage)),
        "leverage": float(plan.rules.leverage),
        "marginRatio": 0.03,
        "stopLossPrice": None,
        "takeProfitPrice": None,
    }


def balance(plan: BotPlan, account: Account, mark: Decimal) -> dict[str, object]:
    """Return the account's balance as `fetch_balance` does: the total includes unrealised profit."""
    quote = plan.instrument.quote
    total = account.equity(mark)
    used = abs(account.position) * mark / plan.rules.leverage
    free = plain(total - used)
    return {
        "info": [
            {
                "marginCoin": quote,
                "locked": "0",
                "available": free,
                "crossedMaxAvailable": free,
                "isolatedMaxAvailable": free,
                "maxTransferOut": free,
                "accountEquity": plain(total),
                "usdtEquity": plain(total),
                "btcEquity": "0",
                "crossedRiskRate": "0",
                "unrealizedPL": plain(_shown_profit(account, mark)),
                "coupon": "0",
                "crossedUnrealizedPL": None,
                "isolatedUnrealizedPL": None,
            }
        ],
        quote: {"free": float(total - used), "used": float(used), "total": float(total)},
        "free": {quote: float(total - used)},
        "used": {quote: float(used)},
        "total": {quote: float(total)},
    }


def funding(plan: BotPlan, payment: Funding) -> dict[str, object]:
    """Return a payment as `fetch_funding_history` does."""
    return {
        "info": {
            "billId": payment.funding_id,
            "symbol": plan.instrument.listed,
            "amount": plain(payment.amount),
            "fee": "0",
            "feeByCoupon": "",
            "businessType": "contract_settle_fee",
            "coin": plan.instrument.quote,
            "cTime": str(payment.ts_ms),
        },
        "symbol": _symbol(plan),
        "timestamp": payment.ts_ms,
        "datetime": iso_milli(payment.ts_ms),
        "code": plan.instrument.quote,
        "amount": float(payment.amount),
        "id": payment.funding_id,
    }


def _shown_profit(account: Account, mark: Decimal) -> Decimal:
    """Return the unrealised profit as the venue shows it, to eight decimals."""
    return account.unrealised(mark).quantize(Decimal("0.00000001"))


def _symbol(plan: BotPlan) -> str:
    return f"{plan.instrument.base}/{plan.instrument.quote}:{plan.instrument.quote}"
