"""Blocks of two sides, their linearised differences, and their length."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskgate.intervals.block_length import block_length
from deskgate.intervals.blocks import in_blocks
from deskgate.intervals.settings import IntervalSettings
from deskgate.intervals.sums import Sums, per_minute
from intervals.sides import DAY, SETTINGS, settings, side


def test_linearised_differences_of_a_hand_made_case() -> None:
    """Live 6 / 4 = 1.5, reference 2 / 4 = 0.5; mean den is 2 on both sides, so z is the residuals over 2, plus 1."""
    minute = np.array([0, 5])
    live, reference = (
        Sums(minute, np.array(num), np.array(den)) for num, den in (([5.0, 1.0], [3.0, 1.0]), ([2.0, 0.0], [2.0, 2.0]))
    )
    z = in_blocks(live, reference, 5, whole=False).linearised()
    assert z.tolist() == [(5 - 1.5 * 3) / 2 - (2 - 0.5 * 2) / 2 + 1, (1 - 1.5) / 2 - (0 - 1) / 2 + 1]


@given(st.integers(0, 50), st.sampled_from([5, 30, 240]), st.booleans())
def test_mean_of_the_linearised_differences_is_the_difference(seed: int, length: int, fixed: bool) -> None:
    live, reference = side(seed, mean=3), 0.5 if fixed else side(seed + 1)
    blocks = in_blocks(live, reference, length)
    assert blocks.ratios is not None
    assert blocks.linearised().mean() == pytest.approx(blocks.ratios[0] - blocks.ratios[1], abs=1e-9)


def test_last_block_is_left_out_until_it_is_over() -> None:
    live = side(1)
    assert in_blocks(live.first(59), 0.0, 30).size == 1
    assert in_blocks(live.first(60), 0.0, 30).size == 2
    assert in_blocks(live.first(59), 0.0, 30, whole=False).size == 2


def test_blocks_in_which_nothing_happened_are_no_evidence() -> None:
    minute = np.arange(0, DAY, 60)
    live = per_minute(minute, np.ones(24), np.ones(24), matched=np.arange(DAY))
    assert in_blocks(live, 0.5, 5).used().size == 24


def test_sides_of_different_minutes_are_refused() -> None:
    with pytest.raises(ValueError, match="sums of different minutes"):
        in_blocks(side(1), side(2).from_minute(1), 5)


@pytest.mark.parametrize(("dependence", "at_least"), [(0.0, 5), (0.9, 30)])
def test_dependent_fills_get_longer_blocks(dependence: float, at_least: int) -> None:
    live, reference = (side(seed, rows=4000, dependence=dependence) for seed in (1, 2))
    length, why = block_length(live, reference, SETTINGS)
    assert length is not None
    assert length == 5 if at_least == 5 else length >= at_least, why


def test_rejects_at_even_distances_need_no_long_blocks() -> None:
    """One in every hundred orders: each reject makes the next one less likely, for which the rule asks for hours."""
    order = np.arange(2 * DAY)
    live, reference = (per_minute(order, order % 100 == at, np.ones(order.size), matched=order) for at in (3, 50))
    assert block_length(live, reference, SETTINGS)[0] == 5


def test_few_rows_get_longer_blocks_that_leave_a_day_enough() -> None:
    assert block_length(side(1, rows=96), side(2, rows=96), SETTINGS)[0] == 60


def test_later_minutes_do_not_choose_the_length() -> None:
    live, reference = side(1, dependence=0.6), side(2, dependence=0.6)
    known = {block_length(live.first(count), reference.first(count), SETTINGS)[0] for count in (800, 1440, 2880)}
    assert len(known) == 1
    assert block_length(live.first(600), reference.first(600), SETTINGS)[0] is None


def test_dependence_beyond_the_longest_block_has_no_length() -> None:
    wave = np.sin(np.arange(2 * DAY) / 300)
    live = per_minute(np.arange(2 * DAY), wave, np.ones(2 * DAY), matched=np.arange(2 * DAY))
    length, why = block_length(live, 0.0, settings(longest_block_min=60))
    assert length is None
    assert "drifted for more than 60 min at a time" in why


@pytest.mark.parametrize(
    "wrong", [{"shortest_block_min": 7}, {"longest_block_min": 5, "shortest_block_min": 10}, {"seeed": 1}]
)
def test_settings_refuse_what_they_do_not_know(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"expected|Extra inputs"):
        IntervalSettings.model_validate(SETTINGS.model_dump() | wrong)
