"""The block length that a series asks for, by its own autocorrelations.

Politis and White, Automatic block-length selection for the dependent bootstrap, Econometric Reviews 23, 2004, with the
correction of Patton, Politis and White, ibid. 28, 2009. `arch.bootstrap.optimal_block_length` says the same, and a test
that it does; it is not used in a run, for its import takes longer than a day's assessment.
"""

import math

import numpy as np

from deskgate.intervals.sums import Floats

__all__ = ["optimal_length"]

# So many autocorrelations in a row inside the band end the search for the last one that counts.
_LEAST_IN_A_ROW = 5


def optimal_length(series: Floats) -> float:
    """Return the optimal block length of a circular block bootstrap of the mean, in entries of the series.

    Parameters
    ----------
    series
        At least 8 entries, not all equal.

    Returns
    -------
    float
        At most three times the root of the number of entries, and a third of it; not a number where the autocovariances
        add up to nothing.
    """
    size = series.size
    off = series - series.mean()
    in_a_row = max(_LEAST_IN_A_ROW, int(math.log10(size)))
    lags = math.ceil(math.sqrt(size)) + in_a_row
    covariance, correlation = _autocovariances(off, lags)
    band = 2 * math.sqrt(math.log10(size) / size)
    quiet = np.convolve(np.abs(correlation[:lags]) < band, np.ones(in_a_row), mode="valid") == in_a_row
    last = int(np.argmax(quiet)) if quiet.any() else None
    bandwidth = lags if last is None else min(2 * max(last, 1), lags)
    lag = np.arange(1, bandwidth + 1)
    # A trapezoid: whole up to half the bandwidth, then falling to 0.
    weight = np.minimum(1, 2 * (1 - lag / bandwidth))
    weighted = 2 * weight * covariance[1 : bandwidth + 1]
    bias, variance = float(weighted @ lag), float(covariance[0] + weighted.sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        length = float(np.cbrt(np.float64(2 * bias**2) / (4 / 3 * np.float64(variance) ** 2) * size))
    return min(length, math.ceil(min(3 * math.sqrt(size), size / 3))) if math.isfinite(length) else math.nan


def _autocovariances(off: Floats, lags: int) -> tuple[Floats, Floats]:
    """Return the autocovariances at the lags 0 to `lags`, and the autocorrelations as the rule takes them.

    The correlation of lag k is over the root of the sums of squares without the first and without the last k + 1 entries.
    """
    size, squares = off.size, np.concatenate([[0.0], np.cumsum(off**2)])
    cross = np.array([off[lag:] @ off[: size - lag] for lag in range(lags + 1)])
    left_out = np.minimum(np.arange(1, lags + 2), size)
    without_first, without_last = squares[-1] - squares[left_out], squares[size - left_out]
    with np.errstate(divide="ignore", invalid="ignore"):
        return cross / size, cross / np.sqrt(without_first * without_last)
