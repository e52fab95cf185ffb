"""The bots: they quote around the mid, lean against their inventory, and leave the rest to the venue.

bot1 and bot3 run the same logic on the same market, one live, one on paper; bot4 runs it on the other pair. A bot
knows the book, its position and its own random stream, and nothing of how its orders will be matched.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from random import Random

from deskgate.demo.account import Account, Funding, settle
from deskgate.demo.chance import hexadecimal, stream, whole
from deskgate.demo.market import BTC, ETH, STEP_MS, Instrument, Market
from deskgate.demo.story import Outage, Story
from deskgate.demo.venue import BINANCE, BITGET, PAPER, Order, Side, Venue, VenueRules

__all__ = ["BOT1", "BOT3", "BOT4", "TRADERS", "BotPlan", "Reject", "Trading", "half_spread", "trade"]

_NARROWEST = 10.0e-4  # half the quoted spread, as a share of the mid
_WIDENING = 3.0  # and what a step's volatility adds to it
_LEAN = 0.35  # of the half spread, at the position cap
_ORDERS_PER_REJECT = 100
_RECOVERY_MS = 3_000


@dataclass(frozen=True)
class BotPlan:
    """How a bot is set up: where it trades, with what, and how large."""

    name: str
    rules: VenueRules
    instrument: Instrument
    opening: Decimal
    lots: tuple[int, int]
    cap_lots: int
    refresh_s: int
    phase_s: int

    @property
    def controller(self) -> str:
        return f"epp_v2_4_{self.name}_{self.rules.connector}"


BOT1 = BotPlan("bot1", BITGET, BTC, Decimal(500), (2, 4), 10, 400, 20)
BOT3 = BotPlan("bot3", PAPER, BTC, Decimal(500), (2, 4), 10, 400, 25)
BOT4 = BotPlan("bot4", BINANCE, ETH, Decimal(5000), (25, 60), 220, 400, 30)
TRADERS = (BOT1, BOT3, BOT4)


@dataclass(frozen=True)
class Reject:
    """An order the venue refused: it never existed there."""

    order_id: str
    side: Side
    price: Decimal
    quantity: Decimal
    ts_ms: int


@dataclass(frozen=True)
class Trading:
    """All that one bot did: orders in the order they were made, refusals, funding."""

    plan: BotPlan
    orders: list[Order]
    rejects: list[Reject]
    payments: list[Funding]
    end_ms: int


def trade(seed: int, plan: BotPlan, market: Market, story: Story) -> Trading:
    """Let a bot trade the market through the story."""
    venue = Venue(plan.rules, plan.instrument, stream(seed, f"venue {plan.name}"))
    desk = _Quoting(plan, venue, market, stream(seed, f"bot {plan.name}"))
    for step in range((story.end_ms - story.start_ms) // STEP_MS):
        desk.live(story, step)
    payments = settle(desk.orders, plan.rules, market, story, stream(seed, f"funding {plan.instrument.pair}"))
    return Trading(plan, desk.orders, desk.rejects, payments, story.end_ms)


def half_spread(market: Market, ms: int) -> float:
    """Return how far from the mid a bot quotes, as a share: the wider, the more the price moved of late."""
    return _NARROWEST + _WIDENING * market.volatility[max(market.step(ms) - 1, 0)]


class _Quoting:
    def __init__(self, plan: BotPlan, venue: Venue, market: Market, rng: Random) -> None:
        self.orders: list[Order] = []
        self.rejects: list[Reject] = []
        self._plan = plan
        self._venue = venue
        self._market = market
        self._rng = rng
        self._account = Account(Decimal(0))
        self._resting: list[Order] = []
        self._booked: dict[str, int] = {}
        self._next_quotes_ms = market.start_ms + plan.phase_s * 1000
        self._nonce = 0
        self._sent = 0
        self._refused = whole(rng, 1, _ORDERS_PER_REJECT)

    def live(self, story: Story, step: int) -> None:
        """Go through one step of the market: match what rests, then quote anew when it is time."""
        now_ms = self._market.start_ms + step * STEP_MS
        outage = story.outage if story.outage and story.outage.bot == self._plan.name else None
        if outage and outage.last_quotes_ms <= now_ms < outage.end_ms:
            self._go_down(outage, now_ms)
        elif story.is_day_roll(now_ms):
            self._pull(now_ms)
            self._next_quotes_ms = max(self._next_quotes_ms, now_ms + 70_000)
        elif now_ms >= self._next_quotes_ms:
            self._pull(now_ms)
            self._quote(now_ms)
        else:
            self._match(step)

    def _match(self, step: int) -> None:
        for order in self._resting:
            self._venue.match(order, self._market, step)
        self._settle_up()

    def _settle_up(self) -> None:
        """Book the new fills of the resting orders, and forget the orders that are done."""
        for order in self._resting:
            for fill in order.fills[self._booked.get(order.order_id, 0) :]:
                self._account.book(order.side, order.price, fill.quantity, fill.fee_quote, fill.ts_ms)
            self._booked[order.order_id] = len(order.fills)
        self._resting = [order for order in self._resting if order.closed_ms is None]

    def _pull(self, now_ms: int) -> None:
        for order in self._resting:
            self._venue.cancel(order, now_ms)
        self._resting = []

    def _quote(self, now_ms: int, *, always: bool = False) -> None:
        """Place both quotes: equal sizes, and what the position has too much of on the side that closes it.

        A full fill of both quotes leaves the bot flat. The side that would exceed the cap stays empty unless `always`.
        """
        created_ms = now_ms + 1000 * whole(self._rng, 1, 2)
        held = int(self._account.position / self._plan.instrument.lot)
        lots = whole(self._rng, *self._plan.lots)
        for side, price in self._prices(now_ms, held / self._plan.cap_lots).items():
            grows = side.sign * held >= 0
            size = lots if grows else lots + abs(held)
            if always or not grows or abs(held) + lots <= self._plan.cap_lots:
                self._send(side, price, size * self._plan.instrument.lot, created_ms, always=always)
        self._next_quotes_ms = now_ms + 1000 * (self._plan.refresh_s + whole(self._rng, -30, 30))

    def _prices(self, now_ms: int, load: float) -> dict[Side, Decimal]:
        """Return the price of each side: wider when volatile, shifted against the inventory."""
        mid = self._market.mids[self._market.step(now_ms)]
        half = half_spread(self._market, now_ms)
        centre = mid * (1.0 - _LEAN * half * load)
        tick = self._plan.instrument.tick
        bid = (Decimal(centre * (1.0 - half)) / tick).to_integral_value(ROUND_FLOOR) * tick
        ask = (Decimal(centre * (1.0 + half)) / tick).to_integral_value(ROUND_CEILING) * tick
        return {Side.BUY: bid, Side.SELL: ask}

    def _send(self, side: Side, price: Decimal, quantity: Decimal, created_ms: int, *, always: bool) -> None:
        order_id = self._name(side, created_ms)
        if self._is_refused() and not always:
            refused_ms = created_ms + whole(self._rng, 40, 280)
            self.rejects.append(Reject(order_id, side, price, quantity, refused_ms))
            return
        order = self._venue.place(order_id, side, price, quantity, created_ms)
        self.orders.append(order)
        self._resting.append(order)

    def _is_refused(self) -> bool:
        """Count an order, and say whether it is the one of its hundred that the venue refuses."""
        self._sent += 1
        is_refused = self._sent == self._refused
        if self._sent % _ORDERS_PER_REJECT == 0:
            self._refused = self._sent + whole(self._rng, 1, _ORDERS_PER_REJECT)
        return is_refused

    def _go_down(self, outage: Outage, now_ms: int) -> None:
        """Quote once more, lose the host, and find on return what the venue filled meanwhile."""
        if now_ms == outage.last_quotes_ms:
            self._pull(now_ms)
            self._quote(now_ms, always=True)
        if now_ms == outage.begin_ms:
            for order in sorted(self._resting, key=lambda order: self._nearest(order, outage)):
                at_ms = self._market.start_ms + self._nearest(order, outage) * STEP_MS
                self._venue.fill_unattended(order, at_ms, outage.end_ms + _RECOVERY_MS)
            self._settle_up()
            self._next_quotes_ms = outage.end_ms + 30_000

    def _nearest(self, order: Order, outage: Outage) -> int:
        """Return the first step, of those left to the venue, whose trades come nearest to the order's price."""
        first, last = (self._market.step(ms) for ms in outage.fills_between_ms)
        edge = self._market.lows if order.side is Side.BUY else self._market.highs
        price = float(order.price)
        return min(range(first, last), key=lambda step: max(order.side.sign * (edge[step] - price), 0.0))

    def _name(self, side: Side, created_ms: int) -> str:
        """Return a client order id as the connector makes it: side, pair, a microsecond nonce, the host's digest."""
        if self._plan.rules is PAPER:
            return f"paper-{side[0]}-{hexadecimal(self._rng, 12)}"
        self._nonce = max(self._nonce + 1, created_ms * 1000 + whole(self._rng, 0, 999_999))
        base, quote = self._plan.instrument.base, self._plan.instrument.quote
        name = f"{side[0]}{base[0]}{base[-1]}{quote[0]}{quote[-1]}{self._nonce:x}"
        if self._plan.rules is BINANCE:
            return f"x-nbQe1H39{name}5c2b02d8a1"[:32]
        return f"{name}1b7f3ed02c9a4658b0d7e61f5a38c924"
