"""The confidence sequence: its boundary, its running sums, and what is no evidence."""

import math

import numpy as np
import pytest

from deskgate.intervals.blocks import in_blocks
from deskgate.intervals.sequences import confidence_sequence, mixture_precision, multiplier
from deskgate.intervals.settings import IntervalSettings
from deskgate.intervals.spread import inflation, running
from intervals.sides import SETTINGS, settings, shares, side


def gaussian_mixture(blocks: float, settings: IntervalSettings) -> float:
    """Theorem 2.2 of Waudby-Smith et al. (2024), in standard errors."""
    rho2, alpha = 1 / mixture_precision(settings), 1 - settings.confidence
    return math.sqrt((blocks * rho2 + 1) / (blocks * rho2) * math.log((blocks * rho2 + 1) / alpha**2))


def of_first_order(z: np.ndarray) -> float:
    """The long-run variance of an AR(1) over its plain one, by the correlation of neighbours less its bias."""
    off = z - z.mean()
    found = float(off[1:] @ off[:-1] / (off @ off))
    rho = min(max(found + (1 + 3 * found) / z.size, 0), 0.97)
    return (1 + rho) / (1 - rho)


def test_boundary_becomes_that_of_known_variances() -> None:
    many = settings(tuned_for=1_000_000)
    assert multiplier(np.array([1e6]), many)[0] == pytest.approx(gaussian_mixture(1e6, many), rel=1e-4)
    few = np.array([20.0])
    assert multiplier(few, SETTINGS)[0] > 1.1 * gaussian_mixture(20, SETTINGS)


def test_boundary_is_narrowest_at_the_number_it_is_tuned_for() -> None:
    widths = {tuned: gaussian_mixture(200, settings(tuned_for=tuned)) for tuned in (100, 190, 200, 210, 400)}
    assert min(widths, key=lambda tuned: widths[tuned]) == 200


def test_running_values_are_those_of_each_look_alone() -> None:
    """Brute force: the blocks up to each one, with their own ratios."""
    blocks = in_blocks(side(1, mean=3, dependence=0.6), side(2, dependence=0.6), 30).used()
    delta, spread = running(blocks)
    for count in (2, 5, 20, 57, blocks.size):
        keep = np.arange(blocks.size) < count
        alone = type(blocks)(blocks.start[keep], 30, blocks.live.take(keep), blocks.reference.take(keep), fixed=False)
        z, lags = alone.linearised(), math.floor(4 * (count / 100) ** (2 / 9))
        assert delta[count - 1] == pytest.approx(z.mean(), abs=1e-9)
        factor = max(inflation(z, lags), of_first_order(z)) if lags < count else 1.0
        assert spread[count - 1] == pytest.approx(z.std(ddof=1) * math.sqrt(max(1, factor)), rel=1e-9)


def test_no_interval_before_the_least_number_of_blocks() -> None:
    sequence = confidence_sequence(in_blocks(side(1), side(2), 60), SETTINGS, is_share=False)
    assert not np.isfinite(sequence.low[:19]).any()
    assert np.isfinite(sequence.low[19:]).all()


def test_none_of_many_is_not_never() -> None:
    """No reject of 1,000 orders on either side: Wilson's bound z² / (n + z²), in boundaries of z."""
    blocks = in_blocks(shares(1, 0, rows=1000), shares(2, 0, rows=1000), 30)
    sequence = confidence_sequence(blocks, SETTINGS, is_share=True)
    bound = 1.96**2 / (1000 + 1.96**2)
    times = multiplier(np.array([float(blocks.size)]), SETTINGS)[0] / 1.96
    assert sequence.high[-1] == pytest.approx(math.sqrt(2) * bound * times, rel=1e-3)
    assert not np.isfinite(confidence_sequence(blocks, SETTINGS, is_share=False).high).any()


def test_rows_of_unequal_weight_count_as_fewer() -> None:
    even, other = shares(1, 0, rows=1000), shares(2, 0, rows=1000)
    assert even.den_squares is not None
    heavy = type(even)(even.minute, even.num, even.den, even.den_squares * 10)
    reach = [
        confidence_sequence(in_blocks(each, other, 30), SETTINGS, is_share=True).high[-1] for each in (even, heavy)
    ]
    assert reach[1] > 5 * reach[0]


def test_what_has_not_varied_yet_has_no_interval_yet() -> None:
    quiet = side(1)
    num = np.zeros(quiet.minute.size)
    num[2000] = 0.37
    blocks = in_blocks(
        type(quiet)(quiet.minute, num, quiet.den), type(quiet)(quiet.minute, 0 * num, side(2).den), 30
    ).used()
    sequence = confidence_sequence(blocks, SETTINGS, is_share=False)
    varied = sequence.end > 2000
    assert np.isinf(sequence.low[~varied]).all()
    assert np.isfinite(sequence.low[varied]).all()
