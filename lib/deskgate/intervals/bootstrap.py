"""The interval of one day's difference, looked at once: stationary block bootstrap (Politis and Romano 1994).

Studentised: each draw's error is taken in standard errors of that draw, and the day's own standard error is the long-run one.
This covers more often than percentiles where blocks are few or depend on each other (docs/decisions/0009).
"""

import math

import numpy as np
from scipy.special import ndtri

from deskgate.intervals.blocks import Blocks
from deskgate.intervals.draws import stationary_draws
from deskgate.intervals.interval import Interval
from deskgate.intervals.settings import IntervalSettings
from deskgate.intervals.shares import missing_variance
from deskgate.intervals.spread import beyond_rounding, coefficients, columns, running, squares
from deskgate.intervals.sums import Floats

__all__ = ["bootstrap_interval"]

# Runs of how many blocks are drawn, on average. Blocks are long enough to be nearly independent, and the standard error holds
# what dependence is left; longer runs of a day's few blocks cover less often (docs/decisions/0009).
_MEAN_BLOCKS = 1


def bootstrap_interval(blocks: Blocks, settings: IntervalSettings, *, is_share: bool = False) -> Interval | None:
    """Return the interval of live minus reference over blocks in which anything happened; None where nothing varied enough.

    Parameters
    ----------
    blocks
        At least two, with something to divide by on both sides.
    settings
        Confidence, draws and seed.
    is_share
        Whether what was not seen is to be reckoned with (`shares.missing_variance`).

    Raises
    ------
    ValueError
        A side has nothing to divide by.
    """
    if blocks.ratios is None:
        raise ValueError("a side has nothing to divide by")
    live, reference = blocks.ratios
    lacking = float(blocks.lacking(settings.confidence)[-1]) if is_share else 0.0
    own = math.sqrt(float(running(blocks)[1][-1]) ** 2 / blocks.size + lacking)
    if own == 0:
        return None
    counts = _draws(blocks.linearised(), settings)
    shift, error = _errors(blocks, counts, settings, is_share=is_share)
    with np.errstate(divide="ignore", invalid="ignore"):
        strayed = shift / error
    tail = (1 - settings.confidence) / 2
    # A draw that cannot be told counts as one that strays beyond every bound, on both sides.
    low = np.quantile(np.where(np.isnan(strayed), -np.inf, strayed), tail, method="lower")
    high = np.quantile(np.where(np.isnan(strayed), np.inf, strayed), 1 - tail, method="higher")
    beyond = float(ndtri(1 - tail)) * math.sqrt(lacking)
    delta, below, above = live - reference, float(high * own), float(-low * own)
    ends = Interval(delta - math.hypot(max(below, 0), beyond), delta + math.hypot(max(above, 0), beyond))
    return ends if math.isfinite(ends.high - ends.low) and ends.low < ends.high else None


def _draws(series: Floats, settings: IntervalSettings) -> Floats:
    """Return how often each draw has each block: one row a draw."""
    index = stationary_draws(series.size, settings.draws, _MEAN_BLOCKS, settings.seed)
    index += np.arange(settings.draws)[:, None] * series.size
    counts = np.bincount(index.ravel(), minlength=settings.draws * series.size)
    return counts.reshape(settings.draws, series.size).astype(np.float64)


def _errors(blocks: Blocks, counts: Floats, settings: IntervalSettings, *, is_share: bool) -> tuple[Floats, Floats]:
    """Return how far each draw strays from all blocks, and its standard error."""
    rows, size = columns(blocks), float(blocks.size)
    shift, look = coefficients(counts @ rows, np.full(counts.shape[0], size))
    moments = (counts @ (rows[:, :, None] * rows[:, None, :]).reshape(blocks.size, -1)).reshape(-1, *rows.shape[1:] * 2)
    spread = np.sqrt(squares(look, moments) / (size - 1))
    variance = beyond_rounding(spread, blocks) ** 2 / size
    if is_share:
        for side in (blocks.live,) if blocks.fixed else (blocks.live, blocks.reference):
            sums = (counts @ each for each in (side.num, side.den, side.squares))
            variance += missing_variance(*sums, confidence=settings.confidence)
    return shift, np.sqrt(variance)
