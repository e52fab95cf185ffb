"""A bot's own log as a sign of life: the coarsest, only in the zone of its clock, and never a state."""

from datetime import timedelta
from typing import Any

import pytest

from checks.soak.signs import BEATS, DAY, minute_csv, stream
from deskgate.case.case import Case
from deskgate.case.findings import Metric
from deskgate.checks.needs import Need, lacking
from deskgate.checks.soak.check import check
from desks import START, bot, case, desk, fill

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LOG = "b1/logs/logs_conf.log"


def log(
    minutes: range, what: str = "sign_of_life", *, process: int = 1, path: str = LOG, **more: Any
) -> list[dict[str, Any]]:
    row = {"zone": "UTC", "what": what, "process": process, "level": "INFO", "path": path}
    return [{**row, "ts": START + n * MINUTE, **more} for n in minutes]


def filled(lead: timedelta, *orders: str, path: str = LOG) -> list[dict[str, Any]]:
    """Return lines of fills that the bot's records have at noon."""
    return [
        row
        for order in orders
        for row in log(range(720, 721), "fill", order_id=order, ts=START + 12 * HOUR + lead, path=path)
    ]


def measured(of: Case) -> dict[str, Metric]:
    return {metric.metric: metric for metric in check(of).metrics}


@pytest.mark.parametrize(
    ("rows", "share", "gap", "by"),
    [
        ({"log_lines": log(DAY)}, 1, 0, "by the lines of its log"),
        ({"log_lines": log(range(720))}, 0.5, 720, "a minute in which it has nothing to write counts as silent"),
        ({"log_lines": log(DAY), "snapshots": minute_csv(range(720))}, 0.5, 720, "its last snapshot"),
        ({"log_lines": log(DAY), "events": stream(BEATS, range(720))}, 0.5, 720, "heartbeats"),
        # Read before desk.toml named another zone.
        ({"log_lines": log(DAY, zone="Europe/Berlin") + log(range(720))}, 0.5, 720, "its log"),
        (
            {"log_lines": log(range(720)) + log(range(720, 1440), "ambiguous")},
            0.5,
            720,
            "720 minutes with lines do not count",
        ),
    ],
)
def test_log_is_believed_least(rows: Any, share: float, gap: float, by: str) -> None:
    got = measured(case(**rows))
    assert (got["snapshot_coverage"].value, got["snapshot_gap_min"].value) == (share, gap)
    assert by in (got["snapshot_coverage"].note or "")


def test_log_names_no_state() -> None:
    of = case(log_lines=log(DAY))
    got = measured(of)
    states = ("hard_stop_min", "unexplained_hard_stops", "stopped_min", "running_share", "flaps_per_h", "soak_clean_h")
    assert {got[name].value for name in states} == {None}
    assert ("b1" in lacking(of)[Need.LIFE], "b1" in lacking(of)[Need.MINUTES]) == (False, True)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (
            log(range(720, 721), "ahead", local_time="2026-05-04 20:00:00,000"),
            "was last written at 2026-05-04 12:00:00 UTC",
        ),
        (log(range(1), "impossible", local_time="2026-05-04 02:30:00,000"), "a time that the clocks there skip"),
        (filled(2 * HOUR, "o-t1"), "has its fills 2 h after its own records of them"),
        (filled(-15 * MINUTE, "o-t1"), "has its fills 0.25 h before its own records of them"),
        (filled(MINUTE, "another"), "none of their orders is in the records of b1"),
    ],
)
def test_log_of_another_zone_or_bot_is_no_life(lines: list[dict[str, Any]], why: str) -> None:
    of = case(log_lines=log(DAY) + lines, fills=[fill()])
    got = measured(of)
    assert {got[name].value for name in ("snapshot_coverage", "snapshot_gap_min", "restarts")} == {None}
    assert why in (got["snapshot_coverage"].note or "")
    assert why in (got["restarts"].note or "")
    assert "b1" in lacking(of)[Need.LIFE]


@pytest.mark.parametrize(
    "lines",
    [
        filled(14 * MINUTE, "o-t1"),
        filled(MINUTE, "o-t1", "another"),
        filled(MINUTE, "another", path="b1/logs/logs_2.log"),
    ],
)
def test_log_of_this_bot_counts(lines: list[dict[str, Any]]) -> None:
    got = measured(case(log_lines=log(DAY) + lines, fills=[fill()]))
    assert got["snapshot_coverage"].value == 1


def test_log_in_its_own_zone_is_judged_by_it() -> None:
    of = desk(bot(log_timezone="Europe/Berlin"))
    assert measured(case(of, log_lines=log(DAY, zone="Europe/Berlin")))["snapshot_coverage"].value == 1
    assert measured(case(of, log_lines=log(DAY)))["snapshot_coverage"].value is None


@pytest.mark.parametrize(
    ("rows", "count", "note"),
    [
        (log(DAY), 0, None),
        # A bot with nothing to write is not one that was started anew.
        (log(range(0, 1440, 10)), 0, None),
        (log(DAY) + log(range(300, 302), "clock_started"), 2, "a clock created, the last at 2026-05-04 05:01 UTC"),
        # One start shows in both messages.
        (
            log(DAY) + log(range(300, 301), "clock_started") + log(range(301, 302), "strategy_started"),
            1,
            "a strategy started",
        ),
        (log(range(500)) + log(range(500, 900), process=2) + log(range(900, 1440)), 2, "process id in its log changed"),
        # Rotated at midnight: the same log.
        (
            log(range(-60, 0), path=f"{LOG}.2026-05-03") + log(DAY, process=2),
            1,
            "changed, the last at 2026-05-04 00:00 UTC",
        ),
        (log(range(10, 1440)), None, "begins at 2026-05-04 00:10 UTC, so a restart before does not show"),
        (log(range(1379)), None, "ends at 2026-05-04 22:58 UTC, so a restart after it may not show"),
        (log(range(1381)), 0, None),
        (log(range(-60, 0)), None, "has no lines of its log since 2026-05-04 00:00 UTC"),
    ],
)
def test_restarts_that_a_log_shows(rows: list[dict[str, Any]], count: float | None, note: str | None) -> None:
    got = measured(case(log_lines=rows))["restarts"]
    assert got.value == count
    assert (note is None and got.note is None) or (note or "") in (got.note or "")


def test_log_shows_restarts_of_a_bot_with_minute_records() -> None:
    got = measured(case(snapshots=minute_csv(DAY), log_lines=log(range(300, 303), "strategy_started")))["restarts"]
    assert (got.value, got.note) == (3, "its log has a strategy started, the last at 2026-05-04 05:02 UTC")
