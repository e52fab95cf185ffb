"""Sign-offs of a day's decision: recorded, and shown on the day's page."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from deskgate.audit.sign_offs import ROLES, SignOff, sign_off, sign_offs, stands_as, unsigned_roles
from deskgate.audit.trail import Trail
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError, did_you_mean
from deskgate.run.begun import show_days
from deskgate.run.day_folder import locked
from deskgate.run.decided import open_decided
from deskgate.run.publish import show_sign_offs

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
    with locked(out):
        artifacts, decision = open_decided(trail, out, day, then="sign")
        sign_off(trail.chain, trail.key, decision, role=role, by=by.strip(), at=at)
        found = sign_offs(trail.chain, decision["bundle_id"], desk.audit)
        show_sign_offs(artifacts, decision, found)
        # The page was written anew: what else is known of the day by now stands there again.
        show_days(out)
        records = list(trail.chain.records())
    return Signed(found, stands_as(records, decision), unsigned_roles(records, decision))
