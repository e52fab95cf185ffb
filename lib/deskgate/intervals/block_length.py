"""How long blocks must be for their means to be nearly independent of each other."""

import math

import numpy as np

from deskgate.intervals.blocks import Blocks, in_blocks, pair
from deskgate.intervals.settings import IntervalSettings
from deskgate.intervals.sums import Sums

__all__ = ["block_length"]

# Fewer have no autocorrelation worth the name.
_LEAST_BLOCKS = 8


def block_length(live: Sums, reference: Sums | float, settings: IntervalSettings) -> tuple[int | None, str]:
    """Return the block length in minutes, or None and why there is none.

    By the rule of Politis and White (2004, with Patton's correction of 2009; `arch.bootstrap.optimal_block_length`) over the
    linearised differences of the first `block_from_h` hours of minutes, counted from the first minute by which both sides have
    anything. The rule is asked by minute, where short dependence shows, and by the shortest block, where long dependence does;
    the longer answer is raised to the next length there is to choose from.
    """
    live, reference, fixed = pair(live, reference)
    began = [np.flatnonzero(side.den > 0) for side in ((live,) if fixed else (live, reference))]
    if any(each.size == 0 for each in began):
        return None, "a side has nothing to divide by"
    count = max(int(each[0]) for each in began) + round(settings.block_from_h * 60)
    if live.minute.size < count:
        missing = math.ceil((count - live.minute.size) / 6) / 10
        return (
            None,
            f"the block length is taken from {settings.block_from_h:g} matched hours: {missing:g} h are missing",
        )
    known = live.first(count), float(reference.num[0]) if fixed else reference.first(count)
    demanded = max(_demanded(in_blocks(*known, each, whole=False)) for each in (1, settings.shortest_block_min))
    for length in settings.block_minutes:
        if length >= demanded:
            return length, ""
    return None, f"differences depend on each other for {demanded:.0f} min, longer than the longest block"


def _demanded(blocks: Blocks) -> float:
    from arch.bootstrap import optimal_block_length  # brings statsmodels: seconds that only a comparison should cost

    series = blocks.linearised()
    if series.size < _LEAST_BLOCKS or np.ptp(series) == 0:
        return 0
    with np.errstate(divide="ignore", invalid="ignore"):
        demanded = float(optimal_block_length(series)["circular"].iloc[0]) * blocks.length
    return demanded if math.isfinite(demanded) else 0
