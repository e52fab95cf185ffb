"""Which entries each draw of a stationary bootstrap takes (Politis and Romano, The Stationary Bootstrap, JASA 89, 1994)."""

import numpy as np
import numpy.typing as npt

__all__ = ["stationary_draws"]


def stationary_draws(size: int, draws: int, mean_length: float, seed: int) -> npt.NDArray[np.int64]:
    """Return the indices of each draw: runs of neighbours, of geometric length, that go on at the beginning after the end.

    Parameters
    ----------
    size
        The number of entries of the series.
    draws
        How many draws.
    mean_length
        Of a run, at least 1; with 1 each entry is drawn by itself.
    seed
        The same one gives the same draws.

    Returns
    -------
    ndarray
        Shape (draws, size), int64.
    """
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, size, (draws, size))
    if mean_length == 1:
        return starts
    begins = rng.random((draws, size)) < 1 / mean_length
    begins[:, 0] = True
    at = np.arange(size)
    begun = np.maximum.accumulate(np.where(begins, at, 0), axis=1)
    index: npt.NDArray[np.int64] = (np.take_along_axis(starts, begun, axis=1) + at - begun) % size
    return index
