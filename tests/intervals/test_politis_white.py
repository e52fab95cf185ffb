"""The block length is arch's, and the draws are those of a stationary bootstrap."""

import numpy as np
import pytest

from deskgate.intervals.draws import stationary_draws
from deskgate.intervals.politis_white import optimal_length


@pytest.mark.parametrize("size", [8, 9, 10, 50, 144, 2880])
@pytest.mark.parametrize("dependence", [0, 0.6, -0.6, 0.95])
def test_block_length_is_that_of_arch(size: int, dependence: float) -> None:
    arch = pytest.importorskip("arch.bootstrap")
    rng = np.random.default_rng(size)
    series = rng.normal(size=size)
    for at in range(1, size):
        series[at] += dependence * series[at - 1]
    with np.errstate(all="ignore"):
        theirs = float(arch.optimal_block_length(series)["circular"].iloc[0])
    assert optimal_length(series) == pytest.approx(theirs, rel=1e-9)


def test_a_dependent_series_asks_for_longer_blocks() -> None:
    noise = np.random.default_rng(1).normal(size=2000)
    slow = np.convolve(noise, np.ones(20), mode="same")
    assert optimal_length(slow) > 5 * optimal_length(noise)


def test_runs_are_as_long_as_asked_and_every_entry_is_as_likely() -> None:
    draws = stationary_draws(50, 4000, 4, seed=1)
    goes_on = (np.diff(draws, axis=1) % 50 == 1).mean()
    assert goes_on == pytest.approx(1 - 1 / 4 + 1 / 4 / 50, abs=0.01)
    assert np.bincount(draws.ravel(), minlength=50) / draws.size == pytest.approx(1 / 50, abs=0.002)


def test_the_same_seed_gives_the_same_draws() -> None:
    assert (stationary_draws(9, 5, 2, seed=3) == stationary_draws(9, 5, 2, seed=3)).all()
    assert (stationary_draws(9, 5, 2, seed=3) != stationary_draws(9, 5, 2, seed=4)).any()
