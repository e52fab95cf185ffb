"""Records as Bybit writes them: markets, executions, orders, positions and movements."""

from decimal import Decimal

from loopback.book import Market, Movement, Order, Payment, Position, Trade, less, plain, signed

__all__ = [
    "category",
    "deposit",
    "fill",
    "instrument",
    "market_id",
    "order",
    "payment",
    "position",
    "transfer",
    "withdrawal",
]

Json = dict[str, object]
_STATES = {"open": "New", "closed": "Filled", "canceled": "Cancelled"}
_ACCOUNTS = {"spot": "FUND", "swap": "UNIFIED"}
_HEDGE = {None: 0, "long": 1, "short": 2}


def category(market: Market) -> str:
    return "spot" if market.is_spot else "inverse" if market.is_inverse else "linear"


def market_id(market: Market) -> str:
    return f"{market.base}{'PERP' if market.settle == 'USDC' else market.quote}"


def instrument(market: Market) -> Json:
    shared: Json = {
        "symbol": market_id(market),
        "baseCoin": market.base,
        "quoteCoin": market.quote,
        "status": "Trading",
    }
    if market.is_spot:
        lot = {
            "basePrecision": market.lot,
            "quotePrecision": "0.0000001",
            "minOrderQty": market.lot,
            "maxOrderQty": "100",
        }
        return {**shared, "marginTrading": "none", "lotSizeFilter": lot, "priceFilter": {"tickSize": market.tick}}
    least = market.contract_size if market.is_inverse else market.lot
    return {
        **shared,
        "contractType": "InversePerpetual" if market.is_inverse else "LinearPerpetual",
        "settleCoin": market.settle,
        "launchTime": "1584230400000",
        "deliveryTime": "0",
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "100", "leverageStep": "0.01"},
        "priceFilter": {"minPrice": market.tick, "maxPrice": "1999999.80", "tickSize": market.tick},
        "lotSizeFilter": {"maxOrderQty": "1190", "minOrderQty": least, "qtyStep": market.lot},
        "fundingInterval": 480,
    }


def _execution(market: Market, **own: object) -> Json:
    """Return a record of v5/execution/list."""
    shared: Json = {
        "symbol": market_id(market),
        "orderLinkId": "",
        "stopOrderType": "UNKNOWN",
        "leavesQty": "0",
        "isLeverage": "",
        "closedSize": "",
        "blockTradeId": "",
        "markPrice": "70000",
    }
    # Records of spot have no createType.
    return {**shared, **({} if market.is_spot else {"createType": "CreateByUser"}), **own}


def fill(trade: Trade, market: Market) -> object:
    return trade.raw or _execution(
        market,
        orderId=trade.order,
        side=trade.side.capitalize(),
        orderType="Limit",
        orderPrice=trade.price,
        orderQty=trade.amount,
        execId=trade.id,
        execType="Trade",
        execPrice=trade.price,
        execQty=trade.amount,
        execValue=plain(Decimal(trade.amount) / Decimal(trade.price))
        if market.is_inverse
        else market.quote_of(trade.price, trade.amount),
        execFee=trade.fee,
        feeRate="0.0001",
        feeCurrency=trade.fee_asset if market.is_spot else "",
        isMaker=trade.maker,
        execTime=str(trade.ts),
    )


def payment(payment: Payment, market: Market) -> object:
    # execFee is positive when it is paid.
    return payment.raw or _execution(
        market,
        orderId=f"f{payment.id}",
        side="Buy",
        orderType="UNKNOWN",
        orderPrice="0",
        orderQty="0",
        execId=payment.id,
        execType="Funding",
        execPrice="70000",
        execQty=payment.size,
        execValue="0",
        execFee=signed(payment.amount, True),
        feeRate=payment.rate,
        feeCurrency="",
        isMaker=False,
        execTime=str(payment.ts),
    )


def order(order: Order, market: Market) -> object:
    if order.raw:
        return order.raw
    state = "PartiallyFilled" if order.status == "open" and Decimal(order.filled) else _STATES[order.status]
    own: Json = {} if market.is_spot else {"tpslMode": "", "reduceOnly": False, "positionIdx": _HEDGE[order.hedge]}
    return {
        "symbol": market_id(market),
        "orderId": order.id,
        "orderLinkId": order.client,
        "side": order.side.capitalize(),
        "orderType": order.kind.capitalize(),
        "price": order.price,
        "qty": order.amount,
        "cumExecQty": order.filled,
        "cumExecValue": market.quote_of(order.average, order.filled),
        "cumExecFee": order.fee,
        "leavesQty": less(order.amount, order.filled) if order.status == "open" else "0",
        "avgPrice": order.average if Decimal(order.filled) else "",
        "orderStatus": state,
        "timeInForce": "GTC",
        "triggerPrice": "",
        "createdTime": str(order.created),
        "updatedTime": str(order.updated),
        **own,
    }


def position(position: Position, market: Market) -> object:
    return position.raw or {
        "positionIdx": _HEDGE[position.side if position.hedged else None],
        "symbol": market_id(market),
        "side": "Sell" if position.side == "short" else "Buy",
        "size": position.amount,
        "avgPrice": position.entry,
        "positionValue": plain(Decimal(position.amount) * Decimal(position.entry)),
        "tradeMode": 1 if position.isolated else 0,
        "leverage": position.leverage,
        "markPrice": position.mark,
        "liqPrice": "",
        "positionIM": "1",
        "positionMM": "0.1",
        "unrealisedPnl": "0",
        "cumRealisedPnl": "0",
        "createdTime": str(position.ts),
        "updatedTime": str(position.ts),
    }


def transfer(movement: Movement) -> object:
    return movement.raw or {
        "transferId": movement.id,
        "coin": movement.asset,
        "amount": movement.amount,
        "fromAccountType": _ACCOUNTS.get(movement.source, movement.source),
        "toAccountType": _ACCOUNTS.get(movement.target, movement.target),
        "timestamp": str(movement.ts),
        "status": "SUCCESS",
    }


def deposit(movement: Movement) -> object:
    return movement.raw or {
        "id": movement.id,
        "coin": movement.asset,
        "chain": "TRX",
        "amount": movement.amount,
        "txID": f"0x{movement.id}",
        "status": 3,
        "toAddress": "0xto",
        "tag": "",
        "depositFee": "",
        "successAt": str(movement.ts),
    }


def withdrawal(movement: Movement) -> object:
    return movement.raw or {
        "withdrawId": movement.id,
        "coin": movement.asset,
        "chain": "TRX",
        "amount": movement.amount,
        "txID": f"0x{movement.id}",
        "status": "success",
        "toAddress": "0xto",
        "tag": "",
        "withdrawFee": "0",
        "createTime": str(movement.ts),
        "updateTime": str(movement.ts),
    }
