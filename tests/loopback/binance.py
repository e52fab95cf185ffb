"""Binance's REST API: spot, USD-M futures and what of its wallet a snapshot asks (its API documentation; ccxt 4.5.90, binance.py)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

from loopback.book import Market, Movement, Order, Payment, Position, Trade, plain, signed
from loopback.listing import DAY_MS, between, newest_first
from loopback.server import Dialect, Refused, Request

__all__ = ["Binance"]

T = TypeVar("T", Trade, Order, Payment)
Json = dict[str, object]
_WALLETS = {"spot": "MAIN", "swap": "UMFUTURE", "linear": "UMFUTURE", "inverse": "CMFUTURE", "margin": "MARGIN"}
_STATES = {"open": "NEW", "closed": "FILLED", "canceled": "CANCELED"}
_REFUSALS: Mapping[str, tuple[int, int, str]] = {
    "rate_limit": (429, -1003, "Too many requests; current limit is 2400 requests per minute."),
    "server": (503, -1008, "Server is currently overloaded with other requests. Please try again in a few minutes."),
    "key": (401, -2014, "API-key format invalid."),
    "clock": (400, -1021, "Timestamp for this request is outside of the recvWindow."),
    "route": (404, -1000, "no such route"),
    "symbol": (400, -1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."),
    "span": (400, -1127, "More than the allowed time between startTime and endTime."),
}


class Binance(Dialect):
    """Lists go upwards from `startTime`, and are the newest records where there is none; both ends are in them."""

    name = "binance"
    public = (
        *("/api/v3/exchangeInfo", "/api/v3/time", "/api/v3/klines"),
        *("/fapi/v1/exchangeInfo", "/fapi/v1/time", "/fapi/v1/klines"),
    )

    @property
    def routes(self) -> Mapping[str, Callable[[Request], object]]:
        """Path -> what answers it."""
        return {
            "/api/v3/time": lambda _: {"serverTime": self.now},
            "/fapi/v1/time": lambda _: {"serverTime": self.now},
            "/api/v3/exchangeInfo": self._info,
            "/fapi/v1/exchangeInfo": self._info,
            "/api/v3/klines": self._candles,
            "/fapi/v1/klines": self._candles,
            "/api/v3/myTrades": self._trades(days=1),
            "/fapi/v1/userTrades": self._trades(days=7),
            "/api/v3/allOrders": self._orders(days=1, unfilled=90),
            "/fapi/v1/allOrders": self._orders(days=7, unfilled=3),
            "/api/v3/openOrders": self._open,
            "/fapi/v1/openOrders": self._open,
            "/fapi/v1/income": self._income,
            "/fapi/v1/leverageBracket": self._brackets,
            "/fapi/v3/positionRisk": self._positions,
            "/fapi/v3/account": self._equity,
            "/api/v3/account": self._balances,
            "/sapi/v1/asset/transfer": self._transfers,
            "/sapi/v1/capital/deposit/hisrec": self._deposits,
            "/sapi/v1/capital/withdraw/history": self._withdrawals,
            "/sapi/v1/account/apiRestrictions": lambda _: _RIGHTS,
        }

    def has_key(self, request: Request) -> bool:
        """Return whether a key and a signature are with the request."""
        return bool(request.headers.get("x-mbx-apikey") and request.query.get("signature"))

    def signed_at(self, request: Request) -> int | None:
        """Return for which time it is signed."""
        return request.number("timestamp")

    def refusal(self, what: str, message: str = "") -> Refused:
        """Return Binance's words for a refusal."""
        if what == "hang_up":
            return Refused(0, None)
        status, code, text = _REFUSALS[what]
        return Refused(
            status, {"code": code, "msg": f"{text} {message}".strip()}, {"Retry-After": "1"} if status == 429 else None
        )

    def _markets(self, request: Request) -> list[Market]:
        """Return the markets of an API: spot, or contracts that are settled in their quote."""
        spot = request.path.startswith("/api/")
        return [m for m in self.book.markets if (m.is_spot if spot else m.settle == m.quote)]

    def _of(self, request: Request, records: Sequence[T]) -> list[T]:
        """Return the records of the markets asked for."""
        names, wanted = {m.symbol: _id(m) for m in self._markets(request)}, request.query.get("symbol")
        return [record for record in records if (name := names.get(record.symbol)) and wanted in (None, name)]

    def _run(self, request: Request, found: Sequence[T], ts: Callable[[T], int], *, default: int = 500) -> list[T]:
        """Return a page: upwards from `startTime`, else the newest ones."""
        since, until = request.number("startTime"), request.number("endTime")
        upwards = sorted(between(found, since, until, ts), key=ts)
        if since is not None:
            return self.page(upwards, request.number("limit"), default=default, most=1000)
        newest = self.page(upwards[::-1], request.number("limit"), default=default, most=1000)
        return newest[::-1]

    def _check(self, request: Request, days: int) -> None:
        if not request.query.get("symbol"):
            raise self.refusal("symbol")
        since, until = request.number("startTime"), request.number("endTime")
        if since is not None and until is not None and until - since > days * DAY_MS:
            raise self.refusal("span")

    def _info(self, request: Request) -> object:
        return {"timezone": "UTC", "serverTime": self.now, "symbols": [_market(m) for m in self._markets(request)]}

    def _trades(self, days: int) -> Callable[[Request], object]:
        def answer(request: Request) -> object:
            self._check(request, days)
            found = self._of(request, self.book.trades)
            return [
                _fill(trade, self.book.market(trade.symbol))
                for trade in self._run(request, found, lambda trade: trade.ts)
            ]

        return answer

    def _orders(self, days: int, unfilled: int) -> Callable[[Request], object]:
        def answer(request: Request) -> object:
            self._check(request, days)
            edge = self.now - unfilled * DAY_MS
            kept = [o for o in self.book.orders if o.status != "canceled" or Decimal(o.filled) or o.created >= edge]
            found = self._of(request, kept)
            return [
                _order(order, self.book.market(order.symbol))
                for order in self._run(request, found, lambda order: order.created)
            ]

        return answer

    def _open(self, request: Request) -> object:
        is_open = [order for order in self.book.orders if order.status == "open"]
        return [_order(order, self.book.market(order.symbol)) for order in self._of(request, is_open)]

    def _income(self, request: Request) -> object:
        # Only payments are in a book; of any other kind of income there is none.
        found = self._of(
            request, self.book.payments if request.query.get("incomeType") in (None, "FUNDING_FEE") else ()
        )
        return [
            _payment(p, self.book.market(p.symbol))
            for p in self._run(request, found, lambda payment: payment.ts, default=100)
        ]

    def _brackets(self, request: Request) -> object:
        bracket = {
            "bracket": 1,
            "initialLeverage": 75,
            "notionalCap": 10000,
            "notionalFloor": 0,
            "maintMarginRatio": 0.0065,
            "cum": 0,
        }
        return [{"symbol": _id(market), "brackets": [bracket]} for market in self._markets(request)]

    def _positions(self, request: Request) -> object:
        markets = {m.symbol: m for m in self._markets(request)}
        return [_position(p, markets[p.symbol]) for p in self.book.account.positions if p.symbol in markets]

    def _equity(self, _: Request) -> object:
        account = self.book.account
        if account.raw:
            return account.raw
        return {
            "assets": [_asset(asset, *held, account.ts) for asset, held in account.balances.items()],
            "positions": [],
        }

    def _balances(self, _: Request) -> object:
        account = self.book.account
        held = [
            {"asset": asset, "free": free, "locked": plain(Decimal(whole) - Decimal(free))}
            for asset, (free, whole) in account.balances.items()
        ]
        return {"accountType": "SPOT", "canTrade": True, "updateTime": account.ts, "balances": held}

    def _moved(
        self, request: Request, kind: str, *, days: int, default: int, most: int, size: str = "limit"
    ) -> list[Movement]:
        since, until = request.number("startTime"), request.number("endTime") or self.now
        since = until - 7 * DAY_MS if since is None else since
        if until - since > days * DAY_MS:
            raise self.refusal("span")
        found = [
            m for m in self.book.movements if m.kind == kind and request.query.get("type") in (None, _direction(m))
        ]
        rest = newest_first(between(found, since, until, _booked), _booked)
        return self.page(rest, request.number(size), default=default, most=most)

    def _transfers(self, request: Request) -> object:
        if not request.query.get("type"):
            raise self.refusal("symbol", "type")
        rows = self._moved(request, "transfer", days=30, default=10, most=100, size="size")
        return {"total": len(rows), "rows": [_transfer(movement) for movement in rows]}

    def _deposits(self, request: Request) -> object:
        return [_deposit(m) for m in self._moved(request, "deposit", days=90, default=1000, most=1000)]

    def _withdrawals(self, request: Request) -> object:
        return [_withdrawal(m) for m in self._moved(request, "withdrawal", days=90, default=1000, most=1000)]

    def _candles(self, request: Request) -> object:
        since, until, wanted = request.number("startTime"), request.number("endTime"), request.query.get("symbol")
        names = {m.symbol for m in self._markets(request) if _id(m) == wanted}
        found = [
            c
            for c in self.book.candles
            if c.symbol in names and (since or 0) <= c.ts and (until is None or c.ts <= until)
        ]
        size = min(request.number("limit") or 500, 1000)
        return [
            [c.ts, c.open, c.high, c.low, c.close, c.volume, c.ts + 59_999, c.volume, 1, "0", "0", "0"]
            for c in found[:size]
        ]


