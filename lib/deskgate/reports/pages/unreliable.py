"""Why the decision of a published day is not to be relied on by now: the one list of reasons for whoever shows several days."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deskgate.audit.decision_file import DECISION
from deskgate.audit.witnesses import judge_decision
from deskgate.reports.pages.later import Later

__all__ = ["unreliable"]


def unreliable(folder: Path, decision: dict[str, Any] | None, desk: str, later: Later) -> Iterator[str]:
    """Return each reason, the gravest first; nothing where the decision stands, or where no such day is known.

    Only the decision is held to the audit trail: the day's other files are not read.

    Parameters
    ----------
    folder
        The day's folder, which may be gone.
    decision
        The content of its decision.json; None where it cannot be read.
    desk
        The name of the desk that it is to be of.
    """
    if folder.name in later.runs:
        yield "a run of it has not ended"
    yield from _missing(folder, later) if decision is None else _doubts(folder, decision, desk, later)


def _missing(folder: Path, later: Later) -> Iterator[str]:
    if folder.is_dir():
        yield "its decision cannot be read"
    elif folder.name in later.recorded.decisions:
        # One that has a record was run: its folder was removed.
        yield "on record, but its folder is gone"


def _doubts(folder: Path, decision: dict[str, Any], desk: str, later: Later) -> Iterator[str]:
    if decision.get("date") != folder.name:
        yield "its folder holds another day"
    if decision.get("desk") != desk:
        yield f"of the desk '{decision.get('desk')}'"
    if any(judge_decision(f"{folder.name}/{DECISION}", decision, later.recorded)):
        yield "changed since it was run"
    if decision.get("provisional"):
        yield "looked at before the day was over"
    if later.open_incidents(decision):
        yield "its GO does not hold: an incident is open that it does not know"
    if later.withdrawn(decision):
        yield "its GO does not hold: something that it rests on was withdrawn"
