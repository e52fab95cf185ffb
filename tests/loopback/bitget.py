"""Bitget's REST API, version 2, of a classic account: spot and contracts (its API documentation; ccxt 4.5.90, bitget.py)."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from loopback import bitget_records as written
from loopback.book import Market, Movement, Order, Payment, Trade
from loopback.listing import DAY_MS, after, between, newest_first
from loopback.server import Dialect, Refused, Request

__all__ = ["Bitget"]

T = TypeVar("T", Trade, Order, Payment, Movement)
Json = dict[str, object]
_REFUSALS: Mapping[str, tuple[int, str, str]] = {
    "rate_limit": (429, "429", "Too Many Requests"),
    "server": (503, "40725", "service return an error"),
    "key": (400, "40006", "Invalid ACCESS_KEY"),
    "clock": (400, "40008", "Request timestamp expired"),
    "route": (404, "40404", "Request URL NOT FOUND"),
    "request": (400, "40017", "Parameter verification failed"),
    "span": (400, "40705", "The start and end time cannot exceed the longest interval"),
    "kept": (400, "40704", "Can only check the data of the last three months"),
    "unified": (
        400,
        "40084",
        "You are in Classic Account mode, and the Unified Account API is not supported at this time",
    ),
}
_KEPT = 90 * DAY_MS


class Bitget(Dialect):
    """A classic account at Bitget. Lists come newest first, 100 a page, and go on with `idLessThan`."""

    public = (
        "/api/v2/public/",
        "/api/v2/spot/public/",
        "/api/v2/spot/market/",
        "/api/v2/mix/market/",
        "/api/v2/margin/currencies",
    )

    @property
    def routes(self) -> Mapping[str, Callable[[Request], object]]:
        """Path -> what answers it."""
        return {
            "/api/v2/public/time": lambda _: self._ok({"serverTime": str(self.now)}),
            "/api/v2/spot/public/symbols": lambda _: self._ok(
                [written.spot_market(m) for m in self.book.markets if m.is_spot]
            ),
            "/api/v2/spot/public/coins": lambda _: self._ok([]),
            "/api/v2/margin/currencies": lambda _: self._ok([]),
            "/api/v2/mix/market/contracts": self._contracts,
            "/api/v2/mix/market/candles": self._candles,
            "/api/v2/mix/market/history-candles": self._candles,
            "/api/v2/spot/market/candles": self._candles,
            "/api/v2/spot/market/history-candles": self._candles,
            "/api/v3/account/settings": self._unified,
            "/api/v2/mix/order/fills": self._fills,
            "/api/v2/mix/order/orders-history": self._history,
            "/api/v2/mix/order/orders-pending": self._pending,
            "/api/v2/mix/account/bill": self._bills,
            "/api/v2/mix/position/all-position": self._positions,
            "/api/v2/mix/account/accounts": self._equity,
            "/api/v2/spot/trade/fills": self._fills,
            "/api/v2/spot/trade/history-orders": self._history,
            "/api/v2/spot/trade/unfilled-orders": self._pending,
            "/api/v2/spot/account/assets": self._assets,
            "/api/v2/spot/account/info": lambda _: self._ok(
                {"userId": "1", "authorities": ["coor", "stor"], "ips": ""}
            ),
            "/api/v2/spot/account/transferRecords": self._transfers,
            "/api/v2/spot/wallet/deposit-records": self._transactions("deposit"),
            "/api/v2/spot/wallet/withdrawal-records": self._transactions("withdrawal"),
        }

    def has_key(self, request: Request) -> bool:
        """Return whether a key, a signature and a passphrase are with the request."""
        return all(request.headers.get(f"access-{part}") for part in ("key", "sign", "passphrase"))

    def signed_at(self, request: Request) -> int | None:
        """Return for which time it is signed."""
        return int(request.headers.get("access-timestamp") or 0)

    def refusal(self, what: str, message: str = "") -> Refused:
        """Return Bitget's words for a refusal."""
        status, code, text = _REFUSALS[what]
        body = {"code": code, "msg": f"{text} {message}".strip(), "requestTime": self.now, "data": None}
        return Refused(status, body, {"Retry-After": "1"} if status == 429 else None)

    def _ok(self, data: object) -> Json:
        return {"code": "00000", "msg": "success", "requestTime": self.now, "data": data}

    def _unified(self, _: Request) -> object:
        raise self.refusal("unified")

    def _markets(self, request: Request) -> list[Market]:
        """Return the markets that a path and its query are about."""
        product = request.query.get("productType")
        if product is None and "/mix/" in request.path:
            raise self.refusal("request", "productType")
        return [m for m in self.book.markets if (written.product(m) == product if product else m.is_spot)]

    def _of(self, request: Request, records: Sequence[T], ts: Callable[[T], int]) -> list[T]:
        """Return the records of the markets asked for, newest first."""
        names = {m.symbol: written.market_id(m) for m in self._markets(request)}
        wanted = request.query.get("symbol")
        chosen = [r for r in records if (name := names.get(getattr(r, "symbol", ""))) and wanted in (None, name)]
        return newest_first(chosen, ts)

    def _window(self, request: Request, span: int) -> tuple[int, int]:
        since, until = request.number("startTime"), request.number("endTime")
        until = until or (min(self.now, since + span) if since else self.now)
        since = until - span if since is None else since
        if until - since > span:
            raise self.refusal("span")
        if since < self.now - _KEPT:
            raise self.refusal("kept")
        return since, until

    def _list(self, request: Request, records: Sequence[T], ts: Callable[[T], int], *, days: int) -> list[T]:
        since, until = self._window(request, days * DAY_MS)
        rest = after(between(records, since, until, ts), request.query.get("idLessThan"))
        return self.page(rest, request.number("limit"), default=100, most=100)

    def _contracts(self, request: Request) -> object:
        return self._ok([written.contract(m) for m in self._markets(request)])

    def _fills(self, request: Request) -> object:
        spot = "/spot/" in request.path
        fills = self._list(request, self._of(request, self.book.trades, _ts), _ts, days=90 if spot else 7)
        listed = [written.fill(trade, self.book.market(trade.symbol)) for trade in fills]
        return self._ok(listed if spot else {"fillList": listed or None, "endId": fills[-1].id if fills else ""})

    def _history(self, request: Request) -> object:
        return self._orders(
            request, self._list(request, self._of(request, self.book.ended(), _created), _created, days=90)
        )

    def _pending(self, request: Request) -> object:
        rest = after(self._of(request, self.book.open_orders, _created), request.query.get("idLessThan"))
        return self._orders(request, self.page(rest, request.number("limit"), default=100, most=100))

    def _orders(self, request: Request, orders: Sequence[Order]) -> object:
        listed = [written.order(order, self.book.market(order.symbol)) for order in orders]
        if "/spot/" in request.path:
            return self._ok(listed)
        return self._ok({"entrustedList": listed or None, "endId": orders[-1].id if orders else ""})

    def _bills(self, request: Request) -> object:
        kind = request.query.get("businessType")
        payments = self.book.payments if kind in (None, "", "contract_settle_fee") else ()
        listed = self._list(request, self._of(request, payments, _ts), _ts, days=30)
        bills = [written.bill(payment, self.book.market(payment.symbol)) for payment in listed]
        return self._ok({"bills": bills, "endId": listed[-1].id if listed else ""})

    def _positions(self, request: Request) -> object:
        coin, names = request.query.get("marginCoin"), {m.symbol: m for m in self._markets(request)}
        held = [p for p in self.book.account.positions if p.symbol in names and names[p.symbol].settle == coin]
        return self._ok([written.position(p, names[p.symbol]) for p in held])

    def _equity(self, request: Request) -> object:
        account = self.book.account
        if isinstance(account.raw, list):
            return self._ok(account.raw)
        coins = {m.settle for m in self._markets(request)}
        return self._ok([written.equity(coin, *held) for coin, held in account.balances.items() if coin in coins])

    def _assets(self, _: Request) -> object:
        return self._ok([written.asset(coin, *held) for coin, held in self.book.account.balances.items()])

    def _transfers(self, request: Request) -> object:
        coin, source = request.query.get("coin"), request.query.get("fromType")
        if not coin:
            raise self.refusal("request", "coin")
        moved = [m for m in self.book.moved("transfer") if m.asset == coin]
        chosen = newest_first([m for m in moved if written.ACCOUNTS.get(m.source, m.source) == source], _ts)
        return self._ok([written.transfer(movement) for movement in self._list(request, chosen, _ts, days=90)])

    def _transactions(self, kind: str) -> Callable[[Request], object]:
        def answer(request: Request) -> object:
            chosen = newest_first(self.book.moved(kind), _ts)
            return self._ok([written.transaction(movement) for movement in self._list(request, chosen, _ts, days=90)])

        return answer

    def _candles(self, request: Request) -> object:
        since, until, wanted = request.number("startTime"), request.number("endTime"), request.query.get("symbol")
        names = {m.symbol for m in self._markets(request) if written.market_id(m) == wanted}
        found = [
            c
            for c in self.book.candles
            if c.symbol in names and (since or 0) <= c.ts and (until is None or c.ts < until)
        ]
        most = 200 if "history" in request.path else 1000
        newest = sorted(found, key=lambda candle: candle.ts)[-min(request.number("limit") or 100, most) :]
        return self._ok([[str(c.ts), c.open, c.high, c.low, c.close, c.volume, c.volume] for c in newest])


def _ts(record: Trade | Payment | Movement) -> int:
    return record.ts


def _created(order: Order) -> int:
    return order.created
