"""How far bounds lie from what is usual: scale, scores and headroom by hand, and how often rows to come pass them."""

import numpy as np
import pytest

from deskgate.intervals.headroom import headroom, least_rows, scale, scores, varies

TEN = np.arange(1.0, 11.0).reshape(-1, 1)


def test_scale_by_hand() -> None:
    # The eighth of ten values is the level; 9 and 10 lie 1 and 2 beyond it.
    found = scale(TEN)
    assert (found.level[0], found.excess[0], found.distinct[0]) == (8.0, 1.5, 2)


def test_values_that_are_not_there_count_for_nothing() -> None:
    with_gaps = np.vstack([TEN, np.full((7, 1), np.nan)])
    assert scale(with_gaps).level[0] == 8.0
    assert np.isnan(scale(np.full((3, 1), np.nan)).level[0])


def test_constant_column_and_one_with_a_single_outlier_do_not_vary() -> None:
    rng, blocks = np.random.default_rng(1), np.arange(60) // 7
    constant, lone = np.zeros(60), np.zeros(60)
    lone[5] = 9.0
    values = np.column_stack([constant, lone, rng.exponential(size=60)])
    assert varies(values, blocks).tolist() == [False, False, True]


def test_column_that_varies_in_one_week_alone_does_not_vary() -> None:
    values = np.zeros((60, 1))
    values[7:14, 0] = np.arange(7) + 1.0
    assert not varies(values, np.arange(60) // 7)[0]


def test_row_is_scored_by_the_scale_of_other_blocks_and_its_worst_column() -> None:
    values = np.vstack([np.hstack([TEN, TEN]), [[11.0, 20.0]], np.hstack([TEN, TEN])])
    found = scores(values, np.array([0] * 10 + [1] * 11))
    assert found[10] == pytest.approx((20 - 8) / 1.5)
    # Of the other block's 11 values the ninth is the level; 10 and 20 lie 1 and 11 beyond it.
    assert found[9] == pytest.approx(max((10 - 9) / 1.5, (10 - 9) / 6))


def test_row_without_a_value_has_no_score() -> None:
    values = np.vstack([TEN, [[np.nan]], TEN])
    assert np.isnan(scores(values, np.array([0] * 10 + [1] * 11))[10])


@pytest.mark.parametrize(("share", "least"), [(1 / 30, 29), (0.5 / 30, 59), (0.5, 1)])
def test_least_rows_is_the_smallest_number_that_has_a_headroom(share: float, least: int) -> None:
    assert least_rows(share) == least
    assert headroom(np.arange(float(least)), share) == least - 1
    assert headroom(np.arange(float(least - 1)), share) is None


def test_headroom_is_the_order_statistic_that_the_share_asks_for() -> None:
    # Of 100 rows to come with 99 known, three in a hundred pass the third largest.
    assert headroom(np.arange(99.0), 0.03) == 96.0
    assert headroom(np.arange(99.0) - 200, 0.03) == 0.0


def test_rows_to_come_pass_no_more_often_than_asked() -> None:
    """150 desks of 40 days and 6 metrics, two of them with a heavy tail: the next day passes any bound as seldom as was asked."""
    rng, share, blocks = np.random.default_rng(7), 1 / 30, np.arange(40) // 7
    passed = []
    for _ in range(150):
        drawn = rng.exponential(size=(41, 6))
        drawn[:, :2] = drawn[:, :2] ** 2
        days, to_come = drawn[:40], drawn[40]
        room, of = headroom(scores(days, blocks), share), scale(days)
        assert room is not None
        passed.append((to_come > of.level + room * of.excess).any())
    # Three standard errors of what may come by chance.
    assert np.mean(passed) < share + 3 * (share * (1 - share) / 150) ** 0.5
