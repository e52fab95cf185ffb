"""Gate API v4: a spot account, and a futures account for each settlement asset; filters in whole seconds, pages newest first."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from loopback.book import Market, Movement, Order, Payment, Position, Trade, less, signed
from loopback.listing import DAY_MS, window
from loopback.server import Dialect, Refused, Request

__all__ = ["Gate"]

_SECOND = 1000
_KEPT_UNFILLED_MS = 600_000
_REFUSALS = {
    "rate_limit": (429, "TOO_MANY_REQUESTS"),
    "server": (500, "SERVER_ERROR"),
    "key": (401, "INVALID_KEY"),
    "clock": (403, "REQUEST_EXPIRED"),
    "route": (404, "NOT_FOUND"),
    "request": (400, "INVALID_PARAM_VALUE"),
}


class Gate(Dialect):
    """Gate over a book."""

    public = (
        *("/api/v4/spot/time", "/api/v4/spot/currencies", "/api/v4/spot/currency_pairs", "/api/v4/spot/candlesticks"),
        *("/api/v4/margin/currency_pairs",),
        *(f"/api/v4/futures/{settle}/{list_}" for settle in ("usdt", "btc") for list_ in ("contracts", "candlesticks")),
    )

    @property
    def routes(self) -> Mapping[str, Callable[[Request], object]]:
        """Path -> what answers it."""
        account: dict[str, Callable[[Request], object]] = {
            "account/detail": lambda _: {"key": {"mode": 1}, "user_id": 1},
            "margin/currency_pairs": lambda _: [],
            "wallet/deposits": lambda asked: self._on_chain(asked, "deposit"),
            "wallet/withdrawals": lambda asked: self._on_chain(asked, "withdrawal"),
        }
        spot: dict[str, Callable[[Request], object]] = {
            "spot/time": lambda _: {"server_time": self.now},
            "spot/currencies": lambda _: [],
            "spot/currency_pairs": lambda _: [_pair(market) for market in self.book.markets if market.is_spot],
            "spot/my_trades": lambda asked: [
                self._spot_trade(trade) for trade in self._listed(asked, self.book.trades, "")
            ],
            "spot/open_orders": self._spot_open,
            "spot/orders": self._spot_orders,
            "spot/account_book": lambda asked: [
                _entry(moved, "spot") for moved in self._listed(asked, self.book.moved("transfer"), "")
            ],
            "spot/accounts": lambda _: [
                {"currency": asset, "available": free, "locked": less(whole, free)}
                for asset, (free, whole) in self.book.account.balances.items()
            ],
            "spot/candlesticks": lambda asked: self._candles(asked, "currency_pair"),
        }
        futures = {
            f"futures/{settle}/{path}": (lambda asked, answer=answer, settle=settle: answer(asked, settle))
            for settle in ("usdt", "btc")
            for path, answer in self._futures.items()
        }
        return {f"/api/v4/{path}": answer for path, answer in (account | spot | futures).items()}

    @property
    def _futures(self) -> Mapping[str, Callable[[Request, str], object]]:
        return {
            "contracts": lambda _, settle: [
                _contract(market) for market in self.book.markets if _settle(market) == settle
            ],
            "my_trades_timerange": lambda asked, settle: [
                self._trade(trade) for trade in self._listed(asked, self.book.trades, settle)
            ],
            "orders": self._open,
            "orders_timerange": self._orders,
            "account_book": self._book_of,
            "positions": lambda _, settle: [
                self._position(held) for held in self._of(settle, self.book.account.positions)
            ],
            "accounts": self._account,
            "candlesticks": lambda asked, _: self._candles(asked, "contract"),
        }

    def has_key(self, request: Request) -> bool:
        """Return whether a key is with the request."""
        return bool(request.headers.get("key"))

    def signed_at(self, request: Request) -> int | None:
        """Return for which time a request is signed."""
        return int(request.headers.get("timestamp", "0")) * _SECOND

    def refusal(self, what: str, message: str = "") -> Refused:
        """Return an error with Gate's label."""
        status, label = _REFUSALS[what]
        return Refused(status, {"label": label, "message": message or what})

    def _of(self, settle: str, records: Iterable[Any], name: str | None = None) -> list[Any]:
        markets = {market.symbol: market for market in self.book.markets}
        of = [record for record in records if _settle(markets[record.symbol]) == settle]
        return [record for record in of if name in {None, _id(markets[record.symbol])}]

    def _listed(
        self, asked: Request, records: Iterable[Any], settle: str, by: str = "ts", most: int = 1000
    ) -> list[Any]:
        since, until = asked.number("from"), asked.number("to")
        if not settle and since and until and (until - since) * _SECOND > 30 * DAY_MS + _SECOND:
            raise self.refusal("request", "time range is too large, 30 days at most")
        if (asked.number("limit") or 0) > most:
            raise self.refusal("request", f"limit is larger than {most}")
        records = list(records)
        if records and hasattr(records[0], "symbol"):
            records = self._of(settle, records, asked.query.get("contract") or asked.query.get("currency_pair"))
        found = window(records, since, until, by=by, unit=_SECOND)
        return self.page(found, asked.number("limit"), default=100, most=most)

    def _spot_trade(self, trade: Trade) -> object:
        own = {
            "id": trade.id,
            "order_id": trade.order,
            "currency_pair": _id(self.book.market(trade.symbol)),
            "side": trade.side,
        }
        money = {"amount": trade.amount, "price": trade.price, "fee": trade.fee, "fee_currency": trade.fee_asset}
        times = {"create_time": str(trade.ts // _SECOND), "create_time_ms": f"{trade.ts}.123000"}
        return trade.raw or own | money | times | {"role": _role(trade), "point_fee": "0", "gt_fee": "0", "text": "-"}

    def _spot_open(self, _: Request) -> object:
        orders = self._of("", self.book.open_orders)
        pairs = {_id(self.book.market(order.symbol)) for order in orders}
        return [
            {
                "currency_pair": pair,
                "orders": [self._spot_order(each) for each in orders if _id(self.book.market(each.symbol)) == pair],
            }
            for pair in sorted(pairs)
        ]

    def _spot_orders(self, asked: Request) -> object:
        found = self._listed(asked, self.book.ended(self.now - 30 * DAY_MS), "", by="created", most=100)
        return [self._spot_order(order) for order in found]

    def _spot_order(self, order: Order) -> object:
        market = self.book.market(order.symbol)
        left = less(order.amount, order.filled)
        own = {
            "id": order.id,
            "text": order.client,
            "currency_pair": _id(market),
            "side": order.side,
            "type": order.kind,
        }
        sizes = {"amount": order.amount, "left": left, "price": order.price, "avg_deal_price": order.average}
        times = {"create_time_ms": order.created, "update_time_ms": order.updated, "account": "spot"}
        fee = {
            "fee": order.fee,
            "fee_currency": order.fee_asset,
            "filled_total": market.quote_of(order.average, order.filled),
        }
        return order.raw or own | sizes | times | fee | {"status": _state(order), "finish_as": _finish(order)}

    def _trade(self, trade: Trade) -> object:
        size = signed(trade.amount, negative=trade.side == "sell")
        own = {
            "trade_id": trade.id,
            "order_id": trade.order,
            "contract": _id(self.book.market(trade.symbol)),
            "size": size,
        }
        money = {"price": trade.price, "fee": trade.fee, "point_fee": "0", "role": _role(trade), "text": "api"}
        return trade.raw or own | money | {"create_time": trade.ts / _SECOND}

    def _open(self, asked: Request, settle: str) -> object:
        orders = self.book.open_orders
        found = self._listed(asked, orders, settle, by="created", most=100)
        return [self._order(order) for order in found]

    def _orders(self, asked: Request, settle: str) -> object:
        found = self._listed(asked, self.book.ended(self.now - _KEPT_UNFILLED_MS), settle, by="created", most=1000)
        return [self._order(order) for order in found]

    def _order(self, order: Order) -> object:
        negative = order.side == "sell"
        left = less(order.amount, order.filled)
        own = {"id": int(order.id), "text": order.client, "contract": _id(self.book.market(order.symbol)), "tif": "poc"}
        sizes = {"size": signed(order.amount, negative=negative), "left": signed(left, negative=negative)}
        times = {
            "create_time": order.created / _SECOND,
            "finish_time": order.updated / _SECOND,
            "update_time": order.updated / _SECOND,
        }
        prices = {"price": order.price, "fill_price": order.average, "is_reduce_only": False}
        ended = {} if order.status == "open" else {"finish_as": _finish(order)}
        return order.raw or own | sizes | times | prices | ended | {"status": _state(order)}

    def _book_of(self, asked: Request, settle: str) -> object:
        kind = asked.query.get("type")
        booked: list[Any] = (
            self._of(settle, self.book.payments, asked.query.get("contract")) if kind in {None, "fund"} else []
        )
        booked += self.book.moved("transfer") if kind in {None, "dnw"} else []
        found = window(booked, asked.number("from"), asked.number("to"), unit=_SECOND)
        rows = self.page(found, asked.number("limit"), default=100, most=1000)
        return [self._payment(row) if isinstance(row, Payment) else _entry(row, "swap") for row in rows]

    def _payment(self, payment: Payment) -> object:
        name = _id(self.book.market(payment.symbol))
        own = {"time": payment.ts // _SECOND, "change": payment.amount, "balance": "0", "type": "fund", "trade_id": ""}
        return payment.raw or own | {"text": name, "contract": name}

    def _position(self, held: Position) -> object:
        size = signed(held.amount, negative=held.side == "short")
        own = {
            "contract": _id(self.book.market(held.symbol)),
            "size": size,
            "mode": f"dual_{held.side}" if held.hedged else "single",
        }
        prices = {
            "entry_price": held.entry,
            "mark_price": held.mark,
            "unrealised_pnl": "0",
            "liq_price": "0",
            "value": "10",
        }
        margin = {
            "leverage": held.leverage if held.isolated else "0",
            "margin": "1",
            "initial_margin": "2",
            "maintenance_margin": "1",
        }
        return held.raw or own | prices | margin | {"open_time": held.ts // _SECOND, "update_time": held.ts // _SECOND}

    def _account(self, _: Request, settle: str) -> object:
        asset = settle.upper()
        free, whole = self.book.account.balances.get(asset, ("0", "0"))
        return {"currency": asset, "total": whole, "available": free, "unrealised_pnl": "0", "in_dual_mode": False}

    def _candles(self, asked: Request, name: str) -> object:
        records = [each for each in self.book.candles if _id(self.book.market(each.symbol)) == asked.query[name]]
        found = window(records, asked.number("from"), asked.number("to"), unit=_SECOND, oldest_first=True)
        rows = self.page(found, asked.number("limit"), default=1000, most=2000)
        if name == "contract":
            return [
                {"t": e.ts // _SECOND, "o": e.open, "h": e.high, "l": e.low, "c": e.close, "v": e.volume} for e in rows
            ]
        return [[str(e.ts // _SECOND), e.volume, e.close, e.high, e.low, e.open, e.volume, "true"] for e in rows]

    def _on_chain(self, asked: Request, kind: str) -> object:
        records = self.book.moved(kind)
        letter = kind[0]
        return [
            moved.raw
            or {
                "id": f"{letter}{moved.id}",
                "currency": moved.asset,
                "amount": moved.amount,
                "txid": f"0x{moved.id}",
                "timestamp": str(moved.ts // _SECOND),
                "status": "DONE",
                "chain": "ETH",
                "address": "0x1",
                "fee": "0",
            }
            for moved in self._listed(asked, records, "", most=1000)
        ]


def _settle(market: Market) -> str:
    return (market.settle or "").lower()


def _id(market: Market) -> str:
    return f"{market.base}_{market.quote}"


def _role(trade: Trade) -> str:
    return "maker" if trade.maker else "taker"


def _state(order: Order) -> str:
    return "open" if order.status == "open" else {"closed": "closed", "canceled": "cancelled"}[order.status]


def _finish(order: Order) -> str:
    return {"open": "open", "closed": "filled", "canceled": "cancelled"}[order.status]


def _entry(moved: Movement, account: str) -> dict[str, object]:
    inward = moved.target == account
    own = {"id": moved.id, "currency": moved.asset, "change": signed(moved.amount, negative=not inward), "balance": "0"}
    time = moved.ts if account == "spot" else moved.ts // _SECOND
    return own | {"time": time, "type": "dnw", "text": ""}


def _pair(market: Market) -> object:
    digits = {"amount_precision": _digits(market.lot), "precision": _digits(market.tick)}
    own = {"id": _id(market), "base": market.base, "quote": market.quote, "fee": "0.2", "trade_status": "tradable"}
    return own | digits | {"min_base_amount": market.lot, "buy_start": 0, "sell_start": 0}


def _digits(step: str) -> int:
    return len(step.partition(".")[2])


def _contract(market: Market) -> object:
    # The inverse contract of bitcoin is of one dollar, which Gate writes as 0.
    size = {"quanto_multiplier": "0" if market.is_inverse else market.contract_size}
    own = {"name": _id(market), "type": "inverse" if market.is_inverse else "direct", "status": "trading"}
    prices = {"order_price_round": market.tick, "mark_price": "70000", "order_price_deviate": "0.5"}
    return (
        own
        | size
        | prices
        | {"order_size_min": "1", "order_size_max": "1000000", "leverage_min": "1", "leverage_max": "100"}
    )
