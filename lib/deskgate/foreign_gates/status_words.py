"""What the status words of other control planes mean: one list for what passes, one for what does not."""

from collections.abc import Mapping
from typing import Any

__all__ = ["meaning", "part_status", "status_of"]

_PASSED = frozenset(
    (
        *("pass", "passed", "passing", "ok", "okay", "go", "ready", "allow", "allowed", "green", "healthy"),
        *("success", "successful", "succeeded", "good", "true", "yes"),
    )
)
_NOT_PASSED = frozenset(
    (
        *("fail", "failed", "failing", "failure", "error", "critical", "hold", "warning", "warn", "stop"),
        *("stopped", "no", "nogo", "no_go", "no-go", "not_ready", "blocked", "block", "deny", "denied", "red"),
        *("yellow", "amber", "unhealthy", "degraded", "stale", "missing", "unknown", "skipped", "skip"),
        *("pending", "disabled", "inactive", "insufficient", "insufficient_data", "false", "none"),
    )
)


def meaning(status: object) -> bool | None:
    """Return whether a status says pass; None where it is neither a word that is known nor true or false."""
    if isinstance(status, bool):
        return status
    word = status.strip().lower() if isinstance(status, str) else ""
    return True if word in _PASSED else False if word in _NOT_PASSED else None


def status_of(content: Mapping[str, Any], *names: str) -> tuple[str, object]:
    """Return the first of some keys that is there, and what stands under it; the first key and None where none is."""
    return next(((name, content[name]) for name in names if name in content), (names[0], None))


def part_status(part: object) -> object:
    """Return what one part of a report says of itself: the part where it is no object, else its `pass`, `passed`, `status` or `ok`."""
    return status_of(part, "pass", "passed", "status", "ok")[1] if isinstance(part, Mapping) else part
