"""Hyperliquid: one route that answers by the type of a question; all of an address, spot and perpetual, oldest first."""

from collections.abc import Callable, Mapping
from typing import Any

from loopback.book import Market, Movement, Order, Payment, Position, Trade, less, signed
from loopback.listing import window
from loopback.server import Dialect, Refused, Request

__all__ = ["Hyperliquid"]

_NONE = "0x" + "0" * 64
_SIDES = {"buy": "B", "sell": "A"}
_STATES = {"open": "open", "closed": "filled", "canceled": "canceled"}


class Hyperliquid(Dialect):
    """Hyperliquid over a book."""

    public = ("/info",)

    @property
    def routes(self) -> Mapping[str, Callable[[Request], object]]:
        return {"/info": lambda asked: self._answers[asked.body["type"]](asked.body)}

    @property
    def _answers(self) -> Mapping[str, Callable[[Mapping[str, Any]], object]]:
        return {
            "exchangeStatus": lambda _: {"time": self.now, "specialStatuses": None},
            "userAbstraction": lambda _: "disabled",
            "spotMeta": lambda _: self._spot_meta(),
            "spotMetaAndAssetCtxs": lambda _: [
                self._spot_meta(),
                [{"midPx": "70000"} for _ in self._markets(spot=True)],
            ],
            "metaAndAssetCtxs": lambda _: [
                {
                    "universe": [
                        {"name": each.base, "szDecimals": 5, "maxLeverage": 50} for each in self._markets(spot=False)
                    ]
                },
                [{"markPx": "70000", "midPx": "70000"} for _ in self._markets(spot=False)],
            ],
            "userFills": lambda _: [self._fill(trade) for trade in self._latest(self.book.trades)],
            "userFillsByTime": self._fills,
            "frontendOpenOrders": lambda _: [self._order(order) for order in self.book.open_orders],
            "historicalOrders": lambda _: self._history(),
            "userFunding": self._payments,
            "userNonFundingLedgerUpdates": self._ledger,
            "clearinghouseState": lambda _: self._state(),
            "spotClearinghouseState": lambda _: {"balances": self._balances()},
            "candleSnapshot": self._candles,
        }

    def has_key(self, request: Request) -> bool:
        return bool((request.body or {}).get("user"))

    def signed_at(self, request: Request) -> int | None:
        return None

    def refusal(self, what: str, message: str = "") -> Refused:
        return Refused({"rate_limit": 429, "server": 502}.get(what, 422), message or what)

    def respond(self, request: Request) -> object:
        asked = request.body or {}
        if "startTime" in asked:
            self.fail_as_told()
        if request.path != "/info" or asked.get("type") not in self._answers:
            raise self.refusal("route", "Failed to deserialize the JSON body into the target type")
        return self.answer(request)

    def _markets(self, *, spot: bool) -> list[Market]:
        return [market for market in self.book.markets if market.is_spot is spot]

    def _coin(self, symbol: str) -> str:
        market = self.book.market(symbol)
        return f"@{self._markets(spot=True).index(market)}" if market.is_spot else market.base

    def _spot_meta(self) -> object:
        markets = self._markets(spot=True)
        names = sorted({name for market in markets for name in (market.base, market.quote)})
        tokens = [{"name": name, "index": place, "szDecimals": 5, "weiDecimals": 8} for place, name in enumerate(names)]
        universe = [
            {"name": f"@{place}", "index": place, "tokens": [names.index(market.base), names.index(market.quote)]}
            for place, market in enumerate(markets)
        ]
        return {"tokens": tokens, "universe": universe}

    def _span(self, asked: Mapping[str, Any], records: Any, most: int) -> list[Any]:
        found = window(records, asked.get("startTime"), asked.get("endTime"), oldest_first=True)
        return self.page(found, None, default=most, most=most)

    def _latest(self, records: Any) -> list[Any]:
        return window(records, None, None)[:2000]

    def _fills(self, asked: Mapping[str, Any]) -> object:
        newest = window(self.book.trades, None, None)[:10_000]
        return [self._fill(trade) for trade in self._span(asked, newest, 2000)]

    def _fill(self, trade: Trade) -> object:
        own = {
            "coin": self._coin(trade.symbol),
            "tid": int(trade.id),
            "oid": int(trade.order),
            "time": trade.ts,
            "hash": _NONE,
        }
        money = {
            "px": trade.price,
            "sz": trade.amount,
            "fee": trade.fee,
            "feeToken": trade.fee_asset,
            "closedPnl": "0.0",
        }
        side = {"side": _SIDES[trade.side], "crossed": not trade.maker, "dir": "Open Long", "startPosition": "0.0"}
        return trade.raw or own | money | side

    def _history(self) -> object:
        """List each order with every status that it had: `open`, then how it ended."""
        records = [("open", order.created, order) for order in self.book.orders]
        records += [(_STATES[order.status], order.updated, order) for order in self.book.ended()]
        newest = sorted(records, key=lambda record: record[1], reverse=True)
        return [
            {"order": self._order(order, status), "status": status, "statusTimestamp": stamp}
            for status, stamp, order in self.page(newest, None, default=2000, most=2000)
        ]

    def _order(self, order: Order, status: str = "open") -> object:
        left = order.amount if status == "open" else less(order.amount, order.filled)
        own = {
            "coin": self._coin(order.symbol),
            "oid": int(order.id),
            "cloid": order.client,
            "timestamp": order.created,
        }
        size = {"side": _SIDES[order.side], "limitPx": order.price, "sz": left, "origSz": order.amount}
        return order.raw or own | size | {"orderType": "Limit", "tif": "Alo", "reduceOnly": False, "isTrigger": False}

    def _payments(self, asked: Mapping[str, Any]) -> object:
        return [self._payment(payment) for payment in self._span(asked, self.book.payments, 500)]

    def _payment(self, payment: Payment) -> object:
        delta = {"type": "funding", "coin": self._coin(payment.symbol), "usdc": payment.amount, "szi": payment.size}
        return payment.raw or {"time": payment.ts, "hash": _NONE, "delta": delta | {"fundingRate": payment.rate}}

    def _ledger(self, asked: Mapping[str, Any]) -> object:
        return [_update(moved) for moved in self._span(asked, self.book.movements, 500)]

    def _state(self) -> object:
        free, whole = self.book.account.balances.get("USDC", ("0", "0"))
        summary = {
            "accountValue": whole,
            "totalMarginUsed": less(whole, free),
            "totalNtlPos": "0",
            "totalRawUsd": whole,
        }
        positions = [self._position(held) for held in self.book.account.positions]
        return {"marginSummary": summary, "withdrawable": free, "assetPositions": positions, "time": self.now}

    def _position(self, held: Position) -> object:
        size = signed(held.amount, negative=held.side == "short")
        leverage = {"type": "isolated" if held.isolated else "cross", "value": int(held.leverage)}
        worth = self.book.market(held.symbol).quote_of(held.mark, held.amount)
        own = {
            "coin": self._coin(held.symbol),
            "szi": size,
            "entryPx": held.entry,
            "positionValue": worth,
            "leverage": leverage,
        }
        return held.raw or {
            "type": "oneWay",
            "position": own | {"unrealizedPnl": "0.0", "marginUsed": "1.0", "liquidationPx": None},
        }

    def _balances(self) -> list[object]:
        return [
            {"coin": asset, "token": 0, "total": whole, "hold": less(whole, free), "entryNtl": "0"}
            for asset, (free, whole) in self.book.account.balances.items()
        ]

    def _candles(self, asked: Mapping[str, Any]) -> object:
        wanted = asked["req"]
        records = [candle for candle in self.book.candles if self._coin(candle.symbol) == wanted["coin"]]
        return [
            {
                "t": each.ts,
                "T": each.ts + 59_999,
                "o": each.open,
                "h": each.high,
                "l": each.low,
                "c": each.close,
                "v": each.volume,
            }
            for each in self._span(wanted, window(records, None, None)[:5000], 5000)
        ]


def _update(moved: Movement) -> object:
    kinds = {
        "deposit": {"type": "deposit", "usdc": moved.amount},
        "withdrawal": {"type": "withdraw", "usdc": moved.amount, "nonce": 1, "fee": "0"},
        "transfer": {"type": "accountClassTransfer", "usdc": moved.amount, "toPerp": moved.target == "swap"},
    }
    return moved.raw or {"time": moved.ts, "hash": f"0x{moved.id}", "delta": kinds[moved.kind]}
