"""KuCoin: what its spot and its futures account have in common; each has an address of its own.

Pages come newest first. A span of more than a week is cut to a week without an error.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from loopback.book import Market, Movement
from loopback.listing import DAY_MS, window
from loopback.server import Dialect, Refused, Request

__all__ = ["Answer", "Kucoin", "coin", "market_id"]

Answer = Callable[[Request], Any]
Record = TypeVar("Record")
_CODES = {
    "rate_limit": (429, "429000"),
    "server": (503, "230005"),
    "key": (401, "400001"),
    "clock": (400, "400002"),
    "route": (404, "404000"),
    "request": (400, "400100"),
}


class Kucoin(Dialect):
    """What both accounts have in common."""

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
        shared: dict[str, Answer] = {
            "/api/v1/timestamp": lambda _: self.now,
            "/api/v3/currencies": lambda _: [],
            "/api/ua/v1/account/mode": lambda _: {"selfAccountMode": "CLASSIC"},
            "/api/v1/hf/accounts/opened": lambda _: True,
            "/api/v3/margin/symbols": lambda _: {"items": []},
            "/api/v1/isolated/symbols": lambda _: [],
            "/api/v1/deposits": self._deposits,
            "/api/v1/withdrawals": self._withdrawals,
        }
        return {path: self._enveloped(route) for path, route in {**shared, **self.own_routes}.items()}

    @property
    @abstractmethod
    def own_routes(self) -> Mapping[str, Answer]:
        """Path -> what answers it at this account's address."""

    def has_key(self, request: Request) -> bool:
        return bool(request.headers.get("kc-api-key"))

    def signed_at(self, request: Request) -> int | None:
        return int(request.headers.get("kc-api-timestamp", "0"))

    def refusal(self, what: str, message: str = "") -> Refused:
        status, code = _CODES[what]
        return Refused(status, {"code": code, "msg": message or what})

    def _enveloped(self, route: Callable[[Request], Any]) -> Callable[[Request], object]:
        return lambda asked: {"code": "200000", "data": route(asked)}

    def _span(self, asked: Request, records: Iterable[Record], by: str = "ts") -> list[Record]:
        """Return the records of a week at most; one end alone is one of a day."""
        since, until = asked.number("startAt"), asked.number("endAt")
        if until is not None and since is None:
            since = until - DAY_MS
        if since is not None:
            until = min(since + DAY_MS if until is None else until, since + 7 * DAY_MS)
        return window(records, since, until, by=by)

    def _of_market(self, asked: Request, records: Iterable[Any]) -> list[Any]:
        name = asked.query.get("symbol")
        return [record for record in records if name in {None, market_id(self.book.market(record.symbol))}]

    def _needed_market(self, asked: Request, records: Iterable[Any]) -> list[Any]:
        if "symbol" not in asked.query:
            raise self.refusal("request", "symbol is required")
        return self._of_market(asked, records)

    def _numbered(self, asked: Request, records: list[Record], row: Callable[[Record], object]) -> object:
        """Return one of the pages that are asked for by their number."""
        size = min(asked.number("pageSize") or 50, 1000)
        first = ((asked.number("currentPage") or 1) - 1) * size
        items = self.page(records[first:], size, default=50, most=1000)
        return {"currentPage": 1, "pageSize": size, "totalNum": len(records), "items": [row(item) for item in items]}

    def _moved(self, asked: Request, kind: str) -> object:
        found = window(
            self.book.moved(kind),
            asked.number("startAt"),
            asked.number("endAt"),
        )
        return self._numbered(asked, found, _on_chain)

    def _deposits(self, asked: Request) -> object:
        return self._moved(asked, "deposit")

    def _withdrawals(self, asked: Request) -> object:
        return self._moved(asked, "withdrawal")


def coin(asset: str | None) -> str:
    return {"BTC": "XBT"}.get(asset or "", asset or "")


def market_id(market: Market) -> str:
    return f"{market.base}-{market.quote}" if market.is_spot else f"{coin(market.base)}{market.quote}M"


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
