"""The inputs of an assessed day, for tests that assess nothing."""

from typing import Any

from deskgate.assessment.artifacts import DayInputs, StoreState
from desks import DAY, END, INTERVALS, RISK

__all__ = ["day_inputs"]


def day_inputs(**changes: Any) -> DayInputs:
    """Return the inputs of the desk's day, of an empty store and without any file, some of them changed."""
    inputs: dict[str, Any] = {
        "desk": "desk",
        "date": DAY,
        "as_of": END,
        "store": StoreState(location="", versions={}),
        "suites": {},
        "config": {},
        "intervals": INTERVALS,
        "risk": RISK,
        "code": "",
    }
    return DayInputs(**(inputs | changes))
