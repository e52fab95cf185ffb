"""Seeded soaks of two bots: fills or orders, one after another, that depend on each other as much as is asked for."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from deskgate.intervals.sums import Floats, Minutes, Sums, per_minute

__all__ = ["DAY_MIN", "SOAK_H", "SPREAD_BPS", "Rows", "noise", "slippage", "yes_or_no"]

SOAK_H = 48
DAY_MIN = 1440
# Of the slippage of one fill.
SPREAD_BPS = 5.0
# Of the logarithm of a fill's notional.
_WEIGHTS = 0.3


@dataclass(frozen=True)
class Rows:
    """One side's fills or orders in time order: the minute since the soak began, what is measured, and its weight."""

    minute: Minutes
    value: Floats
    weight: Floats

    def plus(self, difference: float) -> "Rows":
        """Return the rows with every value larger."""
        return replace(self, value=self.value + difference)

    def sums(self) -> Sums:
        """Return the sums by minute of the soak."""
        matched = np.arange(SOAK_H * 60)
        return per_minute(self.minute, self.value * self.weight, self.weight, matched=matched)


def slippage(seed: int, *, per_h: float, dependence: float) -> tuple[Rows, Rows]:
    """Return the fills of two equal bots: a slippage of mean 0 and of `SPREAD_BPS` each, weighted by its notional.

    Parameters
    ----------
    per_h
        Fills an hour a side, at random times.
    dependence
        Correlation of one fill's slippage with that of the fill before.
    """
    live, reference = (_side(np.random.default_rng([seed, side]), per_h, dependence) for side in range(2))
    return live, reference


def _side(rng: np.random.Generator, per_h: float, dependence: float) -> Rows:
    minute = _minutes(rng, per_h)
    return Rows(minute, SPREAD_BPS * noise(rng, minute.size, dependence), rng.lognormal(0, _WEIGHTS, minute.size))


def yes_or_no(seed: int, share: float, difference: float, *, per_h: float, dependence: float) -> tuple[Rows, Rows]:
    """Return the orders of two bots, 1 where it was filled (or rejected): of live `share` + `difference`, else `share`.

    Neighbours depend on each other through a normal value each; the same seed draws the same for every share.
    """
    both = []
    for side, wanted in enumerate((share + difference, share)):
        rng = np.random.default_rng([seed, side])
        minute = _minutes(rng, per_h)
        below = ndtr(noise(rng, minute.size, dependence)) < wanted
        both.append(Rows(minute, below.astype(np.float64), np.ones(minute.size)))
    return both[0], both[1]


def _minutes(rng: np.random.Generator, per_h: float) -> Minutes:
    return np.sort(rng.integers(0, SOAK_H * 60, rng.poisson(per_h * SOAK_H)))


def noise(rng: np.random.Generator, count: int, dependence: float) -> Floats:
    """Return a stationary normal AR(1) of mean 0 and variance 1."""
    from scipy.signal import lfilter

    shocks = rng.standard_normal(count) * np.sqrt(1 - dependence**2)
    shocks[:1] /= np.sqrt(1 - dependence**2)
    out: Floats = lfilter([1.0], [1.0, -dependence], shocks)
    return out
