"""How far the difference of two ratios strays, over running blocks or over draws of them.

Residuals of any selection of blocks about that selection's own ratios are linear in four columns, X = (u, d, v, e): the residuals
of both sides about the ratios of all blocks, and their shares of `den`. So sums of columns and of their products are enough.

Blocks may still depend on each other. The variance is the long-run one, the larger of two: by Bartlett's weights over the first
lags (Newey and West 1987), and of an AR(1) with the correlation of neighbours, corrected for its bias (Marriott and Pope 1954;
Kendall 1954). Few lags of few blocks show too little of what lasts for hours (docs/decisions/0009). It is never below the plain
one: negative dependence makes a mean surer than its blocks look, but is not taken at its word, as a variance estimated as
nearly 0 would be wrong the most.
"""

import numpy as np

from deskgate.intervals.blocks import Blocks
from deskgate.intervals.sums import Floats

__all__ = ["beyond_rounding", "coefficients", "columns", "inflation", "running", "squares"]

# A spread of this part of the ratios themselves is rounding, and so is a sum of squares of this part of its terms.
_ROUNDING = 1e-10
_CANCELLED = 1e-12
# Above which correlation from block to block nothing is taken to be known any better (Andrews and Monahan 1992).
_MOST = 0.97


def columns(blocks: Blocks) -> Floats:
    """Return X, one row a block; both sides have something to divide by."""
    live, reference = blocks.ratios or (np.nan, np.nan)
    u, v = blocks.live.residuals(live), blocks.reference.residuals(reference)
    d, e = (side.den / side.den.mean() for side in (blocks.live, blocks.reference))
    return np.column_stack([u, d, v, e])


def coefficients(sums: Floats, count: Floats) -> tuple[Floats, Floats]:
    """Return how far selections' differences lie from that of all blocks, and c such that X c are a selection's residuals.

    Parameters
    ----------
    sums
        Sums of X over each selection, one row a selection.
    count
        How many blocks each has. NaN comes of a selection in which a side has nothing to divide by.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = sums[:, 0] / sums[:, 1], sums[:, 2] / sums[:, 3]
        mean_d, mean_e = sums[:, 1] / count, sums[:, 3] / count
        return a - b, np.column_stack([1 / mean_d, -a / mean_d, -1 / mean_e, b / mean_e])


def beyond_rounding(spread: Floats, blocks: Blocks) -> Floats:
    """Return 0 for a spread that is but rounding: what never varied says nothing about how it might."""
    out: Floats = np.where(spread > _ROUNDING * sum(map(abs, blocks.ratios or ())), spread, 0.0)
    return out


def squares(look: Floats, moments: Floats) -> Floats:
    """Return the sum of squared residuals of each selection, by its c and its sums of products of X; 0 where all but cancels."""
    total: Floats = np.einsum("ka,kab,kb->k", look, moments, look)
    terms = np.einsum("ka,kab,kb->k", np.abs(look), np.abs(moments), np.abs(look))
    return np.where(total <= _CANCELLED * terms, 0.0, total)


def inflation(series: Floats, lags: int) -> float:
    """Return the long-run variance of a series over its plain one, by its first `lags` autocorrelations."""
    centred = series - series.mean()
    weights = 1 - np.arange(1, lags + 1) / (lags + 1)
    products = [centred[lag:] @ centred[:-lag] for lag in range(1, lags + 1)]
    return 1 + 2 * float(weights @ products) / float(centred @ centred)


def running(blocks: Blocks) -> tuple[Floats, Floats]:
    """Return the difference of the ratios over the blocks up to each one, and its standard error times sqrt(blocks).

    The number of lags is the usual rule of Newey and West (1994), 4 (n / 100)^(2/9). NaN where a side has nothing to divide by
    yet, and for the first block.
    """
    count = np.arange(1, blocks.size + 1, dtype=np.float64)
    if blocks.ratios is None:
        return np.full(blocks.size, np.nan), np.full(blocks.size, np.nan)
    live, reference = blocks.ratios
    rows = columns(blocks)
    shift, look = coefficients(rows.cumsum(axis=0), count)
    plain = squares(look, _moments(rows, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        correlations = _correlations(rows, look, plain)
        longer = np.maximum(_bartlett(correlations, count), _first_order(correlations[0], count))
        spread = np.sqrt(np.where(plain == 0, 0, plain * np.maximum(1, longer)) / (count - 1))
    return live - reference + shift, np.where(np.isnan(spread), np.nan, beyond_rounding(spread, blocks))


def _correlations(rows: Floats, look: Floats, plain: Floats) -> Floats:
    """Return the autocorrelations of the residuals up to each block, one row a lag from 1 to the most that is used."""
    most = int(_lags(np.array([float(rows.shape[0])]))[0])
    products = [np.einsum("ka,kab,kb->k", look, _moments(rows, lag), look) for lag in range(1, most + 1)]
    out: Floats = np.array(products).reshape(most, rows.shape[0]) / plain
    return out


def _lags(count: Floats) -> Floats:
    return np.floor(4 * (count / 100) ** (2 / 9))


def _bartlett(correlations: Floats, count: Floats) -> Floats:
    lag = np.arange(1, correlations.shape[0] + 1)[:, None]
    weights = np.maximum(1 - lag / (_lags(count) + 1), 0)
    out: Floats = 1 + 2 * (weights * correlations).sum(axis=0)
    return out


def _first_order(correlation: Floats, count: Floats) -> Floats:
    """Return the long-run variance over the plain one of an AR(1); its correlation is estimated too low by (1 + 3 rho) / n."""
    rho = np.clip(correlation + (1 + 3 * correlation) / count, 0, _MOST)
    return (1 + rho) / (1 - rho)


def _moments(rows: Floats, lag: int) -> Floats:
    """Return the sums of products of X_i and X_(i - lag) over the blocks up to each one."""
    moments = np.zeros((rows.shape[0], rows.shape[1], rows.shape[1]))
    moments[lag:] = (rows[lag:, :, None] * rows[: rows.shape[0] - lag, None, :]).cumsum(axis=0)
    return moments
