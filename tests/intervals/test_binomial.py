"""The exact interval of a counted share: against scipy's own, and at its ends."""

import pytest
from scipy.stats import binomtest

from deskgate.intervals.binomial import clopper_pearson


@pytest.mark.parametrize(("count", "of"), [(0, 1), (0, 50), (1, 50), (7, 50), (50, 50), (3, 365)])
def test_interval_is_that_of_scipy(count: int, of: int) -> None:
    exact = binomtest(count, of).proportion_ci(0.95, method="exact")
    assert clopper_pearson(count, of) == pytest.approx((exact.low, exact.high))


def test_nothing_counted_says_nothing() -> None:
    assert clopper_pearson(0, 0) == (0.0, 1.0)


def test_none_of_many_leaves_the_rule_of_three() -> None:
    # Hand calculation: 1 - 0.025 ** (1 / 50).
    assert clopper_pearson(0, 50)[1] == pytest.approx(0.0711, abs=1e-4)


@pytest.mark.parametrize(("count", "of"), [(-1, 5), (6, 5)])
def test_impossible_count_is_refused(count: int, of: int) -> None:
    with pytest.raises(ValueError, match="expected a count from 0"):
        clopper_pearson(count, of)
