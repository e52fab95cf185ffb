"""Whether each day of the soak was judged when it was over."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from deskgate.case.findings import Metric
from deskgate.checks.soak.check import check
from desks import START, case

DAY = timedelta(days=1)


def run(days: float) -> dict[str, Any]:
    at = START + days * DAY
    return {"kind": "clock", "subject": "desk", "ok": True, "content": "{}", "effective_at": at, "recorded_at": at}


def frozen(at: datetime) -> dict[str, Any]:
    return {"effective_at": at, "recorded_at": at, "by": "ann", "why": "start", "digests": "{}"}


def measured(*runs: dict[str, Any], since: float | None = -9) -> Metric:
    baselines = [] if since is None else [frozen(START + since * DAY)]
    metrics = check(case(probes=list(runs), baselines=baselines)).metrics
    return next(metric for metric in metrics if metric.metric == "runs_missing")


@pytest.mark.parametrize(
    ("days", "since", "missing", "due"),
    [
        # The day before ends at 0, the one before it at -1.
        ([0, -1], -9, 0, 2),
        ([0.9, -0.1], -9, 0, 2),
        ([0], -9, 1, 2),
        ([-1], -9, 1, 2),
        ([], -9, 2, 2),
        # A run while the day went on has not judged it.
        ([-0.1, -1.1], -9, 1, 2),
        ([], -1, 1, 1),
        ([], -0.5, 0, 0),
    ],
)
def test_days_without_a_run_in_time_are_counted(days: list[float], since: float, missing: float, due: int) -> None:
    got = measured(*map(run, days), since=since)
    assert (got.value, got.sample) == (missing, due)


def test_note_names_the_days() -> None:
    assert measured().note == "no run of 2026-05-03, 2026-05-02"


def test_without_a_baseline_no_run_is_due() -> None:
    assert measured(since=None).value is None
