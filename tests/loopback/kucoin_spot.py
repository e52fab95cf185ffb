"""KuCoin, the spot account: high-frequency, as all are by now."""

from collections.abc import Mapping

from loopback.book import Market, Movement, Order, Trade, less
from loopback.kucoin import Answer, Kucoin, market_id
from loopback.listing import DAY_MS, window
from loopback.server import Request

__all__ = ["KucoinSpot"]


class KucoinSpot(Kucoin):
    """The spot account over a book."""

    @property
    def own_routes(self) -> Mapping[str, Answer]:
        return {
            "/api/v2/symbols": lambda _: [_market(market) for market in self.book.markets],
            "/api/v1/hf/fills": self._fills,
            "/api/v1/hf/orders/active": self._active,
            "/api/v1/hf/orders/done": self._done,
            "/api/v1/hf/accounts/ledgers": self._ledger,
            "/api/v1/accounts": self._accounts,
            "/api/v1/market/candles": self._candles,
        }

    def _fills(self, asked: Request) -> object:
        found = self._span(asked, self._needed_market(asked, self.book.trades))
        items = self.page(found, asked.number("limit"), default=20, most=100)
        return {"items": [self._fill(trade) for trade in items], "lastId": 1}

    def _fill(self, trade: Trade) -> object:
        own = {
            "id": int(trade.id),
            "tradeId": int(trade.id),
            "orderId": trade.order,
            "side": trade.side,
            "type": "limit",
        }
        money = {"price": trade.price, "size": trade.amount, "fee": trade.fee, "feeCurrency": trade.fee_asset}
        more = {"symbol": market_id(self.book.market(trade.symbol)), "tradeType": "TRADE", "createdAt": trade.ts}
        return trade.raw or own | money | more | {"liquidity": "maker" if trade.maker else "taker"}

    def _active(self, asked: Request) -> object:
        records = self._needed_market(asked, self.book.open_orders)
        return [self._order(order) for order in records]

    def _done(self, asked: Request) -> object:
        ended = self.book.ended(self.now - 2 * DAY_MS)
        found = self._span(asked, self._needed_market(asked, ended), by="created")
        items = self.page(found, asked.number("limit"), default=20, most=100)
        return {"items": [self._order(order) for order in items], "lastId": 1}

    def _order(self, order: Order) -> object:
        market = self.book.market(order.symbol)
        own = {
            "id": order.id,
            "clientOid": order.client,
            "symbol": market_id(market),
            "side": order.side,
            "type": order.kind,
        }
        sizes = {"price": order.price, "size": order.amount, "dealSize": order.filled, "fee": order.fee}
        state = {
            "active": order.status == "open",
            "cancelExist": order.status == "canceled",
            "inOrderBook": order.status == "open",
        }
        worth = market.quote_of(order.average, order.filled)
        times = {"createdAt": order.created, "lastUpdatedAt": order.updated}
        return order.raw or own | sizes | state | times | {
            "feeCurrency": order.fee_asset,
            "dealFunds": worth,
            "tradeType": "TRADE",
        }

    def _ledger(self, asked: Request) -> object:
        found = window(
            self.book.moved("transfer"),
            asked.number("startAt"),
            asked.number("endAt"),
        )
        rows = self.page(found, asked.number("limit"), default=100, most=200)
        return [_booking(moved) for moved in rows]

    def _accounts(self, _: Request) -> object:
        return [
            {
                "id": "1",
                "currency": asset,
                "type": "trade_hf",
                "balance": whole,
                "available": free,
                "holds": less(whole, free),
            }
            for asset, (free, whole) in self.book.account.balances.items()
        ]

    def _candles(self, asked: Request) -> object:
        records = self._of_market(asked, self.book.candles)
        found = window(records, asked.number("startAt"), asked.number("endAt"), unit=1000)
        rows = self.page(found, None, default=1500, most=1500)
        return [[str(row.ts // 1000), row.open, row.close, row.high, row.low, row.volume, row.volume] for row in rows]


def _market(market: Market) -> object:
    own = {
        "symbol": market_id(market),
        "baseCurrency": market.base,
        "quoteCurrency": market.quote,
        "enableTrading": True,
    }
    return own | {
        "baseIncrement": market.lot,
        "priceIncrement": market.tick,
        "baseMinSize": market.lot,
        "feeCurrency": market.quote,
    }


def _booking(moved: Movement) -> object:
    way = "in" if moved.target == "spot" else "out"
    own = {
        "id": moved.id,
        "currency": moved.asset,
        "amount": moved.amount,
        "fee": "0",
        "balance": "0",
        "bizType": "TRANSFER",
    }
    return moved.raw or own | {"accountType": "TRADE_HF", "direction": way, "createdAt": str(moved.ts), "context": ""}
