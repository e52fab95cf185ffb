"""KuCoin, the futures account: amounts are in contracts, bitcoin is XBT."""

from collections.abc import Mapping

from loopback.book import Market, Movement, Order, Payment, Position, Trade, signed
from loopback.kucoin import Answer, Kucoin, coin, market_id
from loopback.listing import window
from loopback.server import Request

__all__ = ["KucoinFutures"]


class KucoinFutures(Kucoin):
    """The futures account over a book."""

    @property
    def own_routes(self) -> Mapping[str, Answer]:
        return {
            "/api/v1/contracts/active": lambda _: [_contract(market) for market in self.book.markets],
            "/api/v1/fills": self._fills,
            "/api/v1/orders": self._orders,
            "/api/v1/funding-history": self._payments,
            "/api/v1/positions": lambda _: [self._position(held) for held in self.book.account.positions],
            "/api/v1/transaction-history": self._ledger,
            "/api/v1/account-overview": self._overview,
            "/api/v1/kline/query": self._candles,
        }

    def _fills(self, asked: Request) -> object:
        return self._numbered(asked, self._span(asked, self._of_market(asked, self.book.trades)), self._fill)

    def _fill(self, trade: Trade) -> object:
        market = self.book.market(trade.symbol)
        own = {
            "symbol": market_id(market),
            "tradeId": trade.id,
            "orderId": trade.order,
            "side": trade.side,
            "orderType": "limit",
        }
        money = {"price": trade.price, "size": int(trade.amount), "value": market.quote_of(trade.price, trade.amount)}
        fee = {"fee": trade.fee, "feeCurrency": trade.fee_asset, "settleCurrency": coin(market.settle)}
        times = {"createdAt": trade.ts, "tradeTime": trade.ts * 1_000_000, "tradeType": "trade"}
        side = {"positionSide": (trade.hedge or "both").upper(), "liquidity": "maker" if trade.maker else "taker"}
        return trade.raw or own | money | fee | times | side

    def _orders(self, asked: Request) -> object:
        active = asked.query.get("status") == "active"
        records = [order for order in self._of_market(asked, self.book.orders) if (order.status == "open") is active]
        return self._numbered(asked, self._span(asked, records, by="created"), self._order)

    def _order(self, order: Order) -> object:
        market = self.book.market(order.symbol)
        own = {
            "id": order.id,
            "clientOid": order.client,
            "symbol": market_id(market),
            "side": order.side,
            "type": order.kind,
        }
        sizes = {"price": order.price, "size": int(order.amount), "filledSize": int(order.filled)}
        worth = {"filledValue": market.quote_of(order.average, order.filled), "avgDealPrice": order.average}
        state = {"isActive": order.status == "open", "cancelExist": order.status == "canceled", "reduceOnly": False}
        times = {"createdAt": order.created, "updatedAt": order.updated}
        return order.raw or own | sizes | worth | state | times | {"settleCurrency": coin(market.settle)}

    def _payments(self, asked: Request) -> object:
        found = window(self._needed_market(asked, self.book.payments), asked.number("startAt"), asked.number("endAt"))
        rows = self.page(found, asked.number("maxCount"), default=10, most=100)
        return {"dataList": [self._payment(row) for row in rows], "hasMore": len(found) > len(rows)}

    def _payment(self, payment: Payment) -> object:
        own = {"id": int(payment.id), "symbol": market_id(self.book.market(payment.symbol)), "timePoint": payment.ts}
        money = {"funding": float(payment.amount), "fundingRate": float(payment.rate), "positionQty": int(payment.size)}
        return payment.raw or own | money | {
            "markPrice": 1.0,
            "positionCost": 1.0,
            "settleCurrency": coin(payment.asset),
        }

    def _position(self, held: Position) -> object:
        market = self.book.market(held.symbol)
        size = float(signed(held.amount, negative=held.side == "short"))
        side = {"positionSide": held.side.upper() if held.hedged else "BOTH", "crossMode": not held.isolated}
        prices = {"avgEntryPrice": float(held.entry), "markPrice": float(held.mark), "unrealisedPnl": 0}
        own = {"id": "1", "symbol": market_id(market), "currentQty": size, "isOpen": True, "currentTimestamp": held.ts}
        return held.raw or own | side | prices | {"posCost": 10, "posInit": 2, "settleCurrency": coin(market.settle)}

    def _ledger(self, asked: Request) -> object:
        found = window(
            self.book.moved("transfer"),
            asked.number("startAt"),
            asked.number("endAt"),
        )
        rows = self.page(found, asked.number("maxCount"), default=50, most=50)
        return {"dataList": [_booking(moved) for moved in rows], "hasMore": False}

    def _overview(self, asked: Request) -> object:
        free, whole = self.book.account.balances.get(asked.query.get("currency", "USDT"), ("0", "0"))
        return {
            "currency": asked.query.get("currency"),
            "accountEquity": whole,
            "availableBalance": free,
            "marginBalance": whole,
        }

    def _candles(self, asked: Request) -> object:
        records = self._of_market(asked, self.book.candles)
        found = window(records, asked.number("from"), asked.number("to"), oldest_first=True)
        return [
            [row.ts, row.open, row.high, row.low, row.close, row.volume]
            for row in self.page(found, None, default=500, most=500)
        ]


def _contract(market: Market) -> object:
    own = {
        "symbol": market_id(market),
        "baseCurrency": coin(market.base),
        "quoteCurrency": market.quote,
        "status": "Open",
    }
    size = -float(market.contract_size) if market.is_inverse else float(market.contract_size)
    kind = {
        "settleCurrency": coin(market.settle),
        "isInverse": market.is_inverse,
        "multiplier": size,
        "expireDate": None,
    }
    return own | kind | {"tickSize": float(market.tick), "lotSize": float(market.lot), "nextFundingRateTime": 1}


def _booking(moved: Movement) -> object:
    inward = moved.target == "swap"
    own = {
        "time": moved.ts,
        "type": "TransferIn" if inward else "TransferOut",
        "fee": 0,
        "status": "Completed",
        "offset": 1,
    }
    amount = float(signed(moved.amount, negative=not inward))
    return moved.raw or own | {"amount": amount, "accountEquity": 0, "remark": "", "currency": coin(moved.asset)}
