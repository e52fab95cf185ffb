"""The states of controllers over the soak, and controllers that fall silent."""

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from deskgate.case.findings import Metric
from deskgate.checks.soak.check import check
from deskgate.checks.soak.minutes import covered_minutes
from deskgate.measures.state_words import state_word
from desks import END, START, case

LOG = "logs/b1_a/minute.csv"


def minutes(
    first: int, count: int, state: str | None = "running", path: str = LOG, **more: Any
) -> list[dict[str, Any]]:
    return [
        {"ts": START + timedelta(minutes=first + n), "state": state, "path": path, "pair": "BTC-USDT", **more}
        for n in range(count)
    ]


def measured(rows: list[dict[str, Any]], as_of: datetime = END, **more: Any) -> dict[str, Metric]:
    known = [row for row in rows if row["ts"] <= as_of]
    found = check(case(as_of=as_of, snapshots=known, **more)).metrics
    return {metric.metric: metric for metric in found}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("running", "running"),
        (" HARD_STOP ", "hard_stop"),
        ("Hard-Stop", "hard_stop"),
        ("hard stop", "hard_stop"),
        ("ControllerState.SOFT_PAUSE", "soft_pause"),
        ("KillSwitch", "kill_switch"),
        ("stopped", "stopped"),
        ("", None),
        (None, None),
    ],
)
def test_states_have_one_spelling(written: str | None, expected: str | None) -> None:
    rows = pl.DataFrame({"state": [written]}, schema={"state": pl.String})
    assert rows.select(state_word()).item() == expected


@pytest.mark.parametrize(
    ("state", "hard", "stopped", "running"),
    [
        ("running", 0, 0, 1),
        ("RUNNING", 0, 0, 1),
        ("soft_pause", 0, 0, 0.75),
        ("HARD_STOP", 10, 0, 0.75),
        ("kill_switch", 10, 0, 0.75),
        ("stopped", 0, 10, 0.75),
        ("protective", 0, 10, 0.75),
    ],
)
def test_only_running_runs(state: str, hard: float, stopped: float, running: float) -> None:
    got = measured(minutes(0, 30) + minutes(30, 10, state))
    assert [got[name].value for name in ("hard_stop_min", "stopped_min", "running_share")] == [hard, stopped, running]


def test_note_has_the_word_and_when_it_came() -> None:
    got = measured(minutes(0, 30) + minutes(30, 10, "Stopped", risk_reasons="by hand"))
    assert got["stopped_min"].note == "stopped, first at 2026-05-04 00:30 UTC, the bot's reasons: by hand"


def test_hard_stop_between_the_days_end_and_as_of_counts() -> None:
    rows = minutes(0, 1440) + minutes(1440 + 600, 5, "hard_stop")
    assert measured(rows)["hard_stop_min"].value == 0
    assert measured(rows, END + timedelta(hours=16))["hard_stop_min"].value == 5
    assert measured(rows, END + timedelta(hours=60))["hard_stop_min"].value == 5


def test_flaps_are_counted_per_hour() -> None:
    calm, flapping = (
        minutes(0, 60),
        [row for n in range(30) for row in (*minutes(2 * n, 1), *minutes(2 * n + 1, 1, "soft_pause"))],
    )
    assert measured(calm)["flaps_per_h"].value == 0
    assert measured(flapping)["flaps_per_h"].value == 59


def test_one_of_two_controllers_that_falls_silent_is_not_covered_for() -> None:
    rows = minutes(0, 1440) + minutes(0, 120, path="logs/b1_b/minute.csv")
    got = measured(rows)
    assert got["snapshot_coverage"].value == 120 / 1440
    assert got["snapshot_gap_min"].value == 1320
    assert str(got["snapshot_coverage"].note).startswith(
        "logs/b1_b/ BTC-USDT: its last snapshot is of 2026-05-04 01:59"
    )
    assert covered_minutes(case(snapshots=rows)).height == 120


def test_worst_of_two_controllers_counts() -> None:
    other = {"path": "logs/b1_b/minute.csv"}
    got = measured(minutes(0, 100) + minutes(0, 60, **other) + minutes(60, 40, "stopped", **other))
    assert (got["stopped_min"].value, got["running_share"].value) == (40, 0.6)


@pytest.mark.parametrize(("frozen", "coverage"), [(-1, 1.0), (-3000, 0.0)])
def test_controller_is_expected_from_the_baseline_on(frozen: int, coverage: float) -> None:
    at = START + timedelta(minutes=frozen)
    freeze = {"effective_at": at, "recorded_at": at, "by": "ann", "why": "start", "digests": "{}"}
    rows = minutes(0, 1440) + minutes(-2900, 10, path="logs/retired/minute.csv")
    assert measured(rows, baselines=[freeze])["snapshot_coverage"].value == coverage


def test_controller_that_was_silent_for_weeks_is_found_by_its_file() -> None:
    at = START - timedelta(days=30)
    freeze = {"effective_at": at, "recorded_at": at, "by": "ann", "why": "start", "digests": "{}"}
    old = "logs/b1_b/minute.csv"
    file = {"leg": "local", "kind": "controller_minutes", "path": old, "sha256": "0", "bytes": 1, "rows": 10}
    listed = [{**file, "bot": "b1", "quarantined": 0, "derived": False}]
    rows = minutes(0, 1440) + minutes(-20 * 1440, 10, path=old)
    assert measured(rows, baselines=[freeze], sources=listed)["snapshot_coverage"].value == 0
    assert measured(rows, baselines=[freeze], sources=[])["snapshot_coverage"].value == 1


def test_files_of_one_controller_that_were_rotated_are_one() -> None:
    rows = minutes(0, 700, path="logs/b1_a/minute.legacy_1.csv") + minutes(700, 740)
    assert measured(rows)["snapshot_coverage"].value == 1


def test_record_without_a_state_leaves_no_value() -> None:
    got = measured(minutes(0, 5) + minutes(5, 1, None))
    assert {got[name].value for name in ("hard_stop_min", "stopped_min", "running_share", "flaps_per_h")} == {None}


def test_two_records_of_a_minute_are_one_minute() -> None:
    rows = minutes(0, 30) + minutes(30, 10, "hard_stop")
    twice = [row | {"ts": row["ts"] + timedelta(seconds=s)} for row in rows for s in (1, 30)]
    assert measured(twice)["hard_stop_min"].value == 10
