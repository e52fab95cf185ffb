"""The log of actions in the audit trail: each record is in the chain, and its row in the store, where a day's checks read it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deskgate.audit.record import Record
from deskgate.audit.rows import rows_of
from deskgate.audit.trail import Trail
from deskgate.controls.ledger import KINDS
from deskgate.store.tables import Store

__all__ = ["AuditedLog"]

_TABLE = "actions"


@dataclass(frozen=True)
class _Entry:
    """A record of the chain that is about actions, with its content as it was appended."""

    kind: str
    at: datetime
    body: Mapping[str, Any]
    hash: str


class AuditedLog:
    """Appends to the chain and the store of a desk; reads the chain."""

    def __init__(self, trail: Trail, store: Store | None) -> None:
        self._trail, self._store = trail, store

    def append(self, kind: str, body: Mapping[str, Any], at: datetime) -> None:
        """Add a record; when this returns it is on disk, in the chain and in the store."""
        if self._store is None:
            raise AssertionError("a log without a store is for reading")
        seen = body.get("seen_at") or at.isoformat()
        row = {
            "event_id": body.get("event_id"),
            "kind": kind,
            "bot": body.get("bot"),
            "sink": body.get("sink"),
            "content": json.dumps(body, sort_keys=True),
            "effective_at": datetime.fromisoformat(seen),
            "recorded_at": at,
        }
        self._trail.write(self._store, _TABLE, [row], at, kind=kind)

    def records(self) -> Iterator[_Entry]:
        """Return the records about actions, oldest first, those that were taken into the trail later included.

        Raises
        ------
        RunError
            The trail cannot be read, or is gone.
        """
        self._trail.require_chain()
        for record in self._trail.chain.records():
            yield from _entries(record)


def _entries(record: Record) -> Iterator[_Entry]:
    # Adopted rows are in no order; the kinds are in the order of an action's way.
    rows = [row for row in rows_of(record).get(_TABLE, []) if row["kind"] in KINDS]
    for row in sorted(rows, key=lambda each: (each["recorded_at"], KINDS.index(each["kind"]))):
        at = datetime.fromisoformat(row["recorded_at"])
        yield _Entry(row["kind"], at, json.loads(row["content"]), record.hash)
