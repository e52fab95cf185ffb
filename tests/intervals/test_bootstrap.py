"""The day's interval, against `arch` and by hand."""

import math

import numpy as np
import pytest

from deskgate.intervals.blocks import Blocks, Side, in_blocks
from deskgate.intervals.bootstrap import bootstrap_interval
from deskgate.intervals.spread import running
from deskgate.intervals.sums import Sums
from intervals.sides import SETTINGS, settings, shares, side


def of_day(live: Sums, reference: Sums | float) -> Blocks:
    return in_blocks(live, reference, 15).used()


def test_interval_is_that_of_arch() -> None:
    """`arch` draws for itself, from another seed, and takes the standard error of each draw from this test."""
    # It takes seconds, which each worker would spend that only collects this test.
    from arch.bootstrap import IIDBootstrap

    blocks = of_day(side(1, mean=3, days=1), side(2, days=1))
    rows = np.column_stack([blocks.live.num, blocks.live.den, blocks.reference.num, blocks.reference.den])

    def delta(drawn: np.ndarray) -> np.ndarray:
        total = drawn.sum(axis=0)
        return np.array([total[0] / total[1] - total[2] / total[3]])

    def error(_: np.ndarray, drawn: np.ndarray) -> np.ndarray:
        (n, d), (m, e) = drawn.T[:2], drawn.T[2:]
        z = (n - n.sum() / d.sum() * d) / d.mean() - (m - m.sum() / e.sum() * e) / e.mean()
        return np.array([z.std(ddof=1) / math.sqrt(z.size)])

    drawn = IIDBootstrap(rows, seed=99).conf_int(delta, 4000, method="studentized", std_err_func=error)
    mine, middle = bootstrap_interval(blocks, settings(draws=4000)), delta(rows)[0]
    assert mine is not None
    # What dependence of neighbours adds is not in arch's standard error.
    wider = running(blocks)[1][-1] / blocks.linearised().std(ddof=1)
    expected = middle + (drawn[:, 0] - middle) * wider
    assert [mine.low, mine.high] == pytest.approx(expected, abs=0.06 * (expected[1] - expected[0]))


def test_two_blocks_by_hand_are_too_few_to_tell() -> None:
    """Half of all draws have one block twice, and no spread: they stray infinitely far."""
    ones = np.ones(2)
    blocks = Blocks(np.array([0, 5]), 5, Side(np.array([1.0, 3.0]), ones, ones), Side(0 * ones, ones, ones), fixed=True)
    assert bootstrap_interval(blocks, SETTINGS) is None


def test_same_seed_gives_the_same_interval() -> None:
    blocks = of_day(side(1), side(2))
    assert bootstrap_interval(blocks, SETTINGS) == bootstrap_interval(blocks, SETTINGS)
    assert bootstrap_interval(blocks, SETTINGS) != bootstrap_interval(blocks, settings(seed=1))


def test_what_never_varied_has_no_interval() -> None:
    flat = side(1)
    flat = Sums(flat.minute, 0.0002 * flat.den, flat.den)
    assert bootstrap_interval(of_day(flat, flat), SETTINGS) is None
    assert bootstrap_interval(of_day(flat, side(2)), SETTINGS) is not None


def test_none_of_many_reaches_wilsons_bound() -> None:
    found = bootstrap_interval(of_day(shares(1, 0, rows=1000), 0.0), SETTINGS, is_share=True)
    assert found is not None
    assert found.high == pytest.approx(1.96**2 / (1000 + 1.96**2), rel=1e-3)


@pytest.mark.parametrize("payment", [1.0, -0.37, 1e6])
def test_one_payment_in_a_day_is_too_little_to_tell(payment: float) -> None:
    """A third of all draws lack it and have no spread: their error in standard errors is no number, not a large one."""
    quiet = side(1, days=1)
    num = np.zeros(quiet.minute.size)
    num[700] = payment
    paid, unpaid = Sums(quiet.minute, num, quiet.den), Sums(quiet.minute, 0 * num, side(2, days=1).den)
    assert bootstrap_interval(of_day(paid, unpaid), SETTINGS) is None
