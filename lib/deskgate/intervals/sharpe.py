"""The Sharpe ratio of daily returns and its interval.

value = mean / standard deviation x sqrt(365): bots trade every day of the year, and what cash would have earned is left out. The
interval is a studentised stationary block bootstrap (Ledoit and Wolf, Robust performance hypothesis testing with the Sharpe ratio,
Journal of Empirical Finance 15, 2008): each draw's error is taken in standard errors of that draw. The standard error is that of the
delta method, S + g(x) with g the influence of one return; the sample's own is the long-run one.
"""

import math

import numpy as np

from deskgate.intervals.draws import stationary_draws
from deskgate.intervals.interval import Interval
from deskgate.intervals.politis_white import optimal_length
from deskgate.intervals.spread import inflation
from deskgate.intervals.sums import Floats

__all__ = ["LEAST_RETURNS", "sharpe_ratio"]

# Fewer have no spread worth the name.
LEAST_RETURNS = 8
_YEAR = math.sqrt(365)
# A spread of this part of the returns themselves is rounding.
_ROUNDING = 1e-10


def sharpe_ratio(returns: Floats, *, confidence: float, draws: int, seed: int) -> tuple[float | None, Interval | None]:
    """Return the yearly Sharpe ratio of daily returns, and its two-sided interval.

    Both are None for fewer than `LEAST_RETURNS` returns, or where they do not vary; the interval alone where the draws do not give one.

    Parameters
    ----------
    returns
        Shares of equity, float64, one a day, oldest first, finite.
    confidence
        Of the interval.
    draws, seed
        Of the bootstrap: the same returns give the same interval.
    """
    if returns.size < LEAST_RETURNS or _is_flat(returns):
        return None, None
    ratio = float(returns.mean() / returns.std())
    influence = _influence(returns)
    lags = max(1, math.floor(4 * (returns.size / 100) ** (2 / 9)))
    own = math.sqrt(float(influence.var(ddof=1)) * max(1.0, inflation(influence, lags)) / returns.size)
    length = optimal_length(returns)
    drawn = returns[stationary_draws(returns.size, draws, max(1.0, length if math.isfinite(length) else 1.0), seed)]
    mean, spread = drawn.mean(axis=1), drawn.std(axis=1)
    known = spread > _ROUNDING * np.abs(drawn).max(axis=1)
    errors = np.sqrt(_influence(drawn[known]).var(axis=1, ddof=1) / returns.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        strayed = (mean[known] / spread[known] - ratio) / errors
    # A draw that cannot be told counts as one that strays beyond every bound, on both sides.
    lost = np.full(draws - int(np.count_nonzero(known)), np.inf)
    tail = (1 - confidence) / 2
    low = np.quantile(np.concatenate([np.where(np.isnan(strayed), -np.inf, strayed), -lost]), tail, method="lower")
    high = np.quantile(np.concatenate([np.where(np.isnan(strayed), np.inf, strayed), lost]), 1 - tail, method="higher")
    ends = Interval(_YEAR * float(ratio - high * own), _YEAR * float(ratio - low * own))
    is_known = math.isfinite(ends.low) and math.isfinite(ends.high) and ends.low < ends.high
    return _YEAR * ratio, ends if is_known else None


def _is_flat(returns: Floats) -> bool:
    return bool(returns.std() <= _ROUNDING * np.abs(returns).max())


def _influence(returns: Floats) -> Floats:
    """Return what each return adds to the error of mean / deviation, to first order; of each row where there are several."""
    mean, spread = returns.mean(axis=-1, keepdims=True), returns.std(axis=-1, keepdims=True)
    off = (returns - mean) / spread
    out: Floats = off - mean / spread * (off**2 - 1) / 2
    return out
