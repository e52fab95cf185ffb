"""Records as Bitget writes them: markets, fills, orders, bills, positions, balances and movements."""

import json
from decimal import Decimal

from loopback.book import Market, Movement, Order, Payment, Position, Trade, less, signed

__all__ = [
    "ACCOUNTS",
    "asset",
    "bill",
    "contract",
    "equity",
    "fill",
    "market_id",
    "order",
    "position",
    "product",
    "spot_market",
    "transaction",
    "transfer",
]

Json = dict[str, object]
_PRODUCTS = {"USDT": "USDT-FUTURES", "USDC": "USDC-FUTURES"}
ACCOUNTS = {"spot": "spot", "swap": "usdt_futures", "usdc_swap": "usdc_futures", "future": "coin_futures"}
_STATES = {"open": "live", "closed": "filled", "canceled": "canceled"}


def product(market: Market) -> str | None:
    return _PRODUCTS.get(market.settle, "COIN-FUTURES") if market.settle else None


def market_id(market: Market) -> str:
    return f"{market.base}{'PERP' if market.settle == 'USDC' else market.quote}"


def _places(step: str) -> str:
    return str(len(step.partition(".")[2]))


def spot_market(market: Market) -> Json:
    return {
        "symbol": market_id(market),
        "baseCoin": market.base,
        "quoteCoin": market.quote,
        "minTradeAmount": "0",
        "maxTradeAmount": "900000000000000000000",
        "takerFeeRate": "0.002",
        "makerFeeRate": "0.002",
        "pricePrecision": _places(market.tick),
        "quantityPrecision": _places(market.lot),
        "quotePrecision": "8",
        "status": "online",
        "minTradeUSDT": "1",
    }


def contract(market: Market) -> Json:
    return {
        "symbol": market_id(market),
        "baseCoin": market.base,
        "quoteCoin": market.quote,
        "makerFeeRate": "0.0002",
        "takerFeeRate": "0.0006",
        "supportMarginCoins": [market.settle],
        "minTradeNum": market.lot,
        "priceEndStep": str(int(Decimal(market.tick).scaleb(int(_places(market.tick))))),
        "volumePlace": _places(market.lot),
        "pricePlace": _places(market.tick),
        "sizeMultiplier": market.lot,
        "symbolType": "delivery" if market.expiry else "perpetual",
        "minTradeUSDT": "5",
        "symbolStatus": "normal",
        "deliveryTime": str(market.expiry or ""),
        "launchTime": "",
        "fundInterval": "8",
        "minLever": "1",
        "maxLever": "125",
    }


def fill(trade: Trade, market: Market) -> object:
    if trade.raw:
        return trade.raw
    fee: Json = {
        "deduction": "no",
        "feeCoin": trade.fee_asset,
        "totalDeductionFee": "",
        "totalFee": signed(trade.fee, True),
    }
    shared: Json = {
        "symbol": market_id(market),
        "orderId": trade.order,
        "tradeId": trade.id,
        "side": trade.side,
        "cTime": str(trade.ts),
    }
    shared["tradeScope"] = "maker" if trade.maker else "taker"
    worth = market.quote_of(trade.price, trade.amount)
    if market.is_spot:
        own: Json = {
            "userId": "1",
            "orderType": "limit",
            "priceAvg": trade.price,
            "size": trade.amount,
            "amount": worth,
        }
        return {**shared, **own, "feeDetail": fee, "uTime": str(trade.ts)}
    return {
        **shared,
        "price": trade.price,
        "baseVolume": trade.amount,
        "quoteVolume": worth,
        "feeDetail": [{**fee, "totalDeductionFee": None}],
        "profit": "0",
        "enterPointSource": "api",
        "tradeSide": "open" if trade.hedge else f"{trade.side}_single",
        "posMode": "hedge_mode" if trade.hedge else "one_way_mode",
    }


