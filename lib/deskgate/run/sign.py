"""Sign-offs of a day's decision: recorded, and shown on the day's page."""

from datetime import date, datetime
from pathlib import Path

from deskgate.assessment.evidence import open_verified
from deskgate.audit.decision_file import DECISION
from deskgate.audit.open_runs import open_runs
from deskgate.audit.sign_offs import ROLES, SignOff, sign_off, sign_offs
from deskgate.audit.trail import Trail
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError, did_you_mean
from deskgate.reports.pages.banner import read_decision
from deskgate.run.begun import show_days
from deskgate.run.day_folder import locked
from deskgate.run.publish import show_sign_offs

__all__ = ["sign"]


def sign(desk: Desk, out: Path, day: date, *, role: str, by: str, at: datetime) -> list[SignOff]:
    """Sign the decision of a day for a role, show it on its page, and return all sign-offs of that decision.

    Raises
    ------
    InputError
        The role is unknown, nobody is named, the desk has no key, or the day's decision is not the one on record.
    RunError
        The audit trail cannot be read or written.
    """
    if role not in ROLES:
        raise InputError(f"--role '{role}' is unknown, expected one of {', '.join(ROLES)}{did_you_mean(role, ROLES)}")
    if not by.strip():
        raise InputError("--by is empty, expected who signs; give a name")
    trail = Trail.open(desk, out)
    if trail.key is None:
        raise InputError(
            f"{desk.file}: the desk has no key to sign with, expected one; make it with `deskgate audit key` and name its"
            " public part in [audit] public_key"
        )
    if desk.audit.public_key is None:
        raise InputError(
            f"{desk.file}: [audit] public_key is missing, so nobody could tell whose signature it is; put there"
            f' public_key = "{trail.key.public_key}"'
        )
    folder = out / day.isoformat()
    with locked(out):
        if run := open_runs(out).get(folder.name):
            raise InputError(f"{folder}: {run}, expected a day whose run has ended; run the day again, then sign")
        decision = read_decision(folder / DECISION)
        _require_recorded(trail, decision, folder)
        artifacts = open_verified(folder)
        sign_off(trail.chain, trail.key, decision, role=role, by=by.strip(), at=at)
        found = sign_offs(trail.chain, decision["bundle_id"], desk.audit)
        show_sign_offs(artifacts, decision, found)
        # The page was written anew: what else is known of the day by now stands there again.
        show_days(out)
    return found


def _require_recorded(trail: Trail, decision: dict[str, object], folder: Path) -> None:
    """Refuse a decision.json that is not the last one on record of its day: what is signed is what a run decided."""
    last = trail.chain.last(lambda it: it.kind == "decision" and it.body.get("date") == decision.get("date"))
    if last is None or last.body.get("bundle_id") != decision.get("bundle_id"):
        raise InputError(
            f"{folder / DECISION}: is not the last decision of {folder.name} on record, expected that one; run the day"
            " again, then sign"
        )
