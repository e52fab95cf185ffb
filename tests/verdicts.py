"""Verdicts for tests: one that passes, with what a test changes of it."""

from dataclasses import replace
from typing import Any

from deskgate.gates.evaluation import Status, Verdict

__all__ = ["verdict"]

_PASSING = Verdict(
    gate="g",
    check="c",
    title="t",
    subject="b1",
    severity="critical",
    status=Status.PASS,
    observed=1.0,
    bound="<= 1",
    unit="",
    sample=1,
    reason="r",
    what_to_do="d",
    stop=False,
    evidence="e",
    expectation="x",
)


def verdict(status: Status = Status.PASS, **changes: Any) -> Verdict:
    """Return a critical verdict of the bot b1, with some fields changed."""
    return replace(_PASSING, status=status, **changes)
