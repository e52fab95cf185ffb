"""The exact interval of a share that was counted: so many days of so many."""

__all__ = ["CONFIDENCE", "clopper_pearson"]

CONFIDENCE = 0.95


def clopper_pearson(count: int, of: int, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the two-sided interval of a binomial share that covers it at least as often as `confidence` says.

    Clopper and Pearson, The Use of Confidence or Fiducial Limits Illustrated in the Case of the Binomial, Biometrika 26, 1934; by
    quantiles of the beta distribution.

    Parameters
    ----------
    count, of
        How many of how many.

    Returns
    -------
    tuple of float
        Its lower and upper end, shares; (0, 1) where nothing was counted.

    Raises
    ------
    ValueError
        `count` is negative or more than `of`.
    """
    from scipy.special import betaincinv

    if not 0 <= count <= of:
        raise ValueError(f"{count} of {of}, expected a count from 0 to {of}")
    tail = (1 - confidence) / 2
    low = float(betaincinv(count, of - count + 1, tail)) if count else 0.0
    high = float(betaincinv(count + 1, of - count, 1 - tail)) if count < of else 1.0
    return low, high
