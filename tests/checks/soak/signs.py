"""Signs of life by the minute of a day: minute records, heartbeats, status messages, state snapshots."""

import json
from datetime import timedelta
from typing import Any

from desks import START

__all__ = ["BEATS", "DAY", "STATE_SNAPSHOTS", "minute_csv", "status", "stream"]

MINUTE = timedelta(minutes=1)
DAY = range(1440)
BEATS, STATE_SNAPSHOTS = "heartbeat", "state_snapshot"


def stream(kind: str, minutes: range, path: str = "b1/mqtt_events", **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "leg": "events",
            "ts": START + n * MINUTE,
            "path": path,
            "event_id": f"{kind}{n}",
            "event_type": kind,
            "id_derived": False,
            "payload": "{}",
            **more,
        }
        for n in minutes
    ]


def status(minutes: range, says: str = "online") -> list[dict[str, Any]]:
    payload = json.dumps({"type": "availability", "msg": says})
    return stream("notice", minutes, payload=payload, producer="hbot/b1/status_updates")


def minute_csv(minutes: range) -> list[dict[str, Any]]:
    return [{"ts": START + n * MINUTE, "path": "b1/minute.csv", "state": "running"} for n in minutes]
