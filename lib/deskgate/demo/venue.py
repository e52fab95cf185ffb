"""The venues: they take orders, match them with the market's trades, charge fees and give everything an id.

A venue fills a resting order when a trade of the step reaches its price, always at that price. Real venues fill in
parts and keep a queue; the paper engine fills whole orders at once, as Hummingbot's does. When the bot learns of a
fill is part of the record too (`known_ms`), because the bot's books are written with its own clock.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from random import Random

from deskgate.demo.chance import whole
from deskgate.demo.clock import tick
from deskgate.demo.market import STEP_MS, Instrument, Market

__all__ = ["BINANCE", "BITGET", "PAPER", "Fill", "Order", "Side", "Venue", "VenueRules"]

_QUEUE_MISS = 0.06  # a sweep ends before our place in the queue
_WHOLE_CHANCE = 0.8  # a sweep takes all that is left of an order
_POLLED_CHANCE = 0.02  # the stream lost a fill: the next poll of the REST endpoint finds it
_LATE_CHANCE = 0.06  # the last part is reported only after the order's completion
_TWO_TAKERS_CHANCE = 0.2
_BNB_CHANCE = 0.008
_BNB_PRICE = Decimal("641.3")
_CENT = Decimal("0.00000001")


class Side(StrEnum):
    """Buy or sell."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        return 1 if self is Side.BUY else -1


@dataclass(frozen=True)
class VenueRules:
    """What sets one venue apart: names, fees, ids, and how it fills."""

    connector: str
    market: str
    maker_fee: Decimal
    taker_fee: Decimal
    leverage: int
    fills_whole: bool = False
    pays_in_bnb: bool = False


BITGET = VenueRules("bitget_perpetual", "bitget_perpetual", Decimal("0.0002"), Decimal("0.0006"), 5)
BINANCE = VenueRules(
    "binance_perpetual_testnet", "binance_perpetual", Decimal("0.0002"), Decimal("0.0005"), 10, pays_in_bnb=True
)
PAPER = VenueRules("bitget_paper_trade", "bitget_PaperTrade", Decimal("0.0010"), Decimal("0.0010"), 1, fills_whole=True)


@dataclass(frozen=True)
class Fill:
    """A part of an order that traded at `ts_ms`; the bot booked it at `known_ms`."""

    trade_id: str
    ts_ms: int
    known_ms: int
    quantity: Decimal
    fee: Decimal
    fee_token: str
    fee_quote: Decimal  # what it takes from the quote balance: nothing where a third token pays


@dataclass
class Order:
    """An order, at the venue and in the bot's book. It is done when `closed_ms` is set."""

    order_id: str
    exchange_order_id: str
    side: Side
    price: Decimal
    quantity: Decimal
    created_ms: int
    placed_ms: int
    fills: list[Fill] = field(default_factory=list)
    closed_ms: int | None = None
    known_closed_ms: int | None = None

    @property
    def filled(self) -> Decimal:
        return sum((fill.quantity for fill in self.fills), Decimal(0))

    @property
    def is_complete(self) -> bool:
        return self.filled == self.quantity


