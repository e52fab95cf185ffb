"""Sign-offs: an owner's signature under one decision, with the desk's key, as a record of the chain.

What is signed is the decision's `bundle_id`, so a sign-off holds for that decision alone: run again on other inputs, it has none.
A decision that nothing blocks and that `awaits` sign-offs is on HOLD; it stands as GO once each role has signed it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from deskgate.audit.chain import Chain
from deskgate.audit.keys import Key, is_signed_by
from deskgate.audit.record import Record, canonical

if TYPE_CHECKING:
    from deskgate.config.desk import Audit

__all__ = [
    "ROLES",
    "SignOff",
    "every_sign_off",
    "last_sign_offs",
    "sign_off",
    "sign_offs",
    "stands_as",
    "stood_as_go",
    "unsigned_roles",
]

# Whose sign-offs a decision may have.
ROLES = ("strategy", "risk", "ops")
PURPOSE = "deskgate sign-off 1"
_KIND = "sign_off"


@dataclass(frozen=True)
class SignOff:
    """One sign-off: who signed which role when; `is_valid` says that the signature is of a key that desk.toml names."""

    role: str
    by: str
    at: datetime
    key_id: str
    is_valid: bool


def sign_off(chain: Chain, key: Key, decision: Mapping[str, Any], *, role: str, by: str, at: datetime) -> None:
    """Record a sign-off of a decision (the content of decision.json).

    Raises
    ------
    RunError
        The chain cannot be read or written.
    """
    signed = {name: str(decision[name]) for name in ("bundle_id", "date", "decision", "desk")} | {
        "role": role,
        "by": by,
    }
    signature = key.sign(_message(signed))
    chain.append(_KIND, {**signed, "public_key": key.public_key, "signed_by": key.id, "signature": signature}, at)


def sign_offs(chain: Chain, bundle_id: object, audit: "Audit") -> list[SignOff]:
    """Return the sign-offs of one decision, the last one of each role, in the order of `ROLES`.

    Parameters
    ----------
    audit
        The keys that desk.toml names; a signature of any other is not valid.

    Raises
    ------
    RunError
        The chain cannot be read.
    """
    found = _by_role(chain.records(), bundle_id, audit.keys)
    return [found[role] for role in ROLES if role in found]


def every_sign_off(records: Iterable[Record], bundle_id: object) -> Iterator[SignOff]:
    """Return each sign-off of a decision in records; `is_valid`: it was made with the key that it names, whoever's that is."""
    for record in records:
        if _is_of(record, bundle_id):
            yield _of_record(record, {str(record.body.get("public_key"))})


def last_sign_offs(records: Iterable[Record], decision: Mapping[str, Any]) -> dict[str, SignOff]:
    """Return the last sign-off of each role of a decision (the content of decision.json).

    `is_valid`: it is of a key that the decision names or, where it awaits none, of one that the trail has on record.
    """
    told, awaits = list(records), decision.get("awaits")
    if isinstance(awaits, Mapping):
        return _by_role(told, decision.get("bundle_id"), awaits.get("keys", ()))
    keys = [str(record.body.get("public_key")) for record in told if record.kind == "key"]
    return _by_role(told, decision.get("bundle_id"), keys)


def unsigned_roles(records: Iterable[Record], decision: Mapping[str, Any]) -> list[str]:
    """Return the roles whose sign-off a decision (the content of decision.json) awaits and has not, by the keys that it names."""
    awaits = decision.get("awaits")
    if not isinstance(awaits, Mapping):
        return []
    found = last_sign_offs(records, decision)
    return [role for role in awaits.get("roles", ()) if role not in found or not found[role].is_valid]


def stands_as(records: Iterable[Record], decision: Mapping[str, Any]) -> str:
    """Return what a decision stands as: GO where nothing but sign-offs kept it on HOLD and all are there, else what it says."""
    awaits = decision.get("awaits")
    is_signable = decision.get("decision") == "HOLD" and isinstance(awaits, Mapping) and bool(awaits.get("roles"))
    return "GO" if is_signable and not unsigned_roles(records, decision) else str(decision.get("decision"))


def stood_as_go(records: Iterable[Record], decision: Mapping[str, Any]) -> bool:
    """Return whether a decision that awaits sign-offs stands as GO by them, or did before a later one that does not count."""
    mine = [record for record in records if _is_of(record, decision.get("bundle_id"))]
    is_signable = decision.get("decision") == "HOLD"
    return is_signable and any(stands_as(mine[:count], decision) == "GO" for count in range(1, len(mine) + 1))


def _is_of(record: Record, bundle_id: object) -> bool:
    return record.kind == _KIND and record.body.get("bundle_id") == bundle_id


def _by_role(records: Iterable[Record], bundle_id: object, keys: Iterable[str]) -> dict[str, SignOff]:
    known = set(keys)
    return {str(record.body.get("role")): _of_record(record, known) for record in records if _is_of(record, bundle_id)}


def _of_record(record: Record, known: set[str]) -> SignOff:
    body = record.body
    key = str(body.get("public_key"))
    signed = {name: body.get(name) for name in ("bundle_id", "date", "decision", "desk", "role", "by")}
    is_valid = key in known and is_signed_by(key, str(body.get("signature")), _message(signed))
    return SignOff(str(body.get("role")), str(body.get("by")), record.at, str(body.get("signed_by")), is_valid)


def _message(signed: Mapping[str, Any]) -> bytes:
    return canonical({"purpose": PURPOSE, **signed})
