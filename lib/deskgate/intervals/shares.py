"""The spread of a share of which no, few or all rows were seen: 0 of 200 does not prove 0."""

import numpy as np
from scipy.special import ndtri

from deskgate.intervals.sums import Floats

__all__ = ["missing_variance"]


def missing_variance(num: Floats, den: Floats, squares: Floats, *, confidence: float) -> Floats:
    """Return what a share's variance lacks where its own estimate is too small to be believed.

    The longer side of Wilson's score interval (Wilson 1927; Brown, Cai and DasGupta, Interval Estimation for a Binomial
    Proportion, Statistical Science 16, 2001) is what a share may lie away from what was seen; (side / z)² less p(1-p)/n is
    what the plug-in variance lacks. It is z² / n² where none was seen, and goes to 0 faster than the variance does.

    Parameters
    ----------
    num, den, squares
        Running sums of what was counted, of all there was, and of all there was squared row by row. Rows of unequal weight
        count as n = den² / squares (Kish 1965).
    confidence
        Of the interval, two-sided.

    Returns
    -------
    ndarray
        One variance for each running sum, not negative; infinite where there is nothing to divide by.
    """
    z2 = float(ndtri((1 + confidence) / 2)) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        size = den**2 / squares
        share = np.clip(num / den, 0, 1)
        plugged = share * (1 - share) / size
        centre = (share + z2 / (2 * size)) / (1 + z2 / size)
        half = np.sqrt(z2 * (plugged + z2 / (4 * size**2))) / (1 + z2 / size)
    side = np.abs(centre - share) + half
    lacking: Floats = np.maximum(side**2 / z2 - plugged, 0)
    return np.where(den > 0, lacking, np.inf)
