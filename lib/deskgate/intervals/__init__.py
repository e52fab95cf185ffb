"""Intervals for the difference of two ratios that are measured again and again in time. Knows nothing of desks.

Two bots (or a bot and a constant) are compared by `compare`: `Sums` of both over the same minutes in, a `Comparison` out.
"""

from deskgate.intervals.compare import Comparison, Estimate, compare
from deskgate.intervals.interval import Interval
from deskgate.intervals.sequences import ConfidenceSequence
from deskgate.intervals.settings import IntervalSettings
from deskgate.intervals.sums import Sums, per_minute

__all__ = [
    "Comparison",
    "ConfidenceSequence",
    "Estimate",
    "Interval",
    "IntervalSettings",
    "Sums",
    "compare",
    "per_minute",
]
