"""OKX API v5: pages of 100, newest first; the bills of an account have its funding and its transfers."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from loopback.book import Market, Movement, Order, Payment, Position, Trade, signed
from loopback.listing import window
from loopback.server import Dialect, Refused, Request

__all__ = ["Okx"]

Record = TypeVar("Record")
_PAGE = 100
_STATES = {"open": "live", "closed": "filled", "canceled": "canceled"}
_KEPT_UNFILLED_MS = 7_200_000
_CODES = {
    "rate_limit": (429, "50011"),
    "server": (503, "50001"),
    "key": (401, "50103"),
    "clock": (401, "50102"),
    "route": (404, "50404"),
    "request": (400, "51000"),
}


class Okx(Dialect):
    """OKX over a book."""

    public = ("/api/v5/public/", "/api/v5/market/")

    @property
    def routes(self) -> Mapping[str, Callable[[Request], object]]:
        routes: dict[str, Callable[[Request], list[Any]]] = {
            "public/time": lambda _: [{"ts": str(self.now)}],
            "public/instruments": self._instruments,
            "market/candles": self._candles,
            "market/history-candles": self._candles,
            "asset/currencies": lambda _: [],
            "asset/deposit-history": self._deposits,
            "asset/withdrawal-history": self._withdrawals,
            "trade/fills-history": self._fills,
            "trade/orders-pending": self._orders,
            "trade/orders-history": self._orders,
            "trade/orders-history-archive": self._orders,
            "account/bills-archive": self._bills,
            "account/positions": self._positions,
            "account/balance": self._balance,
            "account/config": lambda _: [{"uid": "1", "acctLv": "2", "posMode": "net_mode", "perm": "read_only"}],
        }
        return {f"/api/v5/{path}": self._enveloped(route) for path, route in routes.items()}

    def _enveloped(self, route: Callable[[Request], list[Any]]) -> Callable[[Request], object]:
        return lambda asked: {"code": "0", "msg": "", "data": route(asked)}

    def has_key(self, request: Request) -> bool:
        return bool(request.headers.get("ok-access-key"))

    def signed_at(self, request: Request) -> int | None:
        return None

    def refusal(self, what: str, message: str = "") -> Refused:
        status, code = _CODES[what]
        return Refused(status, {"code": code, "msg": message or what, "data": []})

    def _listed(self, asked: Request, records: Iterable[Record], by: str = "ts") -> list[Record]:
        found = window(records, asked.number("begin"), asked.number("end"), by=by)
        return self.page(found, asked.number("limit"), default=_PAGE, most=_PAGE)

    def _of_market(self, asked: Request, records: Iterable[Any]) -> list[Any]:
        kind, name = asked.query.get("instType"), asked.query.get("instId")
        markets = {each.symbol: each for each in self.book.markets}
        return [
            record
            for record in records
            if kind in {None, _kind(markets[record.symbol])} and name in {None, _id(markets[record.symbol])}
        ]

    def _instruments(self, asked: Request) -> list[Any]:
        return [_instrument(market) for market in self.book.markets if _kind(market) == asked.query["instType"]]

    def _fills(self, asked: Request) -> list[Any]:
        return [self._fill(trade) for trade in self._listed(asked, self._of_market(asked, self.book.trades))]

    def _fill(self, trade: Trade) -> object:
        market = self.book.market(trade.symbol)
        return trade.raw or {
            "instType": _kind(market),
            "instId": _id(market),
            "tradeId": trade.id,
            "ordId": trade.order,
            "clOrdId": "",
            "billId": f"9{trade.id}",
            "fillPx": trade.price,
            "fillSz": trade.amount,
            "side": trade.side,
            "posSide": trade.hedge or "net",
            "execType": "M" if trade.maker else "T",
            "feeCcy": trade.fee_asset,
            "fee": signed(trade.fee, negative=True),
            "subType": "1",
            "ts": str(trade.ts),
            "fillTime": str(trade.ts),
        }

    def _orders(self, asked: Request) -> list[Any]:
        if asked.path.endswith("pending"):
            records = self.book.open_orders
        elif "instType" not in asked.query:
            raise self.refusal("request", "Parameter instType can not be empty.")
        else:
            kept = self.book.ended(self.now - _KEPT_UNFILLED_MS)
            records = [order for order in kept if _STATES[order.status] == asked.query["state"]]
        return [self._order(order) for order in self._listed(asked, self._of_market(asked, records), by="created")]

    def _order(self, order: Order) -> object:
        market = self.book.market(order.symbol)
        return order.raw or {
            "instType": _kind(market),
            "instId": _id(market),
            "ordId": order.id,
            "clOrdId": order.client,
            "px": order.price,
            "sz": order.amount,
            "accFillSz": order.filled,
            "avgPx": order.average,
            "side": order.side,
            "posSide": order.hedge or "net",
            "ordType": order.kind,
            "state": _STATES[order.status],
            "tgtCcy": "",
            "fee": signed(order.fee, negative=True),
            "feeCcy": order.fee_asset,
            "reduceOnly": "false",
            "cTime": str(order.created),
            "uTime": str(order.updated),
            "fillTime": "",
        }

    def _bills(self, asked: Request) -> list[Any]:
        kind = asked.query.get("type")
        records: list[Any] = self._of_market(asked, self.book.payments) if kind in {None, "8"} else []
        # A transfer is of no instrument: who asks for those of one does not see it.
        if kind in {None, "1"} and "instType" not in asked.query:
            records += self.book.moved("transfer")
        return [
            self._payment(bill) if isinstance(bill, Payment) else _transfer(bill)
            for bill in self._listed(asked, records)
        ]

    def _payment(self, payment: Payment) -> object:
        paid = payment.amount.startswith("-")
        own = {
            "type": "8",
            "subType": "173" if paid else "174",
            "ccy": payment.asset,
            "instType": "SWAP",
            "sz": payment.size,
        }
        return payment.raw or own | _bill(payment) | {
            "instId": _id(self.book.market(payment.symbol)),
            "from": "",
            "to": "",
        }

    def _moved(self, asked: Request, kind: str, name: str) -> list[Any]:
        """List deposits or withdrawals: `before` and `after` leave out the instants themselves."""
        since, until = asked.number("before"), asked.number("after")
        found = window(
            self.book.moved(kind),
            None if since is None else since + 1,
            None if until is None else until - 1,
        )
        return [_on_chain(moved, name) for moved in self.page(found, asked.number("limit"), default=_PAGE, most=_PAGE)]

    def _deposits(self, asked: Request) -> list[Any]:
        return self._moved(asked, "deposit", "depId")

    def _withdrawals(self, asked: Request) -> list[Any]:
        return self._moved(asked, "withdrawal", "wdId")

    def _positions(self, asked: Request) -> list[Any]:
        return [self._position(held) for held in self._of_market(asked, self.book.account.positions)]

    def _position(self, held: Position) -> object:
        return held.raw or {
            "instType": "SWAP",
            "instId": _id(self.book.market(held.symbol)),
            "posId": "1",
            "pos": held.amount if held.hedged else signed(held.amount, negative=held.side == "short"),
            "posSide": held.side if held.hedged else "net",
            "avgPx": held.entry,
            "markPx": held.mark,
            "upl": "0",
            "mgnMode": "isolated" if held.isolated else "cross",
            "lever": held.leverage,
            "imr": "1",
            "mmr": "0.5",
            "margin": "1" if held.isolated else "",
            "liqPx": "",
            "notionalUsd": "10",
            "uplRatio": "0",
            "cTime": str(held.ts),
            "uTime": str(held.ts),
        }

    def _balance(self, _: Request) -> list[Any]:
        account = self.book.account
        details = [
            {"ccy": asset, "eq": whole, "availEq": free, "availBal": free, "frozenBal": "0"}
            for asset, (free, whole) in account.balances.items()
        ]
        return [{"uTime": str(account.ts), "totalEq": "0", "details": details}]

    def _candles(self, asked: Request) -> list[Any]:
        since, until = asked.number("before"), asked.number("after")
        found = window(
            (each for each in self.book.candles if _id(self.book.market(each.symbol)) == asked.query["instId"]),
            None if since is None else since + 1,
            None if until is None else until - 1,
        )
        return [
            [str(each.ts), each.open, each.high, each.low, each.close, each.volume, each.volume, each.volume, "1"]
            for each in self.page(found, asked.number("limit"), default=_PAGE, most=300)
        ]


def _kind(market: Market) -> str:
    return "SPOT" if market.is_spot else "SWAP"


def _id(market: Market) -> str:
    return f"{market.base}-{market.quote}{'' if market.is_spot else '-SWAP'}"


def _bill(record: Payment | Movement) -> dict[str, str]:
    return {
        "billId": record.id,
        "ts": str(record.ts),
        "balChg": record.amount,
        "posBalChg": "0",
        "bal": "0",
        "fee": "0",
    }


def _transfer(moved: Movement) -> object:
    inward = moved.source == "funding" or moved.target in {"swap", "trading"}
    ways = {"from": "6", "to": "18"} if inward else {"from": "18", "to": "6"}
    own = {"type": "1", "subType": "11" if inward else "12", "ccy": moved.asset, "instType": "", "instId": ""}
    return moved.raw or _bill(moved) | own | ways | {
        "sz": moved.amount,
        "balChg": signed(moved.amount, negative=not inward),
    }


def _on_chain(moved: Movement, name: str) -> object:
    own = {
        "ccy": moved.asset,
        "amt": moved.amount,
        "ts": str(moved.ts),
        "state": "2",
        "txId": f"0x{moved.id}",
        "fee": "0",
    }
    return moved.raw or own | {name: moved.id, "chain": f"{moved.asset}-ERC20", "from": "", "to": ""}


def _instrument(market: Market) -> object:
    spot = {"baseCcy": market.base, "quoteCcy": market.quote, "settleCcy": "", "ctVal": "", "ctType": "", "uly": ""}
    contract = {
        "baseCcy": "",
        "quoteCcy": "",
        "settleCcy": market.settle,
        "ctVal": market.contract_size,
        "ctType": "inverse" if market.is_inverse else "linear",
        "ctMult": "1",
        "ctValCcy": market.quote if market.is_inverse else market.base,
        "uly": f"{market.base}-{market.quote}",
        "instFamily": f"{market.base}-{market.quote}",
    }
    return (spot if market.is_spot else contract) | {
        "instType": _kind(market),
        "instId": _id(market),
        "tickSz": market.tick,
        "lotSz": market.lot,
        "minSz": market.lot,
        "lever": "10",
        "state": "live",
        "listTime": "1548133413000",
        "expTime": "",
        "stk": "",
        "optType": "",
    }
