"""What a margin costs, against a simulation and at its limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskgate.intervals.power import chances, standard_error

positive = st.floats(0.01, 100)


def test_chances_are_those_of_a_simulation() -> None:
    half_width, error, truth, margin = 1.96, 1.0, 0.5, 3.0
    estimates = np.random.default_rng(1).normal(truth, error, 200_000)
    low, high = estimates - half_width, estimates + half_width
    found = chances([margin], half_width=half_width, error=error, truth=truth)
    assert found.passed[0] == pytest.approx(np.mean((low > -margin) & (high < margin)), abs=0.005)
    assert found.failed[0] == pytest.approx(np.mean((low > margin) | (high < -margin)), abs=0.005)


@pytest.mark.parametrize(
    ("margin", "truth", "expected"),
    [
        (1.0, 0.0, 0.0),  # an interval as wide as the margins never lies within them
        (0.5, 0.0, 0.0),
        (1e6, 0.0, 1.0),
        (1e6, 1e6, 0.0),  # on the margin, only the half width less than half of the estimates is far enough inside
    ],
)
def test_pass_at_the_limits(margin: float, truth: float, expected: float) -> None:
    passed = chances([margin], half_width=1.0, error=0.1, truth=truth).passed[0]
    assert passed == pytest.approx(expected, abs=1e-9)


def test_truth_on_the_margin_passes_in_half_of_what_the_confidence_leaves() -> None:
    error = standard_error(1.0, 0.95)
    assert chances([50.0], half_width=1.0, error=error, truth=50.0).passed[0] == pytest.approx(0.025)


@given(half_width=positive, error=positive, truth=st.floats(-100, 100), margins=st.lists(positive, min_size=2))
def test_wider_margins_pass_more_and_fail_less(
    half_width: float, error: float, truth: float, margins: list[float]
) -> None:
    found = chances(sorted(margins), half_width=half_width, error=error, truth=truth)
    assert (np.diff(found.passed) >= -1e-12).all()
    assert (np.diff(found.failed) <= 1e-12).all()
    assert found.passed + found.failed + found.undecided == pytest.approx(1)
    assert (found.undecided >= -1e-12).all()


@pytest.mark.parametrize(("half_width", "error"), [(1.0, 0.0), (-1.0, 1.0), (float("nan"), 1.0)])
def test_sample_that_says_nothing_is_refused(half_width: float, error: float) -> None:
    with pytest.raises(ValueError, match="expected more than 0"):
        chances([1.0], half_width=half_width, error=error, truth=0.0)