_RIGHTS: Json = {
    "ipRestrict": True,
    "enableReading": True,
    "enableWithdrawals": False,
    "enableInternalTransfer": False,
    "enableSpotAndMarginTrading": False,
    "enableFutures": False,
    "permitsUniversalTransfer": False,
}


def _id(market: Market) -> str:
    return f"{market.base}{market.quote}"


def _direction(movement: Movement) -> str:
    return "_".join(_WALLETS.get(name, name.upper()) for name in (movement.source, movement.target))


def _booked(movement: Movement) -> int:
    # A withdrawal is listed and found by whole seconds.
    return movement.ts // 1000 * 1000 if movement.kind == "withdrawal" else movement.ts


def _market(market: Market) -> Json:
    filters: list[Json] = [
        {"filterType": "PRICE_FILTER", "minPrice": market.tick, "maxPrice": "1000000", "tickSize": market.tick},
        {"filterType": "LOT_SIZE", "minQty": market.lot, "maxQty": "10000", "stepSize": market.lot},
    ]
    shared: Json = {"symbol": _id(market), "status": "TRADING", "baseAsset": market.base, "quoteAsset": market.quote}
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
        "pair": _id(market),
        "contractType": "CURRENT_QUARTER" if market.expiry else "PERPETUAL",
        "deliveryDate": market.expiry or 4133404800000,
        "onboardDate": 1569398400000,
        "marginAsset": market.settle,
        "pricePrecision": 2,
        "quantityPrecision": 3,
        "underlyingType": "COIN",
        "timeInForce": ["GTC", "GTX"],
    }


