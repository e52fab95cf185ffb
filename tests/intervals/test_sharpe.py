"""The Sharpe ratio of daily returns, and how often its interval holds the true one."""

import math

import numpy as np
import pytest

from deskgate.intervals.sharpe import LEAST_RETURNS, sharpe_ratio
from deskgate.intervals.sums import Floats


def _of(returns: Floats, draws: int = 400) -> tuple[float | None, tuple[float, float] | None]:
    ratio, interval = sharpe_ratio(returns, confidence=0.9, draws=draws, seed=1)
    return ratio, (interval.low, interval.high) if interval else None


def _normal(days: int, seed: int, mean: float = 0.0) -> Floats:
    return np.random.default_rng(seed).normal(mean, 1.0, days)


def test_ratio_is_mean_over_deviation_of_a_year() -> None:
    returns = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0])
    ratio, interval = _of(returns)
    assert ratio == pytest.approx(4.5 / math.sqrt(5.25) * math.sqrt(365))
    assert interval is not None
    assert interval[0] < 4.5 / math.sqrt(5.25) * math.sqrt(365) < interval[1]


@pytest.mark.parametrize("returns", [np.ones(20), np.zeros(20), _normal(LEAST_RETURNS - 1, 0), np.array([])])
def test_returns_that_say_nothing_have_no_ratio(returns: Floats) -> None:
    assert _of(returns) == (None, None)


@pytest.mark.parametrize("scale", [1e-4, 10.0])
def test_ratio_is_the_same_at_any_scale(scale: float) -> None:
    (one, ends), (two, others) = _of(_normal(30, 3, 0.2)), _of(scale * _normal(30, 3, 0.2))
    assert two == pytest.approx(one)
    assert others == pytest.approx(ends)


def test_interval_holds_the_true_ratio_about_as_often_as_it_says() -> None:
    true = 0.2 * math.sqrt(365)
    intervals = [_of(_normal(30, seed, 0.2), draws=200)[1] for seed in range(200)]
    held = np.mean([ends is not None and ends[0] <= true <= ends[1] for ends in intervals])
    assert 0.84 <= held <= 0.97


def test_same_returns_give_the_same_interval() -> None:
    assert _of(_normal(25, 5)) == _of(_normal(25, 5))
