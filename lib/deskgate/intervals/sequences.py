"""A confidence sequence: intervals that hold at all numbers of blocks at once, however often one looks and whenever one stops.

The boundary is Robbins' Gaussian mixture, which Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas make a confidence sequence
for means of anything with a finite variance (Time-uniform central limit theory and asymptotic confidence sequences, Annals of
Statistics 52, 2024, arXiv:2103.06476, theorem 2.2), and for estimates that are asymptotically means, such as ratios (section
3). It is taken here in the form that is exact for normal means of an unknown variance (Lindon, Ham, Tingley and Bojinov,
Anytime-Valid Linear Models, arXiv:2210.08589), which becomes theirs as blocks become many and is wider while they are few.

The intervals are not intersected with earlier ones. Intersections hold for one parameter that never moves and a boundary
that is exact; here the mean over the soak may move, and an empty intersection would be nobody's estimate.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import lambertw

from deskgate.intervals.blocks import Blocks
from deskgate.intervals.settings import IntervalSettings
from deskgate.intervals.spread import running
from deskgate.intervals.sums import Floats, Minutes

__all__ = ["ConfidenceSequence", "confidence_sequence", "mixture_precision", "multiplier"]


@dataclass(frozen=True)
class ConfidenceSequence:
    """One entry for each block in which anything happened; its interval holds for all blocks up to it.

    Parameters
    ----------
    end
        The block's last minute + 1, since 1970-01-01 UTC.
    delta
        Live minus reference up to there; NaN where a side has nothing to divide by yet.
    low, high
        Of the interval; infinite before `least_blocks` blocks, and where nothing varied.
    spread
        Standard deviation of one block; 0 where nothing varied.
    lacking
        What a share's variance lacks (`shares.missing_variance`), of the mean over all blocks so far.
    """

    end: Minutes
    delta: Floats
    low: Floats
    high: Floats
    spread: Floats
    lacking: Floats


def mixture_precision(settings: IntervalSettings) -> float:
    """Return the mixture's precision, in blocks, at which the boundary is narrowest at `tuned_for` blocks."""
    alpha = 1 - settings.confidence
    return settings.tuned_for / (-float(lambertw(-(alpha**2) / np.e, k=-1).real) - 1)


def multiplier(blocks: Floats, settings: IntervalSettings) -> Floats:
    """Return how many standard errors the boundary is wide at each number of blocks; infinite where it does not exist yet."""
    precision, alpha = mixture_precision(settings), 1 - settings.confidence
    shrink = precision / (precision + blocks)
    growth = (alpha**2 * shrink) ** (-1 / blocks)
    with np.errstate(divide="ignore", invalid="ignore"):
        squared = np.where(growth * shrink < 1, (blocks - 1) * (growth - 1) / (1 - growth * shrink), np.inf)
    out: Floats = np.sqrt(squared)
    return out


def confidence_sequence(blocks: Blocks, settings: IntervalSettings, *, is_share: bool) -> ConfidenceSequence:
    """Return the confidence sequence of live minus reference over blocks in which anything happened, oldest first."""
    count = np.arange(1, blocks.size + 1, dtype=np.float64)
    delta, spread = running(blocks)
    lacking = blocks.lacking(settings.confidence) if is_share else np.zeros(blocks.size)
    error = np.sqrt(spread**2 / count + lacking)
    known = (count >= settings.least_blocks) & (error > 0)
    reach = np.full(blocks.size, np.inf)
    reach[known] = multiplier(count[known], settings) * error[known]
    return ConfidenceSequence(blocks.start + blocks.length, delta, delta - reach, delta + reach, spread, lacking)
