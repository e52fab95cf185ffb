"""Binance's REST API: spot, USD-M futures and what of its wallet a snapshot asks (its API documentation; ccxt 4.5.90, binance.py)."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar

from loopback import binance_records as written
from loopback.book import Market, Movement, Order, Payment, Trade, less
from loopback.listing import DAY_MS, between, newest_first
from loopback.server import Dialect, Refused, Request

__all__ = ["Binance"]

T = TypeVar("T", Trade, Order, Payment)
Json = dict[str, object]
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
            "/sapi/v1/account/apiRestrictions": lambda _: written.RIGHTS,
        }

    def has_key(self, request: Request) -> bool:
        """Return whether a key and a signature are with the request."""
        return bool(request.headers.get("x-mbx-apikey") and request.query.get("signature"))

    def signed_at(self, request: Request) -> int | None:
        """Return for which time it is signed."""
        return request.number("timestamp")

    def refusal(self, what: str, message: str = "") -> Refused:
        """Return Binance's words for a refusal."""
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
        names, wanted = {m.symbol: written.market_id(m) for m in self._markets(request)}, request.query.get("symbol")
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
        return {
            "timezone": "UTC",
            "serverTime": self.now,
            "symbols": [written.market(m) for m in self._markets(request)],
        }

    def _trades(self, days: int) -> Callable[[Request], object]:
        def answer(request: Request) -> object:
            self._check(request, days)
            found = self._of(request, self.book.trades)
            return [
                written.fill(trade, self.book.market(trade.symbol))
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
                written.order(order, self.book.market(order.symbol))
                for order in self._run(request, found, lambda order: order.created)
            ]

        return answer

    def _open(self, request: Request) -> object:
        return [
            written.order(order, self.book.market(order.symbol)) for order in self._of(request, self.book.open_orders)
        ]

    def _income(self, request: Request) -> object:
        # Only payments are in a book; of any other kind of income there is none.
        found = self._of(
            request, self.book.payments if request.query.get("incomeType") in (None, "FUNDING_FEE") else ()
        )
        return [
            written.payment(p, self.book.market(p.symbol))
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
        return [{"symbol": written.market_id(market), "brackets": [bracket]} for market in self._markets(request)]

    def _positions(self, request: Request) -> object:
        markets = {m.symbol: m for m in self._markets(request)}
        return [written.position(p, markets[p.symbol]) for p in self.book.account.positions if p.symbol in markets]

    def _equity(self, _: Request) -> object:
        account = self.book.account
        if account.raw:
            return account.raw
        return {
            "assets": [written.asset(asset, *held, account.ts) for asset, held in account.balances.items()],
            "positions": [],
        }

    def _balances(self, _: Request) -> object:
        account = self.book.account
        held = [
            {"asset": asset, "free": free, "locked": less(whole, free)}
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
        found = [m for m in self.book.moved(kind) if request.query.get("type") in (None, written.direction(m))]
        rest = newest_first(between(found, since, until, written.booked), written.booked)
        return self.page(rest, request.number(size), default=default, most=most)

    def _transfers(self, request: Request) -> object:
        if not request.query.get("type"):
            raise self.refusal("symbol", "type")
        rows = self._moved(request, "transfer", days=30, default=10, most=100, size="size")
        return {"total": len(rows), "rows": [written.transfer(movement) for movement in rows]}

    def _deposits(self, request: Request) -> object:
        return [written.deposit(m) for m in self._moved(request, "deposit", days=90, default=1000, most=1000)]

    def _withdrawals(self, request: Request) -> object:
        return [written.withdrawal(m) for m in self._moved(request, "withdrawal", days=90, default=1000, most=1000)]

    def _candles(self, request: Request) -> object:
        since, until, wanted = request.number("startTime"), request.number("endTime"), request.query.get("symbol")
        names = {m.symbol for m in self._markets(request) if written.market_id(m) == wanted}
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
