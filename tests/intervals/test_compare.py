"""Two sides compared: what comes out, what does not, and how it scales and moves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskgate.intervals.compare import Comparison, compare
from deskgate.intervals.interval import blocks_needed
from deskgate.intervals.sums import Sums, per_minute
from intervals.sides import DAY, settings, shares, side

QUICK = settings(draws=200)


def ends(found: Comparison) -> list[float]:
    assert found.day.interval is not None
    assert found.soak.interval is not None
    return [found.day.interval.low, found.day.interval.high, found.soak.interval.low, found.soak.interval.high]


def test_both_intervals_hold_the_truth_as_often_as_they_say() -> None:
    found = [ends(compare(side(seed, mean=3), side(seed + 50), QUICK, day_from=DAY)) for seed in range(20)]
    assert sum(low < 3 < high for low, high, *_ in found) >= 17
    assert sum(low < 3 < high for *_, low, high in found) >= 19


@given(st.integers(0, 20), st.floats(0.01, 1e4), st.floats(-100, 100))
def test_units_scale_and_what_both_have_more_cancels(seed: int, scale: float, more: float) -> None:
    live, reference = side(seed, mean=1), side(seed + 100)
    plain = ends(compare(live, reference, QUICK, day_from=DAY))
    left, right = (Sums(each.minute, scale * (each.num + more * each.den), each.den) for each in (live, reference))
    assert ends(compare(left, right, QUICK, day_from=DAY)) == pytest.approx(
        [scale * end for end in plain], rel=1e-6, abs=1e-6 * scale
    )


def test_swapped_sides_mirror_the_soak() -> None:
    there, back = (compare(side(a), side(b), QUICK, day_from=DAY).soak.interval for a, b in ((1, 2), (2, 1)))
    assert there is not None
    assert back is not None
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))


def test_a_constant_is_a_reference() -> None:
    found = compare(side(1, mean=3), 0.5, QUICK, day_from=DAY)
    assert found.soak.reference == 0.5
    assert ends(found)[2] < 2.5 < ends(found)[3]


def test_same_input_gives_the_same_digits() -> None:
    assert ends(compare(side(1), side(2), QUICK, day_from=DAY)) == ends(compare(side(1), side(2), QUICK, day_from=DAY))


@pytest.mark.parametrize(
    ("live", "reference", "why"),
    [
        (
            side(1, days=1).first(300),
            0.0,
            "takes 12 h of compared minutes from the first order or fill on, and 7 h more",
        ),
        (per_minute([], [], [], matched=np.arange(2 * DAY)), 0.0, "no order or fill in the compared minutes"),
        (per_minute([100], [1], [1], matched=np.arange(2 * DAY)), 0.0, "in 1 block of 60 min, at least"),
        (side(1), float("nan"), None),
    ],
    ids=["too short", "empty", "one row", "no number"],
)
def test_no_interval_without_data_for_one(live: Sums, reference: float, why: str | None) -> None:
    if why is None:
        with pytest.raises(ValueError, match="no finite number"):
            compare(live, reference, QUICK, day_from=DAY)
        return
    found = compare(live, reference, QUICK, day_from=DAY)
    assert found.soak.interval is None
    assert found.day.interval is None
    assert why in found.soak.why


def test_what_never_varies_has_no_interval() -> None:
    flat = Sums(side(1).minute, side(1).den * 2, side(1).den)
    found = compare(flat, flat, QUICK, day_from=DAY)
    assert (found.day.interval, found.soak.interval) == (None, None)
    assert "the same in every block" in found.soak.why
    assert found.soak.delta == 0


def test_no_rejects_are_an_interval_of_some_width() -> None:
    low_day, high_day, low, high = ends(compare(shares(1, 0), shares(2, 0), QUICK, is_share=True, day_from=DAY))
    assert 0.003 < high_day == -low_day < 0.01
    assert 0.003 < high == -low < 0.01


def test_hours_needed_are_about_those_after_which_it_fits() -> None:
    """The half width after two days fits a margin of 1.3 times it now, and one of 0.7 times it only after more."""
    live, reference = side(1, rows=8000, days=8), side(2, rows=8000, days=8)
    early = compare(live.first(2 * DAY), reference.first(2 * DAY), QUICK, day_from=DAY)
    delta, interval = early.soak.delta, early.soak.interval
    assert delta is not None
    assert interval is not None
    half = interval.half_width
    assert early.hours_needed(delta - 1.3 * half, delta + 1.3 * half) == 0
    hours = early.hours_needed(delta - 0.7 * half, delta + 0.7 * half)
    assert hours is not None
    count = 2 * DAY + round(60 * hours)
    later = compare(live.first(count), reference.first(count), QUICK, day_from=DAY)
    assert later.soak.interval is not None
    assert later.soak.interval.half_width == pytest.approx(0.7 * half, rel=0.1)
    assert early.hours_needed(delta, delta + 5) is None
    assert half == (interval.high - interval.low) / 2


def test_blocks_needed_is_the_first_number_that_fits() -> None:
    assert blocks_needed(lambda blocks: 10 / blocks**0.5, 1.0, now=20) == 101
    assert blocks_needed(lambda blocks: 10 / blocks**0.5, 9.0, now=20) == 20
    assert blocks_needed(lambda _: 2.0, 1.0, now=20) is None
    assert blocks_needed(lambda blocks: 10 / blocks**0.5, 0.0, now=20) is None
