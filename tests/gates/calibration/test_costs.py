"""What bounds cost: false alarms on days that did not help to make them, and the power by size, by hand."""

from functools import partial

import numpy as np
import pytest

from calibration_histories import suites_with, the_history
from deskgate.gates.calibration.costs import SIZES, Alarms, alarms_together, alarms_without, folds_of, powers
from deskgate.gates.calibration.propose import Proposal, propose
from deskgate.gates.calibration.values import History

GAP = ("event_store", "gap_x")
LAG = ("event_store", "lag_p99_s")


def fixed(value: float | None, history: History) -> list[Proposal]:
    return [Proposal(column, value, "") for column in history.columns]


def test_alarms_in_a_month_with_their_exact_interval() -> None:
    alarms = Alarms(2, 60)
    assert alarms.per_month == 1.0
    assert alarms.interval == pytest.approx((0.1217, 3.459), abs=1e-3)
    assert (Alarms(0, 0).per_month, Alarms(0, 0).interval) == (None, (0.0, 30.0))


def test_alarms_before_and_after_by_hand() -> None:
    history = the_history({GAP: [{"b1": each} for each in (1.0, 6.0, 7.0, None)]}, suites_with(GAP))
    folds = folds_of(history, partial(fixed, 2.0))
    assert alarms_without(history, folds) == [(Alarms(1, 3), Alarms(2, 3))]
    # The day without a value was not let pass, and no entry of these warns.
    assert alarms_together(history, folds, blocks=True) == (Alarms(1, 3), Alarms(2, 3))
    assert alarms_together(history, folds, blocks=False) == (Alarms(0, 0), Alarms(0, 0))


def test_day_is_held_against_the_bound_that_other_weeks_give() -> None:
    """A day far out would have made its own bound; without its week the bound is nearer, and the day is an alarm."""
    drawn = 1 + 0.1 * np.random.default_rng(3).exponential(size=70)
    drawn[40] = 3.0
    suites = suites_with(GAP)
    history = the_history({GAP: [{"b1": each} for each in drawn.tolist()]}, suites)
    proposing = partial(propose, suites=suites, floor=suites, per_month=0.6)
    folds = folds_of(history, proposing)
    week = int(history.weeks[40])
    bound = folds[week][0].value
    assert bound is not None
    assert bound < 3.0
    assert alarms_without(history, folds)[0][1].blocked >= 1
    assert proposing(history.without(week)) == folds[week]


def test_bound_without_a_proposal_stays_as_it_is() -> None:
    history = the_history({GAP: [{"b1": 7.0}]}, suites_with(GAP))
    assert alarms_without(history, folds_of(history, partial(fixed, None))) == [(Alarms(1, 1), Alarms(1, 1))]


def test_power_by_hand() -> None:
    """The median is 2 and the bound 6: a fault of half the way lifts 2 to 4 and 5 to 7."""
    history = the_history(
        {GAP: [{"b1": 2.0, "b2": 1.0}, {"b1": 2.0, "b2": 2.0}, {"b1": 5.0, "b2": 2.0}]}, suites_with(GAP)
    )
    found = powers(history, folds_of(history, partial(fixed, 3.0)), 0)
    half = found[SIZES.index(0.5)]
    assert (half.size, half.planted, half.before, half.after) == (2.0, 6, 1, 5)
    assert [each.before for each in found] == sorted(each.before for each in found)
    assert (found[-1].before, found[-1].after) == (6, 6)


def test_no_power_is_told_where_nothing_was_measured_or_clean_days_are_beyond_the_bound() -> None:
    for values in ([None], [7.0]):
        history = the_history({GAP: [{"b1": each} for each in values]}, suites_with(GAP))
        assert powers(history, folds_of(history, partial(fixed, 3.0)), 0) == []


def test_warnings_are_counted_apart() -> None:
    history = the_history({LAG: [{"b1": 99.0}]}, suites_with(LAG))
    folds = folds_of(history, partial(fixed, None))
    assert alarms_together(history, folds, blocks=True)[0] == Alarms(0, 0)
    assert alarms_together(history, folds, blocks=False)[0] == Alarms(1, 1)


def test_day_counts_where_one_of_the_entries_has_a_value() -> None:
    other = ("event_store", "events_age_s")
    history = the_history(
        {GAP: [{"b1": 1.0}, {"b1": None}], other: [{"b1": None}, {"b1": None}]}, suites_with(GAP, other)
    )
    folds = folds_of(history, partial(fixed, None))
    assert alarms_together(history, folds, blocks=True)[0] == Alarms(0, 1)
