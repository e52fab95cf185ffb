"""Other margins: what they would have said of the days on record, and what they cost."""

from typing import Any

import polars as pl
import pytest

from deskgate.reports.selection import Selection
from deskgate.reports.thresholds import FALSE_ALARM, MISS, UNDECIDED, Thresholds, no_thresholds, thresholds
from desks import INTERVALS
from parity_views import deltas, history

SETTINGS = INTERVALS
WANTED = Selection("b1", "fill_ratio")


def _of(*rows: dict[str, Any]) -> Thresholds:
    return thresholds(deltas(*rows), history(3), SETTINGS, WANTED)


def _chance(found: Thresholds, outcome: str, margin: float, span: str = "day") -> float:
    lines = found.power.filter((pl.col("outcome") == outcome) & (pl.col("span") == span))
    return float(lines.sort((pl.col("margin") - margin).abs())["chance"][0])


@pytest.mark.parametrize(
    ("low", "high", "passes_from", "fails_below"),
    [
        (-0.05, 0.01, 0.05, 0.0),
        (0.02, 0.08, 0.08, 0.02),
        (-0.08, -0.02, 0.08, 0.02),
        (0.0, 0.0, 0.0, 0.0),
        (None, None, None, None),
    ],
)
def test_smallest_margin_that_passes_and_largest_that_fails(
    low: float | None, high: float | None, passes_from: float | None, fails_below: float | None
) -> None:
    day = deltas({"low": low, "high": high}).with_columns(date=pl.lit("2026-05-04").str.to_date())
    found = thresholds(deltas(), day, SETTINGS, WANTED).days
    assert found.select("passes_from", "fails_below").row(0) == (passes_from, fails_below)


def test_day_without_judged_differences_has_the_same_columns() -> None:
    found, none = _of({}), no_thresholds("Nothing")
    assert none.days.schema == found.days.schema
    assert none.power.schema == found.power.schema
    assert none.why.schema == found.why.schema


def test_wider_margin_lets_more_equal_bots_pass_and_more_different_ones() -> None:
    found = _of({"low": -0.1, "high": 0.1})
    assert _chance(found, FALSE_ALARM, 0.1) == pytest.approx(1.0, abs=0.01)
    assert _chance(found, FALSE_ALARM, 0.4) < 0.01
    assert _chance(found, MISS, 0.15) == pytest.approx(0.025, abs=0.005)
    assert _chance(found, MISS, 0.4) > 0.9
    assert _chance(found, UNDECIDED, 0.1) > 0.9


def test_soak_is_surer_at_the_width_of_the_day() -> None:
    """Its interval holds at every look, so that at the same width there is less error behind it."""
    both = _of({"low": -0.1, "high": 0.1}, {"low": -0.1, "high": 0.1, "span": "soak"})
    assert _chance(both, FALSE_ALARM, 0.18, "soak") < _chance(both, FALSE_ALARM, 0.18, "day")


def test_span_without_an_interval_says_why() -> None:
    found = _of({}, {"span": "soak", "low": None, "high": None, "why": "12 blocks, expected at least 20"})
    assert found.why.rows() == [("soak", "12 blocks, expected at least 20")]
    assert found.power["span"].unique().to_list() == ["day"]


def test_no_interval_at_all_gives_an_empty_curve_and_no_error() -> None:
    found = _of({"low": None, "high": None, "delta": None})
    assert found.power.is_empty()
    assert found.power.columns == ["span", "margin", "outcome", "chance", "today", "unit"]