def order(order: Order, market: Market) -> object:
    if order.raw:
        return order.raw
    state = "partially_filled" if order.status == "open" and Decimal(order.filled) else _STATES[order.status]
    worth = market.quote_of(order.average, order.filled)
    shared: Json = {
        "symbol": market_id(market),
        "orderId": order.id,
        "clientOid": order.client,
        "size": order.amount,
        "price": order.price,
        "priceAvg": order.average if Decimal(order.filled) else "",
        "baseVolume": order.filled,
        "quoteVolume": worth,
        "status": state,
        "side": order.side,
        "orderType": order.kind,
        "enterPointSource": "API",
        "orderSource": "normal",
        "cTime": str(order.created),
        "uTime": str(order.updated),
    }
    if market.is_spot:
        fee = {
            order.fee_asset: {"deduction": False, "feeCoinCode": order.fee_asset, "totalFee": signed(order.fee, True)}
        }
        return {**shared, "userId": "1", "feeDetail": json.dumps(fee) if Decimal(order.filled) else ""}
    return {
        **shared,
        "fee": signed(order.fee, True),
        "force": "gtc",
        "totalProfits": "0",
        "posSide": order.hedge or "net",
        "marginCoin": market.settle,
        "leverage": "5",
        "marginMode": "crossed",
        "tradeSide": "open" if order.hedge else f"{order.side}_single",
        "posMode": "hedge_mode" if order.hedge else "one_way_mode",
        "reduceOnly": "NO",
    }


def bill(payment: Payment, market: Market) -> object:
    return payment.raw or {
        "billId": payment.id,
        "symbol": market_id(market),
        "amount": payment.amount,
        "fee": "0",
        "feeByCoupon": "",
        "businessType": "contract_settle_fee",
        "coin": payment.asset,
        "cTime": str(payment.ts),
    }


def position(position: Position, market: Market) -> object:
    return position.raw or {
        "marginCoin": market.settle,
        "symbol": market_id(market),
        "holdSide": position.side,
        "openDelegateSize": "0",
        "marginSize": "0",
        "available": position.amount,
        "locked": "0",
        "total": position.amount,
        "leverage": position.leverage,
        "achievedProfits": "0",
        "openPriceAvg": position.entry,
        "marginMode": "isolated" if position.isolated else "crossed",
        "posMode": "hedge_mode" if position.hedged else "one_way_mode",
        "unrealizedPL": "0",
        "liquidationPrice": "0",
        "keepMarginRate": "0.004",
        "markPrice": position.mark,
        "marginRatio": "0.01",
        "cTime": str(position.ts),
    }


def equity(coin: str, free: str, held: str) -> Json:
    return {
        "marginCoin": coin,
        "locked": "0",
        "available": free,
        "crossedMaxAvailable": free,
        "isolatedMaxAvailable": free,
        "maxTransferOut": free,
        "accountEquity": held,
        "usdtEquity": held,
        "btcEquity": "0",
        "unrealizedPL": "0",
    }


def asset(coin: str, free: str, held: str) -> Json:
    return {
        "coin": coin,
        "available": free,
        "limitAvailable": "0",
        "frozen": less(held, free),
        "locked": "0",
        "uTime": "0",
    }


def transfer(movement: Movement) -> object:
    return movement.raw or {
        "coin": movement.asset,
        "status": "Successful",
        "toType": ACCOUNTS.get(movement.target, movement.target),
        "toSymbol": "",
        "fromType": ACCOUNTS.get(movement.source, movement.source),
        "fromSymbol": "",
        "size": movement.amount,
        "ts": str(movement.ts),
        "clientOid": f"c{movement.id}",
        "transferId": movement.id,
    }


def transaction(movement: Movement) -> object:
    return movement.raw or {
        "orderId": movement.id,
        "tradeId": f"0x{movement.id}",
        "coin": movement.asset,
        "type": movement.kind,
        "size": movement.amount,
        "fee": "0",
        "status": "success",
        "toAddress": "0xto",
        "fromAddress": None,
        "dest": "on_chain",
        "chain": "TRC20",
        "cTime": str(movement.ts),
        "uTime": str(movement.ts),
    }
