"""Which entries history can set a bound for. A rule, a limit and a schedule are chosen; only a threshold between usual and unusual is estimated."""

from deskgate.checks.drills import AGES
from deskgate.gates.floor import is_fixed
from deskgate.gates.suites import Entry

__all__ = ["not_calibrated"]

# How long ago people did something: a schedule.
_SCHEDULES = {*AGES, "alert_delivery_age_h"}


def not_calibrated(gate: str, entry: Entry) -> str:
    """Return why no bound of an entry is proposed; empty where history can set it."""
    bounds = entry.kwargs
    sides = [bound for bound in (bounds.min_value, bounds.max_value) if bound is not None]
    at_least_one = bounds.max_value is None and bounds.min_value == 1
    if at_least_one or any(is_fixed(gate, bounds.metric, bound) for bound in sides):
        return "a rule, not calibrated"
    if bounds.metric in _SCHEDULES:
        return "a schedule, not calibrated"
    if entry.meta.stop or entry.meta.action:
        return "a limit that stops or acts, chosen and not calibrated"
    if entry.meta.coverage:
        return "how much evidence is enough, chosen and not calibrated"
    return ""
