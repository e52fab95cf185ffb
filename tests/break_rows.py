"""Rows about one break: that runs found it, or no longer did, and what an operator did about it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from desks import END, NOON

__all__ = ["HOUR", "done", "seen"]

HOUR = timedelta(hours=1)


def seen(hours: int, *, there: bool = True, fingerprint: str = "1|2||3", **more: Any) -> dict[str, Any]:
    """Return that the run `hours` after the day's end found the break, or no longer did."""
    at = END + hours * HOUR
    base = {
        "break_id": "b",
        "is_there": there,
        "kind": "fee_mismatch",
        "leg": "local",
        "ts": NOON,
        "fingerprint": fingerprint,
    }
    base |= {"first_seen": "2026-05-04", "severity": "warning", "detail": "", "value_quote": Decimal(3)}
    return {**base, "effective_at": at, "recorded_at": at, **more}


def done(hours: float, action: str, text: str = "because", fingerprint: str = "1|2||3") -> dict[str, Any]:
    at = END + hours * HOUR
    return {
        "break_id": "b",
        "action": action,
        "text": text,
        "by": "ann",
        "fingerprint": fingerprint,
        "effective_at": at,
        "recorded_at": at,
    }
