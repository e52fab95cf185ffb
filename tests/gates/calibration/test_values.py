"""The values of days: the worst subject's, outward; none where one who had to have a value had none."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from calibration_histories import MONDAY, suites_with, the_history
from deskgate.case.findings import Metrics
from deskgate.gates.backtest import RecordedDay, compare_day
from deskgate.gates.calibration.values import columns_of, held
from deskgate.gates.evaluation import evaluate_subjects

GAP = ("event_store", "gap_x")
SLIPPAGE = ("parity", "slippage_bps_delta")


def test_worst_subject_of_each_side_is_held_outward() -> None:
    suites = suites_with(SLIPPAGE)
    history = the_history({SLIPPAGE: [{"b1": 2.0, "b2": -3.0}]}, suites)
    assert [(each.side, each.bound) for each in history.columns] == [("max_value", 5.0), ("min_value", 5.0)]
    assert history.values.tolist() == [[2.0, 3.0]]


def test_day_on_which_one_subject_has_no_value_has_none() -> None:
    history = the_history({GAP: [{"b1": 1.0, "b2": None}, {"b1": 1.0, "b2": 4.0}, {}]}, suites_with(GAP))
    assert np.isnan(history.values[[0, 2], 0]).all()
    assert history.values[1, 0] == 4.0
    assert history.fewest == [("b2", 1)]


def test_bot_that_has_gone_is_left_out() -> None:
    history = the_history({GAP: [{"b1": 1.0, "gone": 99.0}]}, suites_with(GAP), subjects=["b1"])
    assert (history.values[0, 0], history.cells[0]) == (1.0, [("b1", 0, 1.0)])


def test_entry_of_gone_bots_alone_has_no_value() -> None:
    history = the_history({GAP: [{"gone": 1.0}]}, suites_with(GAP), subjects=["b1"])
    assert np.isnan(history.values).all()
    assert list(history.fewest) == [("", 0)]


def test_weeks_begin_on_monday() -> None:
    history = the_history({GAP: [{"b1": 1.0}] * 8}, suites_with(GAP))
    assert len(set(history.weeks[:7])) == 1 != len(set(history.weeks))
    assert history.without(int(history.weeks[0])).days == history.days[7:]


@pytest.mark.parametrize(
    ("row", "ends"),
    [
        ((3.0, None, None, 30), (3.0, 3.0)),
        ((None, None, None, 30), (None, None)),
        ((3.0, None, None, 19), (None, None)),
    ],
)
def test_unusable_value_or_small_sample_is_null(row: tuple[Any, ...], ends: tuple[Any, Any]) -> None:
    assert held_ends(GAP, *row) == ends


@pytest.mark.parametrize(("low", "ends"), [(-1.0, (-1.0, 2.0)), (None, (None, None))])
def test_whole_interval_is_held_by_its_ends(low: float | None, ends: tuple[Any, Any]) -> None:
    assert held_ends(SLIPPAGE, 1.0, low, 2.0, 30) == ends


def held_ends(key: tuple[str, str], value: float | None, low: float | None, high: float | None, sample: int) -> Any:
    """Return what of one metric of b1 is held against the bounds."""
    suites = {key[0]: suites_with(key)[key[0]]}
    row = (key[0], "b1", key[1], value, low, high, sample, None)
    metrics = pl.DataFrame([row], schema=Metrics.create_empty().schema, orient="row")
    verdicts = evaluate_subjects(suites, metrics, lambda *_: ["b1"])
    rows = held(compare_day(RecordedDay(MONDAY, "GO", []), verdicts), metrics, suites)
    assert rows.select("gate", "check", "subject").rows() == [(*key, "b1")]
    return rows.select("low", "high").row(0)


def test_only_what_can_be_calibrated_has_columns() -> None:
    assert not columns_of({"reconciliation": suites_with(("reconciliation", "wrong_side"))["reconciliation"]})
