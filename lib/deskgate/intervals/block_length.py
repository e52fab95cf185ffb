"""How long blocks must be for their means to be nearly independent of each other."""

import math

import numpy as np

from deskgate.intervals.blocks import Blocks, in_blocks, pair
from deskgate.intervals.politis_white import optimal_length
from deskgate.intervals.settings import IntervalSettings
from deskgate.intervals.spread import inflation
from deskgate.intervals.sums import Floats, Sums

__all__ = ["NOTHING", "block_length"]

NOTHING = "one of the two has no order or fill in the compared minutes to measure"

# Fewer have no autocorrelation worth the name.
_LEAST_BLOCKS = 8
# Dependence is taken for real where it is this many standard errors above that of independent blocks.
_SURE = 2.0
# Blocks of fewer rows a side hold too little of what depends on each other from row to row.
_LEAST_ROWS = 4
_DAY_MIN = 1440


def block_length(live: Sums, reference: Sums | float, settings: IntervalSettings) -> tuple[int | None, str]:
    """Return the block length in minutes, or None and why there is none.

    By the rule of Politis and White (`politis_white`) over the
    linearised differences of the first `block_from_h` hours of minutes, counted from the first minute by which both sides have
    anything. The rule is asked by minute, where short dependence shows, and by the shortest block, where long dependence does;
    the longer answer is raised to the next length there is to choose from.

    A long block is taken only where the differences are surely dependent with the same sign over it. The rule asks for long
    blocks for negative dependence too, such as one reject in every hundred orders: but there short blocks show more spread
    than there is, and are safe. What is too weak to be sure of in those hours, `spread` makes up for later. Where rows are few,
    blocks are longer, up to what leaves a day its least number of blocks.
    """
    live, reference, fixed = pair(live, reference)
    sides = (live,) if fixed else (live, reference)
    if not all(side.den.any() for side in sides):
        return None, NOTHING
    began = max(int(np.flatnonzero(side.den)[0]) for side in sides)
    count = began + round(settings.block_from_h * 60)
    if live.minute.size < count:
        missing = math.ceil((count - live.minute.size) / 6) / 10
        return (
            None,
            f"no interval yet: it takes {settings.block_from_h:g} h of compared minutes from the first order or fill on, and"
            f" {missing:g} h more are needed",
        )
    known = live.first(count), float(reference.num[0]) if fixed else reference.first(count)
    asked = [_for_rows([side.first(count) for side in sides], settings)]
    steps = [in_blocks(*known, length, whole=False) for length in (1, settings.shortest_block_min)]
    asked += [_for_dependence(each, settings) for each in steps]
    if max(asked) <= settings.longest_block_min:
        return int(max(asked)), ""
    return None, (
        f"no interval: in the first {settings.block_from_h:g} compared hours the difference drifted for more than"
        f" {settings.longest_block_min} min at a time. Find what moved it then (notebook 04, contributions by hour), and freeze a"
        " baseline anew"
    )


def _for_rows(sides: list[Sums], settings: IntervalSettings) -> float:
    """Return the length at which the side with fewer rows has enough in a block, or the longest that leaves a day enough."""
    rows = min(side.rows for side in sides)
    in_a_day = [each for each in settings.block_minutes if _DAY_MIN / each >= settings.least_blocks]
    enough = [each for each in in_a_day if rows * each / sides[0].minute.size >= _LEAST_ROWS]
    return min(enough, default=max(in_a_day, default=settings.shortest_block_min))


def _for_dependence(blocks: Blocks, settings: IntervalSettings) -> float:
    """Return the shortest length over which these blocks are dependent no more; infinite where none is long enough."""
    lengths = (*settings.block_minutes, math.inf)
    series = blocks.linearised()
    if series.size < _LEAST_BLOCKS or np.ptp(series) == 0:
        return lengths[0]
    optimal = optimal_length(series) * blocks.length
    enough = next((each for each in lengths if each >= optimal), lengths[0])
    sure = [each for each in lengths[1:] if each <= enough and _dependent(series, min(each, optimal) / blocks.length)]
    return max(sure, default=lengths[0])


def _dependent(series: Floats, blocks: float) -> bool:
    lags = min(max(1, round(blocks)), series.size - 2)
    return inflation(series, lags) - 1 > _SURE * math.sqrt(4 * (lags + 1) / 3 / series.size)
