"""What a threshold blocked, how near the values came, and the bound at which it would have blocked no day."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from deskgate.case.findings import Metrics
from deskgate.gates.backtest import RecordedDay, compare_day
from deskgate.gates.evaluation import evaluate_subjects
from deskgate.gates.suites import Entry, Suite
from deskgate.gates.threshold_costs import threshold_costs
from entries import SUITES_BY_GATE

DAY = date(2026, 5, 4)
# Two metrics of the portfolio and what they are held against here.
FIRST, SECOND = "unnamed_bots", "disabled_active_bots"
# A value with its sample, or with the ends of its interval too.
Value = tuple[Any, ...]


def an_entry(metric: str, **kwargs: Any) -> Entry:
    about = {"entry": metric, "title": metric, "why": "w", "what_to_do": "d"}
    bounds = {"metric": metric, "min_sample": 5, **kwargs}
    return Entry.model_validate(
        {"type": "expect_metric_within_bounds", "severity": "critical", "kwargs": bounds, "meta": about}
    )


def costs(days: list[dict[str, Value]], *entries: Entry, **options: Any) -> dict[str, dict[str, Any]]:
    """Return the cost of each entry over days of (metric -> value); `options` are those of each `RecordedDay`."""
    meta = SUITES_BY_GATE["parity"].meta
    suites = {"policy": Suite(name="policy", meta=meta, expectations=list(entries))}
    frames, replayed = [], []
    for n, values in enumerate(days):
        rows = [
            ("policy", "portfolio", name, each[0], *(each[2:] or each[:1] * 2), each[1], None)
            for name, each in values.items()
        ]
        frame = pl.DataFrame(rows, schema=Metrics.create_empty().schema, orient="row")
        verdicts = evaluate_subjects(suites, frame, lambda *_: ["portfolio"])
        frames.append(frame)
        replayed.append(compare_day(RecordedDay(DAY + timedelta(days=n), "HOLD", [], **options), verdicts))
    return {row["check"]: row for row in threshold_costs(replayed, frames, suites).to_dicts()}


def test_days_verdicts_and_what_an_entry_blocked_alone() -> None:
    days: list[dict[str, Value]] = [
        {FIRST: (3, 9), SECOND: (0, 9)},
        {FIRST: (4, 9), SECOND: (7, 9)},
        {FIRST: (1, 9), SECOND: (0, 9)},
    ]
    found = costs(days, an_entry(FIRST, max_value=2), an_entry(SECOND, max_value=0))
    counted = ("blocked_days", "blocked_verdicts", "alone_days", "alone_verdicts", "unmeasured")
    assert [found[FIRST][name] for name in counted] == [2, 2, 1, 1, 0]
    assert [found[SECOND][name] for name in counted] == [1, 1, 0, 0, 0]
    near = ("nearest_pass", "nearest_miss", "farthest_miss", "needed_max", "needed_min")
    assert [found[FIRST][name] for name in near] == [1, 1, 2, 4, None]


@pytest.mark.parametrize(
    ("bounds", "values", "needed"),
    [
        ({"max_value": 2}, [3.0, 5.0, 2.0], {"needed_max": 5.0, "needed_min": None}),
        ({"min_value": 2}, [1.0, 0.5, 3.0], {"needed_max": None, "needed_min": 0.5}),
        ({"min_value": 2, "max_value": 4}, [1.0, 9.0], {"needed_max": 9.0, "needed_min": 1.0}),
        ({"max_value": 2, "strict_max": True}, [2.0], {"needed_max": 2.0, "nearest_miss": 0.0}),
        ({"max_value": 2}, [2.0, 1.0], {"needed_max": None, "nearest_miss": None, "nearest_pass": 0.0}),
    ],
)
def test_bound_at_which_no_day_is_blocked(bounds: dict[str, Any], values: list[float], needed: dict[str, Any]) -> None:
    found = costs([{FIRST: (value, 9)} for value in values], an_entry(FIRST, **bounds))[FIRST]
    assert {name: found[name] for name in needed} == needed


@pytest.mark.parametrize("missing", [{}, {FIRST: (None, 9)}, {FIRST: (3.0, 4)}])
def test_no_bound_passes_what_has_no_value_or_too_small_a_sample(missing: dict[str, Value]) -> None:
    found = costs([{FIRST: (9.0, 9)}, missing], an_entry(FIRST, max_value=2))[FIRST]
    assert (found["blocked_days"], found["unmeasured"], found["needed_max"], found["nearest_miss"]) == (2, 1, None, 7)


def test_interval_is_measured_by_its_worse_end() -> None:
    entry = an_entry(FIRST, min_value=-2, max_value=2, whole_interval=True)
    found = costs([{FIRST: (1.0, 9, -1.0, 3.0)}, {FIRST: (0.0, 9, -1.0, 1.5)}], entry)[FIRST]
    assert (found["nearest_miss"], found["nearest_pass"], found["needed_max"], found["needed_min"]) == (1, 0.5, 3, None)


@pytest.mark.parametrize("options", [{"failures": ("replay",)}, {"provisional": True}])
def test_entry_blocks_no_day_alone_that_something_else_kept_from_go(options: dict[str, Any]) -> None:
    found = costs([{FIRST: (3, 9)}], an_entry(FIRST, max_value=2), **options)[FIRST]
    assert (found["blocked_days"], found["alone_days"]) == (1, 0)


def test_what_is_no_critical_entry_costs_nothing() -> None:
    mild = an_entry(SECOND, max_value=0).model_copy(update={"severity": "warning"})
    assert set(costs([{FIRST: (1, 9), SECOND: (5, 9)}], an_entry(FIRST, max_value=2), mild)) == {FIRST}
