"""The interval of one day's difference, looked at once: stationary block bootstrap (Politis and Romano 1994) by `arch`."""

import numpy as np

from deskgate.intervals.blocks import Blocks
from deskgate.intervals.interval import Interval
from deskgate.intervals.settings import IntervalSettings
from deskgate.intervals.sums import Floats

__all__ = ["bootstrap_interval"]

# Blocks are long enough to be nearly independent; a few are kept together for what dependence is left.
_MEAN_LENGTH = 2


def bootstrap_interval(blocks: Blocks, settings: IntervalSettings, *, is_share: bool = False) -> Interval | None:
    """Return the interval of live minus reference over blocks in which anything happened; None where nothing varied."""
    from arch.bootstrap import StationaryBootstrap  # brings statsmodels: seconds that only a comparison should cost

    rows = np.column_stack([blocks.live.num, blocks.live.den, blocks.reference.num, blocks.reference.den])
    bootstrap = StationaryBootstrap(_MEAN_LENGTH, rows, seed=np.random.default_rng(settings.seed))
    ends = bootstrap.conf_int(_delta, reps=settings.draws, method="percentile", size=settings.confidence)
    return Interval(float(ends[0, 0]), float(ends[1, 0]))


def _delta(rows: Floats) -> Floats:
    num_live, den_live, num_ref, den_ref = rows.sum(axis=0)
    return np.array([num_live / den_live - num_ref / den_ref])
