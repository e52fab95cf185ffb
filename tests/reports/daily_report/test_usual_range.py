"""A number is unusual beyond what at least five earlier days had; fewer make no range."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from deskgate.gates.evaluation import Status
from deskgate.reports.daily_report.days import DayFiles
from deskgate.reports.daily_report.usual_range import RangeCounts, beyond_range, range_counts

from .hand_made import GOOD, TUESDAY, day


def files(out: Path, values: Sequence[float | None]) -> list[DayFiles]:
    """Return days with these values, today first."""
    made = []
    for number, value in enumerate(values):
        of = TUESDAY - timedelta(days=number)
        made.append(DayFiles(day(out, of, verdicts=[replace(GOOD, observed=value)])))
    return made


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((31.0, 1, 2, 3, 4, 30), [(31.0, 1.0, 1.0, 30.0, 5)]),
        ((0.5, 1, 2, 3, 4, 30), [(0.5, 1.0, 1.0, 30.0, 5)]),
        # At the edge of the range it is usual.
        ((30.0, 1, 2, 3, 4, 30), []),
        # Four days, or a fifth without a value, are no range.
        ((31.0, 1, 2, 3, 4), []),
        ((31.0, None, 2, 3, 4, 5), []),
        ((31.0, None, 2, 3, 4, 5, 6), [(31.0, None, 2.0, 6.0, 5)]),
        ((None, 1, 2, 3, 4, 5), []),
        ((31.0,), []),
    ],
)
def test_beyond(tmp_path: Path, values: Sequence[float | None], expected: list[tuple[object, ...]]) -> None:
    today, *earlier = files(tmp_path, values)
    rows = beyond_range(today, earlier)
    assert rows.select("now", "before", "lowest", "highest", "days").rows() == expected


def test_what_blocks_stands_before_what_is_farther(tmp_path: Path) -> None:
    two = [GOOD, replace(GOOD, subject="b2")]
    earlier = [DayFiles(day(tmp_path, TUESDAY - timedelta(days=n), verdicts=two)) for n in range(1, 6)]
    now = [replace(GOOD, observed=90.0), replace(two[1], observed=29.0, status=Status.FAIL)]
    rows = beyond_range(DayFiles(day(tmp_path, verdicts=now)), earlier)
    assert rows.select("subject", "blocks").rows() == [("b2", True), ("b1", False)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((3.0, 1, 2, 3, 4, 5), RangeCounts(1, 0, ())),
        ((None, 1, 2, 3, 4, 5), RangeCounts(0, 0, ("b1: Hours without a breach",))),
        ((3.0, 1, 2), RangeCounts(0, 1, ())),
        ((3.0,), RangeCounts(0, 1, ())),
    ],
)
def test_what_no_range_judges_is_counted(tmp_path: Path, values: Sequence[float | None], expected: RangeCounts) -> None:
    today, *earlier = files(tmp_path, values)
    assert range_counts(today, earlier) == expected