class Venue:
    """One bot's account at a venue: the orders it takes and the ids it gives."""

    def __init__(self, rules: VenueRules, instrument: Instrument, rng: Random) -> None:
        self.rules = rules
        self.instrument = instrument
        self._rng = rng
        self._order_id = 8_389_000_000
        self._trade_id = 341_000_000

    def place(self, order_id: str, side: Side, price: Decimal, quantity: Decimal, created_ms: int) -> Order:
        """Take an order that the bot made at `created_ms`."""
        placed_ms = created_ms + whole(self._rng, 35, 290)
        self._order_id = self._next_id(self._order_id, placed_ms, whole(self._rng, 1, 40))
        return Order(order_id, str(self._order_id), side, price, quantity, created_ms, placed_ms)

    def cancel(self, order: Order, asked_ms: int) -> None:
        """Take the rest of an order off the book, on the bot's word of `asked_ms`."""
        order.closed_ms = asked_ms + whole(self._rng, 30, 600)
        order.known_closed_ms = order.closed_ms + whole(self._rng, 20, 120)

    def match(self, order: Order, market: Market, step: int) -> None:
        """Fill an order with the trades of one step, if they reach it."""
        price = float(order.price)
        before, after = market.mids[step], market.mids[step + 1]
        if order.side is Side.BUY:
            is_reached, is_crossed = market.lows[step] <= price, min(before, after) <= price
        else:
            is_reached, is_crossed = market.highs[step] >= price, max(before, after) >= price
        if not is_reached:
            return
        if not (is_crossed or self.rules.fills_whole) and self._rng.random() < _QUEUE_MISS:
            return
        left = int((order.quantity - order.filled) / self.instrument.lot)
        takes_all = is_crossed or self.rules.fills_whole or self._rng.random() < _WHOLE_CHANCE
        lots = left if takes_all else whole(self._rng, 1, left)
        at = market.start_ms + step * STEP_MS + whole(self._rng, 0, STEP_MS - 600)
        for part in self._parts(lots):
            self.fill(order, part, at)
            at += whole(self._rng, 3, 400)

    def fill(self, order: Order, lots: int, at_ms: int) -> None:
        """Trade `lots` of an order at its price, and close the order when nothing is left."""
        quantity = lots * self.instrument.lot
        self._trade_id = self._next_id(self._trade_id, at_ms, whole(self._rng, 1, 60))
        fee, token = self._fee(order.price * quantity)
        fee_quote = fee if token == self.instrument.quote else Decimal(0)
        order.fills.append(Fill(self._trade_name(at_ms), at_ms, self._known(at_ms), quantity, fee, token, fee_quote))
        if order.is_complete:
            self._complete(order)

    def fill_unattended(self, order: Order, from_ms: int, known_ms: int) -> None:
        """Fill an order while its bot is down, in one or two parts; the bot recovers it at `known_ms` and after."""
        at_ms = from_ms + whole(self._rng, 0, STEP_MS - 600)
        for part in self._parts(int(order.quantity / self.instrument.lot)):
            self.fill(order, part, at_ms)
            at_ms += whole(self._rng, 3, 400)
        order.fills = [
            replace(fill, known_ms=known_ms + 1000 * place) for place, fill in enumerate(order.fills, start=1)
        ]
        order.known_closed_ms = order.fills[-1].known_ms + whole(self._rng, 20, 400)

    def _complete(self, order: Order) -> None:
        last = order.fills[-1]
        order.closed_ms = last.ts_ms
        if len(order.fills) > 1 and not self.rules.fills_whole and self._rng.random() < _LATE_CHANCE:
            # The tracker waits five seconds for the missing part, completes without it, and books it afterwards.
            order.known_closed_ms = last.ts_ms + 5_000 + whole(self._rng, 20, 900)
            known_ms = tick(order.known_closed_ms + whole(self._rng, 3_000, 6_000))
            order.fills[-1] = replace(last, known_ms=known_ms)
            return
        seen_ms = max(*(fill.known_ms for fill in order.fills), last.ts_ms)
        order.known_closed_ms = seen_ms + whole(self._rng, 20, 400)

    def _parts(self, lots: int) -> Iterable[int]:
        """Split a trade in two now and then, for two takers may share it."""
        if self.rules.fills_whole or lots == 1 or self._rng.random() > _TWO_TAKERS_CHANCE:
            return (lots,)
        first = whole(self._rng, 1, lots - 1)
        return (first, lots - first)

    def _known(self, at_ms: int) -> int:
        if self.rules.fills_whole:
            return at_ms
        is_polled = self._rng.random() < _POLLED_CHANCE
        return tick(at_ms + (whole(self._rng, 4_000, 11_000) if is_polled else whole(self._rng, 25, 350)))

    def _fee(self, notional: Decimal) -> tuple[Decimal, str]:
        fee = notional * self.rules.maker_fee
        if self.rules.fills_whole:
            return fee, self.instrument.quote
        if self.rules.pays_in_bnb and self._rng.random() < _BNB_CHANCE:
            return (fee / _BNB_PRICE).quantize(_CENT), "BNB"
        return fee.quantize(_CENT), self.instrument.quote

    def _next_id(self, last: int, at_ms: int, gap: int) -> int:
        """Return an id above `last`: counted at binance, with the time in its upper bits at bitget."""
        if self.rules is BITGET:
            return max(last + 1, ((at_ms - 1_465_600_000_000) << 22) | self._rng.getrandbits(22))
        return last + gap

    def _trade_name(self, at_ms: int) -> str:
        """Return the trade's id; the paper engine takes microseconds since 1970."""
        return str(at_ms * 1000 + whole(self._rng, 0, 999)) if self.rules.fills_whole else str(self._trade_id)
