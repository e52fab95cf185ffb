"""Sums by minute: what they refuse, and that the order of rows changes no digit."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskgate.intervals.sums import Sums, per_minute

MINUTES = np.arange(3)
ROW = st.tuples(st.integers(-1, 3), st.floats(-1e6, 1e6), st.floats(0, 1e6))


@given(st.lists(ROW, min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_shuffled_rows_give_the_same_digits(rows: list[tuple[int, float, float]], random: Random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    left, right = (per_minute(*zip(*each, strict=True), matched=MINUTES) for each in (rows, shuffled))
    for name in ("num", "den", "den_squares"):
        assert getattr(left, name).tobytes() == getattr(right, name).tobytes()


def test_rows_outside_the_matched_minutes_are_left_out() -> None:
    sums = per_minute([5, 7, 7, 8], [1, 2, 3, 4], [1, 1, 2, 1], matched=[9, 7])
    assert (sums.minute.tolist(), sums.num.tolist(), sums.den.tolist()) == ([7, 9], [5, 0], [3, 0])
    assert sums.den_squares is not None
    assert sums.den_squares.tolist() == [5, 0]


@pytest.mark.parametrize(
    ("minute", "num", "den", "message"),
    [
        ([0, 1], [1.0, np.nan], [1.0, 1.0], "num has 1 entries that are no finite number"),
        ([0, 1], [1.0, 1.0], [np.inf, 1.0], "den has 1 entries that are no finite number"),
        ([0, 1], [1.0, 1.0], [1.0, -1.0], "den has 1 negative entries"),
        ([0, 1], [1.0], [1.0, 1.0], "num has 1 entries for 2 minutes"),
        ([1, 1], [1.0, 1.0], [1.0, 1.0], "minutes must increase strictly"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    minute: list[int], num: list[float], den: list[float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Sums(np.array(minute), np.array(num), np.array(den))
