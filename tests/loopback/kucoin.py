"""KuCoin: a spot account, high-frequency as all are by now, and a futures account; pages newest first.

The two share paths, such as orders, at two addresses: a book of spot markets alone is a spot account. A span of more than a week is
cut to a week without an error.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from loopback.book import Market, Movement, Order, Payment, Position, Trade, signed
from loopback.listing import window
from loopback.server import Dialect, Refused, Request

__all__ = ["Kucoin"]

Record = TypeVar("Record")
_WEEK_MS = 7 * 86_400_000
_DAY_MS = 86_400_000
_CODES = {
    "rate_limit": (429, "429000"),
    "server": (503, "230005"),
    "key": (401, "400001"),
    "clock": (400, "400002"),
    "route": (404, "404000"),
    "request": (400, "400100"),
}


class Kucoin(Dialect):
    """KuCoin over a book."""

    public = (
        "/api/v1/timestamp",
        "/api/v2/symbols",
        "/api/v3/currencies",
        "/api/v1/contracts/active",
        "/api/v1/market/candles",
        "/api/v1/kline/query",
    )

    @property
    def routes(self) -> Mapping[str, Callable[[Request], object]]:
        shared: dict[str, Callable[[Request], Any]] = {
            "/api/v1/timestamp": lambda _: self.now,
            "/api/v3/currencies": lambda _: [],
            "/api/ua/v1/account/mode": lambda _: {"selfAccountMode": "CLASSIC"},
            "/api/v1/hf/accounts/opened": lambda _: True,
            "/api/v3/margin/symbols": lambda _: {"items": []},
            "/api/v1/isolated/symbols": lambda _: [],
            "/api/v1/deposits": self._deposits,
            "/api/v1/withdrawals": self._withdrawals,
        }
        spot: dict[str, Callable[[Request], Any]] = {
            "/api/v2/symbols": lambda _: [_spot_market(market) for market in self.book.markets],
            "/api/v1/hf/fills": self._spot_fills,
            "/api/v1/hf/orders/active": self._spot_active,
            "/api/v1/hf/orders/done": self._spot_done,
            "/api/v1/hf/accounts/ledgers": self._spot_ledger,
            "/api/v1/accounts": self._accounts,
            "/api/v1/market/candles": self._spot_candles,
        }
        futures: dict[str, Callable[[Request], Any]] = {
            "/api/v1/contracts/active": lambda _: [_contract(market) for market in self.book.markets],
            "/api/v1/fills": self._fills,
            "/api/v1/orders": self._orders,
            "/api/v1/funding-history": self._payments,
            "/api/v1/positions": lambda _: [self._position(held) for held in self.book.account.positions],
            "/api/v1/transaction-history": self._ledger,
            "/api/v1/account-overview": self._overview,
            "/api/v1/kline/query": self._candles,
        }
        own = spot if all(market.is_spot for market in self.book.markets) else futures
        return {path: self._enveloped(route) for path, route in {**shared, **own}.items()}

    def _enveloped(self, route: Callable[[Request], Any]) -> Callable[[Request], object]:
        return lambda asked: {"code": "200000", "data": route(asked)}

    def has_key(self, request: Request) -> bool:
        return bool(request.headers.get("kc-api-key"))

    def signed_at(self, request: Request) -> int | None:
        return int(request.headers.get("kc-api-timestamp", "0"))

    def refusal(self, what: str, message: str = "") -> Refused:
        status, code = _CODES[what]
        return Refused(status, {"code": code, "msg": message or what})

    def _span(self, asked: Request, records: Iterable[Record], by: str = "ts") -> list[Record]:
        """Return the records of a week at most; one end alone is one of a day."""
        since, until = asked.number("startAt"), asked.number("endAt")
        if until is not None and since is None:
            since = until - _DAY_MS
        if since is not None:
            until = min(since + _DAY_MS if until is None else until, since + _WEEK_MS)
        return window(records, since, until, by=by)

    def _of_market(self, asked: Request, records: Iterable[Any]) -> list[Any]:
        name = asked.query.get("symbol")
        return [record for record in records if name in {None, _id(self.book.market(record.symbol))}]

    def _numbered(self, asked: Request, records: list[Record], row: Callable[[Record], object]) -> object:
        """Return one of the pages that are asked for by their number."""
        size = min(asked.number("pageSize") or 50, 1000)
        first = ((asked.number("currentPage") or 1) - 1) * size
        items = self.page(records[first:], size, default=50, most=1000)
        return {"currentPage": 1, "pageSize": size, "totalNum": len(records), "items": [row(item) for item in items]}

    def _needed_market(self, asked: Request, records: Iterable[Any]) -> list[Any]:
        if "symbol" not in asked.query:
            raise self.refusal("request", "symbol is required")
        return self._of_market(asked, records)

    def _spot_fills(self, asked: Request) -> object:
        found = self._span(asked, self._needed_market(asked, self.book.trades))
        items = self.page(found, asked.number("limit"), default=20, most=100)
        return {"items": [self._spot_fill(trade) for trade in items], "lastId": 1}

    def _spot_fill(self, trade: Trade) -> object:
        own = {
            "id": int(trade.id),
            "tradeId": int(trade.id),
            "orderId": trade.order,
            "side": trade.side,
            "type": "limit",
        }
        money = {"price": trade.price, "size": trade.amount, "fee": trade.fee, "feeCurrency": trade.fee_asset}
        more = {"symbol": _id(self.book.market(trade.symbol)), "tradeType": "TRADE", "createdAt": trade.ts}
        return trade.raw or own | money | more | {"liquidity": "maker" if trade.maker else "taker"}

    def _spot_active(self, asked: Request) -> object:
        records = self._needed_market(asked, (order for order in self.book.orders if order.status == "open"))
        return [self._spot_order(order) for order in records]

    def _spot_done(self, asked: Request) -> object:
        old = self.now - 2 * _DAY_MS
        ended = [
            order
            for order in self.book.orders
            if order.status != "open" and (order.filled != "0" or order.updated >= old)
        ]
        found = self._span(asked, self._needed_market(asked, ended), by="created")
        items = self.page(found, asked.number("limit"), default=20, most=100)
        return {"items": [self._spot_order(order) for order in items], "lastId": 1}

    def _spot_order(self, order: Order) -> object:
        market = self.book.market(order.symbol)
        own = {"id": order.id, "clientOid": order.client, "symbol": _id(market), "side": order.side, "type": order.kind}
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

    def _spot_ledger(self, asked: Request) -> object:
        found = window(
            (moved for moved in self.book.movements if moved.kind == "transfer"),
            asked.number("startAt"),
            asked.number("endAt"),
        )
        rows = self.page(found, asked.number("limit"), default=100, most=200)
        return [_spot_booking(moved) for moved in rows]

    def _accounts(self, _: Request) -> object:
        return [
            {
                "id": "1",
                "currency": asset,
                "type": "trade_hf",
                "balance": whole,
                "available": free,
                "holds": _less(whole, free),
            }
            for asset, (free, whole) in self.book.account.balances.items()
        ]

    def _spot_candles(self, asked: Request) -> object:
        records = self._of_market(asked, self.book.candles)
        found = window(records, asked.number("startAt"), asked.number("endAt"), unit=1000)
        rows = self.page(found, None, default=1500, most=1500)
        return [[str(row.ts // 1000), row.open, row.close, row.high, row.low, row.volume, row.volume] for row in rows]

    def _fills(self, asked: Request) -> object:
        return self._numbered(asked, self._span(asked, self._of_market(asked, self.book.trades)), self._fill)

    def _fill(self, trade: Trade) -> object:
        market = self.book.market(trade.symbol)
        own = {
            "symbol": _id(market),
            "tradeId": trade.id,
            "orderId": trade.order,
            "side": trade.side,
            "orderType": "limit",
        }
        money = {"price": trade.price, "size": int(trade.amount), "value": market.quote_of(trade.price, trade.amount)}
        fee = {"fee": trade.fee, "feeCurrency": trade.fee_asset, "settleCurrency": _name(market.settle)}
        times = {"createdAt": trade.ts, "tradeTime": trade.ts * 1_000_000, "tradeType": "trade"}
        side = {"positionSide": (trade.hedge or "both").upper(), "liquidity": "maker" if trade.maker else "taker"}
        return trade.raw or own | money | fee | times | side

    def _orders(self, asked: Request) -> object:
        active = asked.query.get("status") == "active"
        records = [order for order in self._of_market(asked, self.book.orders) if (order.status == "open") is active]
        return self._numbered(asked, self._span(asked, records, by="created"), self._order)

    def _order(self, order: Order) -> object:
        market = self.book.market(order.symbol)
        own = {"id": order.id, "clientOid": order.client, "symbol": _id(market), "side": order.side, "type": order.kind}
        sizes = {"price": order.price, "size": int(order.amount), "filledSize": int(order.filled)}
        worth = {"filledValue": market.quote_of(order.average, order.filled), "avgDealPrice": order.average}
        state = {"isActive": order.status == "open", "cancelExist": order.status == "canceled", "reduceOnly": False}
        times = {"createdAt": order.created, "updatedAt": order.updated}
        return order.raw or own | sizes | worth | state | times | {"settleCurrency": _name(market.settle)}

    def _payments(self, asked: Request) -> object:
        found = window(self._needed_market(asked, self.book.payments), asked.number("startAt"), asked.number("endAt"))
        rows = self.page(found, asked.number("maxCount"), default=10, most=100)
        return {"dataList": [self._payment(row) for row in rows], "hasMore": len(found) > len(rows)}

    def _payment(self, payment: Payment) -> object:
        own = {"id": int(payment.id), "symbol": _id(self.book.market(payment.symbol)), "timePoint": payment.ts}
        money = {"funding": float(payment.amount), "fundingRate": float(payment.rate), "positionQty": int(payment.size)}
        return payment.raw or own | money | {
            "markPrice": 1.0,
            "positionCost": 1.0,
            "settleCurrency": _name(payment.asset),
        }

    def _position(self, held: Position) -> object:
        market = self.book.market(held.symbol)
        size = float(signed(held.amount, negative=held.side == "short"))
        side = {"positionSide": held.side.upper() if held.hedged else "BOTH", "crossMode": not held.isolated}
        prices = {"avgEntryPrice": float(held.entry), "markPrice": float(held.mark), "unrealisedPnl": 0}
        own = {"id": "1", "symbol": _id(market), "currentQty": size, "isOpen": True, "currentTimestamp": held.ts}
        return held.raw or own | side | prices | {"posCost": 10, "posInit": 2, "settleCurrency": _name(market.settle)}

    def _ledger(self, asked: Request) -> object:
        found = window(
            (moved for moved in self.book.movements if moved.kind == "transfer"),
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

    def _moved(self, asked: Request, kind: str) -> object:
        found = window(
            (moved for moved in self.book.movements if moved.kind == kind),
            asked.number("startAt"),
            asked.number("endAt"),
        )
        return self._numbered(asked, found, _on_chain)

    def _deposits(self, asked: Request) -> object:
        return self._moved(asked, "deposit")

    def _withdrawals(self, asked: Request) -> object:
        return self._moved(asked, "withdrawal")


def _name(asset: str | None) -> str:
    return {"BTC": "XBT"}.get(asset or "", asset or "")


def _id(market: Market) -> str:
    return f"{market.base}-{market.quote}" if market.is_spot else f"{_name(market.base)}{market.quote}M"


def _less(whole: str, free: str) -> str:
    return f"{float(whole) - float(free):.8f}"


def _spot_market(market: Market) -> object:
    own = {"symbol": _id(market), "baseCurrency": market.base, "quoteCurrency": market.quote, "enableTrading": True}
    return own | {
        "baseIncrement": market.lot,
        "priceIncrement": market.tick,
        "baseMinSize": market.lot,
        "feeCurrency": market.quote,
    }


def _contract(market: Market) -> object:
    own = {"symbol": _id(market), "baseCurrency": _name(market.base), "quoteCurrency": market.quote, "status": "Open"}
    size = -float(market.contract_size) if market.is_inverse else float(market.contract_size)
    kind = {
        "settleCurrency": _name(market.settle),
        "isInverse": market.is_inverse,
        "multiplier": size,
        "expireDate": None,
    }
    return own | kind | {"tickSize": float(market.tick), "lotSize": float(market.lot), "nextFundingRateTime": 1}


def _on_chain(moved: Movement) -> object:
    own = {
        "currency": moved.asset,
        "amount": moved.amount,
        "fee": "0",
        "status": "SUCCESS",
        "isInner": False,
        "chain": "eth",
    }
    name = {"id": moved.id} if moved.kind == "withdrawal" else {}
    chain = {"walletTxId": f"0x{moved.id}", "address": "0x1"} if moved.kind == "deposit" else {"address": "0x1"}
    return moved.raw or own | name | chain | {"createdAt": moved.ts, "updatedAt": moved.ts}


def _spot_booking(moved: Movement) -> object:
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
    return moved.raw or own | {"amount": amount, "accountEquity": 0, "remark": "", "currency": _name(moved.asset)}