def _fill(trade: Trade, market: Market) -> object:
    if trade.raw:
        return trade.raw
    worth = market.quote_of(trade.price, trade.amount)
    shared: Json = {
        "symbol": _id(market),
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


def _order(order: Order, market: Market) -> object:
    if order.raw:
        return order.raw
    state = "PARTIALLY_FILLED" if order.status == "open" and Decimal(order.filled) else _STATES[order.status]
    worth = market.quote_of(order.average, order.filled)
    shared: Json = {
        "symbol": _id(market),
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


def _payment(payment: Payment, market: Market) -> object:
    return payment.raw or {
        "symbol": _id(market),
        "incomeType": "FUNDING_FEE",
        "income": payment.amount,
        "asset": payment.asset,
        "info": "FUNDING_FEE",
        "time": payment.ts,
        "tranId": int(payment.id),
        "tradeId": "",
    }


def _position(position: Position, market: Market) -> object:
    amount = signed(position.amount, position.side == "short")
    return position.raw or {
        "symbol": _id(market),
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


def _asset(asset: str, free: str, whole: str, ts: int) -> Json:
    return {
        "asset": asset,
        "walletBalance": whole,
        "unrealizedProfit": "0",
        "marginBalance": whole,
        "initialMargin": plain(Decimal(whole) - Decimal(free)),
        "maintMargin": "0",
        "availableBalance": free,
        "maxWithdrawAmount": free,
        "updateTime": ts,
    }


def _transfer(movement: Movement) -> object:
    return movement.raw or {
        "timestamp": movement.ts,
        "asset": movement.asset,
        "amount": movement.amount,
        "type": _direction(movement),
        "status": "CONFIRMED",
        "tranId": int(movement.id),
    }


def _deposit(movement: Movement) -> object:
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


def _withdrawal(movement: Movement) -> object:
    return movement.raw or {
        "id": movement.id,
        "amount": movement.amount,
        "transactionFee": "0",
        "coin": movement.asset,
        "status": 6,
        "address": "0xto",
        "txId": f"0x{movement.id}",
        "applyTime": datetime.fromtimestamp(_booked(movement) // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "network": "TRX",
        "transferType": 0,
    }
