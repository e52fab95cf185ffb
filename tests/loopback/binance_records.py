"""Records as Binance writes them: markets, fills, orders, income, positions, balances and movements."""

from datetime import UTC, datetime
from decimal import Decimal

from loopback.book import Market, Movement, Order, Payment, Position, Trade, less, plain, signed

__all__ = [
    "RIGHTS",
    "asset",
    "booked",
    "deposit",
    "direction",
    "fill",
    "market",
    "market_id",
    "order",
    "payment",
    "position",
    "transfer",
    "withdrawal",
]

Json = dict[str, object]
_WALLETS = {"spot": "MAIN", "swap": "UMFUTURE", "linear": "UMFUTURE", "inverse": "CMFUTURE", "margin": "MARGIN"}
_STATES = {"open": "NEW", "closed": "FILLED", "canceled": "CANCELED"}


RIGHTS: Json = {
    "ipRestrict": True,
    "enableReading": True,
    "enableWithdrawals": False,
    "enableInternalTransfer": False,
    "enableSpotAndMarginTrading": False,
    "enableFutures": False,
    "permitsUniversalTransfer": False,
}


def market_id(market: Market) -> str:
    return f"{market.base}{market.quote}"


def direction(movement: Movement) -> str:
    return "_".join(_WALLETS.get(name, name.upper()) for name in (movement.source, movement.target))


def booked(movement: Movement) -> int:
    # A withdrawal is listed and found by whole seconds.
    return movement.ts // 1000 * 1000 if movement.kind == "withdrawal" else movement.ts


def market(market: Market) -> Json:
    filters: list[Json] = [
        {"filterType": "PRICE_FILTER", "minPrice": market.tick, "maxPrice": "1000000", "tickSize": market.tick},
        {"filterType": "LOT_SIZE", "minQty": market.lot, "maxQty": "10000", "stepSize": market.lot},
    ]
    shared: Json = {
        "symbol": market_id(market),
        "status": "TRADING",
        "baseAsset": market.base,
        "quoteAsset": market.quote,
    }
    shared |= {"baseAssetPrecision": 8, "quotePrecision": 8, "filters": filters, "orderTypes": ["LIMIT", "MARKET"]}
    if market.is_spot:
        return {
            **shared,
            "quoteAssetPrecision": 8,
            "isSpotTradingAllowed": True,
            "isMarginTradingAllowed": False,
            "permissions": [],
        }
    return {
        **shared,
        "pair": market_id(market),
        "contractType": "CURRENT_QUARTER" if market.expiry else "PERPETUAL",
        "deliveryDate": market.expiry or 4133404800000,
        "onboardDate": 1569398400000,
        "marginAsset": market.settle,
        "pricePrecision": 2,
        "quantityPrecision": 3,
        "underlyingType": "COIN",
        "timeInForce": ["GTC", "GTX"],
    }


def fill(trade: Trade, market: Market) -> object:
    if trade.raw:
        return trade.raw
    worth = market.quote_of(trade.price, trade.amount)
    shared: Json = {
        "symbol": market_id(market),
        "id": int(trade.id),
        "orderId": int(trade.order),
        "price": trade.price,
        "qty": trade.amount,
    }
    shared |= {"quoteQty": worth, "commission": trade.fee, "commissionAsset": trade.fee_asset, "time": trade.ts}
    if market.is_spot:
        is_buyer = trade.side == "buy"
        return {**shared, "orderListId": -1, "isBuyer": is_buyer, "isMaker": trade.maker, "isBestMatch": True}
    return {
        **shared,
        "side": trade.side.upper(),
        "realizedPnl": "0",
        "positionSide": (trade.hedge or "both").upper(),
        "maker": trade.maker,
        "buyer": trade.side == "buy",
    }


def order(order: Order, market: Market) -> object:
    if order.raw:
        return order.raw
    state = "PARTIALLY_FILLED" if order.status == "open" and Decimal(order.filled) else _STATES[order.status]
    worth = market.quote_of(order.average, order.filled)
    shared: Json = {
        "symbol": market_id(market),
        "orderId": int(order.id),
        "clientOrderId": order.client,
        "price": order.price,
        "origQty": order.amount,
        "executedQty": order.filled,
        "status": state,
        "timeInForce": "GTC",
        "type": order.kind.upper(),
        "side": order.side.upper(),
        "stopPrice": "0",
        "time": order.created,
        "updateTime": order.updated,
    }
    if market.is_spot:
        return {**shared, "orderListId": -1, "cummulativeQuoteQty": worth, "icebergQty": "0", "isWorking": True}
    return {
        **shared,
        "avgPrice": order.average,
        "cumQuote": worth,
        "reduceOnly": False,
        "closePosition": False,
        "positionSide": (order.hedge or "both").upper(),
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "origType": order.kind.upper(),
    }


def payment(payment: Payment, market: Market) -> object:
    return payment.raw or {
        "symbol": market_id(market),
        "incomeType": "FUNDING_FEE",
        "income": payment.amount,
        "asset": payment.asset,
        "info": "FUNDING_FEE",
        "time": payment.ts,
        "tranId": int(payment.id),
        "tradeId": "",
    }


def position(position: Position, market: Market) -> object:
    amount = signed(position.amount, position.side == "short")
    return position.raw or {
        "symbol": market_id(market),
        "positionSide": position.side.upper() if position.hedged else "BOTH",
        "positionAmt": amount,
        "entryPrice": position.entry,
        "breakEvenPrice": position.entry,
        "markPrice": position.mark,
        "unRealizedProfit": "0",
        "liquidationPrice": "0",
        "isolatedMargin": "1" if position.isolated else "0",
        "notional": plain(Decimal(amount) * Decimal(position.mark)),
        "marginAsset": market.settle,
        "isolatedWallet": "0",
        "initialMargin": "1",
        "maintMargin": "0",
        "positionInitialMargin": "1",
        "openOrderInitialMargin": "0",
        "adl": "1",
        "bidNotional": "0",
        "askNotional": "0",
        "updateTime": position.ts,
    }


def asset(asset: str, free: str, whole: str, ts: int) -> Json:
    return {
        "asset": asset,
        "walletBalance": whole,
        "unrealizedProfit": "0",
        "marginBalance": whole,
        "initialMargin": less(whole, free),
        "maintMargin": "0",
        "availableBalance": free,
        "maxWithdrawAmount": free,
        "updateTime": ts,
    }


def transfer(movement: Movement) -> object:
    return movement.raw or {
        "timestamp": movement.ts,
        "asset": movement.asset,
        "amount": movement.amount,
        "type": direction(movement),
        "status": "CONFIRMED",
        "tranId": int(movement.id),
    }


def deposit(movement: Movement) -> object:
    return movement.raw or {
        "id": movement.id,
        "amount": movement.amount,
        "coin": movement.asset,
        "network": "TRX",
        "status": 1,
        "address": "0xto",
        "addressTag": "",
        "txId": f"0x{movement.id}",
        "insertTime": movement.ts,
        "transferType": 0,
        "confirmTimes": "1/1",
    }


def withdrawal(movement: Movement) -> object:
    return movement.raw or {
        "id": movement.id,
        "amount": movement.amount,
        "transactionFee": "0",
        "coin": movement.asset,
        "status": 6,
        "address": "0xto",
        "txId": f"0x{movement.id}",
        "applyTime": datetime.fromtimestamp(booked(movement) // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "network": "TRX",
        "transferType": 0,
    }
