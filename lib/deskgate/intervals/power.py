"""What a margin costs: how often equal bots do not pass, and how often different ones do, at the sample there is."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from deskgate.intervals.sums import Floats

__all__ = ["Chances", "chances", "standard_error"]


@dataclass(frozen=True)
class Chances:
    """How likely each outcome is, margin by margin; the three add up to 1."""

    passed: Floats
    failed: Floats
    undecided: Floats


def chances(margins: npt.ArrayLike, *, half_width: float, error: float, truth: float) -> Chances:
    """Return how likely it is that the whole interval lies within margins of either side, outside, or neither.

    The estimate is taken as normal about the truth and the interval as no wider or narrower than now; both hold better, the
    more blocks there are.

    Parameters
    ----------
    margins
        Distances from 0, not negative, in the unit of the difference.
    half_width
        Of the interval.
    error
        Standard error of the estimate; above 0.
    truth
        The difference that there is.

    Raises
    ------
    ValueError
        `error` is not above 0, or `half_width` is negative or no number.
    """
    if not error > 0 or not half_width >= 0:
        raise ValueError(f"error is {error} and half_width {half_width}, expected more than 0 and at least 0")
    margin = np.asarray(margins, dtype=np.float64)
    room = margin - half_width
    inside = ndtr((room - truth) / error) - ndtr((-room - truth) / error)
    passed: Floats = np.where(room > 0, inside, 0.0)
    beyond = margin + half_width
    failed: Floats = ndtr((truth - beyond) / error) + ndtr((-truth - beyond) / error)
    return Chances(passed, failed, 1 - passed - failed)


def standard_error(half_width: float, confidence: float) -> float:
    """Return the standard error behind an interval for one look."""
    return half_width / float(ndtri((1 + confidence) / 2))
