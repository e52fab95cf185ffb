"""An interval, and what a sample that was too small would have needed."""

import math
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Interval", "blocks_needed"]

# Beyond this many blocks (27 years of 5 minutes) nobody waits.
_MOST_BLOCKS = 2_835_000


@dataclass(frozen=True)
class Interval:
    """The values that the data do not contradict, both ends included."""

    low: float
    high: float

    @property
    def half_width(self) -> float:
        """The smallest difference from its middle that the sample could have shown."""
        return (self.high - self.low) / 2


def blocks_needed(half_width: Callable[[int], float], room: float, *, now: int) -> int | None:
    """Return from how many blocks on the half width is below `room`; None where no number that anyone waits for is enough.

    Parameters
    ----------
    half_width
        Of an interval by its number of blocks, at the present spread; falls from `now` on.
    room
        Distance from the difference to the nearest margin.
    now
        The number of blocks there are.
    """
    if room <= 0 or math.isnan(room):
        return None
    low, high = now, max(now, 1)
    while half_width(high) >= room:
        low, high = high, high * 2
        if high > _MOST_BLOCKS:
            return None
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if half_width(middle) >= room else (low, middle)
    return high
