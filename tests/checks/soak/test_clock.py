"""Since when a bot has run without a breach."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from deskgate.case.findings import Metric
from deskgate.checks.soak.check import check
from deskgate.checks.soak.clock import breaches
from desks import END, START, bot, case, desk

HOUR = timedelta(hours=1)


def records(
    since_h: float, until_h: float, state: str | None = "running", path: str = "a/minute.csv"
) -> list[dict[str, Any]]:
    """Return minute records of some hours of 2026-05-04, negative ones of the day before."""
    minutes = range(int(since_h * 60), int(until_h * 60))
    return [{"ts": START + timedelta(minutes=n), "state": state, "path": path} for n in minutes]


def frozen(hours: float) -> dict[str, Any]:
    at = START + hours * HOUR
    return {"effective_at": at, "recorded_at": at, "by": "ann", "why": "start", "digests": "{}"}


def clean(rows: list[dict[str, Any]], since_h: float = -72, as_of: datetime = END) -> Metric:
    metrics = check(case(as_of=as_of, snapshots=rows, baselines=[frozen(since_h)])).metrics
    return next(metric for metric in metrics if metric.metric == "soak_clean_h")


@pytest.mark.parametrize(
    ("rows", "since_h", "hours"),
    [
        (records(-72, 24), -72, 48),
        (records(-10, 24), -10, 34),
        # A stop, and a state that nobody knows, start it anew when they are over; a pause does not.
        (records(-72, 10) + records(10, 11, "hard_stop") + records(11, 24), -72, 13),
        (records(-72, 10) + records(10, 11, "protective") + records(11, 24), -72, 13),
        (records(-72, 10) + records(10, 11, None) + records(11, 24), -72, 13),
        (records(-72, 10) + records(10, 11, "soft_pause") + records(11, 24), -72, 48),
        (records(-72, 20) + records(20, 24, "hard_stop"), -72, 0),
        # A silence of 15 minutes is none yet.
        (records(-72, 10) + records(10 + 14 / 60, 24), -72, 48),
        (records(-72, 10) + records(10.5, 24), -72, 13.5),
        (records(-72, 10), -72, 0),
        (records(0, 24), -72, 24),
        # Of two controllers each counts.
        (records(-72, 24) + records(-72, 12, path="b/minute.csv"), -72, 0),
        # What was before the baseline is forgotten.
        (records(-72, 0, "hard_stop") + records(0, 24), 1, 23),
    ],
)
def test_breach_starts_the_clock_anew(rows: list[dict[str, Any]], since_h: float, hours: float) -> None:
    assert clean(rows, since_h).value == pytest.approx(hours)


def test_note_says_what_the_last_breach_was() -> None:
    stopped = records(-72, 10) + records(10, 11, "hard_stop") + records(11, 24)
    assert clean(stopped).note == "since 2026-05-04 11:00 UTC, the end of: hard_stop"
    assert clean(records(-72, 24), 2).note == "since 2026-05-04 02:00 UTC (baseline frozen by ann: start)"


def test_breach_ends_with_a_record_of_its_own_bot() -> None:
    rows = records(-72, 23, "hard_stop") + [{**row, "bot": "b2"} for row in records(-72, 10)]
    of = case(desk(bot("b1"), bot("b2")), snapshots=rows, baselines=[frozen(-72)])
    assert breaches(of).filter(what="hard_stop")["end"].to_list() == [END]


def test_without_a_baseline_or_a_record_there_is_no_clock() -> None:
    assert next(m for m in check(case(snapshots=records(0, 24))).metrics if m.metric == "soak_clean_h").value is None
    assert clean([]).value is None


def test_breaches_are_listed_with_their_ends() -> None:
    rows = records(-72, 10) + records(10, 11, "hard_stop") + records(12, 24)
    of = case(snapshots=rows, baselines=[frozen(-72)])
    assert breaches(of).select("what", "start", "end").rows() == [
        ("hard_stop", START + 10 * HOUR, START + 12 * HOUR),
        ("no record", START + 11 * HOUR - HOUR / 60, START + 12 * HOUR),
    ]
