"""Restarts, as status messages, heartbeats and minute records show them."""

from datetime import timedelta
from typing import Any

import pytest

from checks.soak.signs import BEATS, DAY, minute_csv, status, stream
from deskgate.case.findings import Metric
from deskgate.checks.soak.check import check
from desks import START, case

MINUTE = timedelta(minutes=1)


def restarts(**rows: Any) -> Metric:
    return next(metric for metric in check(case(**rows)).metrics if metric.metric == "restarts")


def but(minutes: range, *gaps: tuple[int, int]) -> list[range]:
    edges = [minutes.start, *[edge for gap in gaps for edge in gap], minutes.stop]
    return [range(begin, end) for begin, end in zip(edges[::2], edges[1::2], strict=True)]


def beats(*gaps: tuple[int, int]) -> list[dict[str, Any]]:
    return [row for minutes in but(DAY, *gaps) for row in stream(BEATS, minutes)]


def counted(*starts: int, path: str = "b1/minute.csv") -> list[dict[str, Any]]:
    """Return the records of a day, with a count of reconnects that begins anew at each start."""
    rows = minute_csv(DAY)
    return [
        {**row, "path": path, "ws_reconnect_count": 1 + n - max(start for start in (0, *starts) if start <= n)}
        for n, row in enumerate(rows)
    ]


@pytest.mark.parametrize(
    ("rows", "count", "note"),
    [
        ({"events": beats()}, 0, None),
        ({"events": beats((300, 303))}, 1, "its bridge was silent, the last at 2026-05-04 05:03 UTC"),
        # Two minutes without one are no silence.
        ({"events": beats((300, 302))}, 0, None),
        ({"events": beats((300, 303), (600, 700))}, 2, "its bridge was silent, the last at 2026-05-04 11:40 UTC"),
        # It is not over yet: nothing says that it was started anew.
        ({"events": beats()[:300]}, 0, None),
        ({"events": beats() + status(range(0, 70, 10))}, 7, "its bridge came online, the last at 2026-05-04 01:00 UTC"),
        ({"events": beats() + status(range(0, 70, 10), "offline")}, 0, None),
        # One restart shows twice.
        ({"events": beats((300, 310)) + status(range(310, 311))}, 1, None),
        ({"snapshots": minute_csv(range(300)) + minute_csv(range(303, 1440))}, 1, "its records stopped"),
        ({"snapshots": counted()}, 0, None),
        ({"snapshots": counted(100, 200, 300)}, 3, "its count of reconnects fell, the last at 2026-05-04 05:00 UTC"),
        # Of two controllers the worst, not both.
        ({"snapshots": counted(100) + counted(100, 200, path="c/minute.csv")}, 2, "fell"),
        ({"snapshots": [row for row in counted(100) if row["ts"] < START + 50 * MINUTE]}, 0, None),
    ],
)
def test_what_shows_a_restart(rows: Any, count: float, note: str | None) -> None:
    got = restarts(**rows)
    assert got.value == count
    assert note is None or note in (got.note or "")


def test_restart_of_the_day_before_yesterday_is_over() -> None:
    assert restarts(events=stream(BEATS, range(-3000, -2900)) + stream(BEATS, range(-2800, 1440))).value == 0


def baseline(days_before: int) -> list[dict[str, Any]]:
    at = START - timedelta(days=days_before)
    return [{"effective_at": at, "recorded_at": at, "by": "ann", "why": "new", "digests": "{}", "settings": "{}"}]


@pytest.mark.parametrize(
    ("bridge", "frozen", "value"),
    [
        # It was last heard so many days before the day; the minute records go on.
        (1, None, None),
        (1, 3, None),
        (6, None, None),
        (30, 40, None),
        # Whoever froze anew since then does without it, and what is older than a week counts by a baseline alone.
        (30, 10, 0),
        (30, None, 0),
        (6, 3, 0),
    ],
)
@pytest.mark.parametrize("sign", ["heartbeat", "status message"])
def test_bridge_that_fell_silent_leaves_restarts_unknown(
    bridge: int, frozen: int | None, value: float | None, sign: str
) -> None:
    minutes = range(-1440 * bridge, -1440 * bridge + 30)
    heard = stream(BEATS, minutes) if sign == "heartbeat" else status(minutes, "offline")
    got = restarts(events=heard, snapshots=minute_csv(DAY), baselines=baseline(frozen) if frozen else [])
    assert got.value == value
    assert value is not None or "the MQTT bridge of b1 has sent nothing since" in (got.note or "")


def test_bridge_alone_that_fell_silent_leaves_restarts_unknown() -> None:
    before = range(-2880, -2870)
    assert restarts(events=stream(BEATS, before)).value is None
    # Frozen anew, it is not expected; nothing else shows a restart.
    got = restarts(events=stream(BEATS, before), baselines=baseline(1))
    assert (got.value, got.sample) == (None, 0)
    assert "since 2026-05-04 00:00 UTC, so nothing shows a restart" in (got.note or "")


def test_where_nothing_could_show_it_there_is_no_value() -> None:
    assert restarts().value is None
    assert restarts(events=stream("market_snapshot", DAY)).value is None
    # What writes minute.csv is believed by it alone.
    assert restarts(events=beats(), snapshots=minute_csv(range(-2900, -2890))).value is None


def test_minute_records_that_stopped_long_ago_leave_restarts_unknown() -> None:
    got = restarts(events=status(range(0, 70, 10)), snapshots=minute_csv(range(-2900, -2890)))
    assert (got.value, got.sample) == (None, 0)
    assert got.note == "b1 has no minute records since 2026-05-04 00:00 UTC, so nothing shows a restart"
