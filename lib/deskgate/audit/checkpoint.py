"""A checkpoint: how many records the chain has, the hash of the last one, and the desk's signature of both.

A chain alone does not show that its end was cut off, or that all of it was computed anew. A checkpoint that lies elsewhere
does: it stands in every decision.json, in the footer of every page and in the text of every alert.
"""

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deskgate.audit.chain import Chain
from deskgate.audit.keys import Key, is_signed_by, key_file
from deskgate.audit.record import FIRST, canonical

if TYPE_CHECKING:
    from deskgate.config.desk import Desk

__all__ = [
    "NO_KEY",
    "Checkpoint",
    "checkpoint",
    "checkpoint_line",
    "find_checkpoints",
    "is_unrecorded",
    "unrecorded",
    "why_unsigned",
]

# Signed with it, so that no other text signed with the key can be shown as a checkpoint.
PURPOSE = "deskgate audit checkpoint 1"
NO_KEY = "unsigned, this desk has no key: whoever can change the files can make another one; `deskgate audit key` makes a key"
UNRECORDED = (
    "this decision has no record, the audit trail could not be used; a checkpoint is that of the decision before"
)
_PARTS = ("name", "size", "head", "signed_by", "signature")
_LINE = "audit checkpoint "
_FOUND = re.compile(re.escape(_LINE) + r"(\{[^{}]*\})")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Checkpoint:
    """The chain of desk `name` had `size` records, the last one with the hash `head` (64 zeros where it had none)."""

    name: str
    size: int
    head: str
    signed_by: str | None = None
    signature: str | None = None
    # Not a part of it: who reads it elsewhere does not know.
    why_unsigned: str = field(default=NO_KEY, compare=False)

    @property
    def statement(self) -> str:
        """Whether it is signed, in plain words."""
        return f"signed with the key {self.signed_by}" if self.signature else self.why_unsigned

    @property
    def _parts(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _PARTS}

    @property
    def message(self) -> bytes:
        """What is signed."""
        return canonical({"purpose": PURPOSE, "name": self.name, "size": self.size, "head": self.head})

    def as_json(self) -> dict[str, Any]:
        """Return it as decision.json holds it."""
        return {**self._parts, "statement": self.statement}

    def is_signed_by(self, public_key: str) -> bool:
        """Return whether its signature is of this key."""
        return self.signature is not None and is_signed_by(public_key, self.signature, self.message)


def checkpoint(chain: Chain, key: Key | None, why_unsigned: str = NO_KEY) -> Checkpoint:
    """Return the checkpoint of a chain as it is now; unsigned without a key, and it says why.

    Raises
    ------
    RunError
        The chain cannot be read, or its last line is no record.
    """
    head = chain.head
    made = Checkpoint(chain.name, head.seq if head else 0, head.hash if head else FIRST, why_unsigned=why_unsigned)
    if key is None:
        return made
    return Checkpoint(made.name, made.size, made.head, key.id, key.sign(made.message))


def why_unsigned(desk: "Desk") -> str:
    """Return why checkpoints of a desk are unsigned where they are: it has no key, or its key is not on this machine."""
    if desk.audit.public_key is None:
        return NO_KEY
    file = key_file(desk.name, desk.audit_key_file)
    return f"unsigned, the key of desk.toml's public_key is not at {file} on this machine: put it there"


def unrecorded(name: str, replaced: Checkpoint | None) -> dict[str, Any]:
    """Return what the decision.json of a HOLD or STOP holds that the trail could not take: it has no record, and says so.

    The checkpoint of the decision that it replaces stays: it may be the only one that knows what the trail had.
    """
    nothing = {**dict.fromkeys(_PARTS), "name": name}
    return {**(replaced._parts if replaced else nothing), "statement": UNRECORDED}


def is_unrecorded(decision: Mapping[str, Any]) -> bool:
    """Return whether a decision is no GO and says that it has no record; a made up one lets nobody trade."""
    held = decision.get("checkpoint")
    return decision.get("decision") != "GO" and isinstance(held, dict) and held.get("statement") == UNRECORDED


def checkpoint_line(content: Mapping[str, Any]) -> str:
    """Return the line for a page or an alert from what decision.json holds: it has everything that proves it."""
    kept = {name: content.get(name) for name in _PARTS}
    return _LINE + canonical(kept).decode()


def find_checkpoints(text: str) -> list[Checkpoint]:
    """Return the checkpoints in a text: a decision.json, a checkpoint as JSON, or lines of a page or an alert.

    What looks like a checkpoint and is none is left out.
    """
    try:
        raw = json.loads(text)
    except ValueError:
        raw = None
    if isinstance(raw, dict):
        found = [_from_json(raw.get("checkpoint", raw))]
    else:
        found = [_from_json(_parsed(match)) for match in _FOUND.findall(html.unescape(text))]
    return [each for each in found if each is not None]


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _from_json(raw: object) -> Checkpoint | None:
    if not isinstance(raw, dict):
        return None
    name, size, head = raw.get("name"), raw.get("size"), raw.get("head")
    by, signature = raw.get("signed_by"), raw.get("signature")
    if not isinstance(name, str) or type(size) is not int or size < 0:
        return None
    if not isinstance(head, str) or not _DIGEST.fullmatch(head):
        return None
    if not all(each is None or isinstance(each, str) for each in (by, signature)):
        return None
    return Checkpoint(name, size, head, by, signature)
