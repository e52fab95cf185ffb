"""How often the gate errs on seeded soaks of two days: a small part of `benchmarks.error_rates`, with bounds to match."""

import math
from functools import cache

import numpy as np
import pytest
from benchmarks.error_rates import Rates, Scenario, measure_rates, parity_suite
from benchmarks.rules import FAILED, HOURS, PASSED, product, rivals
from benchmarks.soaks import slippage

from deskgate.gates.suites import Suite
from deskgate.intervals.compare import compare
from intervals.sides import settings

QUICK = settings(draws=200)
SOAKS = 30
FEW, MANY = Scenario("slippage_bps", 5, 0.6), Scenario("slippage_bps", 20, 0.6)
SHARES = Scenario("fill_ratio", 20, 0.0, 0.5), Scenario("reject_rate", 20, 0.0, 0.0)


def suite() -> Suite:
    real = parity_suite()
    return real.model_copy(update={"meta": real.meta.model_copy(update={"intervals": QUICK})})


@cache
def rates(scenario: Scenario) -> Rates:
    return measure_rates(scenario, suite(), SOAKS, beside=False)


def holds_at_every_hour(found: Rates, rule: str) -> bool:
    return found.misses(rule) <= 0.1


def passes_seldom_at_the_margin(found: Rates, rule: str) -> bool:
    return found.ever(rule, 1.0, PASSED) <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize("scenario", [FEW, MANY], ids=str)
def test_sequence_holds_at_every_hour_and_a_boundary_of_one_look_does_not(scenario: Scenario) -> None:
    assert holds_at_every_hour(rates(scenario), "soak")
    assert not holds_at_every_hour(rates(scenario), "z")
    assert passes_seldom_at_the_margin(rates(scenario), "soak")
    assert not passes_seldom_at_the_margin(rates(scenario), "z")


@pytest.mark.slow
@pytest.mark.parametrize("scenario", [FEW, MANY, *SHARES], ids=str)
def test_gate_seldom_errs_and_decides_in_time(scenario: Scenario) -> None:
    found = rates(scenario)
    assert found.misses("day") <= 0.125
    assert found.once("day", 1.0, PASSED) <= 0.1
    assert passes_seldom_at_the_margin(found, "soak")
    assert found.once("day", 0.0, FAILED) == found.ever("soak", 0.0, FAILED) == 0
    for rule in ("day", "soak"):
        assert found.once(rule, 0.0, PASSED) >= 0.6
        assert found.once(rule, 2.0, FAILED) >= 0.6


def test_nothing_passes_before_the_block_length_is_known() -> None:
    assert rates(FEW).once("soak", 0.0, PASSED, 12) == 0


def test_hour_of_the_sequence_is_a_look_at_that_hour() -> None:
    live, reference = slippage(1, per_h=20, dependence=0.6)
    soak = product(live, reference, QUICK, is_share=False)["soak"]
    for at, hour in enumerate(HOURS.tolist()):
        mine, theirs = (each.sums().first(hour * 60) for each in (live, reference))
        alone = compare(mine, theirs, QUICK, day_from=0).soak
        ends = (alone.interval.low, alone.interval.high) if alone.interval else (math.nan, math.nan)
        assert (soak.low[at], soak.high[at]) == pytest.approx(ends, nan_ok=True)
        assert not math.isfinite(soak.low[at]) or soak.sample[at] == alone.blocks


def test_looks_move_with_what_every_row_has_more() -> None:
    live, reference = slippage(1, per_h=20, dependence=0.6)
    bounds = parity_suite().bounds_of("slippage_bps_soak_delta")
    assert bounds is not None
    more = [product(each, reference, QUICK, is_share=False) for each in (live, live.plus(7.5))]
    for rule in ("day", "soak", "z"):
        assert more[0][rule].codes(bounds, 7.5) == more[1][rule].codes(bounds)
    assert (np.array(more[1]["soak"].codes(bounds)) == FAILED).any()


def test_rivals_are_those_of_scipy() -> None:
    from scipy.stats import mannwhitneyu, ttest_ind

    live, reference = slippage(1, per_h=5, dependence=0)
    found = rivals(live, reference)
    for at in (0, HOURS.size - 1):
        until = HOURS[at] * 60
        x, y = (each.value[each.minute < until] for each in (live, reference))
        welch = ttest_ind(x, y, equal_var=False).confidence_interval(0.9)
        assert (found["TOST"].low[at], found["TOST"].high[at]) == pytest.approx((welch.low, welch.high))
        sums = [each.sums().first(until) for each in (live, reference)]
        x, y = (each.num[each.den > 0] / each.den[each.den > 0] for each in sums)
        for end in ("low", "high"):
            shifted = mannwhitneyu(x - getattr(found["Mann-Whitney"], end)[at], y, method="asymptotic")
            assert shifted.pvalue == pytest.approx(0.02, abs=0.001)
        assert found["Mann-Whitney"].value[at] == pytest.approx(np.median(x[:, None] - y), abs=0.05)


@pytest.mark.long
@pytest.mark.parametrize("dependence", [0.0, 0.6])
@pytest.mark.parametrize("per_h", [5, 20, 84])
def test_error_rates_of_many_soaks(per_h: int, dependence: float) -> None:
    found = measure_rates(Scenario("slippage_bps", per_h, dependence), suite(), 300, beside=False)
    assert found.misses("soak") <= 0.05
    assert found.misses("day") <= 0.09
    assert found.once("day", 1.0, PASSED) <= 0.05
    assert found.ever("soak", 1.0, PASSED) <= 0.03
    assert found.misses("z") > 0.1
