"""Life without minute.csv: what is believed, in which order, and what is no life."""

from datetime import timedelta
from typing import Any

import pytest

from checks.soak.signs import BEATS, DAY, STATE_SNAPSHOTS, minute_csv, status, stream
from deskgate.case.findings import Metric
from deskgate.checks.soak.check import check
from deskgate.checks.soak.minutes import covered_minutes
from desks import START, case, sources

MINUTE = timedelta(minutes=1)
STATES = ("hard_stop_min", "unexplained_hard_stops", "running_share", "flaps_per_h", "soak_clean_h")


def measured(**rows: Any) -> dict[str, Metric]:
    return {metric.metric: metric for metric in check(case(**rows)).metrics}


HALF = range(720)


@pytest.mark.parametrize(
    ("rows", "share", "gap", "by"),
    [
        ({"events": stream(BEATS, DAY)}, 1, 0, "heartbeats and status messages of its bridge"),
        ({"events": stream(BEATS, HALF)}, 0.5, 720, "heartbeats"),
        ({"events": stream(BEATS, range(700)) + status(range(700, 720))}, 0.5, 720, "status messages"),
        ({"events": stream(STATE_SNAPSHOTS, DAY)}, 1, 0, "state snapshots in its stream"),
        # What is believed less is no life where what is believed more falls silent.
        ({"events": stream(BEATS, HALF) + stream(STATE_SNAPSHOTS, DAY)}, 0.5, 720, "heartbeats"),
        (
            {"events": stream(BEATS, DAY), "snapshots": minute_csv(HALF)},
            0.5,
            720,
            "last snapshot is of 2026-05-04 11:59",
        ),
        # A controller that was silent all day is expected all the same.
        ({"events": stream(BEATS, DAY), "snapshots": minute_csv(range(-60, -50))}, 0, 1440, "2026-05-03 23:09"),
        ({"events": stream(BEATS, DAY), "snapshots": minute_csv(range(-2900, -2890))}, 0, 1440, "2026-05-01 23:49"),
    ],
)
def test_what_is_believed_most_counts(rows: Any, share: float, gap: float, by: str) -> None:
    got = measured(**rows)
    assert (got["snapshot_coverage"].value, got["snapshot_gap_min"].value) == (share, gap)
    assert by in (got["snapshot_coverage"].note or "")


@pytest.mark.parametrize("kind", ["market_snapshot", "order_created", "notice"])
def test_other_events_are_no_life_of_a_bot(kind: str) -> None:
    got = measured(events=stream(kind, DAY, producer="hbot/b1/log"))
    assert {got[name].value for name in ("snapshot_coverage", "snapshot_gap_min")} == {None}
    assert "nor heartbeats" in (got["snapshot_coverage"].note or "")


def test_heartbeats_name_no_state() -> None:
    got = measured(events=stream(BEATS, DAY))
    assert {got[name].value for name in STATES} == {None}
    assert "minute.csv), so nothing shows in which state it was" in (got["running_share"].note or "")


def test_records_of_a_derived_file_are_no_life() -> None:
    files = sources("local", "events", "exchange")
    derived = {"bot": "b1", "leg": "local", "kind": "controller_minutes", "path": "b1/minute.csv", "derived": True}
    listed = [*files, {**files[0], **derived}]
    got = measured(sources=listed, snapshots=minute_csv(DAY))
    assert {got[name].value for name in ("snapshot_coverage", *STATES)} == {None}
    assert "b1/minute.csv was derived" in (got["snapshot_coverage"].note or "")
    assert (
        measured(sources=listed, snapshots=minute_csv(DAY), events=stream(BEATS, HALF))["snapshot_coverage"].value
        == 0.5
    )
    beats = [each | {"derived": each["kind"] == "mqtt_events"} for each in files]
    assert measured(sources=beats, events=stream(BEATS, DAY))["snapshot_coverage"].value is None


def test_bridge_that_fell_silent_long_ago_is_believed_more_than_state_snapshots() -> None:
    long_ago = START - timedelta(days=40)
    frozen = {"effective_at": long_ago, "recorded_at": long_ago, "by": "ann", "why": "new", "digests": "{}"}
    events = stream(BEATS, range(-1440 * 30, -1440 * 30 + 5)) + stream(STATE_SNAPSHOTS, DAY)
    assert measured(events=events)["snapshot_coverage"].value == 1
    got = measured(events=events, baselines=[{**frozen, "settings": "{}"}])
    assert (got["snapshot_coverage"].value, got["snapshot_gap_min"].value) == (0, 1440)
    assert "the last of 2026-04-04 00:04 UTC" in (got["snapshot_coverage"].note or "")


def test_minutes_of_the_page_are_those_of_the_metric() -> None:
    of = case(events=stream(BEATS, range(10, 20)))
    assert covered_minutes(of)["minute"].to_list() == [START + n * MINUTE for n in range(10, 20)]
