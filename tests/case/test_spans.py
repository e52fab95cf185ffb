"""What is near together is one span, and there are few of them."""

from datetime import timedelta
from itertools import pairwise

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from deskgate.case.spans import spans_of
from desks import NOON

HOUR = timedelta(hours=1)


def _spans(*hours: float) -> list[tuple[float, float]]:
    at = pl.Series([NOON + each * HOUR for each in hours], dtype=pl.Datetime("us", "UTC"))
    return [((first - NOON) / HOUR, (last - NOON) / HOUR) for first, last in spans_of(at)]


def test_instants_of_six_hours_are_one_span() -> None:
    assert _spans() == []
    assert _spans(3) == [(3, 3)]
    assert _spans(13, 0, 6, 12, 19.5) == [(0, 13), (19.5, 19.5)]


def test_the_widest_gaps_part_spans_where_there_would_be_too_many() -> None:
    hours = [each * 10 + (5 if each == 7 else 0) for each in range(40)]
    assert _spans(*hours)[0] == (0, 60)
    assert len(_spans(*hours)) <= 16


@given(st.lists(st.integers(0, 500), max_size=60))
def test_every_instant_is_in_a_span_and_spans_are_apart(hours: list[int]) -> None:
    found = _spans(*hours)
    assert all(any(first <= each <= last for first, last in found) for each in hours)
    assert len(found) <= 16
    assert all(after[0] - before[1] > 6 for before, after in pairwise(found))
