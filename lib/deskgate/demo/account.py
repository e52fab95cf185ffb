"""The account: what fills, fees and funding make of an opening balance.

The same arithmetic keeps the venue's account, by the venue's time, and the bot's own counters, by the time it learnt
of each fill. Cash is kept exactly, so that opening + realised + unrealised - fees + funding is the equity to the
last digit; the entry price is the average cost of the open position.
"""

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from deskgate.demo.chance import whole
from deskgate.demo.market import Market
from deskgate.demo.story import Story
from deskgate.demo.venue import BITGET, Order, Side, VenueRules

__all__ = ["Account", "Funding", "account_at", "mark_price", "settle"]

_ZERO = Decimal(0)
_LONGS_PAY_CHANCE = 0.75


@dataclass(frozen=True)
class Funding:
    """A funding payment on the position held at `due_ms`; negative when paid. The bot booked it at `known_ms`."""

    funding_id: str
    due_ms: int
    ts_ms: int
    known_ms: int
    amount: Decimal
    rate: Decimal


@dataclass
class Account:
    """A running account in one pair, in quote; `position` is signed, in base. It speaks for the instant `at_ms`."""

    opening: Decimal
    cash: Decimal = _ZERO
    position: Decimal = _ZERO
    entry: Decimal = _ZERO
    realised: Decimal = _ZERO
    fees: Decimal = _ZERO
    funding: Decimal = _ZERO
    volume: Decimal = _ZERO
    fills: int = 0
    last_fill_ms: int = 0
    at_ms: int = 0

    def book(self, side: Side, price: Decimal, quantity: Decimal, fee: Decimal, at_ms: int) -> Decimal:
        """Book a fill and return what it realised against the average cost."""
        change = side.sign * quantity
        closed = min(abs(self.position), quantity) if self.position * change < 0 else _ZERO
        realised = -change / quantity * closed * (price - self.entry) if closed else _ZERO
        opened = quantity - closed
        after = self.position + change
        if after == 0:
            self.entry = _ZERO
        elif opened and closed:
            self.entry = price
        elif opened:
            self.entry = (abs(self.position) * self.entry + opened * price) / abs(after)
        self.position = after
        self.cash -= change * price
        self.realised += realised
        self.fees += fee
        self.volume += quantity * price
        self.fills += 1
        self.last_fill_ms = at_ms
        return realised

    def unrealised(self, mark: Decimal) -> Decimal:
        """Return the open position's profit at `mark`."""
        return self.position * (mark - self.entry)

    def equity(self, mark: Decimal) -> Decimal:
        """Return the account's worth at `mark`, unrealised profit included."""
        return self.opening + self.cash + self.position * mark - self.fees + self.funding


def settle(orders: list[Order], rules: VenueRules, market: Market, story: Story, rng: Random) -> list[Funding]:
    """Return the funding payments on the positions that `orders` left; none where the bot was flat."""
    payments = []
    for due_ms in story.fundings:
        sign = 1 if rng.random() < _LONGS_PAY_CHANCE else -1
        rate = sign * whole(rng, 1, 11) * Decimal("0.00001")
        delay_ms = whole(rng, 150, 850) if rules is BITGET else 0
        known_ms = due_ms + whole(rng, 31_000, 58_000)
        position = account_at(_ZERO, orders, [], due_ms).position
        amount = (-position * mark_price(market, due_ms) * rate).quantize(Decimal("0.00000001"))
        name = str(1_287_000_000_000_000_000 + due_ms) if rules is BITGET else f"1097{due_ms // 1000}"
        if amount:
            payments.append(Funding(name, due_ms, due_ms + delay_ms, known_ms, amount, rate))
    return payments


def mark_price(market: Market, ms: int) -> Decimal:
    """Return the venue's mark price at `ms`: the best bid, which is on the tick grid."""
    return market.book(ms)[0]


def account_at(opening: Decimal, orders: list[Order], payments: list[Funding], at_ms: int) -> Account:
    """Return the venue's account just before `at_ms`: what is stamped at that instant comes after."""
    account = Account(opening, at_ms=at_ms)
    fills = [(order, fill) for order in orders for fill in order.fills if fill.ts_ms < at_ms]
    for order, fill in sorted(fills, key=lambda pair: (pair[1].ts_ms, int(pair[1].trade_id))):
        account.book(order.side, order.price, fill.quantity, fill.fee_quote, fill.ts_ms)
    account.funding = sum((payment.amount for payment in payments if payment.ts_ms < at_ms), _ZERO)
    return account
