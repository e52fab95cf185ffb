"""The one price process that every bot of the demo trades on.

Both pairs move on common returns of five seconds, in regimes that switch: calm, trending either way, volatile.
Around the mid, takers now and then sweep into the book and the price comes back: that is what a maker earns.
No bot is known here, and nothing a bot does moves the price.
"""

from dataclasses import dataclass
from decimal import Decimal
from math import sqrt

from deskgate.demo.chance import bell, stream, tail, whole

__all__ = ["BTC", "ETH", "STEP_MS", "Instrument", "Market", "simulate"]

STEP_MS = 5_000


@dataclass(frozen=True)
class Instrument:
    """A pair as the venues list it: smallest price and quantity steps, and the book's width in ticks."""

    base: str
    quote: str
    tick: Decimal
    lot: Decimal
    width: int

    @property
    def pair(self) -> str:
        return f"{self.base}-{self.quote}"

    @property
    def listed(self) -> str:
        """The pair's name at the venues, BTCUSDT."""
        return f"{self.base}{self.quote}"


@dataclass(frozen=True)
class _Regime:
    name: str
    volatility: float  # of a step's return
    drift: float  # of a step's return
    weight: int


BTC = Instrument("BTC", "USDT", Decimal("0.1"), Decimal("0.0001"), 1)
ETH = Instrument("ETH", "USDT", Decimal("0.01"), Decimal("0.001"), 1)

_OPENING = {"BTC-USDT": 67_412.0, "ETH-USDT": 1_987.0}
_BETA = {"BTC-USDT": (1.0, 0.0), "ETH-USDT": (1.1, 0.5)}  # share of the common return, and of an own one
_REGIMES = (
    _Regime("neutral_low_vol", 0.8e-4, 0.0, 5),
    _Regime("up", 1.0e-4, 2.5e-6, 2),
    _Regime("down", 1.0e-4, -2.5e-6, 2),
    _Regime("high_vol_shock", 1.9e-4, 0.0, 1),
)
_REGIME_STEPS = 1_500  # two hours on average
_MEMORY_STEPS = 360  # of the volatility estimate: half an hour
_SWEEP_CHANCE = 0.045
_SWEEP_DEPTH = 4.5  # in units of a step's volatility


@dataclass(frozen=True)
class Market:
    """One pair's path: `mids` at the step borders; within a step, the furthest trades below and above."""

    instrument: Instrument
    start_ms: int
    mids: list[float]
    lows: list[float]
    highs: list[float]
    volatility: list[float]
    regimes: list[str]

    def step(self, ms: int) -> int:
        """Return the step that `ms` is in; the end of the path counts to the last one."""
        return min((ms - self.start_ms) // STEP_MS, len(self.lows) - 1)

    def book(self, ms: int) -> tuple[Decimal, Decimal]:
        """Return best bid and best ask at `ms`, between the borders on a straight line."""
        step = self.step(ms)
        share = (ms - self.start_ms - step * STEP_MS) / STEP_MS
        level = self.mids[step] + (self.mids[step + 1] - self.mids[step]) * share
        bid = int(level / float(self.instrument.tick)) * self.instrument.tick
        return bid, bid + self.instrument.width * self.instrument.tick

    def mid(self, ms: int) -> Decimal:
        """Return the middle of the book at `ms`."""
        bid, ask = self.book(ms)
        return (bid + ask) / 2


def simulate(seed: int, start_ms: int, end_ms: int) -> dict[str, Market]:
    """Return the markets of both pairs over [start_ms, end_ms], by pair."""
    steps = (end_ms - start_ms) // STEP_MS
    common = stream(seed, "market")
    regimes = _regimes(seed, steps)
    returns = [regime.drift + regime.volatility * bell(common) for regime in regimes]
    return {each.pair: _market(seed, each, start_ms, regimes, returns) for each in (BTC, ETH)}


def _regimes(seed: int, steps: int) -> list[_Regime]:
    rng = stream(seed, "regimes")
    deck = [regime for regime in _REGIMES for _ in range(regime.weight)]
    path: list[_Regime] = []
    now = deck[0]
    for _ in range(steps):
        if rng.random() * _REGIME_STEPS < 1.0:
            now = deck[whole(rng, 0, len(deck) - 1)]
        path.append(now)
    return path


def _market(seed: int, instrument: Instrument, start_ms: int, regimes: list[_Regime], returns: list[float]) -> Market:
    rng = stream(seed, f"market {instrument.pair}")
    beta, own = _BETA[instrument.pair]
    mids = [_OPENING[instrument.pair]]
    lows: list[float] = []
    highs: list[float] = []
    volatility: list[float] = []
    variance = regimes[0].volatility * regimes[0].volatility
    for regime, common in zip(regimes, returns, strict=True):
        move = beta * common + own * regime.volatility * bell(rng)
        before, after = mids[-1], mids[-1] * (1.0 + move)
        variance += (move * move - variance) / _MEMORY_STEPS
        down, up = (_sweep(rng.random(), tail(rng), regime.volatility) for _ in range(2))
        mids.append(after)
        lows.append(min(before, after) * (1.0 - down))
        highs.append(max(before, after) * (1.0 + up))
        volatility.append(sqrt(variance))
    return Market(instrument, start_ms, mids, lows, highs, volatility, [regime.name for regime in regimes])


def _sweep(luck: float, depth: float, volatility: float) -> float:
    """Return how far takers push into one side of the book in a step, as a share of the price: mostly not at all."""
    return _SWEEP_DEPTH * volatility * depth if luck < _SWEEP_CHANCE else 0.0
