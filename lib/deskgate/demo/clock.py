"""How the demo writes instants: every source has its own spelling of the same UTC milliseconds.

Pure conversions; no clock is read.
"""

from datetime import UTC, date, datetime, timedelta

__all__ = ["DAY_MS", "MINUTE_MS", "day_ms", "day_of", "export_stamp", "iso_micro", "iso_milli", "tick"]

MINUTE_MS = 60_000
DAY_MS = 86_400_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def day_ms(day: date) -> int:
    """Return the first millisecond of a UTC day."""
    return (day - _EPOCH.date()).days * DAY_MS


def day_of(ms: int) -> date:
    """Return the UTC day of an instant."""
    return (_EPOCH + timedelta(milliseconds=ms)).date()


def tick(ms: int) -> int:
    """Return the whole second, in milliseconds, that a bot's one-second clock shows at `ms`."""
    return ms // 1000 * 1000


def iso_milli(ms: int) -> str:
    """Return ccxt's spelling, 2026-03-02T07:00:00.123Z."""
    return f"{_EPOCH + timedelta(milliseconds=ms):%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"


def iso_micro(us: int) -> str:
    """Return the controllers' spelling of microseconds, 2026-03-02T07:00:00.123456+00:00."""
    return f"{_EPOCH + timedelta(microseconds=us):%Y-%m-%dT%H:%M:%S}.{us % 1_000_000:06d}+00:00"


def export_stamp(ms: int) -> str:
    """Return the stamp in the name of an account export, 20260302T080000Z."""
    return f"{_EPOCH + timedelta(milliseconds=ms):%Y%m%dT%H%M%SZ}"
