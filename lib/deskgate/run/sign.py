"""Sign-offs of a day's decision: recorded, and shown on the day's page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from deskgate.audit.sign_offs import (
    ROLES,
    SignOff,
    every_sign_off,
    sign_off,
    sign_offs,
    stands_as,
    unsigned_roles,
)
from deskgate.audit.trail import Trail
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError, did_you_mean
from deskgate.config.instants import parse_instant
from deskgate.config.people import folded
from deskgate.reports.pages.sign_off_list import show_sign_offs
from deskgate.run.begun import show_days
from deskgate.run.day_folder import locked
from deskgate.run.decided import open_decided

__all__ = ["Signed", "sign"]


@dataclass(frozen=True)
class Signed:
    """A signed decision: all its sign-offs, what it stands as with them, and the roles that it still awaits."""

    sign_offs: list[SignOff]
    word: str
    awaits: list[str]


def sign(desk: Desk, out: Path, day: date, *, role: str, by: str, at: datetime) -> Signed:
    """Sign the decision of a day for a role, show it on its page, and return how that decision stands.

    Raises
    ------
    InputError
        The role is unknown, nobody is named, the desk has no key, or the day's decision is not the one on record. Of one that
        awaits sign-offs: it has expired, or who signs has signed it for another role.
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
    with locked(out):
        artifacts, decision = open_decided(trail, out, day, then="sign")
        if "awaits" in decision:
            _require_awaited(trail, decision, role, by.strip(), at)
        sign_off(trail.chain, trail.key, decision, role=role, by=by.strip(), at=at)
        found = sign_offs(trail.chain, decision["bundle_id"], desk.audit)
        show_sign_offs(artifacts.folder, found)
        show_days(out)
        records = list(trail.chain.records())
    return Signed(found, stands_as(records, decision), unsigned_roles(records, decision))


def _require_awaited(trail: Trail, decision: Mapping[str, Any], role: str, by: str, at: datetime) -> None:
    """Refuse what would make a GO of an expired decision, or of one person's word for two roles."""
    expires_at = str(decision.get("expires_at"))
    if parse_instant(expires_at) <= at:
        raise InputError(
            f"the decision of {decision['date']} expired at {expires_at}, expected one that holds; run the day after it, then sign"
        )
    for each in every_sign_off(trail.chain.records(), decision["bundle_id"]):
        if each.role != role and folded(each.by) == folded(by):
            raise InputError(
                f"--by '{by}' has signed this decision for {each.role}, expected another person for {role}; let somebody else sign"
            )
