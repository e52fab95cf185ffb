"""Signs of life: files whose time of change says when what runs all the time was last at work."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

__all__ = ["is_at_work", "sign_in"]

# After so long without a sign what runs all the time is not at work.
_QUIET = timedelta(minutes=5)


def sign_in(file: Path) -> datetime | None:
    """Return the last sign of life that a file shows, UTC; None: there was none."""
    try:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except FileNotFoundError:
        return None


def is_at_work(sign: datetime | None, at: datetime) -> bool:
    """Return whether a last sign of life is so new at `at` that what gave it is at work."""
    return sign is not None and at - sign < _QUIET
