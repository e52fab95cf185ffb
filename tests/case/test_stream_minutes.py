"""The events of the stream by minute: each counted once, and those later than the run's instant known from the others."""

from datetime import datetime, timedelta
from typing import Any

from deskgate.case.stream_minutes import stream_minutes
from deskgate.schema import HEARTBEAT, NOTICE
from desks import NOON, case

SECOND, WEEK = timedelta(seconds=1), timedelta(days=7)


def event(ts: datetime, event_type: str = "audit", **values: Any) -> dict[str, Any]:
    base = {"leg": "events", "event_id": f"{ts}", "event_type": event_type, "id_derived": False, "payload": "{}"}
    return {**base, "ts": ts, **values}


def test_events_are_counted_by_minute_and_type_and_by_what_was_known() -> None:
    rows = [
        event(NOON - SECOND),
        event(NOON + 20 * SECOND),
        event(NOON + 40 * SECOND),
        event(NOON, HEARTBEAT),
        event(NOON, NOTICE),
        event(NOON, path="other"),
        event(NOON - WEEK),
    ]
    found = stream_minutes(case(events=rows, as_of=NOON + 30 * SECOND))
    before = NOON - 60 * SECOND
    assert found.select("path", "event_type", "minute", "events", "known", "last").rows() == [
        ("file", "audit", before, 1, 1, NOON - SECOND),
        ("file", "audit", NOON, 2, 1, NOON + 40 * SECOND),
        ("file", HEARTBEAT, NOON, 1, 1, NOON),
        ("other", "audit", NOON, 1, 1, NOON),
    ]
