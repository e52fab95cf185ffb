"""Proposals: tighter where the history allows, looser only where it must, and never past what Deskgate holds to."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from calibration_histories import suites_with, the_history
from deskgate.gates.calibration.propose import Proposal, least_days, propose, with_bounds
from deskgate.gates.suites import Suite
from entries import SUITES_BY_GATE

GAP = ("event_store", "gap_x")
LAG = ("event_store", "lag_p99_s")
RESTARTS = ("soak", "restarts_warning")
Draw = Sequence[float | None]


def drawn(days: int = 60, *, at: float = 1.0, spread: float = 0.1, seed: int = 3) -> list[float]:
    return [at + spread * float(each) for each in np.random.default_rng(seed).exponential(size=days)]


def proposed(
    key: tuple[str, str], values: Draw, *, per_month: float = 1.0, floor: dict[str, Suite] | None = None, **kwargs: Any
) -> Proposal:
    """Return what is proposed for the first side of one entry of b1."""
    suites = suites_with(key, **kwargs)
    history = the_history({key: [{"b1": each} for each in values]}, suites)
    return propose(history, suites | {"policy": SUITES_BY_GATE["policy"]}, floor or suites, per_month=per_month)[0]


def test_bound_far_from_clean_days_is_tightened_just_beyond_them() -> None:
    values = drawn()
    found = proposed(GAP, values)
    assert found.value is not None
    # Of 61 days one or two may pass it: 1 in 30.
    assert sorted(values)[-2] <= found.value < 3 < found.column.bound == 6
    assert found.why.startswith("tighter")


def test_lower_bound_is_tightened_upwards() -> None:
    values = [-each for each in drawn()]
    found = proposed(("parity", "realized_pnl_bps_delta"), values)
    assert found.value is not None
    assert -3 < found.value <= sorted(values)[1]


@pytest.mark.parametrize(("days", "enough"), [(1, False), (28, False), (35, False), (36, True)])
def test_least_number_of_days_besides_any_week(days: int, enough: bool) -> None:
    found = proposed(GAP, drawn(days))
    assert (found.value is not None) is enough
    if not enough:
        assert found.why.startswith(f"not enough days: {days} clean days with a value, expected 29 besides")


def test_half_a_false_alarm_a_month_takes_two_months() -> None:
    assert (least_days(1.0), least_days(0.5)) == (29, 59)
    assert proposed(GAP, drawn(60), per_month=0.5).value is None
    assert proposed(GAP, drawn(70), per_month=0.5).value is not None


def test_metric_that_is_null_on_half_of_the_days_needs_as_many_with_a_value() -> None:
    values = [each if n % 2 else None for n, each in enumerate(drawn(60))]
    assert proposed(GAP, values).why.startswith("not enough days: 30 clean days with a value")
    assert proposed(GAP, [each if n % 2 else None for n, each in enumerate(drawn(90))]).value is not None


@pytest.mark.parametrize("values", [[1.0] * 60, [1.0] * 59 + [5.0]])
def test_constant_metric_has_no_proposal(values: list[float]) -> None:
    found = proposed(GAP, values)
    assert (found.value, "hardly vary" in found.why) == (None, True)


def test_noise_of_sums_that_should_be_nothing_sets_no_headroom() -> None:
    """One metric comes out as 1e-16 and once as 0.005: it hardly varies, and the other one has its bound as without it."""
    equity = ("reconciliation", "equity_change_off")
    suites = suites_with(GAP, equity)
    noise = [each * 1e-16 for each in drawn(seed=5)]
    noise[3] = 0.005
    days = {GAP: [{"b1": each} for each in drawn()], equity: [{"b1": each} for each in noise]}
    found = {each.column.key: each for each in propose(the_history(days, suites), suites, suites, per_month=1.0)}
    assert "hardly vary" in found[equity].why
    assert found[GAP].value == proposed(GAP, drawn()).value


def test_bot_that_came_lately_keeps_the_bound() -> None:
    suites = suites_with(GAP)
    days = [{"b1": each} | ({"b2": each} if n > 50 else {}) for n, each in enumerate(drawn())]
    (found,) = propose(the_history({GAP: days}, suites), suites, SUITES_BY_GATE, per_month=1.0)
    assert (found.value, found.why) == (None, "not enough days: 9 clean days with a value of b2, expected 29")


def test_bound_that_blocks_clean_days_is_loosened() -> None:
    found = proposed(GAP, drawn(at=5.5, spread=1.0))
    assert found.value is not None
    assert found.value > 6
    assert found.why.startswith("looser: the present one blocked")


def test_bound_that_blocks_no_more_than_asked_is_not_loosened() -> None:
    values = drawn(at=5.0, spread=0.2)
    found = proposed(GAP, values, max_value=sorted(values)[-5], per_month=2.0)
    assert (found.value, found.why.startswith("kept: it blocked 2")) == (None, True)


def test_loosening_ends_where_the_guard_of_the_floor_does() -> None:
    found = proposed(GAP, drawn(at=50.0, spread=20.0))
    assert found.value is None
    assert "times as wide as Deskgate's own, expected at most 10 times" in found.why


def test_warning_is_not_loosened_past_the_entry_that_blocks() -> None:
    keys = (RESTARTS, ("soak", "restarts"))
    suites = suites_with(*keys)
    history = the_history({RESTARTS: [{"b1": each} for each in drawn(at=4.0, spread=2.0)]}, suites)
    (found,) = propose(history, suites, SUITES_BY_GATE, per_month=1.0)
    assert found.value is None
    assert found.why.endswith("beyond the bound of a stricter entry of the same metric")


def test_rate_is_that_of_all_bounds_together() -> None:
    """One metric alone gets a tighter bound than the same one among ten that may all be passed."""
    parity = [(gate, name) for gate, name in _parity() if name.endswith("_soak_delta") or name == "slippage_bps_delta"]
    suites = suites_with(*parity)
    days = {key: [{"b1": each} for each in drawn(at=0.01, spread=0.001, seed=n)] for n, key in enumerate(parity)}
    together = {
        each.column.key: each.value
        for each in propose(the_history(days, suites), suites, suites, per_month=1.0)
        if each.column.sign > 0
    }
    key = parity[0]
    alone = propose(the_history({key: days[key]}, suites), suites, suites, per_month=1.0)[0].value
    among = together[key]
    assert among is not None
    assert alone is not None
    assert alone < among


def _parity() -> list[tuple[str, str]]:
    return [("parity", each.meta.entry) for each in SUITES_BY_GATE["parity"].expectations]


def test_bound_is_rounded_outward_to_two_digits_of_its_distance() -> None:
    found = proposed(LAG, drawn(at=0.96, spread=0.01))
    assert found.value is not None
    assert found.value == round(found.value, 3)


def test_changed_bounds_are_those_of_the_entry_alone() -> None:
    changed = with_bounds(SUITES_BY_GATE, {GAP: {"max_value": 3.0}})
    bounds = changed["event_store"].bounds_of("gap_x")
    assert bounds is not None
    assert bounds.max_value == 3.0
    assert {name for name in changed if changed[name] != SUITES_BY_GATE[name]} == {"event_store"}
