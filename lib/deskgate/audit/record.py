"""One record of the audit trail: a line of canonical JSON that holds its own hash and that of the record before.

A body holds text, integers, booleans, null, lists and objects. Amounts are text: a float has several ways to be written,
and its hash would depend on who writes it. For such bodies the standard library's sorted JSON is RFC 8785, so that
anybody can compute a hash without a library of ours.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from deskgate.config.errors import did_you_mean
from deskgate.config.instants import stamp

__all__ = ["FIRST", "KINDS", "Record", "canonical", "make_record", "parse_record"]

# What the first record holds as the hash of the one before.
FIRST = "0" * 64
KINDS: Mapping[str, str] = {
    "breach": "a cap was breached",
    "intent": "an action was decided",
    "sent": "an action was handed to a sink",
    "acknowledged": "a bot or service answered an action",
    "receipt": "an action's effect was seen, or was not within its time",
    "alert": "a channel took an alert",
    "override": "an operator overrode an action or a verdict",
    "drill": "a drill was run",
    "probe": "a run looked at what watches the desk, and at secrets and the clock",
    "anchor": "the clock of the 24 h proof was started anew",
    "opening": "a run had the first snapshot of an account, which is its opening",
    "freeze": "the configuration was frozen as baseline",
    "waiver": "a decision rested on waived verdicts",
    "waiver_step": "a waiver was granted or revoked",
    "checklist_mark": "a manual item of the checklist was marked",
    "break_action": "an operator did something about a break",
    "break_sighting": "a run found breaks, or no longer found them",
    "decision": "a decision was published",
    "incident": "an incident was opened, assigned, noted or closed",
    "sign_off": "an owner signed a decision",
    "key": "a signing key was made for the desk",
    "adopted": "rows that the store had without a record were taken into the trail",
    "repair": "what a killed write had left was put right",
}

_FIELDS = frozenset({"seq", "kind", "at", "body", "previous", "hash"})
# Above these, code points and UTF-16 units (RFC 8785) sort keys differently.
_FIRST_SURROGATE = "\ud800"
_LARGEST_INTEGER = 2**53 - 1


@dataclass(frozen=True)
class Record:
    """One record: its number from 1 on, its kind, when it was written, what it says, and the two hashes."""

    seq: int
    kind: str
    at: datetime
    body: Mapping[str, Any]
    previous: str
    hash: str

    @property
    def line(self) -> bytes:
        """The record as it stands in the file, with its end of line."""
        return (
            canonical({**_content(self.seq, self.kind, self.at, self.body, self.previous), "hash": self.hash}) + b"\n"
        )


def canonical(value: object) -> bytes:
    """Return a value of a record as RFC 8785 JSON."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def make_record(seq: int, kind: str, at: datetime, body: Mapping[str, Any], previous: str) -> Record:
    """Return the record that follows the one whose hash is `previous`.

    Raises
    ------
    ValueError
        The kind is none of `KINDS`, `at` has no time zone, or the body holds what a record may not: a float, a large
        integer, or what is no JSON.
    """
    if kind not in KINDS:
        raise ValueError(f"no record is called '{kind}', expected one of {', '.join(KINDS)}{did_you_mean(kind, KINDS)}")
    if at.tzinfo is None:
        raise ValueError(f"a record at {at} has no time zone, expected UTC")
    _refuse_ambiguous(body, "body")
    content = _content(seq, kind, at, body, previous)
    try:
        digest = sha256(canonical(content)).hexdigest()
    except UnicodeEncodeError as error:
        raise ValueError(f"a record of kind {kind} holds text that is no UTF-8: {error.reason}") from error
    return Record(seq, kind, at.astimezone(UTC), body, previous, digest)


def parse_record(line: bytes) -> Record | None:
    """Return the record that a line (without its end) is; None where it is none, or where a byte of it was changed."""
    try:
        raw = json.loads(line)
        if (
            not isinstance(raw, dict)
            or raw.keys() != _FIELDS
            or type(raw["seq"]) is not int
            or not isinstance(raw["body"], dict)
        ):
            return None
        content = {name: raw[name] for name in raw if name != "hash"}
        if canonical(raw) != line or sha256(canonical(content)).hexdigest() != raw["hash"]:
            return None
        return Record(**{**raw, "at": datetime.fromisoformat(raw["at"])})
    except (ValueError, TypeError, RecursionError):
        return None


def _content(seq: int, kind: str, at: datetime, body: Mapping[str, Any], previous: str) -> dict[str, Any]:
    return {"seq": seq, "kind": kind, "at": stamp(at.astimezone(UTC)), "body": body, "previous": previous}


def _refuse_ambiguous(value: object, place: str) -> None:
    """Refuse what two writers of canonical JSON may write differently."""
    match value:
        case None | bool() | str():
            return
        case int() if abs(value) <= _LARGEST_INTEGER:
            return
        case dict():
            for key, inner in value.items():
                if not isinstance(key, str) or any(sign >= _FIRST_SURROGATE for sign in key):
                    raise ValueError(f"{place} has the key {key!r}, expected text without rare signs")
                _refuse_ambiguous(inner, f"{place}.{key}")
        case list() | tuple():
            for number, inner in enumerate(value):
                _refuse_ambiguous(inner, f"{place}[{number}]")
        case _:
            raise ValueError(
                f"{place} is {value!r} ({type(value).__name__}), expected text, a small integer, a boolean, null, a list"
                " or an object; write amounts as text"
            )
