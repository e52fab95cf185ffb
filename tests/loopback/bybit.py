"""Bybit's REST API, version 5, of a unified account: spot and contracts (its API documentation; ccxt 4.5.90, bybit.py)."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from loopback import bybit_records as written
from loopback.book import Market, Movement, Order, Payment, Trade, less
from loopback.listing import DAY_MS, after, between, newest_first
from loopback.server import Dialect, Refused, Request

__all__ = ["Bybit"]

T = TypeVar("T", Trade, Order, Payment, Movement)
Json = dict[str, object]
_REFUSALS: Mapping[str, tuple[int, int, str]] = {
    "rate_limit": (200, 10006, "Too many visits. Exceeded the API Rate Limit."),
    "server": (502, 10016, "Server error."),
    "key": (200, 10003, "API key is invalid."),
    "clock": (200, 10002, "invalid request, please check your server timestamp or recv_window param"),
    "route": (404, 404, "Path not found"),
    "request": (200, 10001, "params error"),
    "span": (200, 10001, "The time range between startTime and endTime cannot exceed the longest one"),
}


class Bybit(Dialect):
    """A unified account. Lists come newest first and go on with `cursor`."""

    public = ("/v5/market/",)

    @property
    def routes(self) -> Mapping[str, Callable[[Request], object]]:
        """Path -> what answers it."""
        return {
            "/v5/market/time": lambda _: self._ok(
                {"timeSecond": str(self.now // 1000), "timeNano": str(self.now * 1_000_000)}
            ),
            "/v5/market/instruments-info": self._instruments,
            "/v5/market/kline": self._candles,
            "/v5/user/query-api": lambda _: self._ok({"readOnly": 1, "permissions": {}, "unified": 0, "uta": 1}),
            "/v5/account/info": lambda _: self._ok({"unifiedMarginStatus": 5, "marginMode": "REGULAR_MARGIN"}),
            "/v5/asset/coin/query-info": lambda _: self._ok({"rows": []}),
            "/v5/execution/list": self._executions,
            "/v5/order/history": self._history,
            "/v5/order/realtime": self._open,
            "/v5/position/list": self._positions,
            "/v5/account/wallet-balance": self._wallet,
            "/v5/asset/transfer/query-inter-transfer-list": self._moved("transfer", 7, "list", written.transfer),
            "/v5/asset/deposit/query-record": self._moved("deposit", 30, "rows", written.deposit),
            "/v5/asset/withdraw/query-record": self._moved("withdrawal", 30, "rows", written.withdrawal),
        }

    def has_key(self, request: Request) -> bool:
        """Return whether a key and a signature are with the request."""
        return bool(request.headers.get("x-bapi-api-key") and request.headers.get("x-bapi-sign"))

    def signed_at(self, request: Request) -> int | None:
        """Return for which time it is signed."""
        return int(request.headers.get("x-bapi-timestamp") or 0)

    def refusal(self, what: str, message: str = "") -> Refused:
        """Return Bybit's words for a refusal."""
        status, code, text = _REFUSALS[what]
        body = {
            "retCode": code,
            "retMsg": f"{text} {message}".strip(),
            "result": {},
            "retExtInfo": {},
            "time": self.now,
        }
        return Refused(
            status, body, {"X-Bapi-Limit-Reset-Timestamp": str(self.now + 1000)} if what == "rate_limit" else None
        )

    def _ok(self, result: object) -> Json:
        return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": self.now}

    def _markets(self, request: Request) -> dict[str, Market]:
        category, wanted = request.query.get("category"), request.query.get("symbol")
        if category not in {"spot", "linear", "inverse"}:
            raise self.refusal("request", "category")
        chosen = [m for m in self.book.markets if written.category(m) == category]
        return {m.symbol: m for m in chosen if wanted in (None, written.market_id(m))}

    def _list(
        self, request: Request, found: Sequence[T], ts: Callable[[T], int], *, days: int, most: int
    ) -> tuple[list[T], str]:
        since, until, span = request.number("startTime"), request.number("endTime"), days * DAY_MS
        until = until or (since + span if since else self.now)
        since = until - span if since is None else since
        if until - since > span:
            raise self.refusal("span")
        return self._page(request, newest_first(between(found, since, until, ts), ts), most)

    def _page(self, request: Request, records: Sequence[T], most: int) -> tuple[list[T], str]:
        rest = after(records, request.query.get("cursor"))
        page = self.page(rest, request.number("limit"), default=min(50, most), most=most)
        return page, page[-1].id if len(page) < len(rest) and page else ""

    def _instruments(self, request: Request) -> object:
        markets = [] if request.query.get("status") == "PreLaunch" else self._markets(request).values()
        return self._ok(
            {
                "category": request.query["category"],
                "list": [written.instrument(m) for m in markets],
                "nextPageCursor": "",
            }
        )

    def _executions(self, request: Request) -> object:
        markets, kind = self._markets(request), request.query.get("execType")
        if kind == "Funding":
            paid = [payment for payment in self.book.payments if payment.symbol in markets]
            payments, cursor = self._list(request, paid, lambda payment: payment.ts, days=7, most=100)
            rows = [written.payment(payment, markets[payment.symbol]) for payment in payments]
        else:
            filled = [trade for trade in self.book.trades if trade.symbol in markets and kind in (None, "Trade")]
            fills, cursor = self._list(request, filled, lambda trade: trade.ts, days=7, most=100)
            rows = [written.fill(trade, markets[trade.symbol]) for trade in fills]
        return self._ok({"category": request.query["category"], "list": rows, "nextPageCursor": cursor})

    def _history(self, request: Request) -> object:
        markets = self._markets(request)
        kept = [order for order in self.book.ended(self.now - DAY_MS) if order.symbol in markets]
        orders, cursor = self._list(request, kept, lambda order: order.created, days=7, most=50)
        return self._ok(
            {"list": [written.order(order, markets[order.symbol]) for order in orders], "nextPageCursor": cursor}
        )

    def _open(self, request: Request) -> object:
        markets = self._markets(request)
        found = [order for order in self.book.open_orders if order.symbol in markets]
        orders, cursor = self._page(request, newest_first(found, lambda order: order.created), 50)
        return self._ok(
            {"list": [written.order(order, markets[order.symbol]) for order in orders], "nextPageCursor": cursor}
        )

    def _positions(self, request: Request) -> object:
        markets, settle = self._markets(request), request.query.get("settleCoin")
        if request.query["category"] == "linear" and not (settle or request.query.get("symbol")):
            raise self.refusal("request", "settleCoin")
        held = [
            p for p in self.book.account.positions if p.symbol in markets and settle in (None, markets[p.symbol].settle)
        ]
        return self._ok({"list": [written.position(p, markets[p.symbol]) for p in held], "nextPageCursor": ""})

    def _wallet(self, _: Request) -> object:
        coins = [
            {"coin": coin, "walletBalance": whole, "equity": whole, "locked": less(whole, free)}
            | {"totalPositionIM": "0", "totalOrderIM": "0", "unrealisedPnl": "0", "availableToWithdraw": ""}
            for coin, (free, whole) in self.book.account.balances.items()
        ]
        return self._ok({"list": [{"accountType": "UNIFIED", "coin": coins}]})

    def _moved(
        self, kind: str, days: int, key: str, written: Callable[[Movement], object]
    ) -> Callable[[Request], object]:
        def answer(request: Request) -> object:
            found = self.book.moved(kind)
            page, cursor = self._list(request, found, lambda movement: movement.ts, days=days, most=50)
            return self._ok({key: [written(movement) for movement in page], "nextPageCursor": cursor})

        return answer

    def _candles(self, request: Request) -> object:
        since, until, markets = request.number("start"), request.number("end"), self._markets(request)
        found = [
            c
            for c in self.book.candles
            if c.symbol in markets and (since or 0) <= c.ts and (until is None or c.ts <= until)
        ]
        newest = sorted(found, key=lambda candle: -candle.ts)[: min(request.number("limit") or 200, 1000)]
        rows = [[str(c.ts), c.open, c.high, c.low, c.close, c.volume, c.volume] for c in newest]
        return self._ok({"category": request.query["category"], "symbol": request.query["symbol"], "list": rows})
