"""The decision of a published day, as people answer for it: the one on record, of a day as its run left it."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.assessment.evidence import open_verified
from deskgate.audit.decision_file import DECISION
from deskgate.audit.open_runs import open_runs
from deskgate.audit.trail import Trail
from deskgate.config.errors import InputError
from deskgate.reports.pages.banner import read_decision

__all__ = ["open_decided"]


def open_decided(trail: Trail, out: Path, day: date, *, then: str) -> tuple[DayArtifacts, dict[str, Any]]:
    """Return the artifacts and the decision of a day that somebody answers for; `out` is held.

    Parameters
    ----------
    then
        What is to be done after the day was run again, for the sentence of a refusal.

    Raises
    ------
    InputError
        The day's run has not ended, its files are not as the run left them, or its decision is not the last one on record.
    RunError
        The audit trail cannot be read.
    """
    folder = out / day.isoformat()
    if run := open_runs(out).get(folder.name):
        raise InputError(f"{folder}: {run}, expected a day whose run has ended; run the day again, then {then}")
    decision = read_decision(folder / DECISION)
    _require_recorded(trail, decision, folder, then)
    return open_verified(folder), decision


def _require_recorded(trail: Trail, decision: Mapping[str, object], folder: Path, then: str) -> None:
    """Refuse a decision.json that is not the last one on record of its day: people answer for what a run decided."""
    last = trail.chain.last(lambda it: it.kind == "decision" and it.body.get("date") == decision.get("date"))
    if last is None or last.body.get("bundle_id") != decision.get("bundle_id"):
        raise InputError(
            f"{folder / DECISION}: is not the last decision of {folder.name} on record, expected that one; run the day"
            f" again, then {then}"
        )
