"""Numbers of metrics are rounded alike everywhere, so that the order of a sum does not show in the bytes of a day."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskgate.case.findings import Metric, canonical, metrics_frame


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0.1 + 0.2, 0.3),
        (1 / 3, 0.333333333333),
        (123456789.123456789, 123456789.123),
        (-0.0, 0.0),
        (60.0, 60.0),
        (1e-20, 1e-20),
    ],
)
def test_twelve_digits_count(number: float, expected: float) -> None:
    assert struct.pack("d", canonical(number)) == struct.pack("d", expected)


def test_unknown_stays_unknown() -> None:
    assert canonical(None) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_rounding_again_changes_nothing(number: float) -> None:
    once = canonical(number)
    assert once is not None
    assert canonical(once) == once


def test_value_and_its_interval_are_rounded() -> None:
    row = metrics_frame("soak", [Metric("b1", "x", 0.1 + 0.2, 1, None, (0.1 * 3, 0.7 + 0.1))]).row(0, named=True)
    assert (row["value"], row["low"], row["high"]) == (0.3, 0.3, 0.8)
