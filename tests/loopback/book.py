"""What a played venue knows: markets, an account's trades, orders, payments, transfers, positions and balances.

Numbers are the text that the venue sends, times are milliseconds since 1970. Amounts are in the venue's own unit, the one that
ccxt keeps as `amount`: contracts, or base. `raw` is a record in the venue's own JSON and is sent as it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

__all__ = [
    "Account",
    "Book",
    "Candle",
    "Market",
    "Movement",
    "Order",
    "Payment",
    "Position",
    "Raw",
    "Trade",
    "less",
    "plain",
    "signed",
    "total",
]

Raw = Mapping[str, object]


def plain(number: Decimal) -> str:
    """Return a number as venues write it: no exponent, no zeros at its end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def total(numbers: Iterable[str]) -> str:
    """Return the sum of numbers."""
    return plain(sum((Decimal(number) for number in numbers), Decimal(0)))


def less(number: str, other: str) -> str:
    """Return a number without another."""
    return plain(Decimal(number) - Decimal(other))


def signed(number: str, negative: bool) -> str:
    """Return a number with its sign turned where it is negative."""
    return plain(-Decimal(number)) if negative else number


@dataclass(frozen=True, kw_only=True)
class Market:
    """A market. Without `settle` it is one of spot; `expiry` is the delivery of a dated future."""

    base: str
    quote: str
    settle: str | None = None
    contract_size: str = "1"
    tick: str = "0.1"
    lot: str = "0.001"
    expiry: int | None = None

    @property
    def is_spot(self) -> bool:
        """Whether it is a spot market."""
        return self.settle is None

    @property
    def is_inverse(self) -> bool:
        """Whether it is settled in its base."""
        return self.settle == self.base

    @property
    def symbol(self) -> str:
        """ccxt's name of it, without a delivery."""
        return f"{self.base}/{self.quote}" + (f":{self.settle}" if self.settle else "")

    def quote_of(self, price: str, amount: str) -> str:
        """Return what an amount is worth in quote; of an inverse market the amount is in contracts of so much quote."""
        worth = Decimal(amount) * Decimal(self.contract_size)
        return plain(worth if self.is_inverse else worth * Decimal(price))


@dataclass(frozen=True, kw_only=True)
class Trade:
    """A fill of the account. `hedge` is the side of a hedged position, long or short."""

    id: str
    order: str
    symbol: str
    side: str
    price: str
    amount: str
    fee: str = "0"
    fee_asset: str = "USDT"
    maker: bool = True
    ts: int
    hedge: str | None = None
    raw: Raw | None = None


@dataclass(frozen=True, kw_only=True)
class Order:
    """An order. `status` is open, closed or canceled; `updated` is when it came to it."""

    id: str
    client: str
    symbol: str
    side: str
    kind: str = "limit"
    price: str
    amount: str
    filled: str = "0"
    average: str = "0"
    status: str = "closed"
    fee: str = "0"
    fee_asset: str = "USDT"
    created: int
    updated: int
    hedge: str | None = None
    raw: Raw | None = None


@dataclass(frozen=True, kw_only=True)
class Payment:
    """A funding payment; the amount is positive when received. The venue decides which way it writes that."""

    id: str
    symbol: str
    asset: str = "USDT"
    amount: str
    rate: str = "0.0001"
    size: str = "1"
    ts: int
    raw: Raw | None = None


@dataclass(frozen=True, kw_only=True)
class Movement:
    """A transfer, a deposit or a withdrawal, by `kind`. `source` and `target` are ccxt's names of accounts, such as spot and swap."""

    id: str
    kind: str = "transfer"
    asset: str = "USDT"
    amount: str
    source: str = "spot"
    target: str = "swap"
    ts: int
    raw: Raw | None = None


@dataclass(frozen=True, kw_only=True)
class Position:
    """A position as of `ts`; `side` is long or short and `amount` has no sign."""

    symbol: str
    side: str
    amount: str
    entry: str
    mark: str
    hedged: bool = False
    isolated: bool = False
    leverage: str = "5"
    ts: int
    raw: Raw | None = None


@dataclass(frozen=True, kw_only=True)
class Account:
    """What the account held at an instant: its positions, and asset -> (free, total)."""

    ts: int
    positions: tuple[Position, ...] = ()
    balances: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    raw: object = None


@dataclass(frozen=True, kw_only=True)
class Candle:
    """A candle of a minute, by its begin."""

    symbol: str
    ts: int
    open: str
    high: str
    low: str
    close: str
    volume: str = "1"


@dataclass(frozen=True, kw_only=True)
class Book:
    """All that a played venue knows."""

    markets: tuple[Market, ...]
    trades: tuple[Trade, ...] = ()
    orders: tuple[Order, ...] = ()
    payments: tuple[Payment, ...] = ()
    movements: tuple[Movement, ...] = ()
    accounts: tuple[Account, ...] = ()
    candles: tuple[Candle, ...] = ()

    def at(self, now: int) -> "Book":
        """Return what the venue knew at an instant: nothing later, and orders as they stood."""
        return replace(
            self,
            trades=tuple(trade for trade in self.trades if trade.ts <= now),
            orders=tuple(self._order_at(order, now) for order in self.orders if order.created <= now),
            payments=tuple(payment for payment in self.payments if payment.ts <= now),
            movements=tuple(movement for movement in self.movements if movement.ts <= now),
            accounts=tuple(account for account in self.accounts if account.ts <= now),
            candles=tuple(candle for candle in self.candles if candle.ts <= now),
        )

    def _order_at(self, order: Order, now: int) -> Order:
        if order.updated <= now or order.status == "open":
            return order
        fills = [trade for trade in self.trades if trade.order == order.id and trade.ts <= now]
        filled = total(trade.amount for trade in fills)
        latest = max((trade.ts for trade in fills), default=order.created)
        return replace(
            order, status="open", filled=filled, fee=total(fill.fee for fill in fills), updated=latest, raw=None
        )

    @property
    def account(self) -> Account:
        """The account's newest state, an empty one where there is none."""
        return max(self.accounts, key=lambda account: account.ts, default=Account(ts=0))

    @property
    def open_orders(self) -> list[Order]:
        """The orders that are open."""
        return [order for order in self.orders if order.status == "open"]

    def ended(self, unfilled_since: int = 0) -> list[Order]:
        """Return the orders that are not open any more; those without a fill from an instant on, as most venues keep them."""
        gone = (order for order in self.orders if order.status != "open")
        return [order for order in gone if Decimal(order.filled) or order.updated >= unfilled_since]

    def moved(self, kind: str) -> list[Movement]:
        """Return the movements of a kind."""
        return [movement for movement in self.movements if movement.kind == kind]

    def market(self, symbol: str) -> Market:
        """Return the market of a symbol.

        Raises
        ------
        KeyError
            There is none.
        """
        return next((market for market in self.markets if market.symbol == symbol), None) or self._unknown(symbol)

    def _unknown(self, symbol: str) -> Market:
        raise KeyError(f"the book has no market {symbol}; it has {[market.symbol for market in self.markets]}")
